//! Lines that came with their orders and were not asked for yet.

use crate::error::StoreError;
use crate::store::Store;
use pipeline::deliver::{Entity, Key};
use pipeline::id::ConnectionId;
use sqlx::Row;

/// A line that came with its order: what we call it, what Optiply calls its order, and what is
/// acknowledged.
pub type UnnamedLine = (Key, i64, String);

const END: &str = "
    SELECT object_id FROM deliveries
    WHERE connection_id = ?1 AND entity = ?2 AND object_id > ?3
    ORDER BY object_id LIMIT 1 OFFSET ?4";

const UNNAMED: &str = "
    SELECT d.object_id, d.part, o.remote_id, d.acknowledged
    FROM (SELECT object_id, remote_id FROM deliveries
          WHERE connection_id = ?1 AND entity = ?2 AND object_id > ?3 AND object_id <= ?4) o
    JOIN deliveries d ON d.connection_id = ?1 AND d.entity = ?5 AND d.object_id = o.object_id
    WHERE d.remote_id IS NULL AND d.acknowledged IS NOT NULL AND o.remote_id IS NOT NULL";

impl Store {
    /// The lines without a name of about so many orders, after that one, and up to which order
    /// these are; none when that was the last.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unnamed_lines(
        &self,
        connection: ConnectionId,
        order: Entity,
        after: i64,
        most: i64,
    ) -> Result<(Vec<UnnamedLine>, Option<i64>), StoreError> {
        let line = order.line().unwrap_or(Entity::SellOrderLine);
        let mut reader = self.read().await?;
        let end: Option<i64> = sqlx::query_scalar(END)
            .bind(connection.0)
            .bind(order.name())
            .bind(after)
            .bind(most)
            .fetch_optional(reader.conn())
            .await?;
        let rows = sqlx::query(UNNAMED)
            .bind(connection.0)
            .bind(order.name())
            .bind(after)
            .bind(end.unwrap_or(i64::MAX))
            .bind(line.name())
            .fetch_all(reader.conn())
            .await?;
        let mut lines = Vec::with_capacity(rows.len());
        for row in &rows {
            let key = Key::new(line, row.try_get(0)?, row.try_get::<String, _>(1)?);
            lines.push((key, row.try_get(2)?, row.try_get(3)?));
        }
        Ok((lines, end))
    }
}
