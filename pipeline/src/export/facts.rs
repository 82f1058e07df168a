//! What must be known of Lightspeed to decide on a buy order.

use crate::id::{ItemId, ShopId, VendorId};
use std::collections::HashMap;

/// What must be known of Lightspeed to decide on a buy order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The Default Location, if the account has it.
    pub shop: Option<ShopFact>,
    /// The vendor that the supplier came from, if it came from one.
    pub vendor: Option<VendorFact>,
    /// The items that the products of its lines came from, by product.
    pub products: HashMap<i64, ProductFact>,
}

/// The Default Location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopFact {
    /// Its id.
    pub id: ShopId,
    /// Its name.
    pub name: String,
    /// Whether it was closed.
    pub archived: bool,
    /// Its time zone.
    pub time_zone: Option<String>,
}

/// The vendor of a supplier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VendorFact {
    /// Its id.
    pub id: VendorId,
    /// Its name.
    pub name: String,
    /// Whether it was archived.
    pub archived: bool,
    /// Whether it no longer exists.
    pub vanished: bool,
}

/// The item of a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductFact {
    /// Its id.
    pub item: ItemId,
    /// Its description.
    pub name: String,
    /// Its SKU, as people know it.
    pub sku: String,
    /// Whether it was archived.
    pub archived: bool,
    /// Whether no stock is kept of it.
    pub non_inventory: bool,
    /// Whether it no longer exists.
    pub vanished: bool,
}
