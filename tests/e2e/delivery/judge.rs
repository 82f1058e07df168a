//! The judge: what the imitated Optiply holds, row by row, against what the model says it should.

use super::world::World;
use sandbox::{OptiplyRow, Resource};
use serde_json::{Map, Value};
use sqlx::Row;
use std::collections::{BTreeMap, BTreeSet};

/// What Optiply should hold of each kind: what it calls the row, and the attributes that are ours.
/// An attribute that is null is not ours to judge.
const EXPECTED: [(Resource, &str); 6] = [
    (
        Resource::Products,
        "SELECT d.remote_id, json_object('name', m.name, 'skuCode', m.sku_code, 'eanCode',
             m.ean_code, 'articleCode', m.article_code, 'price', m.price, 'stockLevel',
             m.stock_level, 'minimumStock', m.minimum_stock, 'status', m.status, 'assembled',
             json(iif(m.assembled, 'true', 'false')), 'createdAtRemote', m.created_at_remote,
             'unlimitedStock', json('false'))
         FROM model_products m LEFT JOIN deliveries d ON d.connection_id = m.connection_id
             AND d.entity = 'product' AND d.object_id = m.item_id",
    ),
    (
        Resource::Suppliers,
        "SELECT d.remote_id, json_object('name', m.name, 'emails',
             json(iif(d.without_emails, 'null', m.emails)),
             'ignored', json(iif(m.ignored, 'true', 'false')))
         FROM model_suppliers m LEFT JOIN deliveries d ON d.connection_id = m.connection_id
             AND d.entity = 'supplier' AND d.object_id = m.vendor_id",
    ),
    (
        Resource::SupplierProducts,
        "SELECT d.remote_id, json_object('name', m.name, 'skuCode', m.sku_code, 'eanCode',
             m.ean_code, 'articleCode', m.article_code, 'price', m.price, 'status', m.status,
             'preferred', json(CASE m.preferred WHEN 1 THEN 'true' WHEN 0 THEN 'false'
                               ELSE 'null' END),
             'productId', p.remote_id, 'supplierId', s.remote_id)
         FROM model_supplier_products m LEFT JOIN deliveries d
             ON d.connection_id = m.connection_id AND d.entity = 'supplier_product'
             AND d.object_id = m.item_id AND d.part = CAST(m.vendor_id AS TEXT)
         LEFT JOIN deliveries p ON p.entity = 'product' AND p.object_id = m.item_id
         LEFT JOIN deliveries s ON s.entity = 'supplier' AND s.object_id = m.vendor_id",
    ),
    (
        Resource::ProductCompositions,
        "SELECT d.remote_id, json_object('composedProductId', p.remote_id, 'partProductId',
             o.remote_id, 'partQuantity', m.part_quantity)
         FROM model_product_compositions m LEFT JOIN deliveries d
             ON d.connection_id = m.connection_id AND d.entity = 'composition'
             AND d.object_id = m.item_id AND d.part = CAST(m.part_item_id AS TEXT)
         LEFT JOIN deliveries p ON p.entity = 'product' AND p.object_id = m.item_id
         LEFT JOIN deliveries o ON o.entity = 'product' AND o.object_id = m.part_item_id",
    ),
    (
        Resource::SellOrders,
        "SELECT d.remote_id, json_object('placed', m.placed, 'completed', m.completed,
             'totalValue', m.total_value)
         FROM model_sell_orders m LEFT JOIN deliveries d ON d.connection_id = m.connection_id
             AND d.entity = 'sell_order' AND d.object_id = m.sale_id",
    ),
    (
        Resource::BuyOrders,
        "SELECT d.remote_id, json_object('placed', m.placed, 'completed', m.completed,
             'expectedDeliveryDate', m.expected_delivery_date, 'totalValue', m.total_value,
             'supplierId', s.remote_id)
         FROM model_buy_orders m LEFT JOIN deliveries d ON d.connection_id = m.connection_id
             AND d.entity = 'buy_order' AND d.object_id = m.order_id
         LEFT JOIN deliveries s ON s.entity = 'supplier' AND s.object_id = m.vendor_id",
    ),
];

