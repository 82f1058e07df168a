//! What a correct connector must produce from the account: the rules computed naively, record by
//! record, from the account's own data. Written against the rules, not against any connector.

mod before;
mod dump;
mod offers;
mod orders;
mod parts;
mod products;
mod receipts;
mod returns;
mod sales;
mod stock;
mod view;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::account::Account;

pub use before::{Before, Pair};
pub use view::{Mode, PricesIncludeTax, View};
use world::{NON_INVENTORY, World};

/// What must come out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Truth {
    /// The outcome of every top-level row, in the order shops, vendors, items, sales, orders,
    /// shipments.
    pub feeds: Vec<FeedTruth>,
    /// Rows that arrive inside top-level rows: `stock`, `item_vendors`, `item_components`,
    /// `sale_lines`, `order_lines`, `shipment_items`.
    pub nested: BTreeMap<String, u64>,
    /// The model as canonical lines, by kind (buy_order, composition, product, receipt,
    /// sell_order, supplier, supplier_product), then ids.
    pub dump: Vec<String>,
    /// What is in the model now, for the truth after this one.
    #[serde(skip)]
    model: Before,
}

impl Truth {
    /// What a correct connector must produce from this account, given what it had before.
    #[must_use]
    pub fn of(account: &Account, view: &View, before: &Before) -> Truth {
        compute(account, view, before)
    }

    /// The outcome of a feed.
    #[must_use]
    pub fn feed(&self, name: &str) -> Option<&FeedTruth> {
        self.feeds.iter().find(|feed| feed.feed == name)
    }
}

/// The outcome of the rows of one feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FeedTruth {
    /// The feed.
    pub feed: String,
    /// Rows received.
    pub read: u64,
    /// Rows that ended in the model.
    pub loaded: u64,
    /// Rows that changed nothing; none in a first backfill.
    pub unchanged: u64,
    /// Rows left out, by reason.
    pub dropped: BTreeMap<String, u64>,
    /// Rows that could not be read, by cause.
    pub rejected: BTreeMap<String, u64>,
    /// Rows still waiting; none at the end of a run.
    pub waiting: u64,
}

impl FeedTruth {
    fn new(feed: &str) -> FeedTruth {
        FeedTruth {
            feed: feed.to_owned(),
            read: 0,
            loaded: 0,
            unchanged: 0,
            dropped: BTreeMap::new(),
            rejected: BTreeMap::new(),
            waiting: 0,
        }
    }

    fn of(feed: &str, outcomes: impl Iterator<Item = Outcome>) -> FeedTruth {
        let mut truth = FeedTruth::new(feed);
        outcomes.for_each(|outcome| truth.count(outcome));
        truth
    }

    fn count(&mut self, outcome: Outcome) {
        self.read += 1;
        match outcome {
            Outcome::Loaded => self.loaded += 1,
            Outcome::Dropped(reason) => *self.dropped.entry(reason.to_owned()).or_default() += 1,
            Outcome::Rejected(cause) => *self.rejected.entry(cause.to_owned()).or_default() += 1,
        }
    }
}

