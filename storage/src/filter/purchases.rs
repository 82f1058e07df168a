//! The facts that decide on purchase orders and arrivals.

use super::Facts;
use crate::batch::json;
use crate::error::StoreError;
use crate::instant::instant;
use pipeline::filter::{OrderHead, OrderLife, OrderLineFact};
use pipeline::id::{ItemId, ShopId, VendorId};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use std::collections::HashMap;

pub(super) const SHIPMENTS: &str = "
    SELECT shipment_id, version, received FROM source_shipments
    WHERE connection_id = ?1 AND shipment_id IN (SELECT value FROM json_each(?2))";

const LINES: &str = "
    SELECT order_id, item_id, quantity, checked_in FROM source_order_lines
    WHERE connection_id = ?1 AND order_id IN (SELECT value FROM json_each(?2))";

const ORDERS: &str = "
    SELECT o.order_id, o.version, o.vendor_id, o.shop_id, o.ordered_at, o.complete, o.archived,
           o.created_at, o.changed_at,
           EXISTS (SELECT 1 FROM source_shipments s
                   WHERE s.connection_id = ?1 AND s.order_id = o.order_id
                     AND s.received = 1) AS shipped,
           EXISTS (SELECT 1 FROM model_buy_orders m
                   WHERE m.connection_id = ?1 AND m.order_id = o.order_id) AS held,
           EXISTS (SELECT 1 FROM exports e
                   WHERE e.connection_id = ?1 AND e.order_id = o.order_id)
               OR EXISTS (SELECT 1 FROM exports e
                          WHERE e.connection_id = ?1
                            AND e.buy_order_id = CAST(substr(o.reference, 5) AS INTEGER)
                            AND e.order_id IS NULL
                            AND o.reference = 'OPT-' || e.buy_order_id) AS exported
    FROM source_orders o
    WHERE o.connection_id = ?1 AND o.order_id IN (SELECT value FROM json_each(?2))";

pub(super) async fn order_facts(
    conn: &mut SqliteConnection,
    connection: i64,
    ids: &[i64],
) -> Result<Vec<(i64, i64, Facts)>, StoreError> {
    let ids = json(ids);
    let mut lines: HashMap<i64, Vec<OrderLineFact>> = HashMap::new();
    let rows = sqlx::query(LINES)
        .bind(connection)
        .bind(&ids)
        .fetch_all(&mut *conn)
        .await?;
    for row in rows {
        lines
            .entry(row.try_get(0)?)
            .or_default()
            .push(OrderLineFact {
                item: row.try_get::<Option<i64>, _>(1)?.map(ItemId),
                quantity: row.try_get(2)?,
                checked_in: row.try_get(3)?,
            });
    }
    let heads = sqlx::query(ORDERS)
        .bind(connection)
        .bind(&ids)
        .fetch_all(conn)
        .await?;
    heads
        .iter()
        .map(|row| {
            let id: i64 = row.try_get(0)?;
            let facts = Facts::Order {
                head: order_head(row)?,
                lines: lines.remove(&id).unwrap_or_default(),
                life: OrderLife {
                    shipped: row.try_get("shipped")?,
                    held: row.try_get("held")?,
                    exported: row.try_get("exported")?,
                },
            };
            Ok((id, row.try_get("version")?, facts))
        })
        .collect()
}

/// The head of a purchase order from a row that holds its columns.
pub(crate) fn order_head(row: &SqliteRow) -> Result<OrderHead, StoreError> {
    let at = |column: &str| -> Result<Option<_>, sqlx::Error> {
        Ok(row.try_get::<Option<i64>, _>(column)?.map(instant))
    };
    let ordered = at("ordered_at")?;
    Ok(OrderHead {
        shop: row.try_get::<Option<i64>, _>("shop_id")?.map(ShopId),
        vendor: row.try_get::<Option<i64>, _>("vendor_id")?.map(VendorId),
        ordered: ordered.is_some(),
        complete: row.try_get("complete")?,
        archived: row.try_get("archived")?,
        placed: ordered.or(at("created_at")?).or(at("changed_at")?),
    })
}
