//! Sales and purchases, told once and never corrected.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde_json::{Value, json};

use super::{Left, SaleTimes, first, make};
use crate::{Account, Resource, Sale, optiply::Editor};

/// One in so many of the newest sales came after it was switched off.
const UNSENT: usize = 20;

/// By how much a clock is off that takes one zone for another.
const OFF: TimeDelta = TimeDelta::hours(2);

pub(super) fn sales(editor: &mut Editor<'_>, account: &Account, times: SaleTimes, left: &mut Left) {
    let mut done: Vec<(DateTime<Utc>, &Sale)> = account
        .sales()
        .values()
        .filter(|sale| sale.completed && !sale.archived)
        .filter_map(|sale| Some((sale.finished.or(sale.stamp)?, sale)))
        .collect();
    done.sort_by_key(|(at, sale)| (*at, sale.id));
    done.truncate(done.len() - done.len() / UNSENT);
    for (at, sale) in done {
        let mut sold: BTreeMap<i64, (Decimal, Decimal)> = BTreeMap::new();
        for line in &sale.lines {
            let Some(product) = first(&left.products, line.item) else {
                continue;
            };
            if line.quantity > Decimal::ZERO {
                let (quantity, value) = sold.entry(product).or_default();
                *quantity += line.quantity;
                *value += line.total;
            }
        }
        let at = match times {
            SaleTimes::True => at,
            SaleTimes::Late => at + OFF,
            SaleTimes::Early => at - OFF,
        };
        let lines = lines(&sold);
        if lines.is_empty() {
            continue;
        }
        let total: Decimal = sold.values().map(|(_, value)| value.round_dp(2)).sum();
        let order = json!({
            "placed": text(at), "totalValue": total.round_dp(2).to_string(), "orderLines": lines,
        });
        if let Some(id) = make(editor, Resource::SellOrders, order) {
            left.sell_orders.insert(sale.id, id);
        }
    }
}

/// What was ordered, with the shipping on top.
pub(super) fn purchases(editor: &mut Editor<'_>, account: &Account, left: &mut Left) {
    for order in account.orders().values() {
        let placed = order.ordered.filter(|_| !order.archived);
        let supplier = first(&left.suppliers, order.vendor);
        let (Some(placed), Some(supplier)) = (placed, supplier) else {
            continue;
        };
        let mut bought: BTreeMap<i64, (Decimal, Decimal)> = BTreeMap::new();
        for line in &order.lines {
            let Some(product) = first(&left.products, line.item) else {
                continue;
            };
            let (quantity, value) = bought.entry(product).or_default();
            *quantity += line.quantity;
            *value += line.quantity * line.price;
        }
        let lines = lines(&bought);
        if lines.is_empty() {
            continue;
        }
        let total: Decimal = bought.values().map(|(_, value)| *value).sum();
        let row = json!({
            "placed": text(placed), "supplierId": supplier,
            "totalValue": (total + Decimal::new(750, 2)).round_dp(2).to_string(),
            "orderLines": lines,
        });
        if let Some(id) = make(editor, Resource::BuyOrders, row) {
            left.buy_orders.insert(order.id, id);
        }
    }
}

fn lines(of: &BTreeMap<i64, (Decimal, Decimal)>) -> Vec<Value> {
    of.iter()
        .filter_map(|(product, (quantity, value))| {
            Some(json!({
                "productId": product, "quantity": quantity.to_i64()?,
                "subtotalValue": value.round_dp(2).to_string(),
            }))
        })
        .collect()
}

fn text(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
