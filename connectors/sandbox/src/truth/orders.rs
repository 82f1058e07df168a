//! Which purchase orders become buy orders, with which lines.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::account::{Order, OrderLine, Shipment};

use super::{
    Outcome,
    products::half_up,
    receipts::{self, Receipt},
    world::World,
};

/// The verdict over all purchase orders.
pub(super) struct Judged<'a> {
    pub(super) outcomes: BTreeMap<u64, Outcome>,
    pub(super) loaded: Vec<BuyOrder<'a>>,
}

/// A purchase order as the target should hold it.
pub(super) struct BuyOrder<'a> {
    pub(super) order: &'a Order,
    pub(super) placed: DateTime<Utc>,
    pub(super) completed: Option<DateTime<Utc>>,
    pub(super) lines: Vec<&'a OrderLine>,
    pub(super) receipts: Vec<Receipt>,
}

/// The shipments that can be read, by order.
pub(super) type Held<'a> = BTreeMap<u64, Vec<&'a Shipment>>;

pub(super) fn judge<'a>(world: &World<'a>, held: &Held<'a>) -> Judged<'a> {
    let mut judged = Judged {
        outcomes: BTreeMap::new(),
        loaded: Vec::new(),
    };
    for (id, order) in &world.account.orders {
        let shipments = held.get(id).map_or(&[][..], Vec::as_slice);
        let outcome = match examine(world, order, shipments) {
            Ok(order) => {
                judged.loaded.push(order);
                Outcome::Loaded
            }
            Err(outcome) => outcome,
        };
        judged.outcomes.insert(*id, outcome);
    }
    judged
}

/// The rules in their order; the first that fits decides.
fn examine<'a>(
    world: &World<'a>,
    order: &'a Order,
    shipments: &[&Shipment],
) -> Result<BuyOrder<'a>, Outcome> {
    if order
        .lines
        .iter()
        .any(|line| line.quantity != line.quantity.trunc())
    {
        return Err(Outcome::Rejected("fractional_quantity"));
    }
    let Some(placed) = order.ordered.or(order.created).or(order.stamp) else {
        return Err(Outcome::Rejected("bad_value"));
    };
    let came = shipments.iter().flat_map(|shipment| &shipment.items);
    let received = came.into_iter().any(|item| item.quantity > Decimal::ZERO)
        || order.lines.iter().any(|line| line.checked_in > 0);
    let in_model = world.before.orders.contains(&order.id);
    let stays = in_model && (order.complete || (order.archived && received));
    if order.archived && !received {
        return Err(Outcome::Dropped("archived"));
    }
    let draft = order.ordered.is_none() && !order.complete && !received;
    if draft && !world.view.include_open_pos {
        return Err(Outcome::Dropped("draft_order"));
    }
    if !world.selected.contains(&order.shop) && !stays {
        return Err(Outcome::Dropped("other_location"));
    }
    let old = world.view.history_since.is_some_and(|since| placed < since);
    if (order.complete || order.archived) && old && !in_model {
        return Err(Outcome::Dropped("before_history"));
    }
    if order.vendor == 0 {
        return Err(Outcome::Dropped("no_vendor"));
    }
    let named: Vec<&OrderLine> = order
        .lines
        .iter()
        .filter(|line| line.item != 0 && line.quantity > Decimal::ZERO)
        .collect();
    if named.is_empty() {
        return Err(Outcome::Dropped("no_product_line"));
    }
    if !world.has_vendor(order.vendor) {
        return Err(Outcome::Dropped("vendor_gone"));
    }
    let any_gone = named.iter().any(|line| world.is_gone(line.item));
    let mut lines: Vec<&OrderLine> = named
        .into_iter()
        .filter(|line| world.counts(line.item))
        .collect();
    if lines.is_empty() {
        let reason = if any_gone {
            "item_gone"
        } else {
            "only_non_inventory"
        };
        return Err(Outcome::Dropped(reason));
    }
    lines.sort_by_key(|line| line.id);
    let receipts = receipts::of(world, order, &lines, shipments);
    let completed = completed(order, shipments, &receipts);
    Ok(BuyOrder {
        order,
        placed,
        completed,
        lines,
        receipts,
    })
}

/// When an order was over. One that is complete and has no date at all was so when it last
/// changed, as far as anybody can say who did not watch it.
fn completed(
    order: &Order,
    shipments: &[&Shipment],
    receipts: &[Receipt],
) -> Option<DateTime<Utc>> {
    if order.complete {
        let newest = shipments.iter().filter_map(|each| each.reception).max();
        newest.or(order.received).or(order.stamp)
    } else if order.archived {
        receipts.iter().filter_map(|receipt| receipt.occurred).max()
    } else {
        None
    }
}

/// What a line costs, rounded; never less than nothing.
pub(super) fn subtotal(line: &OrderLine) -> Decimal {
    let exact = line.total.unwrap_or(line.quantity * line.price);
    half_up(exact).max(Decimal::ZERO)
}
