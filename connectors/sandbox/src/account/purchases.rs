//! What a purchase leaves behind: orders with their lines, shipments with what came in them.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

/// A purchase order.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// orderID
    pub id: u64,
    /// vendorID, 0 = none
    pub vendor: u64,
    /// shopID
    pub shop: u64,
    /// refNum, free text.
    pub reference: String,
    /// orderedDate; none = a draft.
    pub ordered: Option<DateTime<Utc>>,
    /// arrivalDate
    pub arrival: Option<DateTime<Utc>>,
    /// receivedDate: when check-in began.
    pub received: Option<DateTime<Utc>>,
    /// Whether it is finished.
    pub complete: bool,
    /// Whether it was archived.
    pub archived: bool,
    /// hasShipments
    pub has_shipments: bool,
    /// discount, per cent of the unit costs.
    pub discount: Decimal,
    /// createTime; old records have none.
    pub created: Option<DateTime<Utc>>,
    /// timeStamp: changes of the order itself, not of its lines.
    pub stamp: Option<DateTime<Utc>>,
    /// Its lines.
    pub lines: Vec<OrderLine>,
}

/// A line of a purchase order.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderLine {
    /// orderLineID
    pub id: u64,
    /// itemID, 0 = none
    pub item: u64,
    /// Pieces ordered.
    pub quantity: Decimal,
    /// price: unit cost after the order's discount.
    pub price: Decimal,
    /// originalPrice: unit cost before it.
    pub original_price: Decimal,
    /// total; old records have none.
    pub total: Option<Decimal>,
    /// numReceived: counted, not in stock yet.
    pub counted: i64,
    /// checkedIn: in stock.
    pub checked_in: i64,
    /// createTime; old records have none.
    pub created: Option<DateTime<Utc>>,
    /// timeStamp
    pub stamp: DateTime<Utc>,
}

/// A shipment received on an order.
#[derive(Debug, Clone, PartialEq)]
pub struct Shipment {
    /// orderShipmentID
    pub id: u64,
    /// orderID
    pub order: u64,
    /// sequenceNumber within the order, from 1.
    pub number: u64,
    /// Whether its status is `finished`; `received` before.
    pub finished: bool,
    /// receptionDate
    pub reception: Option<DateTime<Utc>>,
    /// createTime
    pub created: Option<DateTime<Utc>>,
    /// timeStamp
    pub stamp: DateTime<Utc>,
    /// What came in it.
    pub items: Vec<ShipmentItem>,
}

/// Pieces of an item in a shipment.
#[derive(Debug, Clone, PartialEq)]
pub struct ShipmentItem {
    /// orderShipmentItemID
    pub id: u64,
    /// itemID
    pub item: u64,
    /// The order line it was received on. Only accounts that show it tell it.
    pub line: u64,
    /// qtyReceived
    pub quantity: Decimal,
    /// cost
    pub cost: Decimal,
    /// Last change.
    pub stamp: DateTime<Utc>,
}

/// An order to be filed.
#[derive(Debug, Clone, PartialEq)]
pub struct NewOrder {
    /// vendorID, 0 = none
    pub vendor: u64,
    /// shopID
    pub shop: u64,
    /// When it was made; none = an old record without that time.
    pub created: Option<DateTime<Utc>>,
    /// When it was placed; none = a draft.
    pub ordered: Option<DateTime<Utc>>,
    /// Its lines.
    pub lines: Vec<NewOrderLine>,
}

/// A line to be ordered.
#[derive(Debug, Clone, PartialEq)]
pub struct NewOrderLine {
    /// itemID, 0 = none
    pub item: u64,
    /// Pieces.
    pub quantity: Decimal,
    /// Unit cost; none = the item's default cost.
    pub price: Option<Decimal>,
}

impl NewOrderLine {
    /// Pieces of an item at its default cost.
    #[must_use]
    pub fn of(item: u64, quantity: i64) -> NewOrderLine {
        NewOrderLine {
            item,
            quantity: Decimal::from(quantity),
            price: None,
        }
    }

    /// At another unit cost.
    #[must_use]
    pub fn at(mut self, price: Decimal) -> NewOrderLine {
        self.price = Some(price);
        self
    }
}
