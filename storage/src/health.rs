//! How the database does: for people who look it over.

use crate::error::StoreError;
use crate::instant::instant;
use crate::store::Store;
use chrono::{DateTime, Utc};
use pipeline::Feed;
use pipeline::id::{ConnectionId, RunId};
use sqlx::Row;

/// What the database says of itself.
#[derive(Clone, Debug)]
pub struct Health {
    /// Version of SQLite.
    pub sqlite: String,
    /// `journal_mode`, `synchronous`, `foreign_keys`, `busy_timeout`, as read back.
    pub pragmas: Vec<(&'static str, String)>,
    /// The newest migration of our tables.
    pub tables_version: i64,
    /// The newest migration of the queue's tables.
    pub queue_version: i64,
    /// What a quick check found; `ok` if nothing.
    pub quick_check: String,
    /// Size of the database in bytes, free pages included.
    pub bytes: i64,
    /// Jobs that wait in the queue or are at work.
    pub jobs: i64,
}

/// Up to when a feed was seen in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watermark {
    /// The feed.
    pub feed: Feed,
    /// Every change until then is known.
    pub complete_to: DateTime<Utc>,
    /// The run that proved it.
    pub run: RunId,
}

impl Store {
    /// Looks the database over.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn health(&self) -> Result<Health, StoreError> {
        let mut reader = self.read().await?;
        let conn = reader.conn();
        let mut pragmas = Vec::new();
        for (name, sql) in [
            ("journal_mode", "PRAGMA journal_mode"),
            ("synchronous", "PRAGMA synchronous"),
            ("foreign_keys", "PRAGMA foreign_keys"),
            ("busy_timeout", "PRAGMA busy_timeout"),
        ] {
            let row = sqlx::query(sql).fetch_one(&mut *conn).await?;
            let value = row
                .try_get::<String, _>(0)
                .or_else(|_| row.try_get::<i64, _>(0).map(|n| n.to_string()))?;
            pragmas.push((name, value));
        }
        let quick_check: String = sqlx::query_scalar("PRAGMA quick_check(1)")
            .fetch_one(&mut *conn)
            .await?;
        let row = sqlx::query(
            "SELECT sqlite_version(),
                    (SELECT coalesce(max(version), 0) FROM _stockbridge_migrations),
                    (SELECT coalesce(max(version), 0) FROM _sqlx_migrations),
                    (SELECT page_count FROM pragma_page_count)
                        * (SELECT page_size FROM pragma_page_size),
                    (SELECT count(*) FROM Jobs WHERE status IN ('Pending', 'Queued', 'Running'))",
        )
        .fetch_one(conn)
        .await?;
        Ok(Health {
            sqlite: row.try_get(0)?,
            pragmas,
            tables_version: row.try_get(1)?,
            queue_version: row.try_get(2)?,
            quick_check,
            bytes: row.try_get(3)?,
            jobs: row.try_get(4)?,
        })
    }

    /// Up to when each feed of a connection was seen in full.
    ///
    /// # Errors
    /// When the database fails or holds a feed of another version.
    pub async fn watermarks(&self, connection: ConnectionId) -> Result<Vec<Watermark>, StoreError> {
        let mut reader = self.read().await?;
        let rows = sqlx::query(
            "SELECT feed, complete_to, run_id FROM watermarks
             WHERE connection_id = ?1 ORDER BY feed",
        )
        .bind(connection.0)
        .fetch_all(reader.conn())
        .await?;
        rows.iter()
            .map(|row| {
                let feed: String = row.try_get("feed")?;
                Ok(Watermark {
                    feed: feed.parse().map_err(|_| StoreError::Inconsistent {
                        table: "watermarks",
                        column: "feed",
                        row: connection.to_string(),
                        found: feed,
                    })?,
                    complete_to: instant(row.try_get("complete_to")?),
                    run: RunId(row.try_get("run_id")?),
                })
            })
            .collect()
    }
}
