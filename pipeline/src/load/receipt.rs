//! Arrivals of goods become receipts of the order lines they fulfil.

use super::buy_order::BuyOrderLine;
use crate::id::{ItemId, OrderId, OrderLineId, ShipmentId, ShipmentItemId};
use crate::record::Shipment;
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A receipt as Optiply should hold it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// The purchase order.
    pub order_id: OrderId,
    /// The line it fulfils.
    pub order_line_id: OrderLineId,
    /// What it is known by; unique in the connection.
    pub key: String,
    /// Pieces, at least 1.
    pub quantity: i64,
    /// When they arrived.
    pub occurred: DateTime<Utc>,
}

/// An arrival as the computation needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShipmentFacts {
    /// Its id.
    pub id: ShipmentId,
    /// When it arrived, if somebody said so.
    pub received_at: Option<DateTime<Utc>>,
    /// When it happened, see [`Shipment::occurred`].
    pub occurred: Option<DateTime<Utc>>,
    /// What arrived.
    pub items: Vec<ShipmentItemFacts>,
}

/// One item of an arrival as the computation needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShipmentItemFacts {
    /// Its id.
    pub id: ShipmentItemId,
    /// The item.
    pub item: Option<ItemId>,
    /// The order line it fulfils, when the source tells.
    pub line: Option<OrderLineId>,
    /// Pieces that arrived.
    pub received: i64,
}

impl ShipmentFacts {
    /// Whether it holds received pieces.
    pub fn received(&self) -> bool {
        self.items.iter().any(|item| item.received > 0)
    }
}

impl From<&Shipment> for ShipmentFacts {
    fn from(shipment: &Shipment) -> Self {
        let items = shipment.items.iter().map(|item| ShipmentItemFacts {
            id: item.id,
            item: item.item,
            line: item.line,
            received: item.received,
        });
        Self {
            id: shipment.id,
            received_at: shipment.received_at,
            occurred: shipment.occurred(),
            items: items.collect(),
        }
    }
}

/// The receipts of all arrivals of an order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shipped {
    /// The receipts, by shipment item and line.
    pub(super) receipts: Vec<Receipt>,
    /// The arrivals of which at least one item found a line.
    pub(super) found: BTreeSet<ShipmentId>,
}

/// Spreads what arrived over the lines of the buy order (`mapping.md` 10).
///
/// Items that name their line come first, so that those which do not fill what is left: the
/// earliest lines of their item up to the ordered quantity, and whatever is too much on the last.
pub(super) fn of_shipments(
    order: OrderId,
    lines: &[BuyOrderLine],
    shipments: &[ShipmentFacts],
) -> Shipped {
    let mut arrived: Vec<(ShipmentId, DateTime<Utc>, ShipmentItemFacts)> = shipments
        .iter()
        .filter_map(|shipment| Some((shipment, shipment.occurred?)))
        .flat_map(|(shipment, at)| {
            shipment
                .items
                .iter()
                .map(move |item| (shipment.id, at, *item))
        })
        .filter(|(_, _, item)| item.received > 0)
        .collect();
    arrived.sort_by_key(|(_, _, item)| item.id);
    let mut room: BTreeMap<OrderLineId, i64> = lines
        .iter()
        .map(|line| (line.order_line_id, line.quantity))
        .collect();
    let mut parts: BTreeMap<ShipmentItemId, Vec<(OrderLineId, i64)>> = BTreeMap::new();
    for (_, _, item) in &arrived {
        if let Some((line, left)) = item
            .line
            .and_then(|line| room.get_mut(&line).map(|left| (line, left)))
        {
            *left = left.saturating_sub(item.received);
            parts.insert(item.id, vec![(line, item.received)]);
        }
    }
    for (_, _, item) in &arrived {
        parts
            .entry(item.id)
            .or_insert_with(|| spread(item, lines, &mut room));
    }
    let mut shipped = Shipped::default();
    for (shipment, occurred, item) in arrived {
        let parts = parts.remove(&item.id).unwrap_or_default();
        let alone = parts.len() == 1;
        for (order_line_id, quantity) in parts {
            shipped.found.insert(shipment);
            shipped.receipts.push(Receipt {
                order_id: order,
                order_line_id,
                key: if alone {
                    item.id.to_string()
                } else {
                    format!("{}:{order_line_id}", item.id)
                },
                quantity,
                occurred,
            });
        }
    }
    shipped
}

/// Which lines an item falls on that does not name one.
fn spread(
    item: &ShipmentItemFacts,
    lines: &[BuyOrderLine],
    room: &mut BTreeMap<OrderLineId, i64>,
) -> Vec<(OrderLineId, i64)> {
    let mut own: Vec<OrderLineId> = lines
        .iter()
        .filter(|line| Some(line.item_id) == item.item)
        .map(|line| line.order_line_id)
        .collect();
    own.sort_unstable();
    let mut rest = item.received;
    let mut parts = Vec::new();
    for (place, line) in own.iter().enumerate() {
        let left = room.entry(*line).or_default();
        let last = place + 1 == own.len();
        let takes = if last { rest } else { rest.min((*left).max(0)) };
        if takes > 0 {
            *left = left.saturating_sub(takes);
            rest -= takes;
            parts.push((*line, takes));
        }
    }
    parts
}
