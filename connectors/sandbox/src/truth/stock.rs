//! Stock and minimum of an item over the chosen shops.

use crate::account::ItemShop;

use super::world::World;

/// The rows that count: those of selected shops that are not archived. A missing row counts 0, and
/// so does the total row, which repeats the others.
fn rows<'a>(world: &'a World<'_>, item: u64) -> impl Iterator<Item = &'a ItemShop> {
    let account = world.account;
    let open = world
        .selected
        .iter()
        .filter(|shop| account.shops.get(shop).is_some_and(|shop| !shop.archived));
    open.filter_map(move |shop| account.stock(item, *shop))
}

/// Pieces on hand, and those on their way if they are to count.
pub(super) fn level(world: &World<'_>, item: u64) -> i64 {
    let in_transit = world.view.count_in_transit;
    rows(world, item)
        .map(|row| row.qoh + if in_transit { row.transfer_in } else { 0 })
        .sum()
}

/// What the shops want to have at least, together.
pub(super) fn minimum(world: &World<'_>, item: u64) -> i64 {
    rows(world, item).map(|row| row.reorder_point).sum()
}
