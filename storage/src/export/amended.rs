//! A buy order that was ordered and then changed or deleted.

use super::intents::{head_of, put_lines, text};
use crate::error::StoreError;
use crate::leases::Lease;
use crate::store::{Store, WriteTx};
use pipeline::export::{Candidate, Intent};
use pipeline::id::{BuyOrderId, ConnectionId};
use sqlx::Row;
use std::collections::BTreeMap;

/// What Optiply has acknowledged of a buy order that was ordered: the attributes of the lines that are
/// told what happens in Lightspeed, by their ids, as canonical JSON.
pub type ToldLines = BTreeMap<i64, String>;

impl Store {
    /// What Optiply has acknowledged of a buy order that was ordered; none while something of it is
    /// still to be delivered, so that nobody can tell who changed it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn export_told(
        &self,
        connection: ConnectionId,
        order: BuyOrderId,
    ) -> Result<Option<ToldLines>, StoreError> {
        let mut reader = self.read().await?;
        let rows = sqlx::query(
            "SELECT d.entity, d.remote_id, d.state = 'acknowledged' AND d.looked >= d.touched,
                    d.acknowledged
             FROM exports e JOIN deliveries d ON d.connection_id = ?1
                 AND d.entity IN ('buy_order', 'buy_order_line') AND d.object_id = e.order_id
             WHERE e.connection_id = ?1 AND e.buy_order_id = ?2",
        )
        .bind(connection.0)
        .bind(order.0)
        .fetch_all(reader.conn())
        .await?;
        let mut told = ToldLines::new();
        for row in &rows {
            if !row.try_get::<bool, _>(2)? {
                return Ok(None);
            }
            let entity: &str = row.try_get(0)?;
            let line: Option<i64> = row.try_get(1)?;
            let acknowledged: Option<String> = row.try_get(3)?;
            if let ("buy_order_line", Some(line), Some(text)) = (entity, line, acknowledged) {
                told.insert(line, text);
            }
        }
        Ok(Some(told))
    }
}

impl Store {
    /// Of the buy orders whose purchase orders are open: how many Optiply did not show when they were
    /// read last, and how many there are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn exports_unseen(&self, connection: ConnectionId) -> Result<(i64, i64), StoreError> {
        let mut reader = self.read().await?;
        let row = sqlx::query(
            "SELECT coalesce(sum(e.seen_run <> m.run_id), 0), count(*)
             FROM export_marks m JOIN exports e ON e.connection_id = ?1 AND e.look > 0
             WHERE m.connection_id = ?1",
        )
        .bind(connection.0)
        .fetch_one(reader.conn())
        .await?;
        Ok((row.try_get(0)?, row.try_get(1)?))
    }
}

/// What is to be ordered now stands in the place of what was, which is kept until that is done.
pub(super) async fn amend(
    tx: &mut WriteTx,
    lease: &Lease,
    order: BuyOrderId,
    (former, now, candidate): (&Intent, &Intent, &Candidate),
    at: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE exports SET state = 'working', step = 'fill', look = 0, former = ?3, intent = ?4,
                candidate = ?5, lines_total = ?6, reason = NULL, detail = NULL, warning = NULL,
                attempts = 0, next_at = 0, updated_at = ?7
         WHERE connection_id = ?1 AND buy_order_id = ?2 AND state = 'exported' AND look = 2
           AND op IS NULL",
    )
    .bind(lease.connection.0)
    .bind(order.0)
    .bind(text(former)?)
    .bind(head_of(now)?)
    .bind(text(candidate)?)
    .bind(i64::try_from(now.lines.len()).unwrap_or(i64::MAX))
    .bind(at)
    .execute(tx.conn())
    .await?;
    put_lines(tx, lease, order, now).await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn withdraw(
    tx: &mut WriteTx,
    lease: &Lease,
    order: BuyOrderId,
    (former, detail): (&Intent, &str),
    at: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE exports SET state = 'working', step = 'drop', look = 0, former = ?3, reason = NULL,
                detail = ?4, warning = NULL, attempts = 0, next_at = 0, updated_at = ?5
         WHERE connection_id = ?1 AND buy_order_id = ?2 AND state = 'exported' AND look = 2
           AND op IS NULL",
    )
    .bind(lease.connection.0)
    .bind(order.0)
    .bind(text(former)?)
    .bind(detail)
    .bind(at)
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}
