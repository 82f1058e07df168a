//! What the model says of deliveries.

use crate::batch::json;
use crate::error::StoreError;
use pipeline::deliver::{BuyOrderWish, Desired, Entity, Key};
use pipeline::id::{ConnectionId, ItemId, OrderId, OrderLineId, SaleId, VendorId};
use pipeline::load::sell_order::{SellOrder, SellOrderLine};
use pipeline::load::{
    BuyOrder, BuyOrderLine, Composition, Product, ProductStatus, Receipt, Supplier, SupplierProduct,
};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use std::collections::HashMap;
use std::str::FromStr;

const PRODUCTS: &str = "
    SELECT m.* FROM json_each(?2) j
    JOIN model_products m ON m.connection_id = ?1 AND m.item_id = j.value ->> 0";

const SUPPLIERS: &str = "
    SELECT m.* FROM json_each(?2) j
    JOIN model_suppliers m ON m.connection_id = ?1 AND m.vendor_id = j.value ->> 0";

const PAIRS: &str = "
    SELECT m.* FROM json_each(?2) j
    JOIN model_supplier_products m ON m.connection_id = ?1 AND m.item_id = j.value ->> 0
        AND m.vendor_id = CAST(j.value ->> 1 AS INTEGER)";

const COMPOSITIONS: &str = "
    SELECT m.* FROM json_each(?2) j
    JOIN model_product_compositions m ON m.connection_id = ?1 AND m.item_id = j.value ->> 0
        AND m.part_item_id = CAST(j.value ->> 1 AS INTEGER)";

const SELL_ORDERS: &str = "
    SELECT m.* FROM json_each(?2) j
    JOIN model_sell_orders m ON m.connection_id = ?1 AND m.sale_id = j.value ->> 0";

const LINES_OF_SELL_ORDERS: &str = "
    SELECT m.* FROM json_each(?2) j
    JOIN model_sell_order_lines m ON m.connection_id = ?1 AND m.sale_id = j.value ->> 0
    ORDER BY m.sale_id, m.item_id";

const SELL_ORDER_LINES: &str = "
    SELECT m.* FROM json_each(?2) j
    JOIN model_sell_order_lines m ON m.connection_id = ?1 AND m.sale_id = j.value ->> 0
        AND m.item_id = CAST(j.value ->> 1 AS INTEGER)";

const BUY_ORDERS: &str = "
    SELECT m.*, EXISTS (
        SELECT 1 FROM model_receipt_lines r
        LEFT JOIN deliveries d ON d.connection_id = ?1 AND d.entity = 'receipt'
            AND d.object_id = r.order_id AND d.part = r.receipt_key
        LEFT JOIN deliveries l ON l.connection_id = ?1 AND l.entity = 'buy_order_line'
            AND l.object_id = r.order_id AND l.part = CAST(r.order_line_id AS TEXT)
        WHERE r.connection_id = ?1 AND r.order_id = m.order_id
          AND coalesce(d.state, '') NOT IN ('acknowledged', 'parked')
          AND coalesce(l.state, '') <> 'parked') AS receipts_open
    FROM json_each(?2) j
    JOIN model_buy_orders m ON m.connection_id = ?1 AND m.order_id = j.value ->> 0";

const LINES_OF_BUY_ORDERS: &str = "
    SELECT m.* FROM json_each(?2) j
    JOIN model_buy_order_lines m ON m.connection_id = ?1 AND m.order_id = j.value ->> 0
    ORDER BY m.order_id, m.order_line_id";

const BUY_ORDER_LINES: &str = "
    SELECT m.* FROM json_each(?2) j
    JOIN model_buy_order_lines m ON m.connection_id = ?1 AND m.order_id = j.value ->> 0
        AND m.order_line_id = CAST(j.value ->> 1 AS INTEGER)";

const RECEIPTS: &str = "
    SELECT m.* FROM json_each(?2) j
    JOIN model_receipt_lines m ON m.connection_id = ?1 AND m.order_id = j.value ->> 0
        AND m.receipt_key = j.value ->> 1";

/// The same of buy orders that were exported.
const ECHOES: &str = "
    SELECT m.*, EXISTS (
        SELECT 1 FROM model_receipt_lines r
        LEFT JOIN deliveries d ON d.connection_id = ?1 AND d.entity = 'receipt'
            AND d.object_id = r.order_id AND d.part = r.receipt_key
        LEFT JOIN deliveries l ON l.connection_id = ?1 AND l.entity = 'buy_order_line'
            AND l.object_id = r.order_id AND l.part = CAST(r.order_line_id AS TEXT)
        WHERE r.connection_id = ?1 AND r.order_id = m.order_id
          AND coalesce(d.state, '') NOT IN ('acknowledged', 'parked')
          AND coalesce(l.state, '') <> 'parked') AS receipts_open
    FROM json_each(?2) j
    JOIN echo_buy_orders m ON m.connection_id = ?1 AND m.order_id = j.value ->> 0";

