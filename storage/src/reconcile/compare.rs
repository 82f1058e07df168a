//! Rows and deliveries side by side, a page after the other.

use crate::error::StoreError;
use crate::store::Store;
use pipeline::deliver::{Entity, Key};
use pipeline::id::ConnectionId;
use sqlx::Row;

/// A row that Optiply shows, and the delivery that it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// What Optiply calls it.
    pub remote_id: i64,
    /// Whether it was made through the API.
    pub from_api: Option<bool>,
    /// What is shown, as canonical JSON.
    pub shown: String,
    /// What we call it and what is acknowledged; none for a row that is not ours, and for one that
    /// is on its way or was acknowledged only now.
    pub ours: Option<(Key, String)>,
    /// Whether it is ours and unsettled, so that nothing can be said of it.
    pub unsettled: bool,
    /// A row of ours of which it repeats everything, made since we deliver.
    pub repeats: Option<i64>,
}

/// A delivery that Optiply acknowledged and does not show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lone {
    /// What we call it.
    pub key: Key,
    /// What Optiply called it.
    pub remote_id: Option<i64>,
}

const SHOWN: &str = "
    SELECT r.remote_id, r.from_api, r.shown, d.object_id, d.part, d.acknowledged,
           d.object_id IS NOT NULL AND (d.state <> 'acknowledged' OR d.acknowledged_at >= ?5),
           iif(d.object_id IS NULL AND r.from_api AND r.at IS NOT NULL
               AND r.created_at >= (SELECT delivers_since + ?6 FROM connections WHERE id = ?1),
               (SELECT t.remote_id FROM remote_rows t
                JOIN deliveries o ON o.connection_id = ?1 AND o.entity = ?2
                    AND o.remote_id = t.remote_id
                WHERE t.connection_id = ?1 AND t.entity = ?2 AND t.at = r.at
                  AND t.shown = r.shown LIMIT 1), NULL)
    FROM remote_rows r
    LEFT JOIN deliveries d ON d.connection_id = ?1 AND d.entity = ?2
        AND d.remote_id = r.remote_id
    WHERE r.connection_id = ?1 AND r.entity = ?2 AND r.remote_id > ?3
    ORDER BY r.remote_id LIMIT ?4";

const LONE: &str = "
    SELECT d.object_id, d.part, d.remote_id FROM (
        SELECT object_id, part, remote_id, state, acknowledged_at FROM deliveries
        WHERE connection_id = ?1 AND entity = ?2 AND (object_id, part) > (?3, ?4)
          AND acknowledged IS NOT NULL
        ORDER BY object_id, part) d
    LEFT JOIN remote_rows r ON r.connection_id = ?1 AND r.entity = ?2
        AND r.remote_id = d.remote_id
    WHERE r.remote_id IS NULL AND d.state = 'acknowledged'
      AND coalesce(d.acknowledged_at, 0) < ?6
    ORDER BY d.object_id, d.part LIMIT ?5";

impl Store {
    /// Rows that Optiply shows, by id, after this one. What was acknowledged since `since` (in
    /// milliseconds) counts as unsettled; `ahead` is by how much Optiply's clock is ahead of ours.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn shown_rows(
        &self,
        connection: ConnectionId,
        entity: Entity,
        after: i64,
        most: i64,
        (since, ahead): (i64, i64),
    ) -> Result<Vec<Shown>, StoreError> {
        let mut reader = self.read().await?;
        let rows = sqlx::query(SHOWN)
            .bind(connection.0)
            .bind(entity.name())
            .bind(after)
            .bind(most)
            .bind(since)
            .bind(ahead)
            .fetch_all(reader.conn())
            .await?;
        rows.iter()
            .map(|row| {
                let (object, part): (Option<i64>, Option<String>) =
                    (row.try_get(3)?, row.try_get(4)?);
                let acknowledged: Option<String> = row.try_get(5)?;
                let key = object.map(|object| Key::new(entity, object, part.unwrap_or_default()));
                Ok(Shown {
                    remote_id: row.try_get(0)?,
                    from_api: row.try_get(1)?,
                    shown: row.try_get(2)?,
                    ours: key.zip(acknowledged),
                    unsettled: row.try_get(6)?,
                    repeats: row.try_get(7)?,
                })
            })
            .collect()
    }

    /// Deliveries that Optiply acknowledged before `since` (in milliseconds) and does not show, by
    /// key, after this one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lone_deliveries(
        &self,
        connection: ConnectionId,
        entity: Entity,
        after: Option<&Key>,
        most: i64,
        since: i64,
    ) -> Result<Vec<Lone>, StoreError> {
        let mut reader = self.read().await?;
        let rows = sqlx::query(LONE)
            .bind(connection.0)
            .bind(entity.name())
            .bind(after.map_or(i64::MIN, |key| key.object))
            .bind(after.map_or("", |key| key.part.as_str()))
            .bind(most)
            .bind(since)
            .fetch_all(reader.conn())
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Lone {
                    key: Key::new(entity, row.try_get(0)?, row.try_get::<String, _>(1)?),
                    remote_id: row.try_get(2)?,
                })
            })
            .collect()
    }
}
