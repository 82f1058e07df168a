//! The canonical lines of the model.

use std::collections::BTreeSet;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use crate::account::{Account, Item, Vendor};

use super::{View, products, sales::Order, stock};

#[derive(Serialize)]
struct Product {
    kind: &'static str,
    item_id: u64,
    name: String,
    sku_code: Option<String>,
    ean_code: Option<String>,
    article_code: String,
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

pub(super) fn product(
    account: &Account,
    view: &View,
    selected: &BTreeSet<u64>,
    item: &Item,
) -> String {
    let (stock_level, minimum_stock) = stock::totals(account, selected, item.id);
    let disabled = item.archived || item.item_type == "non_inventory";
    line(&Product {
        kind: "product",
        item_id: item.id,
        name: products::name(item),
        sku_code: products::sku_code(item),
        ean_code: products::ean_code(item),
        article_code: item.id.to_string(),
        price: products::price(account, view, item).map(products::money),
        stock_level,
        minimum_stock,
        status: if disabled { "disabled" } else { "enabled" },
        assembled: matches!(
            item.item_type.as_str(),
            "assembly" | "box" | "serialized_assembly"
        ),
        created_at_remote: instant(item.created),
    })
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
        ignored: vendor.archived,
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
                quantity: i64::try_from(line.quantity.trunc().mantissa()).unwrap_or(i64::MAX),
                subtotal_value: products::money(line.value),
            })
            .collect(),
    })
}

fn instant(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn line<T: Serialize>(record: &T) -> String {
    // Plain structs of text and numbers always serialise.
    serde_json::to_string(record).unwrap_or_default()
}
