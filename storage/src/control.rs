//! Pause, resume, cancel, and where a connection stands.

use crate::connections::{self, ConnectionState};
use crate::deliver;
use crate::error::StoreError;
use crate::events::event_in;
use crate::instant::instant;
use crate::runs;
use crate::store::Store;
use crate::trip::Trip;
use crate::{queue, sync};
use chrono::{DateTime, Utc};
use pipeline::Stage;
use pipeline::id::{ConnectionId, RunId};
use sqlx::Row;

/// A fault that stopped the schedule of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// Since when.
    pub at: DateTime<Utc>,
    /// By what.
    pub cause: String,
}

impl Store {
    /// Stops extraction until it is resumed; stored pages and touches are carried through. Says
    /// whether it was at work.
    ///
    /// # Errors
    /// When there is no such connection.
    pub async fn pause(&self, connection: ConnectionId) -> Result<bool, StoreError> {
        self.set_connection_state(
            connection,
            &[ConnectionState::Active],
            ConnectionState::Paused,
            Some("paused by a person"),
        )
        .await
    }

    /// Goes on where [`Store::pause`] stopped. Says whether it was paused.
    ///
    /// # Errors
    /// When there is no such connection.
    pub async fn resume(&self, connection: ConnectionId) -> Result<bool, StoreError> {
        let moved = self
            .set_connection_state(
                connection,
                &[ConnectionState::Paused],
                ConnectionState::Active,
                None,
            )
            .await?;
        // Also when it was active already: a crash may have come between the two.
        let mut tx = self.write().await?;
        let open: Vec<i64> = sqlx::query_scalar(
            "SELECT id FROM runs WHERE connection_id = ?1 AND state = 'open' AND after_run IS NULL",
        )
        .bind(connection.0)
        .fetch_all(tx.conn())
        .await?;
        for run in open {
            for stage in [Stage::Extract, Stage::Export] {
                queue::wake(&mut tx, self, connection, RunId(run), stage).await?;
            }
        }
        deliver::wake_in(&mut tx, self, connection).await?;
        runs::hurry_in(&mut tx, self, connection).await?;
        tx.commit().await?;
        Ok(moved)
    }

    /// Gives up the open imports of a connection, the waiting one included. What was read is kept
    /// and carried through. Returns those given up.
    ///
    /// # Errors
    /// When there is no such connection.
    pub async fn cancel(&self, connection: ConnectionId) -> Result<Vec<RunId>, StoreError> {
        let now = self.now_ms();
        let mut tx = self.write().await?;
        let ids: Vec<i64> = sqlx::query_scalar(
            "UPDATE runs SET state = 'cancelled', reason = 'cancelled by a person', ended_at = ?2
             WHERE connection_id = ?1 AND state = 'open'
               AND kind IN ('backfill', 'incremental', 'sweep')
             RETURNING id",
        )
        .bind(connection.0)
        .bind(now)
        .fetch_all(tx.conn())
        .await?;
        for id in &ids {
            let text = "cancelled by a person; what was read is kept";
            let run = Some(RunId(*id));
            event_in(tx.conn(), connection, run, "run_cancelled", text, now).await?;
        }
        let mut trip = Trip::default();
        sync::next_on(&mut trip, connection);
        let mut told = trip.make(tx.conn()).await?;
        sync::promote(&mut tx, self, connection, &mut told).await?;
        tx.commit().await?;
        Ok(ids.into_iter().map(RunId).collect())
    }

    /// Whether extract of a run may still send: nobody paused the connection or ended the run.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn may_extract(
        &self,
        connection: ConnectionId,
        run: RunId,
    ) -> Result<bool, StoreError> {
        let mut reader = self.read().await?;
        Ok(sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM connections c JOIN runs r ON r.connection_id = c.id
             WHERE c.id = ?1 AND r.id = ?2 AND c.state <> 'paused' AND r.state = 'open')",
        )
        .bind(connection.0)
        .bind(run.0)
        .fetch_one(reader.conn())
        .await?)
    }

    /// What stopped the schedule of a connection, if anything did.
    ///
    /// # Errors
    /// When there is no such connection.
    pub async fn stopped(&self, connection: ConnectionId) -> Result<Option<Stopped>, StoreError> {
        let mut reader = self.read().await?;
        let row = sqlx::query("SELECT stopped_at, stopped_cause FROM connections WHERE id = ?1")
            .bind(connection.0)
            .fetch_optional(reader.conn())
            .await?
            .ok_or_else(|| connections::missing(connection))?;
        let at: Option<i64> = row.try_get(0)?;
        let cause: Option<String> = row.try_get(1)?;
        Ok(at.map(|at| Stopped {
            at: instant(at),
            cause: cause.unwrap_or_default(),
        }))
    }
}
