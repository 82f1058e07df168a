use crate::id::{ItemId, OrderId, OrderLineId, ShopId, VendorId};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A purchase order with its lines.
///
/// It has no status of its own: what it is follows from its times and flags.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// Whom it is ordered from, if that was chosen.
    pub vendor: Option<VendorId>,
    /// Where the goods go.
    pub shop: Option<ShopId>,
    /// A reference typed by a person or another program.
    pub reference: String,
    /// When it was placed; nothing for a draft.
    pub ordered_at: Option<DateTime<Utc>>,
    /// When the goods are expected.
    pub expected_at: Option<DateTime<Utc>>,
    /// When checking in began.
    pub received_at: Option<DateTime<Utc>>,
    /// Finished: nothing more is expected.
    pub complete: bool,
    /// Given up or put away.
    pub archived: bool,
    /// Whether its arrivals are records of their own.
    pub has_shipments: bool,
    /// When it was created.
    pub created_at: Option<DateTime<Utc>>,
    /// When the record last changed, as the source says.
    pub changed_at: Option<DateTime<Utc>>,
    /// Its lines in the order sent.
    pub lines: Vec<OrderLine>,
}

impl Order {
    /// When it was ordered (`mapping.md` 9), or what comes closest to it.
    pub fn placed(&self) -> Option<DateTime<Utc>> {
        self.ordered_at.or(self.created_at).or(self.changed_at)
    }

    /// When goods that were checked in without a record of their arrival came (DESIGN 13.11).
    pub fn checked_in_at(&self) -> Option<DateTime<Utc>> {
        self.received_at.or(self.changed_at).or(self.placed())
    }
}

/// A line of a purchase order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderLine {
    /// Its id.
    pub id: OrderLineId,
    /// The item, if it names one.
    pub item: Option<ItemId>,
    /// Pieces ordered.
    pub quantity: i64,
    /// What they cost together, in the account's currency, unrounded.
    pub value: Decimal,
    /// Pieces that are in stock. What was merely counted at the door is not looked at.
    pub checked_in: i64,
    /// When the line last changed.
    pub changed_at: Option<DateTime<Utc>>,
}
