//! What a person would want to know later: a log that only grows.

use crate::error::StoreError;
use crate::instant::instant;
use crate::store::Store;
use chrono::{DateTime, Utc};
use pipeline::id::{ConnectionId, RunId};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

/// Something that happened to a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Grows with each event.
    pub id: i64,
    /// The run it happened in.
    pub run: Option<RunId>,
    /// When.
    pub at: DateTime<Utc>,
    /// What, for programs.
    pub code: String,
    /// What, for people.
    pub text: String,
}

impl Store {
    /// Writes an event down.
    ///
    /// # Errors
    /// When there is no such connection.
    pub async fn record_event(
        &self,
        connection: ConnectionId,
        run: Option<RunId>,
        code: &str,
        text: &str,
    ) -> Result<(), StoreError> {
        let now = self.now_ms();
        let mut tx = self.write().await?;
        event_in(tx.conn(), connection, run, code, text, now).await?;
        tx.commit().await
    }

    /// The last events of a connection, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn events(
        &self,
        connection: ConnectionId,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, run_id, at, code, text FROM events WHERE connection_id = ?1
             ORDER BY id DESC LIMIT ?2",
        )
        .bind(connection.0)
        .bind(limit)
        .fetch_all(self.read().await?.conn())
        .await?;
        rows.iter().map(of_row).collect()
    }
}

/// Writes an event down with whatever else its transaction holds.
pub(crate) async fn event_in(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
    run: Option<RunId>,
    code: &str,
    text: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO events (connection_id, run_id, at, code, text) VALUES (?1, ?2, ?3, ?4, ?5)",
    )
    .bind(connection.0)
    .bind(run.map(|run| run.0))
    .bind(now_ms)
    .bind(code)
    .bind(text)
    .execute(conn)
    .await?;
    Ok(())
}

fn of_row(row: &SqliteRow) -> Result<Event, StoreError> {
    Ok(Event {
        id: row.try_get("id")?,
        run: row.try_get::<Option<i64>, _>("run_id")?.map(RunId),
        at: instant(row.try_get("at")?),
        code: row.try_get("code")?,
        text: row.try_get("text")?,
    })
}
