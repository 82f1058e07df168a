//! The canonical lines of the model.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use rust_decimal::Decimal;

use crate::account::{Item, Vendor};

use super::{
    before::Pair,
    orders::{self, BuyOrder},
    parts, products,
    sales::Order,
    stock,
    world::{NON_INVENTORY, World},
};

#[derive(Serialize)]
struct Product {
    kind: &'static str,
    item_id: u64,
    name: String,
    sku_code: Option<String>,
    ean_code: Option<String>,
    article_code: Option<String>,
    price: Option<String>,
    stock_level: i64,
    minimum_stock: i64,
    status: &'static str,
    assembled: bool,
    created_at_remote: String,
}

#[derive(Serialize)]
struct Supplier {
    kind: &'static str,
    vendor_id: u64,
    name: String,
    emails: Vec<String>,
    ignored: bool,
}

#[derive(Serialize)]
struct SellOrder {
    kind: &'static str,
    sale_id: u64,
    placed: String,
    completed: Option<String>,
    total_value: String,
    lines: Vec<SellOrderLine>,
}

#[derive(Serialize)]
struct SellOrderLine {
    item_id: u64,
    quantity: i64,
    subtotal_value: String,
}

pub(super) fn product(world: &World<'_>, item: &Item) -> String {
    let disabled = item.archived || item.hidden || item.item_type == NON_INVENTORY;
    let of_shops = |count: fn(&World<'_>, u64) -> i64| match item.hidden {
        true => 0,
        false => count(world, item.id),
    };
    line(&Product {
        kind: "product",
        item_id: item.id,
        name: products::name(item),
        sku_code: products::sku_code(item),
        ean_code: products::ean_code(item),
        article_code: world.view.article_code.then(|| item.id.to_string()),
        price: products::price(world.account, world.view, item).map(products::money),
        stock_level: of_shops(stock::level),
        minimum_stock: of_shops(stock::minimum),
        status: status(!disabled),
        assembled: parts::is_composed(item),
        created_at_remote: instant(item.created),
    })
}

fn status(enabled: bool) -> &'static str {
    if enabled { "enabled" } else { "disabled" }
}

pub(super) fn supplier(vendor: &Vendor) -> String {
    line(&Supplier {
        kind: "supplier",
        vendor_id: vendor.id,
        name: products::supplier_name(vendor),
        emails: vendor
            .emails
            .iter()
            .filter(|email| products::is_email(email))
            .cloned()
            .collect(),
        ignored: vendor.archived || vendor.hidden,
    })
}

pub(super) fn sell_order(order: &Order) -> String {
    let total = order.lines.iter().map(|line| line.value).sum();
    line(&SellOrder {
        kind: "sell_order",
        sale_id: order.sale,
        placed: instant(order.placed),
        completed: order.completed.map(instant),
        total_value: products::money(total),
        lines: order
            .lines
            .iter()
            .map(|line| SellOrderLine {
                item_id: line.item,
                quantity: whole(line.quantity),
                subtotal_value: products::money(line.value),
            })
            .collect(),
    })
}

#[derive(Serialize)]
struct SupplierProduct<'a> {
    kind: &'static str,
    item_id: u64,
    vendor_id: u64,
    name: &'a str,
    sku_code: &'a Option<String>,
    ean_code: &'a Option<String>,
    article_code: &'a Option<String>,
    price: &'a Option<String>,
    preferred: Option<bool>,
    status: &'static str,
}

pub(super) fn supplier_product(
    (item_id, vendor_id): (u64, u64),
    pair: &Pair,
    preferred: Option<bool>,
    enabled: bool,
) -> String {
    line(&SupplierProduct {
        kind: "supplier_product",
        item_id,
        vendor_id,
        name: &pair.name,
        sku_code: &pair.sku_code,
        ean_code: &pair.ean_code,
        article_code: &pair.article_code,
        price: &pair.price,
        preferred,
        status: status(enabled),
    })
}

#[derive(Serialize)]
struct Composition {
    kind: &'static str,
    item_id: u64,
    part_item_id: u64,
    part_quantity: i64,
}

pub(super) fn composition(item_id: u64, part_item_id: u64, quantity: Decimal) -> String {
    line(&Composition {
        kind: "composition",
        item_id,
        part_item_id,
        part_quantity: whole(quantity),
    })
}

#[derive(Serialize)]
struct BuyOrderRecord {
    kind: &'static str,
    order_id: u64,
    vendor_id: u64,
    placed: String,
    completed: Option<String>,
    expected_delivery_date: Option<String>,
    total_value: String,
    lines: Vec<BuyOrderLine>,
}

#[derive(Serialize)]
struct BuyOrderLine {
    order_line_id: u64,
    item_id: u64,
    quantity: i64,
    subtotal_value: String,
}

pub(super) fn buy_order(order: &BuyOrder<'_>) -> String {
    let total = order.lines.iter().map(|line| orders::subtotal(line)).sum();
    line(&BuyOrderRecord {
        kind: "buy_order",
        order_id: order.order.id,
        vendor_id: order.order.vendor,
        placed: instant(order.placed),
        completed: order.completed.map(instant),
        expected_delivery_date: order.order.arrival.map(instant),
        total_value: products::money(total),
        lines: order
            .lines
            .iter()
            .map(|line| BuyOrderLine {
                order_line_id: line.id,
                item_id: line.item,
                quantity: whole(line.quantity),
                subtotal_value: products::money(orders::subtotal(line)),
            })
            .collect(),
    })
}

#[derive(Serialize)]
struct ReceiptRecord {
    kind: &'static str,
    order_id: u64,
    order_line_id: u64,
    key: String,
    quantity: i64,
    occurred: Option<String>,
}

/// What came in on an order. What was checked in on a line stands there as one sum, because when
/// it came depends on who looked when.
pub(super) fn receipts(order: &BuyOrder<'_>) -> Vec<String> {
    let records = order.receipts.iter().map(|receipt| {
        let (key, occurred) = match receipt.shipment {
            None => ("checked_in".to_owned(), None),
            Some(_) if receipt.shared => (
                format!("{}:{}", receipt.entry, receipt.line),
                receipt.occurred,
            ),
            Some(_) => (receipt.entry.to_string(), receipt.occurred),
        };
        line(&ReceiptRecord {
            kind: "receipt",
            order_id: order.order.id,
            order_line_id: receipt.line,
            key,
            quantity: whole(receipt.quantity),
            occurred: occurred.map(instant),
        })
    });
    records.collect()
}

fn whole(quantity: Decimal) -> i64 {
    i64::try_from(quantity.trunc().mantissa()).unwrap_or(i64::MAX)
}

fn instant(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn line<T: Serialize>(record: &T) -> String {
    // Plain structs of text and numbers always serialise.
    serde_json::to_string(record).unwrap_or_default()
}
