//! What Optiply tells of rows: which of them are ours, and what it calls the lines of orders.

use super::relations::row;
use crate::batch::json;
use crate::error::StoreError;
use crate::leases::Lease;
use crate::store::Store;
use pipeline::deliver::{Entity, Key};
use pipeline::id::ConnectionId;
use std::collections::HashSet;

impl Store {
    /// Which of these rows at Optiply are known to be ours.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn known_remote_ids(
        &self,
        connection: ConnectionId,
        entity: Entity,
        ids: &[i64],
    ) -> Result<HashSet<i64>, StoreError> {
        if ids.is_empty() {
            return Ok(HashSet::new());
        }
        let mut reader = self.read().await?;
        let known: Vec<i64> = sqlx::query_scalar(
            "SELECT remote_id FROM deliveries
             WHERE connection_id = ?1 AND entity = ?2 AND remote_id IS NOT NULL
               AND remote_id IN (SELECT value FROM json_each(?3))",
        )
        .bind(connection.0)
        .bind(entity.name())
        .bind(json(ids))
        .fetch_all(reader.conn())
        .await?;
        Ok(known.into_iter().collect())
    }

    /// Keeps what Optiply calls lines that came with their orders, and lets go on what waited to
    /// know. Lines that it does not hold are made.
    ///
    /// # Errors
    /// When the database fails or the lease has moved on.
    pub async fn commit_line_ids(
        &self,
        lease: &Lease,
        named: &[(Key, i64)],
        missing: &[Key],
    ) -> Result<(), StoreError> {
        let mut tx = self.write_as(lease).await?;
        let connection = lease.connection;
        let rows: Vec<_> = named
            .iter()
            .map(|(key, id)| {
                let (entity, object, part) = row(key);
                (entity, object, part, id)
            })
            .collect();
        sqlx::query(
            "UPDATE deliveries SET remote_id = j.value ->> 3
             FROM json_each(?2) j
             WHERE deliveries.connection_id = ?1 AND deliveries.entity = j.value ->> 0
               AND deliveries.object_id = j.value ->> 1 AND deliveries.part = j.value ->> 2
               AND deliveries.acknowledged IS NOT NULL AND deliveries.remote_id IS NULL",
        )
        .bind(connection.0)
        .bind(json(&rows))
        .execute(tx.conn())
        .await?;
        super::cascade::touch_again(&mut tx, connection, missing.to_vec()).await?;
        let rows: Vec<_> = missing.iter().map(row).collect();
        sqlx::query(
            "UPDATE deliveries SET acknowledged = NULL
             WHERE connection_id = ?1 AND remote_id IS NULL
               AND state NOT IN ('sending', 'ambiguous') AND (entity, object_id, part) IN
                   (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?2))",
        )
        .bind(connection.0)
        .bind(json(&rows))
        .execute(tx.conn())
        .await?;
        let orders: Vec<i64> = named
            .iter()
            .map(|(key, _)| key)
            .chain(missing)
            .map(|key| key.object)
            .collect();
        sqlx::query(
            "UPDATE deliveries SET next_at = 0
             WHERE connection_id = ?1 AND state = 'pending' AND next_at > 0
               AND entity IN ('receipt', 'sell_order_line', 'buy_order_line')
               AND object_id IN (SELECT value FROM json_each(?2))",
        )
        .bind(connection.0)
        .bind(json(&orders))
        .execute(tx.conn())
        .await?;
        tx.commit().await
    }
}
