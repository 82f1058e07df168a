//! What can be written.

use pipeline::export::{Intent, IntentLine};
use pipeline::id::{OrderId, OrderLineId};
use serde_json::{Value, json};

/// A write of a purchase order or one of its lines.
#[derive(Clone, Copy, Debug)]
pub enum OrderWrite<'a> {
    /// Make the order, without lines and not placed: a draft.
    Make(&'a Intent),
    /// Add a line.
    AddLine(OrderId, &'a IntentLine),
    /// Change a line's pieces and price.
    ChangeLine(OrderLineId, &'a IntentLine),
    /// Place it: from then on it is ordered.
    Place(OrderId, &'a str),
    /// Archive it.
    Archive(OrderId),
    /// Delete a line for good.
    RemoveLine(OrderLineId),
}

/// What came of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// The id of what was written.
    pub id: i64,
}

pub(super) enum Verb {
    Post,
    Put,
    Delete,
}

impl OrderWrite<'_> {
    pub(super) const fn resource(&self) -> &'static str {
        match self {
            Self::Make(_) | Self::Place(..) | Self::Archive(_) => "Order",
            Self::AddLine(..) | Self::ChangeLine(..) | Self::RemoveLine(_) => "OrderLine",
        }
    }

    pub(super) const fn key(&self) -> &'static str {
        match self {
            Self::Make(_) | Self::Place(..) | Self::Archive(_) => "orderID",
            Self::AddLine(..) | Self::ChangeLine(..) | Self::RemoveLine(_) => "orderLineID",
        }
    }

    /// The record that is written to; none is there yet when one is made.
    pub(super) const fn record(&self) -> Option<i64> {
        match self {
            Self::Make(_) | Self::AddLine(..) => None,
            Self::Place(order, _) | Self::Archive(order) => Some(order.0),
            Self::ChangeLine(line, _) | Self::RemoveLine(line) => Some(line.0),
        }
    }

    pub(super) const fn verb(&self) -> Verb {
        match self {
            Self::Make(_) | Self::AddLine(..) => Verb::Post,
            Self::ChangeLine(..) | Self::Place(..) => Verb::Put,
            Self::Archive(_) | Self::RemoveLine(_) => Verb::Delete,
        }
    }

    /// The body: text for every value, as Lightspeed itself writes them; nothing that is not known,
    /// because an empty value would clear.
    pub(super) fn body(&self) -> Option<Value> {
        match self {
            Self::Make(intent) => {
                let mut body = json!({
                    "vendorID": intent.vendor.to_string(),
                    "shopID": intent.shop.to_string(),
                    "refNum": intent.reference,
                });
                if let Some(arrival) = &intent.arrival {
                    body["arrivalDate"] = json!(arrival);
                }
                Some(body)
            }
            Self::AddLine(order, line) => {
                let mut body = amounts(line);
                body["orderID"] = json!(order.to_string());
                body["itemID"] = json!(line.item.to_string());
                Some(body)
            }
            Self::ChangeLine(_, line) => Some(amounts(line)),
            Self::Place(_, date) => Some(json!({ "orderedDate": date })),
            Self::Archive(_) | Self::RemoveLine(_) => None,
        }
    }
}

fn amounts(line: &IntentLine) -> Value {
    let price = line.price.normalize().to_string();
    json!({
        "quantity": line.quantity.to_string(),
        "price": price,
        "originalPrice": price,
    })
}
