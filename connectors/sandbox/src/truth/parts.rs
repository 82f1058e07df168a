//! What a composed item consists of.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use crate::account::{Component, Item};

use super::{dump, world::World};

pub(super) fn is_composed(item: &Item) -> bool {
    matches!(
        item.item_type.as_str(),
        "assembly" | "box" | "serialized_assembly"
    )
}

/// Whether some row asks for a piece of a part.
pub(super) fn fractional(item: &Item) -> bool {
    item.components
        .iter()
        .any(|row| row.quantity != row.quantity.trunc())
}

/// The parts an item is made of, each once: the recipe of an assembly, what stands in a box.
fn wanted(item: &Item) -> BTreeMap<u64, Decimal> {
    let own: Vec<&Component> = item
        .components
        .iter()
        .filter(|row| row.assembly == item.id)
        .collect();
    let is_box = item.item_type == "box";
    let fits = |row: &&&Component| (row.group > 0) == is_box;
    let fitting: Vec<&Component> = own.iter().filter(fits).copied().collect();
    let rows = if fitting.is_empty() { own } else { fitting };
    let mut parts = BTreeMap::new();
    for row in rows {
        if row.quantity > Decimal::ZERO && row.part != item.id && row.part != 0 {
            *parts.entry(row.part).or_insert(Decimal::ZERO) += row.quantity;
        }
    }
    parts
}

/// The items that live assemblies need.
pub(super) fn needed(world: &World<'_>) -> BTreeSet<u64> {
    let live = world.account.items.keys().filter_map(|id| {
        world
            .item(*id)
            .filter(|item| is_composed(item) && !item.archived)
    });
    live.flat_map(|item| wanted(item).into_keys()).collect()
}

/// The compositions among the products of the model.
pub(super) fn compositions(world: &World<'_>, products: &BTreeSet<u64>) -> Vec<String> {
    let mut lines = Vec::new();
    for id in products {
        let Some(item) = world.account.items.get(id).filter(|item| is_composed(item)) else {
            continue;
        };
        for (part, quantity) in wanted(item) {
            if products.contains(&part) && world.stocked(part).is_some() {
                lines.push(dump::composition(*id, part, quantity));
            }
        }
    }
    lines
}
