//! What is to be ordered, written down.

use crate::error::StoreError;
use crate::leases::Lease;
use crate::store::WriteTx;
use pipeline::export::{Candidate, Intent};
use pipeline::id::BuyOrderId;
use serde_json::json;

/// The intent and its lines replace those of an earlier decision. One that may have been ordered
/// before a backup was put back has no beginning that its purchase order must be younger than.
pub(super) async fn freeze(
    tx: &mut WriteTx,
    lease: &Lease,
    order: BuyOrderId,
    (intent, candidate): (&Intent, &Candidate),
    now: i64,
) -> Result<bool, StoreError> {
    let (head, candidate) = (head_of(intent)?, text(candidate)?);
    let done = sqlx::query(
        "UPDATE exports SET state = 'working', step = 'look', intent = ?3, candidate = ?6,
                begun_at = iif(?2 <= (SELECT coalesce(restored_orders_to, 0) FROM connections
                                      WHERE id = ?1), NULL, ?4), lines_total = ?5, reason = NULL, detail = NULL, warning = NULL, attempts = 0,
                next_at = 0, updated_at = ?4
         WHERE connection_id = ?1 AND buy_order_id = ?2 AND state = 'due' AND op IS NULL",
    )
    .bind(lease.connection.0)
    .bind(order.0)
    .bind(head)
    .bind(now)
    .bind(i64::try_from(intent.lines.len()).unwrap_or(i64::MAX))
    .bind(candidate)
    .execute(tx.conn())
    .await?;
    put_lines(tx, lease, order, intent).await?;
    Ok(done.rows_affected() == 1)
}

/// What is to be ordered, without its lines.
pub(super) fn head_of(intent: &Intent) -> Result<String, StoreError> {
    text(&Intent {
        lines: Vec::new(),
        ..intent.clone()
    })
}

pub(super) fn text(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value)
        .map_err(|error| StoreError::Database(sqlx::Error::Encode(Box::new(error))))
}

/// The lines to be ordered replace those of an earlier decision.
pub(super) async fn put_lines(
    tx: &mut WriteTx,
    lease: &Lease,
    order: BuyOrderId,
    intent: &Intent,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM export_lines WHERE connection_id = ?1 AND buy_order_id = ?2")
        .bind(lease.connection.0)
        .bind(order.0)
        .execute(tx.conn())
        .await?;
    let lines: Vec<_> = intent
        .lines
        .iter()
        .map(|line| {
            json!([
                line.item.0,
                line.quantity,
                line.price.to_string(),
                json!(line.of).to_string()
            ])
        })
        .collect();
    sqlx::query(
        "INSERT INTO export_lines (connection_id, buy_order_id, item_id, quantity, price, buy_lines)
         SELECT ?1, ?2, value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?3)",
    )
    .bind(lease.connection.0)
    .bind(order.0)
    .bind(json!(lines).to_string())
    .execute(tx.conn())
    .await?;
    Ok(())
}
