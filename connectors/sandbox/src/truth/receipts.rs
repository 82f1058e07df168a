//! What came in on an order, line by line.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::account::{Account, Order, OrderLine, Shipment, ShipmentItem};

use super::{Outcome, orders, world::World};

/// Pieces that came in on a line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Receipt {
    pub(super) line: u64,
    /// The shipment it came in; none = checked in on the line.
    pub(super) shipment: Option<u64>,
    /// The shipment's item.
    pub(super) entry: u64,
    /// Whether the entry was spread over lines.
    pub(super) shared: bool,
    pub(super) quantity: Decimal,
    pub(super) occurred: Option<DateTime<Utc>>,
}

/// The shipments without fractions, by order.
pub(super) fn held(account: &Account) -> orders::Held<'_> {
    let mut held = orders::Held::new();
    for shipment in account.shipments.values().filter(|each| !fractional(each)) {
        held.entry(shipment.order).or_default().push(shipment);
    }
    held
}

fn fractional(shipment: &Shipment) -> bool {
    shipment
        .items
        .iter()
        .any(|item| item.quantity != item.quantity.trunc())
}

/// The receipts of an order with these lines in the model, by line and entry.
pub(super) fn of(
    world: &World<'_>,
    order: &Order,
    lines: &[&OrderLine],
    shipments: &[&Shipment],
) -> Vec<Receipt> {
    let mut receipts = if !shipments.is_empty() {
        shipped(world, lines, shipments)
    } else if order.has_shipments {
        Vec::new()
    } else {
        checked_in(order, lines)
    };
    receipts.sort_by_key(|receipt| (receipt.line, receipt.entry));
    receipts
}

fn checked_in(order: &Order, lines: &[&OrderLine]) -> Vec<Receipt> {
    lines
        .iter()
        .filter(|line| line.checked_in > 0)
        .map(|line| Receipt {
            line: line.id,
            shipment: None,
            entry: 0,
            shared: false,
            quantity: Decimal::from(line.checked_in),
            occurred: order.received.or(order.stamp),
        })
        .collect()
}

fn shipped(world: &World<'_>, lines: &[&OrderLine], shipments: &[&Shipment]) -> Vec<Receipt> {
    let mut entries: Vec<(&Shipment, &ShipmentItem)> = shipments
        .iter()
        .flat_map(|shipment| shipment.items.iter().map(move |item| (*shipment, item)))
        .filter(|(_, item)| item.quantity > Decimal::ZERO)
        .collect();
    entries.sort_by_key(|(_, item)| item.id);
    let mut room: BTreeMap<u64, Decimal> =
        lines.iter().map(|line| (line.id, line.quantity)).collect();
    let mut receipts = Vec::new();

    // Those that tell their line come first, whatever their number.
    let known = |item: &ShipmentItem| {
        let shown = world.account.shipment_lines && world.account.order_line(item.line).is_some();
        (shown && lines.iter().any(|line| line.id == item.line)).then_some(item.line)
    };
    let (told, untold): (Vec<_>, Vec<_>) = entries
        .into_iter()
        .partition(|(_, item)| known(item).is_some());
    for (shipment, item) in told {
        *room.entry(item.line).or_default() -= item.quantity;
        receipts.push(receipt(shipment, item, item.line, item.quantity, false));
    }
    for (shipment, item) in untold {
        let shares = share(item, lines, &mut room);
        let shared = shares.len() > 1;
        for (line, quantity) in shares {
            receipts.push(receipt(shipment, item, line, quantity, shared));
        }
    }
    receipts
}

/// Fills the item's lines one after the other; the last takes what is left.
fn share(
    item: &ShipmentItem,
    lines: &[&OrderLine],
    room: &mut BTreeMap<u64, Decimal>,
) -> Vec<(u64, Decimal)> {
    let same: Vec<u64> = lines
        .iter()
        .filter(|line| line.item == item.item)
        .map(|line| line.id)
        .collect();
    let mut left = item.quantity;
    let mut shares = Vec::new();
    for (at, line) in same.iter().enumerate() {
        let free = room.entry(*line).or_default();
        let takes = if at + 1 == same.len() {
            left
        } else {
            left.min((*free).max(Decimal::ZERO))
        };
        if takes > Decimal::ZERO {
            *free -= takes;
            left -= takes;
            shares.push((*line, takes));
        }
    }
    shares
}

fn receipt(
    shipment: &Shipment,
    item: &ShipmentItem,
    line: u64,
    quantity: Decimal,
    shared: bool,
) -> Receipt {
    let occurred = shipment.reception.or(shipment.created);
    Receipt {
        line,
        shipment: Some(shipment.id),
        entry: item.id,
        shared,
        quantity,
        occurred: occurred.or(Some(shipment.stamp)),
    }
}

/// Where a shipment ended, given the orders.
pub(super) fn outcome(shipment: &Shipment, judged: &orders::Judged<'_>) -> Outcome {
    if fractional(shipment) {
        return Outcome::Rejected("fractional_quantity");
    }
    if !shipment
        .items
        .iter()
        .any(|item| item.quantity > Decimal::ZERO)
    {
        return Outcome::Dropped("nothing_received");
    }
    if !judged.outcomes.contains_key(&shipment.order) {
        return Outcome::Dropped("order_gone");
    }
    let order = judged
        .loaded
        .iter()
        .find(|loaded| loaded.order.id == shipment.order);
    let Some(order) = order else {
        return Outcome::Dropped("order_not_loaded");
    };
    let found = order
        .receipts
        .iter()
        .any(|receipt| receipt.shipment == Some(shipment.id));
    if found {
        Outcome::Loaded
    } else {
        Outcome::Dropped("no_product_line")
    }
}
