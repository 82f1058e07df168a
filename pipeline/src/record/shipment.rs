use crate::id::{ItemId, OrderId, OrderLineId, ShipmentId, ShipmentItemId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// An arrival of goods on a purchase order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shipment {
    /// Its id.
    pub id: ShipmentId,
    /// The purchase order the goods were ordered on.
    pub order: OrderId,
    /// When they arrived, if somebody said so.
    pub received_at: Option<DateTime<Utc>>,
    /// When the record was created.
    pub created_at: Option<DateTime<Utc>>,
    /// When the record last changed, as the source says.
    pub changed_at: Option<DateTime<Utc>>,
    /// What arrived, in the order sent.
    pub items: Vec<ShipmentItem>,
}

impl Shipment {
    /// When it happened (`mapping.md` 10): never the time at which we looked.
    pub fn occurred(&self) -> Option<DateTime<Utc>> {
        self.received_at.or(self.created_at).or(self.changed_at)
    }
}

/// One item of an arrival.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShipmentItem {
    /// Its id.
    pub id: ShipmentItemId,
    /// The item.
    pub item: Option<ItemId>,
    /// The order line it fulfils, when the source tells.
    pub line: Option<OrderLineId>,
    /// Pieces that arrived.
    pub received: i64,
    /// When the row last changed.
    pub changed_at: Option<DateTime<Utc>>,
}
