//! Calls of which nobody knows what came.

use super::cascade;
use super::intents::Op;
use super::work::key;
use crate::error::StoreError;
use crate::instant::instant;
use crate::leases::Lease;
use crate::store::Store;
use chrono::{DateTime, Utc};
use pipeline::deliver::Key;
use pipeline::id::ConnectionId;
use sqlx::Row;

/// A call of which nobody knows what came.
#[derive(Clone, Debug)]
pub struct Doubtful {
    /// Of which delivery.
    pub key: Key,
    /// Which call.
    pub op: Op,
    /// What was sent.
    pub intent: String,
    /// Which lines it brought along.
    pub parts: Vec<String>,
    /// What Optiply calls the row, if it held it before.
    pub remote_id: Option<i64>,
    /// What it had acknowledged before.
    pub acknowledged: Option<String>,
    /// By what a row being made is found again.
    pub natural_key: Option<String>,
    /// Optiply's time when the intent was written, if it was known.
    pub intent_server_at: Option<DateTime<Utc>>,
    /// Optiply's time since which nobody can be sending it, once known.
    pub since: Option<DateTime<Utc>>,
    /// Reads after the settle delay that did not show it.
    pub empty_reads: i64,
    /// What Optiply said when it refused it without saying that nothing was done.
    pub refused: Option<String>,
    /// Failures in a row.
    pub attempts: i64,
    /// How often it was made again because Optiply had lost it.
    pub recreated: i64,
}

impl Store {
    /// Begins a turn of deliver: calls that a former holder of the lease had not settled are in
    /// doubt from now on, and what is to be tried again by itself is.
    ///
    /// # Errors
    /// When the database fails or the lease has moved on.
    pub async fn begin_delivery(&self, lease: &Lease) -> Result<(), StoreError> {
        let mut tx = self.write_as(lease).await?;
        let now = self.now_ms();
        sqlx::query(
            "UPDATE deliveries SET state = 'ambiguous', next_at = ?2, doubt_since = NULL,
                    empty_reads = 0
             WHERE connection_id = ?1 AND state = 'sending'",
        )
        .bind(lease.connection.0)
        .bind(now)
        .execute(tx.conn())
        .await?;
        let due = sqlx::query(
            "SELECT entity, object_id, part FROM deliveries
             WHERE connection_id = ?1 AND state = 'parked' AND next_at > 0 AND next_at <= ?2",
        )
        .bind(lease.connection.0)
        .bind(now)
        .fetch_all(tx.conn())
        .await?;
        let due = due.iter().map(key).collect::<Result<Vec<_>, _>>()?;
        cascade::touch_again(&mut tx, lease.connection, due).await?;
        tx.commit().await
    }

    /// The calls in doubt that are to be looked for now, `most` at once.
    ///
    /// # Errors
    /// When the database fails or holds something impossible.
    pub async fn doubtful(
        &self,
        connection: ConnectionId,
        most: i64,
    ) -> Result<Vec<Doubtful>, StoreError> {
        let now = self.now_ms();
        let mut reader = self.read().await?;
        let rows = sqlx::query(
            "SELECT entity, object_id, part, op, intent, intent_parts, remote_id, acknowledged,
                    natural_key, intent_server_at, doubt_since, empty_reads, attempts, recreated,
                    detail
             FROM deliveries
             WHERE connection_id = ?1 AND state = 'ambiguous' AND next_at <= ?2
             ORDER BY next_at LIMIT ?3",
        )
        .bind(connection.0)
        .bind(now)
        .bind(most)
        .fetch_all(reader.conn())
        .await?;
        rows.iter()
            .map(|row| {
                let key = key(row)?;
                let wrong = |column, found: Option<String>| StoreError::Inconsistent {
                    table: "deliveries",
                    column,
                    row: key.to_string(),
                    found: found.unwrap_or_default(),
                };
                let op: Option<String> = row.try_get("op")?;
                let known = op.as_deref().and_then(Op::from_name);
                let parts: Option<String> = row.try_get("intent_parts")?;
                let at = |column: &str| -> Result<_, sqlx::Error> {
                    Ok(row.try_get::<Option<i64>, _>(column)?.map(instant))
                };
                Ok(Doubtful {
                    op: known.ok_or_else(|| wrong("op", op))?,
                    intent: row
                        .try_get::<Option<String>, _>("intent")?
                        .unwrap_or_default(),
                    parts: match parts {
                        None => Vec::new(),
                        Some(parts) => serde_json::from_str(&parts)
                            .map_err(|_| wrong("intent_parts", Some(parts)))?,
                    },
                    remote_id: row.try_get("remote_id")?,
                    acknowledged: row.try_get("acknowledged")?,
                    natural_key: row.try_get("natural_key")?,
                    intent_server_at: at("intent_server_at")?,
                    since: at("doubt_since")?,
                    empty_reads: row.try_get("empty_reads")?,
                    refused: row.try_get("detail")?,
                    attempts: row.try_get("attempts")?,
                    recreated: row.try_get("recreated")?,
                    key,
                })
            })
            .collect()
    }
}
