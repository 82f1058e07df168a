//! A purchase order with everything that arrived for it: one buy order and its receipts, computed
//! together, because which lines count decides which receipts there are, and these decide when the
//! order was completed.

use super::buy_order::{BuyOrder, OrderFacts, OrderOutcome, VendorState, buy_order};
use super::checked_in::{self, CheckedIn};
use super::receipt::{self, Receipt, ShipmentFacts, Shipped};
use super::sell_order::ItemState;
use crate::filter::OrderLife;
use crate::id::{ItemId, OrderLineId, ShipmentId};
use crate::reason::Reason;
use crate::settings::Settings;
use chrono::{DateTime, Utc};
use std::collections::{BTreeSet, HashMap};

/// What a purchase is computed from.
#[derive(Clone, Copy, Debug)]
pub struct PurchaseFacts<'a> {
    /// The order.
    pub order: &'a OrderFacts,
    /// Its buy order is in the model.
    pub held: bool,
    /// Whether it is the purchase order of an exported buy order.
    pub exported: bool,
    /// What is known of its vendor; anything when it names none.
    pub vendor: VendorState,
    /// All its arrivals that are held, received or not.
    pub shipments: &'a [ShipmentFacts],
    /// The steps of its checked-in counts that are known.
    pub checked_in: &'a [CheckedIn],
    /// When it was first seen complete; `None` if it never was.
    pub complete_since: Option<DateTime<Utc>>,
    /// When the version of its record that is held was first seen.
    pub seen_at: DateTime<Utc>,
}

/// What becomes of a purchase order and of what arrived for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purchase {
    /// The buy order.
    pub order: OrderOutcome,
    /// Its receipts: all of them, what the model holds besides is to be deleted. Empty unless
    /// there is a buy order.
    pub receipts: Vec<Receipt>,
    /// What becomes of each arrival.
    pub shipments: Vec<(ShipmentId, ShipmentOutcome)>,
    /// The steps to remember instead of those that were known. Of an order that waits they are
    /// those that were known.
    pub checked_in: Vec<CheckedIn>,
    /// The first time it was seen complete, to remember; `None` while it is open.
    pub complete_since: Option<DateTime<Utc>>,
}

/// What becomes of an arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShipmentOutcome {
    /// At least one of its items is a receipt.
    Loaded,
    /// No receipt.
    None(Reason),
    /// Its order must be known first.
    Waiting,
}

/// What becomes of an arrival whose order is not held: `gone` when it was asked for by id and not
/// returned.
pub const fn shipment_without_order(received: bool, gone: bool) -> ShipmentOutcome {
    match (received, gone) {
        (false, _) => ShipmentOutcome::None(Reason::NothingReceived),
        (true, true) => ShipmentOutcome::None(Reason::OrderGone),
        (true, false) => ShipmentOutcome::Waiting,
    }
}

/// The buy order of a purchase order and its receipts (`mapping.md` 9 and 10).
pub fn purchase(
    facts: &PurchaseFacts<'_>,
    items: &HashMap<ItemId, ItemState>,
    settings: &Settings,
) -> Purchase {
    let life = OrderLife {
        shipped: facts.shipments.iter().any(ShipmentFacts::received),
        held: facts.held,
        exported: facts.exported,
    };
    let complete_since = facts
        .order
        .head
        .complete
        .then(|| facts.complete_since.unwrap_or(facts.seen_at));
    let mut made = Purchase {
        order: buy_order(facts.order, life, facts.vendor, items, settings),
        receipts: Vec::new(),
        shipments: Vec::new(),
        checked_in: Vec::new(),
        complete_since,
    };
    let mut found = BTreeSet::new();
    match &mut made.order {
        OrderOutcome::Order(order) | OrderOutcome::Echo(order) => {
            (made.receipts, made.checked_in, found) = receipts(order, facts);
            order.completed = completed(facts, &made.receipts, complete_since);
        }
        OrderOutcome::Waiting { .. } => made.checked_in = facts.checked_in.to_vec(),
        OrderOutcome::None(_) => {}
    }
    made.shipments = facts
        .shipments
        .iter()
        .map(|shipment| {
            let outcome = match &made.order {
                _ if !shipment.received() => ShipmentOutcome::None(Reason::NothingReceived),
                OrderOutcome::Waiting { .. } => ShipmentOutcome::Waiting,
                OrderOutcome::None(_) => ShipmentOutcome::None(Reason::OrderNotLoaded),
                OrderOutcome::Order(_) | OrderOutcome::Echo(_) if found.contains(&shipment.id) => {
                    ShipmentOutcome::Loaded
                }
                OrderOutcome::Order(_) | OrderOutcome::Echo(_) => {
                    ShipmentOutcome::None(Reason::NoProductLine)
                }
            };
            (shipment.id, outcome)
        })
        .collect();
    made
}

/// The receipts of a buy order. Arrivals that are records come before counts: an order that has
/// them counts nothing else, not even before the first of them is read.
fn receipts(
    order: &BuyOrder,
    facts: &PurchaseFacts<'_>,
) -> (Vec<Receipt>, Vec<CheckedIn>, BTreeSet<ShipmentId>) {
    if !facts.shipments.is_empty() {
        let Shipped { receipts, found } =
            receipt::of_shipments(order.order_id, &order.lines, facts.shipments);
        return (receipts, Vec::new(), found);
    }
    if facts.order.has_shipments {
        return Default::default();
    }
    let lines: BTreeSet<OrderLineId> = order.lines.iter().map(|line| line.order_line_id).collect();
    let steps = checked_in::checked_in(facts.order, &lines, facts.checked_in);
    let receipts = checked_in::receipts(facts.order, &steps);
    (receipts, steps, BTreeSet::new())
}

/// When the last of it came (`mapping.md` 9, DESIGN 13.12): a complete order by what was said
/// about its arrivals, one that was put away half received by its newest receipt.
fn completed(
    facts: &PurchaseFacts<'_>,
    receipts: &[Receipt],
    complete_since: Option<DateTime<Utc>>,
) -> Option<DateTime<Utc>> {
    let head = &facts.order.head;
    if head.complete {
        let newest = facts
            .shipments
            .iter()
            .filter_map(|one| one.received_at)
            .max();
        newest.or(facts.order.received_at).or(complete_since)
    } else if head.archived {
        receipts.iter().map(|receipt| receipt.occurred).max()
    } else {
        None
    }
}