/// Where a row ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Loaded,
    Dropped(&'static str),
    Rejected(&'static str),
}

/// The truth of a full load of this account over what was there before.
pub(crate) fn compute(account: &Account, view: &View, before: &Before) -> Truth {
    let world = World::new(account, view, before);
    let sold = sales::judge(&world);
    let held = receipts::held(account);
    let bought = orders::judge(&world, &held);
    let (products, refused) = products_of(&world, &sold, &bought);
    let suppliers = suppliers_of(&world, &bought);
    let offers = offers::offers(&world, &products, &suppliers);

    let mut feeds = Vec::new();
    let shops = account.shops.values().map(|_| Outcome::Loaded);
    feeds.push(FeedTruth::of("shops", shops));
    let vendors = account.vendors.values().filter(|vendor| !vendor.hidden);
    let outcome = |loaded: bool| match loaded {
        true => Outcome::Loaded,
        false => Outcome::Dropped("archived_never_loaded"),
    };
    let vendors = vendors.map(|vendor| outcome(suppliers.contains(&vendor.id)));
    feeds.push(FeedTruth::of("vendors", vendors));
    let items = account.items.values().filter(|item| !item.hidden);
    let items = items.map(|item| {
        if world.is_fractional(item.id) {
            Outcome::Rejected("fractional_quantity")
        } else if products.contains(&item.id) {
            Outcome::Loaded
        } else if item.item_type == NON_INVENTORY {
            Outcome::Dropped("non_inventory")
        } else if refused.contains(&item.id) {
            Outcome::Rejected("out_of_range")
        } else {
            Outcome::Dropped("archived_never_loaded")
        }
    });
    feeds.push(FeedTruth::of("items", items));
    feeds.push(FeedTruth::of("sales", sold.outcomes.values().copied()));
    feeds.push(FeedTruth::of("orders", bought.outcomes.values().copied()));
    let shipments = account.shipments.values();
    let shipments = shipments.map(|shipment| receipts::outcome(shipment, &bought));
    feeds.push(FeedTruth::of("shipments", shipments));

    let mut dump: Vec<String> = bought.loaded.iter().map(dump::buy_order).collect();
    dump.extend(parts::compositions(&world, &products));
    let items = products.iter().filter_map(|id| account.items.get(id));
    dump.extend(items.map(|item| dump::product(&world, item)));
    dump.extend(bought.loaded.iter().flat_map(dump::receipts));
    dump.extend(sold.orders.iter().map(dump::sell_order));
    let vendors = suppliers.iter().filter_map(|id| account.vendors.get(id));
    dump.extend(vendors.map(dump::supplier));
    dump.extend(offers.lines);
    Truth {
        feeds,
        nested: nested(account),
        dump,
        model: Before {
            items: products,
            vendors: suppliers,
            pairs: offers.pairs,
            orders: bought.loaded.iter().map(|each| each.order.id).collect(),
        },
    }
}

/// The items that are products: once one, always one; otherwise those that are alive, and archived
/// ones that something in the model needs. Beside them those refused for their numbers.
fn products_of(
    world: &World<'_>,
    sold: &sales::Judged,
    bought: &orders::Judged<'_>,
) -> (BTreeSet<u64>, BTreeSet<u64>) {
    let mut needed = parts::needed(world);
    let sold = sold.orders.iter().flat_map(|order| &order.lines);
    needed.extend(sold.map(|line| line.item));
    let bought = bought.loaded.iter().flat_map(|order| &order.lines);
    needed.extend(bought.map(|line| line.item));
    let wanted = world.account.items.keys().filter(|id| {
        world
            .stocked(**id)
            .is_some_and(|item| !item.archived || needed.contains(id))
    });
    let (refused, mut products): (BTreeSet<u64>, BTreeSet<u64>) =
        wanted.partition(|id| world.is_out_of_range(**id));
    products.extend(&world.before.items);
    (products, refused)
}

/// The vendors that are suppliers, by the same rule.
fn suppliers_of(world: &World<'_>, bought: &orders::Judged<'_>) -> BTreeSet<u64> {
    let mut suppliers = world.before.vendors.clone();
    for vendor in world.account.vendors.values() {
        if !vendor.hidden && !vendor.archived {
            suppliers.insert(vendor.id);
        }
    }
    suppliers.extend(bought.loaded.iter().map(|each| each.order.vendor));
    suppliers
}

fn nested(account: &Account) -> BTreeMap<String, u64> {
    let visible = || account.items.values().filter(|item| !item.hidden);
    let sum = |counts: &mut dyn Iterator<Item = usize>| counts.map(|n| n as u64).sum::<u64>();
    let stock = account
        .item_shops
        .values()
        .filter(|row| account.visible_item(row.item).is_some())
        .count() as u64;
    BTreeMap::from([
        ("stock".to_owned(), stock),
        (
            "item_vendors".to_owned(),
            sum(&mut visible().map(|item| item.vendor_numbers.len())),
        ),
        (
            "item_components".to_owned(),
            sum(&mut visible().map(|item| item.components.len())),
        ),
        (
            "sale_lines".to_owned(),
            sum(&mut account.sales.values().map(|sale| sale.lines.len())),
        ),
        (
            "order_lines".to_owned(),
            sum(&mut account.orders.values().map(|order| order.lines.len())),
        ),
        (
            "shipment_items".to_owned(),
            sum(&mut account.shipments.values().map(|each| each.items.len())),
        ),
    ])
}

#[cfg(test)]
mod tests;