const LINES_OF_ECHOES: &str = "
    SELECT m.* FROM json_each(?2) j
    JOIN echo_buy_order_lines m ON m.connection_id = ?1 AND m.order_id = j.value ->> 0
    ORDER BY m.order_id, m.order_line_id";

const ECHO_LINES: &str = "
    SELECT m.* FROM json_each(?2) j
    JOIN echo_buy_order_lines m ON m.connection_id = ?1 AND m.order_id = j.value ->> 0
        AND m.order_line_id = CAST(j.value ->> 1 AS INTEGER)";

/// What each of these deliveries should be; those that should not be there are not in it.
pub(super) async fn read(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
    keys: &[Key],
) -> Result<HashMap<Key, Desired>, StoreError> {
    let mut wishes = HashMap::new();
    for entity in Entity::ALL {
        let ids: Vec<(i64, &str)> = keys
            .iter()
            .filter(|key| key.entity == entity)
            .map(|key| (key.object, key.part.as_str()))
            .collect();
        if ids.is_empty() {
            continue;
        }
        let ids = json(&ids);
        let mut rows = fetch(conn, statement(entity), connection, &ids).await?;
        if let Some(echoes) = echoes(entity) {
            rows.extend(fetch(conn, echoes, connection, &ids).await?);
        }
        let mut found = rows
            .iter()
            .map(|row| of_row(entity, row))
            .collect::<Result<Vec<_>, _>>()?;
        match entity {
            Entity::SellOrder => {
                let rows = fetch(conn, LINES_OF_SELL_ORDERS, connection, &ids).await?;
                let mut lines = grouped(&rows, "sale_id", sell_line)?;
                for wish in &mut found {
                    if let Desired::SellOrder(order) = wish {
                        order.lines = lines.remove(&order.sale_id.0).unwrap_or_default();
                    }
                }
            }
            Entity::BuyOrder => {
                let mut rows = fetch(conn, LINES_OF_BUY_ORDERS, connection, &ids).await?;
                rows.extend(fetch(conn, LINES_OF_ECHOES, connection, &ids).await?);
                let mut lines = grouped(&rows, "order_id", buy_line)?;
                for wish in &mut found {
                    if let Desired::BuyOrder(BuyOrderWish { order, .. }) = wish {
                        order.lines = lines.remove(&order.order_id.0).unwrap_or_default();
                    }
                }
            }
            _ => {}
        }
        wishes.extend(found.into_iter().map(|wish| (wish.key(), wish)));
    }
    Ok(wishes)
}

/// Where what Optiply should hold of exported orders is read from.
const fn echoes(entity: Entity) -> Option<&'static str> {
    match entity {
        Entity::BuyOrder => Some(ECHOES),
        Entity::BuyOrderLine => Some(ECHO_LINES),
        _ => None,
    }
}

const fn statement(entity: Entity) -> &'static str {
    match entity {
        Entity::Product => PRODUCTS,
        Entity::Supplier => SUPPLIERS,
        Entity::SupplierProduct => PAIRS,
        Entity::Composition => COMPOSITIONS,
        Entity::SellOrder => SELL_ORDERS,
        Entity::SellOrderLine => SELL_ORDER_LINES,
        Entity::BuyOrder => BUY_ORDERS,
        Entity::BuyOrderLine => BUY_ORDER_LINES,
        Entity::Receipt => RECEIPTS,
    }
}

async fn fetch(
    conn: &mut SqliteConnection,
    sql: &'static str,
    connection: ConnectionId,
    ids: &str,
) -> Result<Vec<SqliteRow>, StoreError> {
    let query = sqlx::query(sql).bind(connection.0).bind(ids);
    Ok(query.fetch_all(conn).await?)
}

fn grouped<T>(
    rows: &[SqliteRow],
    by: &str,
    read: impl Fn(&SqliteRow) -> Result<T, StoreError>,
) -> Result<HashMap<i64, Vec<T>>, StoreError> {
    let mut groups: HashMap<i64, Vec<T>> = HashMap::new();
    for row in rows {
        groups.entry(row.try_get(by)?).or_default().push(read(row)?);
    }
    Ok(groups)
}

