//! Purchase orders out of answers: only what an export asks, and that exactly.

use chrono::DateTime;
use pipeline::export::{HeldLine, HeldOrder};
use pipeline::id::{ItemId, OrderId, OrderLineId, ShopId, VendorId};
use rust_decimal::Decimal;
use serde_json::Value;

/// The rows under a key: one is an object, several are a list, none is nothing.
pub(super) fn many<'a>(holder: &'a Value, key: &str) -> Vec<&'a Value> {
    match &holder[key] {
        Value::Array(rows) => rows.iter().collect(),
        row @ Value::Object(_) => vec![row],
        _ => Vec::new(),
    }
}

/// A positive id; nothing for `0`, which stands for none.
pub(super) fn id(row: &Value, key: &str) -> Option<i64> {
    let id = match &row[key] {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_i64(),
    };
    id.filter(|id: &i64| *id > 0)
}

fn decimal(row: &Value, key: &str) -> Option<Decimal> {
    match &row[key] {
        Value::String(text) => text.trim().parse().ok(),
        Value::Number(number) => number.to_string().parse().ok(),
        _ => None,
    }
}

fn flag(row: &Value, key: &str) -> bool {
    row[key].as_bool() == Some(true) || matches!(row[key].as_str(), Some("true" | "1"))
}

/// Whether a date is set. Dates before our era stand for none.
fn is_set(row: &Value, key: &str) -> bool {
    let text = row[key].as_str().unwrap_or_default();
    DateTime::parse_from_rfc3339(text).is_ok_and(|at| at.timestamp() > 0)
}

/// An order with its lines, which must have been asked for. Nothing when a value that decides
/// about writes cannot be read.
pub(super) fn order(row: &Value) -> Option<HeldOrder> {
    let lines: Option<Vec<HeldLine>> = many(&row["OrderLines"], "OrderLine")
        .into_iter()
        .map(line)
        .collect();
    Some(HeldOrder {
        id: OrderId(id(row, "orderID")?),
        reference: row["refNum"].as_str().unwrap_or_default().trim().to_owned(),
        vendor: id(row, "vendorID").map(VendorId),
        shop: id(row, "shopID").map(ShopId),
        ordered: is_set(row, "orderedDate"),
        received: is_set(row, "receivedDate") || flag(row, "complete"),
        archived: flag(row, "archived"),
        lines: lines?,
    })
}

fn line(row: &Value) -> Option<HeldLine> {
    let counted = decimal(row, "numReceived").unwrap_or_default();
    let in_stock = decimal(row, "checkedIn").unwrap_or_default();
    Some(HeldLine {
        id: OrderLineId(id(row, "orderLineID")?),
        item: id(row, "itemID").map(ItemId),
        quantity: decimal(row, "quantity")?,
        price: decimal(row, "price")?,
        received: counted.max(in_stock),
    })
}
