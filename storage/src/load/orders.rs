//! Sell orders of the model.

use super::{Effects, HeldObject, Written};
use crate::batch::{hex, json, run};
use crate::error::StoreError;
use crate::filter::sale_head;
use crate::instant::{instant, text};
use crate::store::WriteTx;
use pipeline::filter::LineFact;
use pipeline::hash::content_hash;
use pipeline::id::{ItemId, SaleId, SaleLineId, ShopId};
use pipeline::load::sell_order::{ItemState, LineFacts, SaleFacts, SaleOutcome};
use pipeline::outcome::Outcome;
use pipeline::{Feed, Reason};
use rust_decimal::Decimal;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use std::collections::{BTreeSet, HashMap};

/// The sales that bear on the touched ones: those whose lines refer to theirs, and those that any
/// of all these refers to.
const RELATED: &str = "
    WITH touched AS MATERIALIZED (SELECT value AS sale_id FROM json_each(?2)),
         near AS MATERIALIZED (
             SELECT sale_id FROM touched
             UNION
             SELECT c.sale_id FROM touched t
             CROSS JOIN source_sale_lines l ON l.connection_id = ?1 AND l.sale_id = t.sale_id
             CROSS JOIN source_sale_lines c ON c.connection_id = ?1 AND c.parent_id = l.line_id
                                     AND c.parent_id IS NOT NULL
                                     AND c.fee = 0)
    SELECT sale_id FROM near
    UNION
    SELECT p.sale_id FROM near n
    CROSS JOIN source_sale_lines l ON l.connection_id = ?1 AND l.sale_id = n.sale_id AND l.fee = 0
    CROSS JOIN source_sale_lines p ON p.connection_id = ?1 AND p.line_id = l.parent_id";

const HEADS: &str = "
    SELECT sale_id, shop_id, completed, voided, archived, created_at, completed_at, stamped_at
    FROM source_sales
    WHERE connection_id = ?1 AND sale_id IN (SELECT value FROM json_each(?2))";

const LINES: &str = "
    SELECT sale_id, line_id, item_id, shop_id, parent_id, fee, quantity, value
    FROM source_sale_lines
    WHERE connection_id = ?1 AND sale_id IN (SELECT value FROM json_each(?2))";

/// What is known of an item that a line names: a product if it is or was one, or will be one.
const ITEMS: &str = "
    SELECT j.value AS item_id, s.kind, m.item_id IS NOT NULL AS loaded, w.state
    FROM json_each(?2) j
    LEFT JOIN source_items s ON s.connection_id = ?1 AND s.item_id = j.value
    LEFT JOIN model_products m ON m.connection_id = ?1 AND m.item_id = j.value
    LEFT JOIN wanted_items w ON w.connection_id = ?1 AND w.item_id = j.value";

pub(super) struct Read {
    pub(super) sales: Vec<SaleFacts>,
    pub(super) items: HashMap<ItemId, ItemState>,
    pub(super) held: Vec<HeldObject>,
}

pub(super) async fn read(
    conn: &mut SqliteConnection,
    connection: i64,
    ids: &[i64],
) -> Result<Read, StoreError> {
    let touched = json(ids);
    let all: Vec<i64> = sqlx::query_scalar(RELATED)
        .bind(connection)
        .bind(&touched)
        .fetch_all(&mut *conn)
        .await?;
    let all = json(&all);
    let mut named = BTreeSet::new();
    let mut lines: HashMap<i64, Vec<LineFacts>> = HashMap::new();
    for row in sqlx::query(LINES)
        .bind(connection)
        .bind(&all)
        .fetch_all(&mut *conn)
        .await?
    {
        let id: i64 = row.try_get(1)?;
        let item: Option<i64> = row.try_get(2)?;
        named.extend(item);
        lines.entry(row.try_get(0)?).or_default().push(LineFacts {
            id: SaleLineId(id),
            fact: LineFact {
                item: item.map(ItemId),
                shop: row.try_get::<Option<i64>, _>(3)?.map(ShopId),
                fee: row.try_get(5)?,
                quantity: row.try_get(6)?,
            },
            parent: row.try_get::<Option<i64>, _>(4)?.map(SaleLineId),
            value: decimal(row.try_get(7)?, id)?,
        });
    }
    let heads = sqlx::query(HEADS)
        .bind(connection)
        .bind(&all)
        .fetch_all(&mut *conn)
        .await?;
    let sales = heads
        .iter()
        .map(|row| {
            let id: i64 = row.try_get(0)?;
            Ok(SaleFacts {
                id: SaleId(id),
                head: sale_head(row)?,
                completed_at: row.try_get::<Option<i64>, _>("completed_at")?.map(instant),
                lines: lines.remove(&id).unwrap_or_default(),
            })
        })
        .collect::<Result<_, StoreError>>()?;
    let named: Vec<i64> = named.into_iter().collect();
    let rows = sqlx::query(ITEMS)
        .bind(connection)
        .bind(json(&named))
        .fetch_all(&mut *conn)
        .await?;
    let mut items = HashMap::with_capacity(rows.len());
    for row in rows {
        items.insert(ItemId(row.try_get("item_id")?), item_state(&row)?);
    }
    let held = sqlx::query(
        "SELECT sale_id, run_id, hash FROM model_sell_orders
         WHERE connection_id = ?1 AND sale_id IN (SELECT value FROM json_each(?2))",
    )
    .bind(connection)
    .bind(&touched)
    .fetch_all(conn)
    .await?
    .iter()
    .map(|row| {
        Ok(HeldObject { id: row.try_get(0)?, run: row.try_get(1)?, hash: row.try_get(2)? })
    })
    .collect::<Result<_, StoreError>>()?;
    Ok(Read { sales, items, held })
}

