//! Source records: what Lightspeed told us, in our words and types.
//!
//! A record says what the source says and nothing of what we think of it; whether it counts is
//! decided in [`crate::filter`], what becomes of it in [`crate::load`].

mod item;
mod order;
mod sale;
mod shipment;
mod shop;
mod stock;
mod vendor;

pub use item::{Component, Item, ItemKind, VendorNumber};
pub use order::{Order, OrderLine};
pub use sale::{Sale, SaleLine, placed};
pub use shipment::{Shipment, ShipmentItem};
pub use shop::{Shop, TaxCategory, TaxClassRates};
pub use stock::StockRow;
pub use vendor::Vendor;

use crate::feed::Feed;
use serde::{Deserialize, Serialize};

/// A record of any feed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "feed", rename_all = "snake_case")]
#[expect(
    clippy::large_enum_variant,
    reason = "a page holds at most a hundred records, all of one feed: boxing items would cost an allocation each and save nothing"
)]
pub enum Record {
    /// From [`Feed::Shops`].
    Shop(Shop),
    /// From [`Feed::Vendors`].
    Vendor(Vendor),
    /// From [`Feed::Items`].
    Item(Item),
    /// From [`Feed::Stock`].
    Stock(StockRow),
    /// From [`Feed::Sales`].
    Sale(Sale),
    /// From [`Feed::Orders`].
    Order(Order),
    /// From [`Feed::Shipments`].
    Shipment(Shipment),
}

impl Record {
    /// The feed this record belongs to.
    pub fn feed(&self) -> Feed {
        match self {
            Record::Shop(_) => Feed::Shops,
            Record::Vendor(_) => Feed::Vendors,
            Record::Item(_) => Feed::Items,
            Record::Stock(_) => Feed::Stock,
            Record::Sale(_) => Feed::Sales,
            Record::Order(_) => Feed::Orders,
            Record::Shipment(_) => Feed::Shipments,
        }
    }
}
