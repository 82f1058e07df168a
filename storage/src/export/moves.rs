//! The steps of a buy order on its way, several at once in one transaction.

use super::echo;
use super::steps::ExportMove;
use crate::error::StoreError;
use crate::events::event_in;
use crate::instant::millis;
use crate::leases::Lease;
use crate::queue;
use crate::store::{Store, WriteTx};
use pipeline::Reason;
use pipeline::Stage;
use pipeline::export::{Candidate, Intent, reference};
use pipeline::id::{BuyOrderId, ItemId, OrderLineId, RunId};
use serde_json::json;

impl Store {
    /// Lets a buy order take these steps, all or none.
    ///
    /// # Errors
    /// When the database fails, the lease has moved on, or the order stands elsewhere.
    pub async fn move_export(
        &self,
        lease: &Lease,
        order: BuyOrderId,
        moves: &[ExportMove<'_>],
    ) -> Result<(), StoreError> {
        let mut tx = self.write_as(lease).await?;
        for step in moves {
            if !apply(&mut tx, self, lease, order, step).await? {
                return Err(StoreError::Fenced {
                    role: format!("export of buy order {order}"),
                });
            }
        }
        let placed = |step: &ExportMove<'_>| {
            matches!(
                step,
                ExportMove::Found(_) | ExportMove::Made(_) | ExportMove::Placed(_)
            )
        };
        if moves.iter().any(placed) {
            look_again(&mut tx, self, lease, order).await?;
        }
        tx.commit().await
    }
}

