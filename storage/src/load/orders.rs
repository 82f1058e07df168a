//! Sell orders of the model.

use super::Effects;
use super::credit::Written;
use crate::batch::{hex, json, run};
use crate::error::StoreError;
use crate::instant::text;
use crate::store::WriteTx;
use pipeline::hash::content_hash;
use pipeline::id::SaleId;
use pipeline::load::sell_order::SaleOutcome;
use pipeline::outcome::Outcome;
use pipeline::{Feed, Reason};
use std::collections::BTreeSet;

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

/// An order with a line of an item that was archived before it was ever loaded makes that item
/// needed (DESIGN 13.6): filter looks at it again.
const NEED_ITEMS: &str = "
    INSERT INTO record_touches (connection_id, feed, record_id)
    SELECT ?1, ?3, j.value FROM json_each(?2) j
    CROSS JOIN source_items s ON s.connection_id = ?1 AND s.item_id = j.value AND s.archived = 1
    WHERE NOT EXISTS (SELECT 1 FROM model_products m
                      WHERE m.connection_id = ?1 AND m.item_id = j.value)";

const WANT_ITEMS: &str = "
    INSERT OR IGNORE INTO wanted_items (connection_id, item_id, state, since_at)
    SELECT ?1, value, 'wanted', ?3 FROM json_each(?2)";

pub(super) async fn write(
    tx: &mut WriteTx,
    written: &mut Written<'_>,
    orders: &[(SaleId, SaleOutcome)],
    now: i64,
) -> Result<Effects, StoreError> {
    let connection = written.connection.0;
    let (mut heads, mut lines, mut removed) = (Vec::new(), Vec::new(), Vec::new());
    let (mut missing, mut named) = (BTreeSet::new(), BTreeSet::new());
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
                    heads.push((
                        id.0,
                        placed,
                        completed,
                        order.total_value.to_string(),
                        hex(&hash),
                        run,
                    ));
                    for line in &order.lines {
                        named.insert(line.item_id.0);
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
                missing.extend(items.iter().map(|item| item.0));
                Outcome::Waiting(Reason::WaitingForItem)
            }
            SaleOutcome::LowersAnother | SaleOutcome::None(_) => {
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
    let named: Vec<i64> = named.into_iter().collect();
    let missing: Vec<i64> = missing.into_iter().collect();
    Ok(Effects {
        records_touched: need_items(tx, connection, &named).await?,
        items_wanted: want_items(tx, connection, &missing, now).await?,
    })
}

async fn need_items(tx: &mut WriteTx, connection: i64, named: &[i64]) -> Result<bool, StoreError> {
    if named.is_empty() {
        return Ok(false);
    }
    let done = sqlx::query(NEED_ITEMS)
        .bind(connection)
        .bind(json(named))
        .bind(Feed::Items.name())
        .execute(tx.conn())
        .await?;
    Ok(done.rows_affected() > 0)
}

async fn want_items(
    tx: &mut WriteTx,
    connection: i64,
    missing: &[i64],
    now: i64,
) -> Result<bool, StoreError> {
    if missing.is_empty() {
        return Ok(false);
    }
    let done = sqlx::query(WANT_ITEMS)
        .bind(connection)
        .bind(json(missing))
        .bind(now)
        .execute(tx.conn())
        .await?;
    Ok(done.rows_affected() > 0)
}
