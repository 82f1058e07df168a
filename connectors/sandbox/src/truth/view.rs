//! Under which settings the truth is asked for.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

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
    /// Sales, and finished purchase orders, placed before this instant do not count.
    pub history_since: Option<DateTime<Utc>>,
    /// How item prices are read.
    pub prices_include_tax: PricesIncludeTax,
    /// Whether goods on their way to a shop count as its stock.
    pub count_in_transit: bool,
    /// Whether drafts of purchase orders count.
    pub include_open_pos: bool,
    /// Whether products carry the item's id as their article code.
    pub article_code: bool,
}

impl View {
    /// All shops, completed sales, full history, everything else as it is by default.
    #[must_use]
    pub fn all(default_shop: u64) -> View {
        View {
            mode: Mode::All,
            default_shop,
            sync_all: false,
            history_since: None,
            prices_include_tax: PricesIncludeTax::Auto,
            count_in_transit: false,
            include_open_pos: false,
            article_code: true,
        }
    }

    pub(super) fn selected(&self, account: &Account) -> BTreeSet<u64> {
        match &self.mode {
            Mode::All => account.shops.keys().copied().collect(),
            Mode::Multiple(ids) => ids.iter().copied().collect(),
            Mode::One => BTreeSet::from([self.default_shop]),
        }
    }
}
