//! Which vendor offers which item, under which number and at which price.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use crate::account::{Item, Vendor, VendorNumber};

use super::{
    before::Pair,
    dump, products,
    world::{NON_INVENTORY, World, is_too_large},
};

/// The pairs of the model, with their lines.
pub(super) struct Offers {
    pub(super) pairs: BTreeMap<(u64, u64), Pair>,
    pub(super) lines: Vec<String>,
}

pub(super) fn offers(
    world: &World<'_>,
    products: &BTreeSet<u64>,
    suppliers: &BTreeSet<u64>,
) -> Offers {
    let mut offers = Offers {
        pairs: BTreeMap::new(),
        lines: Vec::new(),
    };
    for item in products.iter().filter_map(|id| world.account.items.get(id)) {
        let named = vendors_of(item);
        let known = world
            .before
            .pairs
            .range((item.id, 0)..=(item.id, u64::MAX))
            .map(|((_, vendor), _)| *vendor);
        let every: BTreeSet<u64> = named.iter().copied().chain(known).collect();
        for vendor in every.intersection(suppliers) {
            let Some(vendor) = world.account.vendors.get(vendor) else {
                continue;
            };
            let ids = (item.id, vendor.id);
            let was = world.before.pairs.get(&ids);
            let is_named = named.contains(&vendor.id);
            let enabled = is_named && is_live(item) && !vendor.archived && !vendor.hidden;
            if !enabled && was.is_none() {
                continue;
            }
            let pair = match was {
                Some(was) if !is_named => was.clone(),
                _ => pair(world, item, vendor),
            };
            let preferred = (item.default_vendor != 0).then_some(item.default_vendor == vendor.id);
            offers
                .lines
                .push(dump::supplier_product(ids, &pair, preferred, enabled));
            offers.pairs.insert(ids, pair);
        }
    }
    offers
}

fn is_live(item: &Item) -> bool {
    !item.archived && !item.hidden && item.item_type != NON_INVENTORY
}

fn vendors_of(item: &Item) -> BTreeSet<u64> {
    let mut vendors: BTreeSet<u64> = item.vendor_numbers.iter().map(|row| row.vendor).collect();
    vendors.insert(item.default_vendor);
    vendors.remove(&0);
    vendors
}

fn pair(world: &World<'_>, item: &Item, vendor: &Vendor) -> Pair {
    let mut rows: Vec<&VendorNumber> = item
        .vendor_numbers
        .iter()
        .filter(|row| row.vendor == vendor.id)
        .collect();
    rows.sort_by_key(|row| row.id);
    Pair {
        name: products::name(item),
        sku_code: rows.iter().find_map(|row| filled(&row.value)),
        ean_code: products::ean_code(item),
        article_code: filled(&item.manufacturer_sku),
        price: price(world, item, vendor, &rows)
            .map(products::half_up)
            .filter(|price| !is_too_large(*price))
            .map(products::money),
    }
}

/// The item's own cost if this is its default vendor, else what the vendor asks, as long as that
/// is in our money.
fn price(
    world: &World<'_>,
    item: &Item,
    vendor: &Vendor,
    rows: &[&VendorNumber],
) -> Option<Decimal> {
    if item.default_vendor == vendor.id && item.default_cost > Decimal::ZERO {
        return Some(item.default_cost);
    }
    let (theirs, ours) = (vendor.currency.trim(), world.account.currency.trim());
    if !theirs.is_empty() && !theirs.eq_ignore_ascii_case(ours) {
        return None;
    }
    let mut costs = rows.iter().map(|row| row.cost);
    costs.find(|cost| *cost > Decimal::ZERO)
}

fn filled(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
