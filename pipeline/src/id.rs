//! Ids of Lightspeed records, one type each, so that a vendor can never be asked for as an item.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<i64> for $name {
            fn from(id: i64) -> Self {
                Self(id)
            }
        }
    )+};
}

ids! {
    /// A shop (location) of a Lightspeed account. Never 0: the all-shops total is not a shop.
    ShopId,
    /// A vendor, which becomes a supplier.
    VendorId,
    /// An item, which becomes a product.
    ItemId,
    /// A row of an item's stock in one shop.
    ItemShopId,
    /// A sale, which may become a sell order.
    SaleId,
    /// A line of a sale. It keeps its id when it moves to another sale.
    SaleLineId,
    /// A purchase order, which may become a buy order.
    OrderId,
    /// A line of a purchase order.
    OrderLineId,
    /// An arrival of goods on a purchase order.
    ShipmentId,
    /// One item of an arrival, which becomes a receipt.
    ShipmentItemId,
    /// A buy order of Optiply's, which becomes a purchase order.
    BuyOrderId,
    /// A connection: one Lightspeed account joined to one Optiply account. Ours, not theirs.
    ConnectionId,
    /// A run: one piece of work for a connection. Ours.
    RunId,
    /// A stored page. Ours; grows in the order pages were committed.
    PageId,
}
