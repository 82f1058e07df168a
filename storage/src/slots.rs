//! The slots of the schedule: each is served once, whoever serves it.

use crate::error::StoreError;
use crate::export::{self, EXPORT};
use crate::instant::instant;
use crate::store::Store;
use crate::sweep::{self, SweepRequested};
use crate::sync::{self, Requested, SWEEP, Trigger};
use chrono::{DateTime, Utc};
use pipeline::id::{ConnectionId, RunId};
use sqlx::Row;

/// What a slot is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SlotKind {
    /// Bringing a connection up to date.
    Import,
    /// Looking for what became visible too late, or vanished.
    Sweep,
    /// Bringing buy orders to Lightspeed.
    Export,
}

impl SlotKind {
    /// The stored spelling.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Sweep => SWEEP,
            Self::Export => EXPORT,
        }
    }
}

/// What became of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Served {
    /// A run serves it.
    Run(Requested),
    /// It was served before, or the connection is not at work.
    Already,
    /// It cannot be served yet and is still owed.
    NotNow,
}

/// A connection whose slots are to be served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheduled {
    /// Its id.
    pub id: ConnectionId,
    /// Its name, by which its slots are spread.
    pub name: String,
    /// No slot before this is owed.
    pub since: DateTime<Utc>,
    /// The time zone of its first open shop, if it is known.
    pub time_zone: Option<String>,
    /// Whether it holds credentials of Optiply, so that buy orders can be exported.
    pub delivers: bool,
}

impl Store {
    /// Serves a slot of the schedule, at most once over all processes.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn serve_slot(
        &self,
        connection: ConnectionId,
        kind: SlotKind,
        due: DateTime<Utc>,
    ) -> Result<Served, StoreError> {
        let now = self.now_ms();
        let mut tx = self.write().await?;
        let made = sqlx::query(
            "INSERT INTO slots (connection_id, kind, due_at, served_at)
             SELECT id, ?2, ?3, ?4 FROM connections
             WHERE id = ?1 AND state = 'active' AND stopped_at IS NULL
             ON CONFLICT (connection_id, kind, due_at) DO NOTHING",
        )
        .bind(connection.0)
        .bind(kind.name())
        .bind(due.timestamp_millis())
        .bind(now)
        .execute(tx.conn())
        .await?;
        if made.rows_affected() == 0 {
            return Ok(Served::Already);
        }
        let requested = match kind {
            SlotKind::Import => {
                sync::request_in(&mut tx, self, connection, Trigger::Schedule).await?
            }
            SlotKind::Export => {
                export::request_in(&mut tx, self, connection, Trigger::Schedule).await?
            }
            SlotKind::Sweep => {
                match sweep::request_in(&mut tx, self, connection, Trigger::Schedule).await? {
                    SweepRequested::Run(requested) => requested,
                    // Nothing is committed, so the slot is still owed.
                    SweepRequested::AfterRefilter | SweepRequested::BeforeHistory => {
                        return Ok(Served::NotNow);
                    }
                }
            }
        };
        sqlx::query(
            "UPDATE slots SET run_id = ?4 WHERE connection_id = ?1 AND kind = ?2 AND due_at = ?3",
        )
        .bind(connection.0)
        .bind(kind.name())
        .bind(due.timestamp_millis())
        .bind(requested.run.0)
        .execute(tx.conn())
        .await?;
        tx.commit().await?;
        Ok(Served::Run(requested))
    }

    /// The connections that the schedule serves: active, and not stopped by a lasting fault.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn scheduled(&self) -> Result<Vec<Scheduled>, StoreError> {
        let mut reader = self.read().await?;
        let rows = sqlx::query(
            "SELECT id, name, created_at,
                    (SELECT time_zone FROM source_shops s WHERE s.connection_id = connections.id
                     AND s.archived = 0 AND s.time_zone IS NOT NULL ORDER BY s.shop_id LIMIT 1),
                    delivers_since IS NOT NULL
             FROM connections
             WHERE state = 'active' AND stopped_at IS NULL AND settings_version > 0 ORDER BY id",
        )
        .fetch_all(reader.conn())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Scheduled {
                    id: ConnectionId(row.try_get(0)?),
                    name: row.try_get(1)?,
                    since: instant(row.try_get(2)?),
                    time_zone: row.try_get(3)?,
                    delivers: row.try_get(4)?,
                })
            })
            .collect()
    }

    /// The slots of a kind served so far, oldest first, with the run of each; for people and tests.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn slots(
        &self,
        connection: ConnectionId,
        kind: SlotKind,
    ) -> Result<Vec<(DateTime<Utc>, Option<RunId>)>, StoreError> {
        let mut reader = self.read().await?;
        let rows = sqlx::query(
            "SELECT due_at, run_id FROM slots WHERE connection_id = ?1 AND kind = ?2 ORDER BY due_at",
        )
        .bind(connection.0)
        .bind(kind.name())
        .fetch_all(reader.conn())
        .await?;
        rows.iter()
            .map(|row| {
                let run: Option<i64> = row.try_get(1)?;
                Ok((instant(row.try_get(0)?), run.map(RunId)))
            })
            .collect()
    }
}