fn of_row(entity: Entity, row: &SqliteRow) -> Result<Desired, StoreError> {
    let id = |column: &str| row.try_get::<i64, _>(column);
    let text = |column: &str| row.try_get::<Option<String>, _>(column);
    Ok(match entity {
        Entity::Product => Desired::Product(Product {
            item_id: ItemId(id("item_id")?),
            name: row.try_get("name")?,
            sku_code: text("sku_code")?,
            ean_code: text("ean_code")?,
            article_code: text("article_code")?,
            price: parsed(row, "price")?,
            stock_level: row.try_get("stock_level")?,
            minimum_stock: row.try_get("minimum_stock")?,
            status: status(row)?,
            assembled: row.try_get("assembled")?,
            created_at_remote: parsed(row, "created_at_remote")?,
        }),
        Entity::Supplier => Desired::Supplier(Supplier {
            vendor_id: VendorId(id("vendor_id")?),
            name: row.try_get("name")?,
            emails: serde_json::from_str(row.try_get("emails")?)
                .map_err(|_| wrong("emails", row.try_get("emails").unwrap_or_default()))?,
            ignored: row.try_get("ignored")?,
        }),
        Entity::SupplierProduct => Desired::SupplierProduct(SupplierProduct {
            item_id: ItemId(id("item_id")?),
            vendor_id: VendorId(id("vendor_id")?),
            name: row.try_get("name")?,
            sku_code: text("sku_code")?,
            ean_code: text("ean_code")?,
            article_code: text("article_code")?,
            price: parsed(row, "price")?,
            preferred: row.try_get("preferred")?,
            status: status(row)?,
        }),
        Entity::Composition => Desired::Composition(Composition {
            item_id: ItemId(id("item_id")?),
            part_item_id: ItemId(id("part_item_id")?),
            part_quantity: row.try_get("part_quantity")?,
        }),
        Entity::SellOrder => Desired::SellOrder(SellOrder {
            sale_id: SaleId(id("sale_id")?),
            placed: needed(row, "placed")?,
            completed: parsed(row, "completed")?,
            total_value: needed(row, "total_value")?,
            lines: Vec::new(),
        }),
        Entity::SellOrderLine => Desired::SellOrderLine(SaleId(id("sale_id")?), sell_line(row)?),
        Entity::BuyOrder => Desired::BuyOrder(BuyOrderWish {
            order: BuyOrder {
                order_id: OrderId(id("order_id")?),
                vendor_id: VendorId(id("vendor_id")?),
                placed: needed(row, "placed")?,
                completed: parsed(row, "completed")?,
                expected_delivery_date: parsed(row, "expected_delivery_date")?,
                total_value: needed(row, "total_value")?,
                lines: Vec::new(),
            },
            receipts_open: row.try_get("receipts_open")?,
        }),
        Entity::BuyOrderLine => Desired::BuyOrderLine(OrderId(id("order_id")?), buy_line(row)?),
        Entity::Receipt => Desired::Receipt(Receipt {
            order_id: OrderId(id("order_id")?),
            order_line_id: OrderLineId(id("order_line_id")?),
            key: row.try_get("receipt_key")?,
            quantity: row.try_get("quantity")?,
            occurred: needed(row, "occurred")?,
        }),
    })
}

fn sell_line(row: &SqliteRow) -> Result<SellOrderLine, StoreError> {
    Ok(SellOrderLine {
        item_id: ItemId(row.try_get("item_id")?),
        quantity: row.try_get("quantity")?,
        subtotal_value: needed(row, "subtotal_value")?,
    })
}

fn buy_line(row: &SqliteRow) -> Result<BuyOrderLine, StoreError> {
    Ok(BuyOrderLine {
        order_line_id: OrderLineId(row.try_get("order_line_id")?),
        item_id: ItemId(row.try_get("item_id")?),
        quantity: row.try_get("quantity")?,
        subtotal_value: needed(row, "subtotal_value")?,
    })
}

fn status(row: &SqliteRow) -> Result<ProductStatus, StoreError> {
    let name: String = row.try_get("status")?;
    ProductStatus::from_name(&name).ok_or_else(|| wrong("status", name))
}

fn parsed<T: FromStr>(row: &SqliteRow, column: &'static str) -> Result<Option<T>, StoreError> {
    let text: Option<String> = row.try_get(column)?;
    text.map(|text| text.parse().map_err(|_| wrong(column, text)))
        .transpose()
}

fn needed<T: FromStr>(row: &SqliteRow, column: &'static str) -> Result<T, StoreError> {
    parsed(row, column)?.ok_or_else(|| wrong(column, String::new()))
}

fn wrong(column: &'static str, found: String) -> StoreError {
    StoreError::Inconsistent {
        table: "model",
        column,
        row: "a row that is to be delivered".to_owned(),
        found,
    }
}