/// Applies a step; `false` when the order stands elsewhere.
async fn apply(
    tx: &mut WriteTx,
    store: &Store,
    lease: &Lease,
    order: BuyOrderId,
    step: &ExportMove<'_>,
) -> Result<bool, StoreError> {
    let now = store.now_ms();
    let query = match step {
        ExportMove::Freeze(intent, candidate) => {
            return freeze(tx, lease, order, (intent, candidate), now).await;
        }
        ExportMove::There(lines) => return there(tx, lease, order, lines).await,
        ExportMove::Line(item, line) => {
            let done = sqlx::query(
                "UPDATE exports SET op = NULL, looks = 0, attempts = 0, next_at = 0, updated_at = ?4
                 WHERE connection_id = ?1 AND buy_order_id = ?2 AND op = 'line' AND op_item = ?3",
            )
            .bind(lease.connection.0)
            .bind(order.0)
            .bind(item.0)
            .bind(now)
            .execute(tx.conn())
            .await?;
            return Ok(
                done.rows_affected() == 1 && there(tx, lease, order, &[(*item, *line)]).await?
            );
        }
        ExportMove::Leave(detail) => sqlx::query(
            "UPDATE exports SET state = 'left', step = 'done', reason = NULL, detail = ?3,
                    next_at = 0, updated_at = ?4
             WHERE connection_id = ?1 AND buy_order_id = ?2 AND state = 'due'",
        )
        .bind(lease.connection.0)
        .bind(order.0)
        .bind(*detail)
        .bind(now),
        ExportMove::Park {
            reason,
            detail,
            retries,
        } => {
            note(tx, lease, order, "export_parked", detail, now).await?;
            sqlx::query(
                "UPDATE exports SET state = 'parked', reason = ?3, detail = ?4, retries = ?5,
                        op = NULL, looks = 0, next_at = 0, updated_at = ?6
                 WHERE connection_id = ?1 AND buy_order_id = ?2 AND state IN ('due', 'working')",
            )
            .bind(lease.connection.0)
            .bind(order.0)
            .bind(reason.code())
            .bind(*detail)
            .bind(*retries)
            .bind(now)
        }
        ExportMove::Drop { reason, detail } => sqlx::query(
            "UPDATE exports SET state = 'working', step = 'drop', reason = ?3, detail = ?4,
                    next_at = 0, updated_at = ?5
             WHERE connection_id = ?1 AND buy_order_id = ?2 AND state IN ('due', 'working')
               AND op IS NULL",
        )
        .bind(lease.connection.0)
        .bind(order.0)
        .bind(reason.map(Reason::code))
        .bind(*detail)
        .bind(now),
        ExportMove::Found(found) => sqlx::query(
            "UPDATE exports SET order_id = ?3, step = 'fill', op = NULL, looks = 0, attempts = 0,
                    next_at = 0, updated_at = ?4
             WHERE connection_id = ?1 AND buy_order_id = ?2 AND state = 'working' AND step = 'look'
               AND (op IS NULL OR op = 'make')",
        )
        .bind(lease.connection.0)
        .bind(order.0)
        .bind(found.0)
        .bind(now),
        ExportMove::Go(to) => sqlx::query(
            "UPDATE exports SET step = ?3, op = NULL, looks = 0, next_at = 0, updated_at = ?4
             WHERE connection_id = ?1 AND buy_order_id = ?2 AND state = 'working'",
        )
        .bind(lease.connection.0)
        .bind(order.0)
        .bind(to.name())
        .bind(now),
        ExportMove::Intend { op, item, within } => sqlx::query(
            "UPDATE exports SET op = ?3, op_item = ?4, op_fence = ?5, op_at = ?6,
                    op_over_at = ?6 + ?7, looks = 0, updated_at = ?6
             WHERE connection_id = ?1 AND buy_order_id = ?2 AND state = 'working' AND op IS NULL",
        )
        .bind(lease.connection.0)
        .bind(order.0)
        .bind(op.name())
        .bind(item.map(|item| item.0))
        .bind(lease.fence)
        .bind(now)
        .bind(within.num_milliseconds()),
        ExportMove::Made(made) => sqlx::query(
            "UPDATE exports SET order_id = ?3, step = 'fill', op = NULL, looks = 0, attempts = 0,
                    next_at = 0, updated_at = ?4
             WHERE connection_id = ?1 AND buy_order_id = ?2 AND op = 'make'",
        )
        .bind(lease.connection.0)
        .bind(order.0)
        .bind(made.0)
        .bind(now),
        ExportMove::Removed => sqlx::query(
            "UPDATE exports SET op = NULL, looks = 0, next_at = 0, updated_at = ?3
             WHERE connection_id = ?1 AND buy_order_id = ?2 AND op = 'remove'",
        )
        .bind(lease.connection.0)
        .bind(order.0)
        .bind(now),
        ExportMove::Placed(echo) => {
            echo::write(tx, lease, order, echo).await?;
            note(
                tx,
                lease,
                order,
                "exported",
                "it is ordered in Lightspeed",
                now,
            )
            .await?;
            sqlx::query(
                "UPDATE exports SET state = 'exported', step = 'done', op = NULL, looks = 0,
                        attempts = 0, next_at = 0, reason = NULL, detail = NULL,
                        exported_at = ?3, updated_at = ?3
                 WHERE connection_id = ?1 AND buy_order_id = ?2 AND state = 'working'
                   AND order_id IS NOT NULL AND (op IS NULL OR op = 'place')",
            )
            .bind(lease.connection.0)
            .bind(order.0)
            .bind(now)
        }
        ExportMove::Archived => {
            note(
                tx,
                lease,
                order,
                "export_dropped",
                "its draft is archived",
                now,
            )
            .await?;
            sqlx::query("UPDATE export_lines SET order_line_id = NULL WHERE connection_id = ?1 AND buy_order_id = ?2")
                .bind(lease.connection.0)
                .bind(order.0)
                .execute(tx.conn())
                .await?;
            sqlx::query(
                "UPDATE exports SET state = iif(reason IS NULL, 'left', 'parked'), step = 'look',
                        order_id = NULL, op = NULL,
                        looks = 0, retries = 0, next_at = 0, updated_at = ?3
                 WHERE connection_id = ?1 AND buy_order_id = ?2 AND state = 'working'
                   AND step = 'drop'",
            )
            .bind(lease.connection.0)
            .bind(order.0)
            .bind(now)
        }
        ExportMove::NotDone { next_at, failed } => sqlx::query(
            "UPDATE exports SET op = NULL, looks = 0, next_at = ?3, attempts = attempts + ?4,
                    updated_at = ?5
             WHERE connection_id = ?1 AND buy_order_id = ?2 AND op IS NOT NULL",
        )
        .bind(lease.connection.0)
        .bind(order.0)
        .bind(millis(*next_at))
        .bind(*failed)
        .bind(now),
        ExportMove::Doubt { next_at } => sqlx::query(
            "UPDATE exports SET op_over_at = ?4, looks = 0, next_at = ?3, updated_at = ?4
             WHERE connection_id = ?1 AND buy_order_id = ?2 AND op IS NOT NULL",
        )
        .bind(lease.connection.0)
        .bind(order.0)
        .bind(millis(*next_at))
        .bind(now),
        ExportMove::Looked { next_at } => sqlx::query(
            "UPDATE exports SET looks = looks + 1, next_at = ?3, updated_at = ?4
             WHERE connection_id = ?1 AND buy_order_id = ?2 AND op IS NOT NULL",
        )
        .bind(lease.connection.0)
        .bind(order.0)
        .bind(millis(*next_at))
        .bind(now),
        ExportMove::Wait { next_at, failed } => sqlx::query(
            "UPDATE exports SET next_at = ?3, attempts = attempts + ?4, updated_at = ?5
             WHERE connection_id = ?1 AND buy_order_id = ?2 AND state IN ('due', 'working')",
        )
        .bind(lease.connection.0)
        .bind(order.0)
        .bind(millis(*next_at))
        .bind(*failed)
        .bind(now),
        ExportMove::Warn(text) => sqlx::query(
            "UPDATE exports SET warning = ?3 WHERE connection_id = ?1 AND buy_order_id = ?2",
        )
        .bind(lease.connection.0)
        .bind(order.0)
        .bind(*text),
    };
    Ok(query.execute(tx.conn()).await?.rows_affected() == 1)
}

