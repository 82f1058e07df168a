//! Lines that came with their orders and were not asked for yet: learned from what is shown.

use crate::error::StoreError;
use crate::leases::Lease;
use crate::store::Store;
use pipeline::deliver::Entity;
use sqlx::Row;

const END: &str = "
    SELECT object_id FROM deliveries
    WHERE connection_id = ?1 AND entity = ?2 AND object_id > ?3
    ORDER BY object_id LIMIT 1 OFFSET ?4";

/// Of the lines of one product in one order each is its like: by pieces, then by value.
const NAME: &str = "
    UPDATE deliveries SET remote_id = n.remote_id
    FROM (SELECT o.object_id, o.part, r.remote_id
          FROM (SELECT d.object_id, d.part, p.remote_id AS parent,
                       d.acknowledged ->> '$.productId' AS product,
                       row_number() OVER (
                           PARTITION BY d.object_id, d.acknowledged ->> '$.productId'
                           ORDER BY d.acknowledged ->> '$.quantity',
                                    d.acknowledged ->> '$.subtotalValue', d.part) AS place
                FROM deliveries d
                JOIN deliveries p ON p.connection_id = ?1 AND p.entity = ?3
                    AND p.object_id = d.object_id AND p.part = ''
                WHERE d.connection_id = ?1 AND d.entity = ?2 AND d.object_id > ?4
                  AND d.object_id <= ?5 AND d.remote_id IS NULL
                  AND d.acknowledged IS NOT NULL) o
          JOIN (SELECT s.parent_id, s.other_id, s.remote_id,
                       row_number() OVER (PARTITION BY s.parent_id, s.other_id
                           ORDER BY s.shown ->> '$.quantity', s.shown ->> '$.subtotalValue',
                                    s.remote_id) AS place
                FROM deliveries p
                JOIN remote_rows s ON s.connection_id = ?1 AND s.entity = ?2
                    AND s.parent_id = p.remote_id
                WHERE p.connection_id = ?1 AND p.entity = ?3 AND p.object_id > ?4
                  AND p.object_id <= ?5
                  AND NOT EXISTS (SELECT 1 FROM deliveries t WHERE t.connection_id = ?1
                                  AND t.entity = ?2 AND t.remote_id = s.remote_id)) r
            ON r.parent_id = o.parent AND r.other_id = o.product AND r.place = o.place) n
    WHERE deliveries.connection_id = ?1 AND deliveries.entity = ?2
      AND deliveries.object_id = n.object_id AND deliveries.part = n.part
      AND deliveries.remote_id IS NULL AND deliveries.acknowledged IS NOT NULL";

impl Store {
    /// Learns what Optiply calls the lines of some orders, after that one. Returns up to which
    /// order; none when that was the last.
    ///
    /// # Errors
    /// When the database fails or the lease has moved on.
    pub async fn name_lines(
        &self,
        lease: &Lease,
        order: Entity,
        after: i64,
        most: i64,
    ) -> Result<Option<i64>, StoreError> {
        let Some(line) = order.line() else {
            return Ok(None);
        };
        let mut tx = self.write_as(lease).await?;
        let end = sqlx::query(END)
            .bind(lease.connection.0)
            .bind(order.name())
            .bind(after)
            .bind(most)
            .fetch_optional(tx.conn())
            .await?;
        let end: Option<i64> = end.map(|row| row.try_get(0)).transpose()?;
        sqlx::query(NAME)
            .bind(lease.connection.0)
            .bind(line.name())
            .bind(order.name())
            .bind(after)
            .bind(end.unwrap_or(i64::MAX))
            .execute(tx.conn())
            .await?;
        tx.commit().await?;
        Ok(end)
    }
}
