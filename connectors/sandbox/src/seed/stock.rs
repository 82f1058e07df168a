//! Stock rows, made lazily: not every item has one in every shop.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use crate::account::Account;

use super::{Dice, Span, items};

pub(super) fn fill(account: &mut Account, dice: &mut Dice, span: Span) {
    let shops: Vec<u64> = account.shops.keys().copied().collect();
    let items: Vec<(u64, bool)> = account
        .items
        .values()
        .filter(|item| item.item_type != "non_inventory" && item.id != items::NO_ROWS)
        .map(|item| (item.id, item.archived))
        .collect();
    let mut totals = BTreeMap::new();
    for (item, archived) in items {
        for (at, shop) in shops.iter().enumerate() {
            // The first shop always has a row, so that only the cast lacks them all.
            if at > 0 && dice.per_mille(120) {
                continue;
            }
            let qoh = match item {
                _ if archived => 0,
                items::NEGATIVE => -dice.between(1, 9),
                _ if dice.per_mille(20) => -dice.between(1, 5),
                _ => dice.between(0, 40),
            };
            let row = account.stock_row(item, *shop);
            row.qoh = qoh;
            row.reorder_point = if dice.per_mille(500) {
                dice.between(1, 10)
            } else {
                0
            };
            row.reorder_level = row.reorder_point * 2;
            row.stamp = span.start + TimeDelta::days(dice.between(500, 729));
            let stamp = row.stamp;
            totals
                .entry(item)
                .and_modify(|newest| *newest = stamp.max(*newest))
                .or_insert(stamp);
            account.stock_row(item, 0).qoh += qoh;
        }
    }
    for row in account.item_shops.values_mut().filter(|row| row.shop == 0) {
        // It changes whenever one of the others does.
        row.stamp = totals.get(&row.item).copied().unwrap_or(span.start);
        // Meaningless on the total row, and therefore a trap.
        row.reorder_point = 3;
    }
}
