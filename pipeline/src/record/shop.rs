use crate::id::ShopId;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A shop: a location that sells and keeps stock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shop {
    /// Its id; what settings store, so that a rename changes nothing.
    pub id: ShopId,
    /// Its name as spelled, spaces included: the location code of the settings.
    pub name: String,
    /// Its zone, such as `Europe/Amsterdam`.
    pub time_zone: Option<String>,
    /// Archived shops count 0 for stock; their past sales stay.
    pub archived: bool,
    /// How the shop taxes; absent when it has no tax category or none was sent.
    pub tax: Option<TaxCategory>,
    /// When the record last changed, as the source says.
    pub changed_at: Option<DateTime<Utc>>,
}

/// The tax category of a shop (`mapping.md` 4.1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaxCategory {
    /// Whether prices of this shop contain their tax.
    pub inclusive: bool,
    /// First rate, as a share: 0.21 for 21 %.
    pub rate1: Decimal,
    /// Second rate, as a share.
    pub rate2: Decimal,
    /// Rates of single tax classes, which come before the category's own.
    pub classes: Vec<TaxClassRates>,
}

/// The rates of one tax class within a category.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaxClassRates {
    /// The tax class, as items name it.
    pub class: i64,
    /// First rate, as a share.
    pub rate1: Decimal,
    /// Second rate, as a share.
    pub rate2: Decimal,
}
