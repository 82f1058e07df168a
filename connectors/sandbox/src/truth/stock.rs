//! Stock and minimum of an item over the chosen shops.

use std::collections::BTreeSet;

use crate::account::Account;

/// (stock level, minimum stock): summed over the selected shops that are not archived. A missing
/// row counts 0, and so does the total row, which repeats the others.
pub(super) fn totals(account: &Account, selected: &BTreeSet<u64>, item: u64) -> (i64, i64) {
    let mut level = 0;
    let mut minimum = 0;
    for shop in selected {
        let open = account.shops.get(shop).is_some_and(|shop| !shop.archived);
        if !open {
            continue;
        }
        if let Some(row) = account.stock(item, *shop) {
            level += row.qoh;
            minimum += row.reorder_point;
        }
    }
    (level, minimum)
}
