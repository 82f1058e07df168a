use super::product::{ItemFacts, LIMIT, ProductStatus};
use crate::id::{ItemId, VendorId};
use crate::money::cents;
use crate::record::VendorNumber;
use rust_decimal::Decimal;
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};

/// A supplier product as Optiply should hold it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SupplierProduct {
    /// The item.
    pub item_id: ItemId,
    /// The vendor.
    pub vendor_id: VendorId,
    /// The product's name.
    pub name: String,
    /// The vendor's own code for it.
    pub sku_code: Option<String>,
    /// The product's barcode.
    pub ean_code: Option<String>,
    /// The manufacturer's code.
    pub article_code: Option<String>,
    /// What a piece costs in the account's currency, two decimals.
    pub price: Option<Decimal>,
    /// Whether it is the usual vendor; `None` leaves the planner's choice alone.
    pub preferred: Option<bool>,
    /// Whether it can be ordered there.
    pub status: ProductStatus,
}

/// An item as its supplier products need it.
#[derive(Clone, Copy, Debug)]
pub struct PairFacts<'a> {
    /// The item, for what its supplier products share with the product.
    pub item: ItemFacts<'a>,
    /// Its product is in the model.
    pub in_model: bool,
    /// The manufacturer's code as typed.
    pub manufacturer_sku: &'a str,
    /// The vendor it is usually bought from.
    pub default_vendor: Option<VendorId>,
    /// What it usually costs, in the account's currency.
    pub default_cost: Option<Decimal>,
    /// The numbers under which vendors sell it, in any order.
    pub numbers: &'a [VendorNumber],
}

/// A vendor as supplier products need it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VendorFacts {
    /// Its supplier is in the model.
    pub in_model: bool,
    /// It is archived.
    pub archived: bool,
    /// It is proven to be gone from the source.
    pub vanished: bool,
    /// The currency it sells in, when it is not the account's.
    pub currency: Option<String>,
}

/// Something to know about a pair of an item and a vendor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PairNote {
    /// Left out: the vendor is no supplier of the model.
    NoSupplier,
    /// Left out: it would be disabled and was never loaded.
    NeverEnabled,
    /// Loaded, and no vendor of the item any more.
    Disappeared,
    /// Without a price: the only one known is in another currency.
    ForeignCurrency,
    /// Without a price: the one sent is beyond what Optiply takes.
    PriceTooLarge,
}

/// The supplier products of an item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pairs {
    /// All that should be held, by vendor id. A pair that was loaded is never missing.
    pub desired: Vec<SupplierProduct>,
    /// What to know about some of its vendors.
    pub notes: Vec<(VendorId, PairNote)>,
}

/// The supplier products of one item (`mapping.md` 7.2).
///
/// `vendors` holds at least every vendor the item names; one that is missing is none of the model.
/// `previous` are the supplier products of the item that the model holds.
pub fn supplier_products(
    item: &PairFacts<'_>,
    vendors: &HashMap<VendorId, VendorFacts>,
    account_currency: Option<&str>,
    previous: &[SupplierProduct],
) -> Pairs {
    let mut pairs = Pairs::default();
    if !item.in_model {
        return pairs;
    }
    let mut numbers: Vec<&VendorNumber> = item.numbers.iter().collect();
    numbers.sort_by_key(|row| row.id);
    let named: BTreeSet<VendorId> = numbers
        .iter()
        .filter_map(|row| row.vendor)
        .chain(item.default_vendor)
        .collect();
    for id in &named {
        let Some(vendor) = vendors.get(id).filter(|vendor| vendor.in_model) else {
            pairs.notes.push((*id, PairNote::NoSupplier));
            continue;
        };
        let enabled = item.item.live() && !vendor.archived && !vendor.vanished;
        if !enabled && !previous.iter().any(|pair| pair.vendor_id == *id) {
            pairs.notes.push((*id, PairNote::NeverEnabled));
            continue;
        }
        let own: Vec<&VendorNumber> = numbers
            .iter()
            .copied()
            .filter(|row| row.vendor == Some(*id))
            .collect();
        let price = price(*id, item, vendor, &own, account_currency);
        pairs.notes.extend(price.err().map(|note| (*id, note)));
        pairs.desired.push(SupplierProduct {
            item_id: item.item.id,
            vendor_id: *id,
            name: item.item.name(),
            sku_code: own.iter().find_map(|row| filled(&row.number)),
            ean_code: item.item.ean_code(),
            article_code: filled(item.manufacturer_sku),
            price: price.unwrap_or_default(),
            preferred: preferred(*id, item),
            status: ProductStatus::enabled_if(enabled),
        });
    }
    for pair in previous
        .iter()
        .filter(|pair| !named.contains(&pair.vendor_id))
    {
        pairs.notes.push((pair.vendor_id, PairNote::Disappeared));
        pairs.desired.push(SupplierProduct {
            preferred: preferred(pair.vendor_id, item),
            status: ProductStatus::Disabled,
            ..pair.clone()
        });
    }
    pairs.desired.sort_by_key(|pair| pair.vendor_id);
    pairs
}

fn preferred(vendor: VendorId, item: &PairFacts<'_>) -> Option<bool> {
    item.default_vendor.map(|default| default == vendor)
}

fn filled(code: &str) -> Option<String> {
    Some(code.trim().to_owned()).filter(|code| !code.is_empty())
}

/// What a piece costs there (DESIGN 13.10), or why an amount that was sent cannot be used.
fn price(
    vendor_id: VendorId,
    item: &PairFacts<'_>,
    vendor: &VendorFacts,
    own: &[&VendorNumber],
    account_currency: Option<&str>,
) -> Result<Option<Decimal>, PairNote> {
    let positive = |amount: Option<Decimal>| amount.filter(|amount| *amount > Decimal::ZERO);
    let usual = positive(item.default_cost).filter(|_| item.default_vendor == Some(vendor_id));
    let cost = own.iter().find_map(|row| positive(row.cost));
    let amount = match (usual, cost) {
        (Some(usual), _) => usual,
        (None, None) => return Ok(None),
        (None, Some(cost)) if same_currency(vendor, account_currency) => cost,
        // It is not ours to convert: even the direction of the rates is contradictory.
        (None, Some(_)) => return Err(PairNote::ForeignCurrency),
    };
    let amount = cents(amount);
    if amount > Decimal::from(LIMIT) {
        Err(PairNote::PriceTooLarge)
    } else {
        Ok(Some(amount))
    }
}

fn same_currency(vendor: &VendorFacts, account: Option<&str>) -> bool {
    match vendor.currency.as_deref().map(str::trim) {
        None | Some("") => true,
        Some(code) => account.is_some_and(|account| account.trim().eq_ignore_ascii_case(code)),
    }
}
