//! Reading what sell orders are computed from: the touched sales and all that bear on them.

use super::work::HeldObject;
use crate::batch::json;
use crate::error::StoreError;
use crate::filter::sale_head;
use crate::instant::instant;
use pipeline::filter::LineFact;
use pipeline::id::{ItemId, SaleId, SaleLineId, ShopId};
use pipeline::load::sell_order::{ItemState, LineFacts, SaleFacts};
use rust_decimal::Decimal;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use std::collections::{BTreeSet, HashMap};

/// The sales that bear on the touched ones: those whose lines refer to theirs, and those that any
/// of all these refers to. The joins go from the few sales to the table, in the order written.
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
    SELECT sale_id, shop_id, completed, voided, archived, created_at, completed_at, stamped_at,
           EXISTS (SELECT 1 FROM model_sell_orders m
                   WHERE m.connection_id = ?1 AND m.sale_id = source_sales.sale_id) AS held
    FROM source_sales
    WHERE connection_id = ?1 AND sale_id IN (SELECT value FROM json_each(?2))";

const LINES: &str = "
    SELECT sale_id, line_id, item_id, shop_id, parent_id, fee, quantity, value
    FROM source_sale_lines
    WHERE connection_id = ?1 AND sale_id IN (SELECT value FROM json_each(?2))";

/// What is known of an item that a line names: a product if it is or was one, or will be one.
const ITEMS: &str = "
    SELECT j.value AS item_id, s.kind, s.vanished_at IS NOT NULL AS vanished,
           m.item_id IS NOT NULL AS loaded, w.state
    FROM json_each(?2) j
    LEFT JOIN source_items s ON s.connection_id = ?1 AND s.item_id = j.value
    LEFT JOIN model_products m ON m.connection_id = ?1 AND m.item_id = j.value
    LEFT JOIN wanted_records w ON w.connection_id = ?1 AND w.feed = 'items'
                              AND w.record_id = j.value";

const HELD: &str = "
    SELECT sale_id, run_id, hash FROM model_sell_orders
    WHERE connection_id = ?1 AND sale_id IN (SELECT value FROM json_each(?2))";

pub(super) struct Read {
    pub(super) sales: Vec<SaleFacts>,
    /// Items that their lines name.
    pub(super) named: BTreeSet<i64>,
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
    let held = sqlx::query(HELD)
        .bind(connection)
        .bind(&touched)
        .fetch_all(conn)
        .await?
        .iter()
        .map(|row| {
            Ok(HeldObject {
                id: row.try_get(0)?,
                run: row.try_get(1)?,
                hash: row.try_get(2)?,
            })
        })
        .collect::<Result<_, StoreError>>()?;
    Ok(Read { sales, named, held })
}

/// What is known of these items.
pub(super) async fn items(
    conn: &mut SqliteConnection,
    connection: i64,
    named: BTreeSet<i64>,
) -> Result<HashMap<ItemId, ItemState>, StoreError> {
    if named.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sqlx::query(ITEMS)
        .bind(connection)
        .bind(json(&Vec::from_iter(named)))
        .fetch_all(conn)
        .await?;
    rows.iter()
        .map(|row| Ok((ItemId(row.try_get("item_id")?), item_state(row)?)))
        .collect()
}

/// What is known of an item, from a row with its kind, whether it is loaded or vanished, and its
/// state of being wanted.
pub(crate) fn item_state(row: &SqliteRow) -> Result<ItemState, StoreError> {
    let kind: Option<&str> = row.try_get("kind")?;
    Ok(match (row.try_get::<bool, _>("loaded")?, kind) {
        (true, _) => ItemState::Product,
        (false, Some(_)) if row.try_get("vanished")? => ItemState::Gone,
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
