//! The settings of a connection that decide what counts.

use crate::id::ShopId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What a shop owner chose, resolved: locations are ids here, never names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Get Data From.
    pub locations: Locations,
    /// The Default Location: where purchase orders go, and whose taxes price the products.
    pub default_location: ShopId,
    /// Sync All Sales Orders: off counts completed sales only, on counts pending and saved too.
    pub sync_all_sales_orders: bool,
    /// Sales placed before this instant do not count; `None` takes the whole history.
    pub history_since: Option<DateTime<Utc>>,
    /// Buy orders made before this instant are not exported; `None` takes the instant at which the
    /// connection began to deliver.
    #[serde(default)]
    pub export_since: Option<DateTime<Utc>>,
    /// Whether prices contain VAT.
    pub prices_include_tax: PricesIncludeTax,
    /// What a return does.
    pub returns: Returns,
    /// Whether goods on their way to a chosen location from another one count as its stock.
    #[serde(default)]
    pub count_in_transit: bool,
    /// Whether purchase orders that were not placed yet count as ordered.
    #[serde(default)]
    pub include_open_pos: bool,
    /// Whether products carry the item's id as their article code.
    #[serde(default = "yes")]
    pub article_code: bool,
    /// What becomes of the sales of a location that is not chosen any more.
    #[serde(default)]
    pub removed_location_history: RemovedHistory,
}

/// Settings stored before a point existed take its documented default.
const fn yes() -> bool {
    true
}

impl Settings {
    /// Settings with every optional point at its documented default.
    pub fn new(locations: Locations, default_location: ShopId) -> Self {
        Self {
            locations,
            default_location,
            sync_all_sales_orders: false,
            history_since: None,
            export_since: None,
            prices_include_tax: PricesIncludeTax::Auto,
            returns: Returns::NetOriginal,
            count_in_transit: false,
            include_open_pos: false,
            article_code: true,
            removed_location_history: RemovedHistory::Delete,
        }
    }

    /// Whether data of this shop counts; data of no named shop counts only when every shop's does.
    pub fn selects_or_all(&self, shop: Option<ShopId>) -> bool {
        shop.map_or(self.locations == Locations::All, |shop| self.selects(shop))
    }

    /// Whether data of this shop counts.
    pub fn selects(&self, shop: ShopId) -> bool {
        match &self.locations {
            Locations::All => true,
            Locations::Multiple(shops) => shops.contains(&shop),
            Locations::One => shop == self.default_location,
        }
    }
}

/// Get Data From.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "mode", content = "shops")]
pub enum Locations {
    /// Every shop, those to come included.
    All,
    /// These shops.
    Multiple(Vec<ShopId>),
    /// The default location.
    One,
}

/// Whether the prices of an account contain VAT (`mapping.md` 4.1; open question 3 of its
/// section 16 is why a person may overrule it).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PricesIncludeTax {
    /// As the tax category of the reference shop says.
    #[default]
    Auto,
    /// They do.
    Yes,
    /// They do not.
    No,
}

/// What becomes of the sales of a location that is not chosen any more (`mapping.md` 13.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemovedHistory {
    /// Their orders leave the model.
    #[default]
    Delete,
    /// Orders that are in the model stay in it.
    Keep,
}

/// What becomes of goods that came back (`mapping.md` 8.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Returns {
    /// They lower the order they came from.
    #[default]
    NetOriginal,
    /// They change nothing.
    Ignore,
}
