//! What load is given to compute, and what it gives back.

use super::assemblies::AssemblyFacts;
use super::offers::OfferFacts;
use super::products::ProductFacts;
use super::purchase_facts::{OrderWork, Orphan};
use super::suppliers::SupplierFacts;
use pipeline::hash::ContentHash;
use pipeline::id::{ItemId, OrderId, RunId, SaleId, ShipmentId, VendorId};
use pipeline::load::sell_order::{ItemState, SaleFacts, SaleOutcome};
use pipeline::load::{
    Compositions, Pairs, PartFacts, ProductOutcome, Purchase, ShipmentOutcome, ShopBook, Supplier,
    VendorFacts,
};
use pipeline::outcome::Outcome;
use pipeline::settings::Settings;
use pipeline::{Feed, Reason};
use std::collections::HashMap;

/// Objects to be computed, with what they are computed from.
#[derive(Debug)]
pub struct LoadWork {
    /// The settings in force.
    pub settings: Settings,
    /// The shops of the account.
    pub shops: ShopBook,
    /// Touched products.
    pub products: Vec<ProductFacts>,
    /// Touched suppliers.
    pub suppliers: Vec<SupplierFacts>,
    /// Items whose supplier products are touched.
    pub offers: Vec<OfferFacts>,
    /// What is known of the vendors these items name.
    pub vendors: HashMap<VendorId, VendorFacts>,
    /// The code of the account's own currency, if it is known.
    pub currency: Option<String>,
    /// Items whose compositions are touched.
    pub assemblies: Vec<AssemblyFacts>,
    /// What is known of their parts.
    pub parts: HashMap<ItemId, PartFacts>,
    /// Touched sell orders, by the sale they come from.
    pub wanted_sales: Vec<SaleId>,
    /// These sales and all that bear on them.
    pub sales: Vec<SaleFacts>,
    /// Touched buy orders, those of touched arrivals included.
    pub purchases: Vec<OrderWork>,
    /// Touched arrivals whose order is not held.
    pub orphans: Vec<Orphan>,
    /// What is known of the items that lines of sales and orders name.
    pub items: HashMap<ItemId, ItemState>,
    pub(super) settings_version: i64,
    pub(super) up_to: i64,
    pub(super) empty: bool,
    pub(super) touches: Vec<Touch>,
    pub(super) held: HashMap<(&'static str, i64), ContentHash>,
    pub(super) states: HashMap<(Feed, i64), RecordState>,
}

impl LoadWork {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.empty
    }
}

/// What was computed, for everything that [`LoadWork`] named.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Products; an item that does not count has the reason.
    pub products: Vec<(ItemId, Result<ProductOutcome, Reason>)>,
    /// Suppliers; a vendor that does not count has the reason.
    pub suppliers: Vec<(VendorId, Result<Supplier, Reason>)>,
    /// Supplier products, by item.
    pub offers: Vec<(ItemId, Pairs)>,
    /// Compositions, by composed item.
    pub compositions: Vec<(ItemId, Compositions)>,
    /// Sell orders.
    pub orders: Vec<(SaleId, SaleOutcome)>,
    /// Buy orders with what arrived for them.
    pub purchases: Vec<(OrderId, Purchase)>,
    /// Arrivals whose order is not held.
    pub orphans: Vec<(ShipmentId, ShipmentOutcome)>,
}

/// A touched object and the record it is credited to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Touch {
    pub(super) object: &'static str,
    pub(super) id: i64,
    pub(super) credit: Option<(Feed, i64, RunId)>,
}

/// An object of the model as it is.
#[derive(Clone, Debug)]
pub(super) struct HeldObject {
    pub(super) id: i64,
    /// The run that wrote it last; 0 when fan-out did.
    pub(super) run: i64,
    pub(super) hash: Vec<u8>,
}

/// What is known of a record's outcome so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct RecordState {
    pub(super) run: RunId,
    pub(super) run_open: bool,
    pub(super) loaded: Option<Outcome>,
}

/// The objects that can be touched, each with the feed whose records it decides on, if any.
const OBJECTS: [(&str, Option<Feed>); 8] = [
    ("shop", None),
    ("supplier", Some(Feed::Vendors)),
    ("product", Some(Feed::Items)),
    ("sell_order", Some(Feed::Sales)),
    ("buy_order", Some(Feed::Orders)),
    ("shipment", Some(Feed::Shipments)),
    ("supplier_products", None),
    ("product_compositions", None),
];

/// The object of a stored name.
pub(super) fn object(name: &str) -> Option<&'static str> {
    OBJECTS
        .into_iter()
        .map(|(object, _)| object)
        .find(|object| *object == name)
}

/// The feed whose records this object decides on.
pub(super) fn feed_of(object: &str) -> Option<Feed> {
    OBJECTS
        .into_iter()
        .find(|(name, _)| *name == object)
        .and_then(|(_, feed)| feed)
}
