//! What Optiply tells of rows: which of them are ours, and what it calls the lines of orders.

use super::relations::{self, row};
use super::work::{HeldLine, key};
use crate::batch::json;
use crate::error::StoreError;
use crate::instant::instant;
use crate::leases::Lease;
use crate::store::Store;
use chrono::{DateTime, Utc};
use pipeline::deliver::{Entity, Key};
use pipeline::id::ConnectionId;
use sqlx::Row;

/// The lines of an order that Optiply holds.
#[derive(Clone, Debug)]
pub struct LinesOfOrder {
    /// The order.
    pub order: Key,
    /// What Optiply calls it.
    pub remote_id: i64,
    /// When Optiply acknowledged it, by our clock.
    pub acknowledged_at: Option<DateTime<Utc>>,
    /// Its lines.
    pub lines: Vec<HeldLine>,
}

impl Store {
    /// The lines of an order as far as they are known; none when Optiply does not hold the order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lines_of_order(
        &self,
        connection: ConnectionId,
        order: &Key,
    ) -> Result<Option<LinesOfOrder>, StoreError> {
        let mut reader = self.read().await?;
        let row = sqlx::query(
            "SELECT remote_id, acknowledged_at FROM deliveries
             WHERE connection_id = ?1 AND entity = ?2 AND object_id = ?3 AND part = ''
               AND remote_id IS NOT NULL",
        )
        .bind(connection.0)
        .bind(order.entity.name())
        .bind(order.object)
        .fetch_optional(reader.conn())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let keys = [order.clone()];
        let mut lines = relations::lines(reader.conn(), connection, &keys).await?;
        Ok(Some(LinesOfOrder {
            order: order.clone(),
            remote_id: row.try_get(0)?,
            acknowledged_at: row.try_get::<Option<i64>, _>(1)?.map(instant),
            lines: lines.remove(order).unwrap_or_default(),
        }))
    }

    /// The deliveries that Optiply calls so.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keys_of_remote(
        &self,
        connection: ConnectionId,
        entity: Entity,
        ids: &[i64],
    ) -> Result<Vec<(i64, Key)>, StoreError> {
        let mut reader = self.read().await?;
        let rows = sqlx::query(
            "SELECT entity, object_id, part, remote_id FROM deliveries
             WHERE connection_id = ?1 AND entity = ?2 AND remote_id IS NOT NULL
               AND remote_id IN (SELECT value FROM json_each(?3))",
        )
        .bind(connection.0)
        .bind(entity.name())
        .bind(json(ids))
        .fetch_all(reader.conn())
        .await?;
        rows.iter()
            .map(|row| Ok((row.try_get(3)?, key(row)?)))
            .collect()
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