/// What hangs on other rows and bears no name of ours: compared as a bag of texts.
const BAGS: [(Resource, &[&str], &str); 3] = [
    (
        Resource::SellOrderLines,
        &["sellOrderId", "productId", "quantity", "subtotalValue"],
        "SELECT o.remote_id || ' ' || p.remote_id || ' ' || m.quantity || ' ' || m.subtotal_value
         FROM model_sell_order_lines m
         LEFT JOIN deliveries o ON o.entity = 'sell_order' AND o.object_id = m.sale_id
         LEFT JOIN deliveries p ON p.entity = 'product' AND p.object_id = m.item_id",
    ),
    (
        Resource::BuyOrderLines,
        &["buyOrderId", "productId", "quantity", "subtotalValue"],
        "SELECT o.remote_id || ' ' || p.remote_id || ' ' || m.quantity || ' ' || m.subtotal_value
         FROM model_buy_order_lines m
         LEFT JOIN deliveries o ON o.entity = 'buy_order' AND o.object_id = m.order_id
         LEFT JOIN deliveries p ON p.entity = 'product' AND p.object_id = m.item_id",
    ),
    (
        Resource::ReceiptLines,
        &["buyOrderLineId", "quantity", "occurred"],
        "SELECT l.remote_id || ' ' || m.quantity || ' ' || m.occurred
         FROM model_receipt_lines m
         LEFT JOIN deliveries l ON l.entity = 'buy_order_line' AND l.object_id = m.order_id
             AND l.part = CAST(m.order_line_id AS TEXT)",
    ),
];

/// The differences between the model and what Optiply holds, as sentences.
pub(crate) async fn differences(world: &World) -> Vec<String> {
    let optiply = world.sandbox.optiply();
    let pool = world.deps.store.queue_pool();
    let _awake = crate::virtual_time::keep_awake()();
    let mut wrong = Vec::new();
    for (resource, sql) in EXPECTED {
        let mut live: BTreeMap<i64, Map<String, Value>> = optiply
            .rows(resource)
            .into_iter()
            .filter(|row| !row.deleted)
            .map(|row| (row.id, row.attributes))
            .collect();
        let rows = sqlx::query(sql).fetch_all(pool).await.expect("rows");
        for row in rows {
            let id: Option<i64> = row.get(0);
            let text: String = row.get(1);
            let wanted: Map<String, Value> = serde_json::from_str(&text).expect("json");
            let Some(shown) = id.and_then(|id| live.remove(&id)) else {
                wrong.push(format!("{} lacks {text} ({id:?})", resource.name()));
                continue;
            };
            for (name, value) in &wanted {
                if !value.is_null() && shown.get(name) != Some(value) {
                    wrong.push(format!(
                        "{} {id:?}: {name} is {:?} and should be {value}",
                        resource.name(),
                        shown.get(name)
                    ));
                }
            }
        }
        let surplus = live
            .keys()
            .map(|id| format!("{} {id} is too much", resource.name()));
        wrong.extend(surplus);
    }
    for (resource, names, sql) in BAGS {
        let mut shown: Vec<String> = optiply
            .rows(resource)
            .iter()
            .filter(|row| !row.deleted)
            .map(|row| text_of(row, names))
            .collect();
        let rows = sqlx::query(sql).fetch_all(pool).await.expect("rows");
        let mut wanted: Vec<String> = rows
            .iter()
            .map(|row| {
                let text: Option<String> = row.get(0);
                text.unwrap_or_else(|| "hangs on something that is not there".to_owned())
            })
            .collect();
        shown.sort_unstable();
        wanted.sort_unstable();
        if shown != wanted {
            let (here, there): (BTreeSet<_>, BTreeSet<_>) =
                (shown.iter().collect(), wanted.iter().collect());
            wrong.push(format!(
                "{}: {} rows and {} expected; too much {:?}, missing {:?}",
                resource.name(),
                shown.len(),
                wanted.len(),
                here.difference(&there).take(5).collect::<Vec<_>>(),
                there.difference(&here).take(5).collect::<Vec<_>>()
            ));
        }
    }
    wrong
}

fn text_of(row: &OptiplyRow, names: &[&str]) -> String {
    let values: Vec<String> = names
        .iter()
        .map(|name| match row.attributes.get(*name) {
            Some(Value::String(text)) => text.clone(),
            other => other.map(Value::to_string).unwrap_or_default(),
        })
        .collect();
    values.join(" ")
}

/// Optiply holds exactly what the model says, each row once.
pub(crate) async fn assert_delivered(world: &World) {
    let wrong = differences(world).await;
    let first: Vec<&String> = wrong.iter().take(12).collect();
    assert!(wrong.is_empty(), "{} differences: {first:#?}", wrong.len());
}

/// How often rows of each resource were made.
pub(crate) fn made(world: &World) -> BTreeMap<&'static str, usize> {
    let mut made = BTreeMap::new();
    for write in world.sandbox.optiply().writes() {
        if write.method == "POST" {
            *made.entry(write.resource.name()).or_default() += 1;
        }
    }
    made
}

/// How many rows there are of each resource that is made by calls of its own.
pub(crate) fn held(world: &World) -> BTreeMap<&'static str, usize> {
    let mut held = BTreeMap::new();
    for (resource, _) in EXPECTED {
        let rows = world.sandbox.optiply().rows(resource);
        held.insert(
            resource.name(),
            rows.iter().filter(|row| !row.deleted).count(),
        );
    }
    held
}
