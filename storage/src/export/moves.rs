//! The steps of a buy order on its way, several at once in one transaction.

use super::intents::freeze;
use super::steps::ExportMove;
use super::{amended, echo};
use crate::alarms::{self, AlarmKind};
use crate::error::StoreError;
use crate::events::event_in;
use crate::instant::millis;
use crate::leases::Lease;
use crate::queue;
use crate::store::{Store, WriteTx};
use pipeline::Reason;
use pipeline::Stage;
use pipeline::export::reference;
use pipeline::id::{BuyOrderId, ItemId, OrderLineId, RunId};

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
        ExportMove::Amend {
            former,
            now: intent,
            candidate,
        } => {
            return amended::amend(tx, lease, order, (former, intent, candidate), now).await;
        }
        ExportMove::Withdraw { former, detail } => {
            return amended::withdraw(tx, lease, order, (former, detail), now).await;
        }
        ExportMove::Reviewed { conflict, again } => {
            if conflict.is_none() && !again {
                settled(tx, store, lease, order).await?;
            }
            sqlx::query(
                "UPDATE exports SET look = 1, changed_at = iif(?3, NULL, changed_at), warning = ?4,
                        attempts = 0, next_at = 0, updated_at = ?5
                 WHERE connection_id = ?1 AND buy_order_id = ?2 AND state = 'exported'
                   AND look = 2",
            )
            .bind(lease.connection.0)
            .bind(order.0)
            .bind(*again)
            .bind(*conflict)
            .bind(now)
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
            settled(tx, store, lease, order).await?;
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
                        attempts = 0, next_at = 0, reason = NULL, detail = NULL, former = NULL,
                        look = 1, exported_at = ?3, updated_at = ?3
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
            settled(tx, store, lease, order).await?;
            echo::forget(tx, lease, order).await?;
            sqlx::query("UPDATE export_lines SET order_line_id = NULL WHERE connection_id = ?1 AND buy_order_id = ?2")
                .bind(lease.connection.0)
                .bind(order.0)
                .execute(tx.conn())
                .await?;
            sqlx::query(
                "UPDATE exports SET state = iif(reason IS NULL, 'left', 'parked'), step = 'look',
                        order_id = iif(exported_at IS NULL, NULL, order_id), op = NULL,
                        former = NULL, look = 0, looks = 0, retries = 0, next_at = 0, updated_at = ?3
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
             WHERE connection_id = ?1 AND buy_order_id = ?2
               AND (state IN ('due', 'working') OR look = 2)",
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

/// What a person had to settle is settled.
async fn settled(
    tx: &mut WriteTx,
    store: &Store,
    lease: &Lease,
    order: BuyOrderId,
) -> Result<(), StoreError> {
    let (kind, subject) = (AlarmKind::ExportConflict, order.to_string());
    alarms::clear_in(tx, store, lease.connection, kind, &subject).await?;
    Ok(())
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
