//! What all rules look at: the account, the settings, and what was there before.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use crate::account::{Account, Item};

use super::{Before, View, parts, products, stock};

/// Above this (or below its negative) the target takes no number.
const NUMBER_MAX: i64 = 9_999_999;

pub(super) struct World<'a> {
    pub(super) account: &'a Account,
    pub(super) view: &'a View,
    pub(super) before: &'a Before,
    pub(super) selected: BTreeSet<u64>,
    /// Items whose row cannot be read.
    fractional: BTreeSet<u64>,
    /// Items with a stock or price nobody can mean.
    excessive: BTreeSet<u64>,
}

impl<'a> World<'a> {
    pub(super) fn new(account: &'a Account, view: &'a View, before: &'a Before) -> World<'a> {
        let mut world = World {
            account,
            view,
            before,
            selected: view.selected(account),
            fractional: BTreeSet::new(),
            excessive: BTreeSet::new(),
        };
        let visible = || account.items.values().filter(|item| !item.hidden);
        world.fractional = visible()
            .filter(|item| parts::fractional(item))
            .map(|item| item.id)
            .collect();
        world.excessive = visible()
            .filter(|item| world.is_excessive(item))
            .map(|item| item.id)
            .collect();
        world
    }

    fn is_excessive(&self, item: &Item) -> bool {
        let price = products::price(self.account, self.view, item);
        let stock = stock::level(self, item.id);
        is_too_large(Decimal::from(stock)) || price.is_some_and(is_too_large)
    }

    /// Whether the item's row asks for a piece of a part, so that it was not read at all.
    pub(super) fn is_fractional(&self, item: u64) -> bool {
        self.fractional.contains(&item)
    }

    /// Whether the item cannot be a product with its numbers. Its row was read nevertheless, so
    /// that lines of it count.
    pub(super) fn is_out_of_range(&self, item: u64) -> bool {
        self.excessive.contains(&item)
    }

    /// The item, unless it has vanished or its row could not be read.
    pub(super) fn item(&self, id: u64) -> Option<&'a Item> {
        let item = self.account.visible_item(id)?;
        (!self.fractional.contains(&id)).then_some(item)
    }

    /// The item, if it can be a product at all.
    pub(super) fn stocked(&self, id: u64) -> Option<&'a Item> {
        self.item(id).filter(|item| item.item_type != NON_INVENTORY)
    }

    /// Whether the source knows nothing of an item and neither do we.
    pub(super) fn is_gone(&self, item: u64) -> bool {
        !self.before.items.contains(&item) && self.item(item).is_none()
    }

    /// Whether a line of the item counts: it is or was a product, or may become one.
    pub(super) fn counts(&self, item: u64) -> bool {
        self.before.items.contains(&item) || self.stocked(item).is_some()
    }

    /// Whether the vendor is, was or may become a supplier.
    pub(super) fn has_vendor(&self, vendor: u64) -> bool {
        self.before.vendors.contains(&vendor) || self.account.visible_vendor(vendor).is_some()
    }
}

pub(super) const NON_INVENTORY: &str = "non_inventory";

pub(super) fn is_too_large(number: Decimal) -> bool {
    number.abs() > Decimal::from(NUMBER_MAX)
}