/// The intent and its lines replace those of an earlier decision.
async fn freeze(
    tx: &mut WriteTx,
    lease: &Lease,
    order: BuyOrderId,
    (intent, candidate): (&Intent, &Candidate),
    now: i64,
) -> Result<bool, StoreError> {
    let head = Intent {
        lines: Vec::new(),
        ..intent.clone()
    };
    let unreadable =
        |error: serde_json::Error| StoreError::Database(sqlx::Error::Encode(Box::new(error)));
    let head = serde_json::to_string(&head).map_err(unreadable)?;
    let candidate = serde_json::to_string(candidate).map_err(unreadable)?;
    let done = sqlx::query(
        "UPDATE exports SET state = 'working', step = 'look', intent = ?3, candidate = ?6, begun_at = ?4,
                lines_total = ?5, reason = NULL, detail = NULL, warning = NULL, attempts = 0,
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
    Ok(done.rows_affected() == 1)
}

/// Which purchase order is ours is known now: whatever bears its reference is judged anew.
async fn look_again(
    tx: &mut WriteTx,
    store: &Store,
    lease: &Lease,
    order: BuyOrderId,
) -> Result<(), StoreError> {
    let touched = sqlx::query(
        "INSERT INTO record_touches (connection_id, feed, record_id)
         SELECT ?1, 'orders', order_id FROM source_orders
         WHERE connection_id = ?1 AND reference = ?2 AND reference GLOB 'OPT-*'
         UNION
         SELECT ?1, 'orders', o.order_id FROM exports e
         JOIN source_orders o ON o.connection_id = ?1 AND o.order_id = e.order_id
         WHERE e.connection_id = ?1 AND e.buy_order_id = ?3",
    )
    .bind(lease.connection.0)
    .bind(reference(order))
    .bind(order.0)
    .execute(tx.conn())
    .await?;
    if touched.rows_affected() > 0 {
        queue::wake(tx, store, lease.connection, RunId(0), Stage::Filter).await?;
    }
    Ok(())
}

async fn there(
    tx: &mut WriteTx,
    lease: &Lease,
    order: BuyOrderId,
    lines: &[(ItemId, OrderLineId)],
) -> Result<bool, StoreError> {
    let rows: Vec<(i64, i64)> = lines.iter().map(|(item, line)| (item.0, line.0)).collect();
    let done = sqlx::query(
        "UPDATE export_lines SET order_line_id = j.value ->> 1
         FROM json_each(?3) j
         WHERE export_lines.connection_id = ?1 AND export_lines.buy_order_id = ?2
           AND export_lines.item_id = j.value ->> 0",
    )
    .bind(lease.connection.0)
    .bind(order.0)
    .bind(crate::batch::json(&rows))
    .execute(tx.conn())
    .await?;
    Ok(usize::try_from(done.rows_affected()) == Ok(lines.len()))
}

async fn note(
    tx: &mut WriteTx,
    lease: &Lease,
    order: BuyOrderId,
    code: &str,
    text: &str,
    now: i64,
) -> Result<(), StoreError> {
    let text = format!("buy order {order}: {text}");
    event_in(tx.conn(), lease.connection, None, code, &text, now).await
}
