//! What a buy order is, and which purchase orders become one.

use super::sell_order::ItemState;
use crate::filter::{self, OrderHead, OrderLife, OrderLineFact, Verdict};
use crate::id::{ItemId, OrderId, OrderLineId, VendorId};
use crate::money::cents;
use crate::reason::Reason;
use crate::record::Order;
use crate::settings::Settings;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};

/// A buy order as Optiply should hold it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BuyOrder {
    /// The purchase order it comes from.
    pub order_id: OrderId,
    /// Whom it is ordered from.
    pub vendor_id: VendorId,
    /// When it was ordered.
    pub placed: DateTime<Utc>,
    /// When the last of it came; `None` while something is expected.
    pub completed: Option<DateTime<Utc>>,
    /// When the goods are expected, if somebody said so.
    pub expected_delivery_date: Option<DateTime<Utc>>,
    /// Sum of the lines.
    pub total_value: Decimal,
    /// Its lines, by line id; an item may have several.
    pub lines: Vec<BuyOrderLine>,
}

/// A line of a buy order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BuyOrderLine {
    /// The line it comes from.
    pub order_line_id: OrderLineId,
    /// The item.
    pub item_id: ItemId,
    /// Pieces ordered, at least 1.
    pub quantity: i64,
    /// What they cost together, two decimals, at least 0.00.
    pub subtotal_value: Decimal,
}

/// A purchase order as the computation needs it.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderFacts {
    /// Its id.
    pub id: OrderId,
    /// What decides whether it counts.
    pub head: OrderHead,
    /// When the goods are expected.
    pub expected_at: Option<DateTime<Utc>>,
    /// When checking in began.
    pub received_at: Option<DateTime<Utc>>,
    /// When goods that were checked in came, see [`Order::checked_in_at`].
    pub checked_in_at: Option<DateTime<Utc>>,
    /// Whether its arrivals are records of their own.
    pub has_shipments: bool,
    /// Its lines.
    pub lines: Vec<OrderLineFacts>,
}

/// A line of a purchase order as the computation needs it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OrderLineFacts {
    /// Its id.
    pub id: OrderLineId,
    /// What decides whether it counts.
    pub fact: OrderLineFact,
    /// What its pieces cost together, unrounded.
    pub value: Decimal,
}

impl From<&Order> for OrderFacts {
    fn from(order: &Order) -> Self {
        let lines = order.lines.iter().map(|line| OrderLineFacts {
            id: line.id,
            fact: line.into(),
            value: line.value,
        });
        Self {
            id: order.id,
            head: order.into(),
            expected_at: order.expected_at,
            received_at: order.received_at,
            checked_in_at: order.checked_in_at(),
            has_shipments: order.has_shipments,
            lines: lines.collect(),
        }
    }
}

/// What is known of the vendor that an order names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VendorState {
    /// It is or was a supplier, or will be one for this order.
    Supplier,
    /// Asked for by id and not returned, or vanished; never loaded.
    Gone,
    /// Not read yet.
    Missing,
}

/// What becomes of a purchase order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderOutcome {
    /// This buy order.
    Order(BuyOrder),
    /// The purchase order of a buy order that was exported: no other is made. What arrives on it,
    /// its lines and its completion are told to the one that Optiply has.
    Echo(BuyOrder),
    /// None.
    None(Reason),
    /// These must be known first.
    Waiting {
        /// The vendor, if it is not known.
        vendor: Option<VendorId>,
        /// Items of its lines that are not known.
        items: Vec<ItemId>,
    },
}

impl OrderOutcome {
    /// What a waiting order waits for in the first place.
    pub const fn waits_for(&self) -> Option<Reason> {
        match self {
            OrderOutcome::Waiting {
                vendor: Some(_), ..
            } => Some(Reason::WaitingForVendor),
            OrderOutcome::Waiting { vendor: None, .. } => Some(Reason::WaitingForItem),
            OrderOutcome::Order(_) | OrderOutcome::Echo(_) | OrderOutcome::None(_) => None,
        }
    }
}

/// The buy order of a purchase order (`mapping.md` 9), without the time of its completion, which
/// depends on what arrived for its lines.
pub(super) fn buy_order(
    order: &OrderFacts,
    life: OrderLife,
    vendor: VendorState,
    items: &HashMap<ItemId, ItemState>,
    settings: &Settings,
) -> OrderOutcome {
    let facts: Vec<OrderLineFact> = order.lines.iter().map(|line| line.fact).collect();
    if !life.exported
        && let Verdict::Drop(reason) = filter::order(&order.head, &facts, life, settings)
    {
        return OrderOutcome::None(reason);
    }
    let Some(vendor_id) = order.head.vendor else {
        return OrderOutcome::None(Reason::NoVendor);
    };
    if vendor == VendorState::Gone {
        return OrderOutcome::None(Reason::VendorGone);
    }
    let (mut lines, mut missing, mut gone) = (Vec::new(), BTreeSet::new(), false);
    for line in order.lines.iter().filter(|line| line.fact.is_product()) {
        let Some(item_id) = line.fact.item else {
            continue;
        };
        match items.get(&item_id).copied().unwrap_or(ItemState::Missing) {
            ItemState::Product => lines.push(BuyOrderLine {
                order_line_id: line.id,
                item_id,
                quantity: line.fact.quantity,
                subtotal_value: cents(line.value.max(Decimal::ZERO)),
            }),
            ItemState::NonInventory => {}
            ItemState::Gone => gone = true,
            ItemState::Missing => {
                missing.insert(item_id);
            }
        }
    }
    if vendor == VendorState::Missing || !missing.is_empty() {
        return OrderOutcome::Waiting {
            vendor: (vendor == VendorState::Missing).then_some(vendor_id),
            items: missing.into_iter().collect(),
        };
    }
    lines.sort_by_key(|line| line.order_line_id);
    match (lines.is_empty(), order.head.placed) {
        (true, _) if gone => OrderOutcome::None(Reason::ItemGone),
        (true, _) => OrderOutcome::None(Reason::OnlyNonInventory),
        // Normalize refuses an order without any time, so a buy order always has its instant.
        (false, None) => OrderOutcome::None(Reason::BadValue),
        (false, Some(placed)) => {
            let made = BuyOrder {
                order_id: order.id,
                vendor_id,
                placed,
                completed: None,
                expected_delivery_date: order.expected_at,
                total_value: cents(lines.iter().map(|line| line.subtotal_value).sum()),
                lines,
            };
            if life.exported {
                OrderOutcome::Echo(made)
            } else {
                OrderOutcome::Order(made)
            }
        }
    }
}