/// What is known of an item, from a row with its kind, whether it is loaded, and its state of being
/// wanted.
pub(crate) fn item_state(row: &SqliteRow) -> Result<ItemState, StoreError> {
    let kind: Option<&str> = row.try_get("kind")?;
    Ok(match (row.try_get::<bool, _>("loaded")?, kind) {
        (true, _) => ItemState::Product,
        (false, Some("non_inventory")) => ItemState::NonInventory,
        (false, Some(_)) => ItemState::Product,
        (false, None) if row.try_get::<Option<&str>, _>("state")? == Some("gone") => {
            ItemState::Gone
        }
        (false, None) => ItemState::Missing,
    })
}

fn decimal(text: &str, line: i64) -> Result<Decimal, StoreError> {
    text.parse().map_err(|_| StoreError::Inconsistent {
        table: "source_sale_lines",
        column: "value",
        row: line.to_string(),
        found: text.to_owned(),
    })
}

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
                    if held.is_some() {
                        removed.push(id.0);
                    }
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
                if held.is_some() {
                    removed.push(id.0);
                }
                match outcome {
                    SaleOutcome::None(reason) => Outcome::Dropped(*reason),
                    _ => Outcome::Loaded,
                }
            }
        };
        written.outcomes.insert(("sell_order", id.0), result);
    }
    let kept: BTreeSet<i64> = heads.iter().map(|head| head.0).collect();
    let gone: Vec<i64> = removed
        .iter()
        .copied()
        .filter(|id| !kept.contains(id))
        .collect();
    run(tx.conn(), DELETE_LINES, connection, &removed).await?;
    run(tx.conn(), DELETE_HEADS, connection, &gone).await?;
    run(tx.conn(), UPSERT_HEADS, connection, &heads).await?;
    run(tx.conn(), INSERT_LINES, connection, &lines).await?;
    let named: Vec<i64> = named.into_iter().collect();
    let missing: Vec<i64> = missing.into_iter().collect();
    Ok(Effects {
        records_touched: need_items(tx, connection, &named).await?,
        items_wanted: want_items(tx, connection, &missing, now).await?,
    })
}

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
async fn need_items(tx: &mut WriteTx, connection: i64, named: &[i64]) -> Result<bool, StoreError> {
    if named.is_empty() {
        return Ok(false);
    }
    let done = sqlx::query(
        "INSERT INTO record_touches (connection_id, feed, record_id)
         SELECT ?1, ?3, j.value FROM json_each(?2) j
         CROSS JOIN source_items s ON s.connection_id = ?1 AND s.item_id = j.value AND s.archived = 1
         WHERE NOT EXISTS (SELECT 1 FROM model_products m
                           WHERE m.connection_id = ?1 AND m.item_id = j.value)",
    )
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
    let done = sqlx::query(
        "INSERT OR IGNORE INTO wanted_items (connection_id, item_id, state, since_at)
         SELECT ?1, value, 'wanted', ?3 FROM json_each(?2)",
    )
    .bind(connection)
    .bind(json(missing))
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}
