//! What a correct connector must produce from the account: the rules computed naively, record by
//! record, from the account's own data. Written against the rules, not against any connector.

mod dump;
mod products;
mod returns;
mod sales;
mod stock;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::account::Account;

/// Whose data a connection takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// Every shop, the archived ones included.
    All,
    /// These shops, by id.
    Multiple(Vec<u64>),
    /// The default shop only.
    One,
}

/// Whether item prices are taken to hold the tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PricesIncludeTax {
    /// As the reference shop's tax category says.
    #[default]
    Auto,
    /// Always.
    Yes,
    /// Never.
    No,
}

/// The settings under which the truth is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// Whose data.
    pub mode: Mode,
    /// The default location; also the reference shop for taxes.
    pub default_shop: u64,
    /// Whether sales that are not completed count.
    pub sync_all: bool,
    /// Sales placed before this instant do not count.
    pub history_since: Option<DateTime<Utc>>,
    /// How item prices are read.
    pub prices_include_tax: PricesIncludeTax,
}

impl View {
    /// All shops, completed sales, full history.
    #[must_use]
    pub fn all(default_shop: u64) -> View {
        View {
            mode: Mode::All,
            default_shop,
            sync_all: false,
            history_since: None,
            prices_include_tax: PricesIncludeTax::Auto,
        }
    }
}

/// What must come out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Truth {
    /// The outcome of every top-level row, in the order shops, vendors, items, sales.
    pub feeds: Vec<FeedTruth>,
    /// Rows that arrive inside top-level rows: `stock`, `item_vendors`, `item_components`,
    /// `sale_lines`.
    pub nested: BTreeMap<String, u64>,
    /// The model as canonical lines, by kind (product, sell_order, supplier), then id.
    pub dump: Vec<String>,
}

impl Truth {
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

/// The truth of a first full backfill of this account.
pub(crate) fn compute(account: &Account, view: &View) -> Truth {
    let selected: BTreeSet<u64> = match &view.mode {
        Mode::All => account.shops.keys().copied().collect(),
        Mode::Multiple(ids) => ids.iter().copied().collect(),
        Mode::One => BTreeSet::from([view.default_shop]),
    };

    let sold = sales::judge(account, view, &selected);
    let needed: BTreeSet<u64> = sold
        .orders
        .iter()
        .flat_map(|order| order.lines.iter().map(|line| line.item))
        .collect();

    let mut shops = FeedTruth::new("shops");
    for _ in &account.shops {
        shops.count(Outcome::Loaded);
    }
    let mut vendors = FeedTruth::new("vendors");
    let mut dump = Vec::new();
    let mut suppliers = Vec::new();
    for vendor in account.vendors.values() {
        if vendor.archived {
            vendors.count(Outcome::Dropped("archived_never_loaded"));
        } else {
            vendors.count(Outcome::Loaded);
            suppliers.push(dump::supplier(vendor));
        }
    }
    let mut items = FeedTruth::new("items");
    for item in account.items.values().filter(|item| !item.hidden) {
        if item.item_type == "non_inventory" {
            items.count(Outcome::Dropped("non_inventory"));
        } else if item.archived && !needed.contains(&item.id) {
            items.count(Outcome::Dropped("archived_never_loaded"));
        } else {
            items.count(Outcome::Loaded);
            dump.push(dump::product(account, view, &selected, item));
        }
    }
    let mut sales = FeedTruth::new("sales");
    for outcome in sold.outcomes.values() {
        sales.count(*outcome);
    }

    dump.extend(sold.orders.iter().map(dump::sell_order));
    dump.extend(suppliers);
    Truth {
        feeds: vec![shops, vendors, items, sales],
        nested: nested(account),
        dump,
    }
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
    ])
}

#[cfg(test)]
mod tests;
