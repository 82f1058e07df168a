//! Sell orders of the model.

use super::credit::Written;
use super::needs::Needs;
use crate::batch::{hex, run};
use crate::error::StoreError;
use crate::instant::text;
use crate::store::WriteTx;
use pipeline::deliver::Key;
use pipeline::hash::content_hash;
use pipeline::id::SaleId;
use pipeline::load::sell_order::SaleOutcome;
use pipeline::outcome::Outcome;
use pipeline::{Feed, Reason};

const DELETE_LINES: &str = "
    DELETE FROM model_sell_order_lines
    WHERE connection_id = ?1 AND sale_id IN (SELECT value FROM json_each(?2))";

const DELETE_HEADS: &str = "
    DELETE FROM model_sell_orders
    WHERE connection_id = ?1 AND sale_id IN (SELECT value FROM json_each(?2))";

const UPSERT_HEADS: &str = "
    INSERT INTO model_sell_orders (connection_id, sale_id, placed, completed, total_value, hash,
                                   first_run_id, run_id)
    SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, unhex(value ->> 4),
           value ->> 5, value ->> 5
    FROM json_each(?2) WHERE true
    ON CONFLICT (connection_id, sale_id) DO UPDATE SET
        placed = excluded.placed, completed = excluded.completed,
        total_value = excluded.total_value, hash = excluded.hash, run_id = excluded.run_id";

const INSERT_LINES: &str = "
    INSERT INTO model_sell_order_lines (connection_id, sale_id, item_id, quantity, subtotal_value)
    SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?2)";

pub(super) async fn write(
    tx: &mut WriteTx,
    written: &mut Written<'_>,
    orders: &[(SaleId, SaleOutcome)],
    needs: &mut Needs,
) -> Result<(), StoreError> {
    let connection = written.connection.0;
    let (mut heads, mut lines, mut removed) = (Vec::new(), Vec::new(), Vec::new());
    for (id, outcome) in orders {
        let held = written.work.held.get(&("sell_order", id.0));
        let result = match outcome {
            SaleOutcome::Order(order) => {
                let hash = content_hash(order);
                if held == Some(&hash) {
                    Outcome::Unchanged
                } else {
                    let (placed, completed) = (text(order.placed), order.completed.map(text));
                    let run = written.run_of("sell_order", id.0);
                    let newest_first = -order.placed.timestamp();
                    written
                        .deliveries
                        .add(Key::sell_order(*id), newest_first, run);
                    heads.push((
                        id.0,
                        placed,
                        completed,
                        order.total_value.to_string(),
                        hex(&hash),
                        run,
                    ));
                    for line in &order.lines {
                        needs.items.insert(line.item_id.0);
                        lines.push((
                            id.0,
                            line.item_id.0,
                            line.quantity,
                            line.subtotal_value.to_string(),
                        ));
                    }
                    Outcome::Loaded
                }
            }
            // What waits keeps what it had: nothing is known that would change it.
            SaleOutcome::Waiting(items) => {
                needs.missing(Feed::Items, items.iter().map(|item| item.0));
                Outcome::Waiting(Reason::WaitingForItem)
            }
            SaleOutcome::LowersAnother | SaleOutcome::None(_) => {
                let run = written.run_of("sell_order", id.0);
                written.deliveries.gone(Key::sell_order(*id), run);
                removed.push(id.0);
                match outcome {
                    SaleOutcome::None(reason) => Outcome::Dropped(*reason),
                    _ => Outcome::Loaded,
                }
            }
        };
        written.outcomes.insert(("sell_order", id.0), result);
    }
    // Lines are replaced whole. An order that fan-out wrote first counts as new here and has lines
    // all the same.
    let replaced: Vec<i64> = heads
        .iter()
        .map(|head| head.0)
        .chain(removed.iter().copied())
        .collect();
    run(tx.conn(), DELETE_LINES, connection, &replaced).await?;
    run(tx.conn(), DELETE_HEADS, connection, &removed).await?;
    run(tx.conn(), UPSERT_HEADS, connection, &heads).await?;
    run(tx.conn(), INSERT_LINES, connection, &lines).await?;
    Ok(())
}
