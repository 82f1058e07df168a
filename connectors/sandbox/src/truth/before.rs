//! What was in the model before, and is therefore treated otherwise than what never was.

use std::collections::{BTreeMap, BTreeSet};

use super::Truth;

/// The model before a load, as far as the rules ask for it. The default is an empty one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Before {
    /// Items that are products: these stay, disabled if need be.
    pub items: BTreeSet<u64>,
    /// Vendors that are suppliers: these stay, ignored if need be.
    pub vendors: BTreeSet<u64>,
    /// Supplier products by item and vendor: these stay, disabled if need be.
    pub pairs: BTreeMap<(u64, u64), Pair>,
    /// Purchase orders that are buy orders.
    pub orders: BTreeSet<u64>,
}

/// What a supplier product keeps once its vendor is no longer one of the item's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The product's name.
    pub name: String,
    /// The vendor's number.
    pub sku_code: Option<String>,
    /// The product's barcode.
    pub ean_code: Option<String>,
    /// The manufacturer's number.
    pub article_code: Option<String>,
    /// The price, with two decimals.
    pub price: Option<String>,
}

impl Truth {
    /// What the next truth must know of this one: what is in the model now, and what of
    /// `earlier` stays in it for good.
    #[must_use]
    pub fn before(&self, earlier: &Before) -> Before {
        let mut next = self.model.clone();
        next.items.extend(&earlier.items);
        next.vendors.extend(&earlier.vendors);
        for (ids, pair) in &earlier.pairs {
            next.pairs.entry(*ids).or_insert_with(|| pair.clone());
        }
        next
    }
}
