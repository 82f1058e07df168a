//! Which connections are to have their tokens renewed although nobody uses them.

use crate::error::StoreError;
use crate::instant::millis;
use crate::secrets::secret_kind::LIGHTSPEED_TOKENS;
use crate::store::Store;
use chrono::{DateTime, Utc};
use pipeline::id::ConnectionId;
use sqlx::Row;

/// No honest clock writes a time so far ahead of now.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A pair of tokens that is to be renewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewal {
    /// Whose.
    pub connection: ConnectionId,
    /// The connection's name.
    pub name: String,
    /// The generation of the pair in force.
    pub generation: i64,
    /// How often it was tried for this pair.
    pub attempts: i64,
}

impl Store {
    /// Connections at work or paused whose newest pair was stored no later than `before`, and that
    /// may be tried now; the oldest pairs first. What a clock wrote that has been set back since
    /// says nothing: a pair of tomorrow is as good as an old one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn due_renewals(
        &self,
        before: DateTime<Utc>,
        limit: i64,
    ) -> Result<Vec<Renewal>, StoreError> {
        let mut reader = self.read().await?;
        let rows = sqlx::query(
            "SELECT c.id, c.name, s.generation, coalesce(r.attempts, 0)
             FROM connections c CROSS JOIN secrets s
             LEFT JOIN renewals r ON r.connection_id = c.id AND r.generation = s.generation
             WHERE s.connection_id = c.id AND s.kind = ?1 AND s.generation = (
                   SELECT max(generation) FROM secrets WHERE connection_id = c.id AND kind = ?1)
               AND c.state IN ('active', 'paused')
               AND (s.stored_at <= ?2 OR s.stored_at > ?3 + ?5)
               AND (coalesce(r.next_at, 0) <= ?3 OR r.next_at > ?3 + ?5)
             ORDER BY s.stored_at, c.id LIMIT ?4",
        )
        .bind(LIGHTSPEED_TOKENS)
        .bind(millis(before))
        .bind(self.now_ms())
        .bind(limit)
        .bind(DAY_MS)
        .fetch_all(reader.conn())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Renewal {
                    connection: ConnectionId(row.try_get(0)?),
                    name: row.try_get(1)?,
                    generation: row.try_get(2)?,
                    attempts: row.try_get(3)?,
                })
            })
            .collect()
    }

    /// Records that a renewal is about to be tried, and when the next one may be if it fails. Says
    /// whether it may be tried: not if somebody else has begun meanwhile.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin_renewal(
        &self,
        renewal: &Renewal,
        next_at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        let begun = sqlx::query(
            "INSERT INTO renewals (connection_id, generation, attempts, next_at)
             SELECT id, ?2, ?3 + 1, ?4 FROM connections
             WHERE id = ?1 AND state IN ('active', 'paused')
             ON CONFLICT (connection_id) DO UPDATE SET generation = excluded.generation,
                 attempts = excluded.attempts, next_at = excluded.next_at
             WHERE renewals.generation < excluded.generation
                OR (renewals.generation = excluded.generation AND renewals.attempts = ?3)",
        )
        .bind(renewal.connection.0)
        .bind(renewal.generation)
        .bind(renewal.attempts)
        .bind(millis(next_at))
        .execute(tx.conn())
        .await?;
        tx.commit().await?;
        Ok(begun.rows_affected() == 1)
    }
}
