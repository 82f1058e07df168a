//! What composed products are made of.

use super::product::LIMIT;
use crate::id::ItemId;
use crate::record::{Component, ItemKind};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A composition as Optiply should hold it: so many of one part in one composed product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Composition {
    /// The composed item.
    pub item_id: ItemId,
    /// The part.
    pub part_item_id: ItemId,
    /// How many, at least 1.
    pub part_quantity: i64,
}

/// A composed item as the computation needs it.
#[derive(Clone, Copy, Debug)]
pub struct ParentFacts<'a> {
    /// The item.
    pub id: ItemId,
    /// What kind of item it is.
    pub kind: &'a ItemKind,
    /// Whether it is archived.
    pub archived: bool,
    /// Whether it is proven to be gone from the source.
    pub vanished: bool,
    /// Its product is in the model.
    pub in_model: bool,
}

/// What is known of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartFacts {
    /// It was asked for by id and not returned.
    Gone,
    /// Its record is held.
    Known {
        /// Its product is in the model.
        in_model: bool,
        /// What kind of item it is.
        kind: ItemKind,
        /// Whether it is archived.
        archived: bool,
        /// Whether it is proven to be gone from the source.
        vanished: bool,
    },
}

/// Why a component row is no composition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PartSkip {
    /// The row tells what another item is made of.
    OtherAssembly,
    /// The row is a recipe of the other sort, left over from before the item was converted.
    OtherGroup,
    /// It names no part.
    NoPart,
    /// The item would be a part of itself.
    Itself,
    /// The quantity is 0 or negative.
    QuantityNotPositive,
    /// The quantity is beyond what Optiply takes.
    QuantityTooLarge,
    /// The part is labour or the like, of which no stock is kept.
    NonInventory,
    /// The part does not exist any more.
    Gone,
    /// The part was archived before it was ever loaded, and the parent is not sold any more.
    ArchivedNeverLoaded,
    /// The part has not been read yet.
    Unknown,
}

/// The compositions of one item. What the model holds of it besides is to be deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compositions {
    /// All that should be held, by part.
    pub desired: Vec<Composition>,
    /// Parts that must be created although they are archived, because this item needs them.
    pub needed: BTreeSet<ItemId>,
    /// Parts to ask for by id; their rows wait.
    pub missing: BTreeSet<ItemId>,
    /// Rows that are no composition, by row id.
    pub skipped: Vec<(i64, PartSkip)>,
    /// Parts that came several times; their quantities were added.
    pub added: BTreeSet<ItemId>,
}

/// The compositions of one item (`mapping.md` 6).
///
/// `rows` are its component rows as sent; `parts` what is known of the items they name, without
/// those that were never read nor asked for.
pub fn compositions(
    parent: &ParentFacts<'_>,
    rows: &[Component],
    parts: &HashMap<ItemId, PartFacts>,
) -> Compositions {
    let mut made = Compositions::default();
    if !parent.in_model || !parent.kind.assembled() {
        return made;
    }
    let live = !parent.archived && !parent.vanished;
    let boxed = *parent.kind == ItemKind::Box;
    // An item that was converted still holds the recipe of the other sort.
    let right = |row: &Component| (row.group >= 1) == boxed;
    let any_right = rows
        .iter()
        .any(|row| row.assembly == Some(parent.id) && right(row));
    let mut sums: BTreeMap<ItemId, i64> = BTreeMap::new();
    for row in rows {
        let skip = if row.assembly != Some(parent.id) {
            Err(PartSkip::OtherAssembly)
        } else if any_right && !right(row) {
            Err(PartSkip::OtherGroup)
        } else {
            part(parent.id, row)
        };
        let part = match skip.and_then(|part| usable(part, parts, live).map(|need| (part, need))) {
            Ok((part, need)) => {
                if need {
                    made.needed.insert(part);
                }
                part
            }
            Err(skip) => {
                if skip == PartSkip::Unknown {
                    made.missing.extend(row.part);
                }
                made.skipped.push((row.id, skip));
                continue;
            }
        };
        if let Some(sum) = sums.get_mut(&part) {
            made.added.insert(part);
            *sum = sum.saturating_add(row.quantity);
        } else {
            sums.insert(part, row.quantity);
        }
    }
    for (part, quantity) in sums {
        if quantity > LIMIT {
            made.needed.remove(&part);
            let refused = rows.iter().filter(|row| row.part == Some(part));
            made.skipped
                .extend(refused.map(|row| (row.id, PartSkip::QuantityTooLarge)));
        } else {
            made.desired.push(Composition {
                item_id: parent.id,
                part_item_id: part,
                part_quantity: quantity,
            });
        }
    }
    made.skipped.sort_unstable();
    made.skipped.dedup_by_key(|(row, _)| *row);
    made
}

/// The part of a row, as far as the row itself tells.
fn part(parent: ItemId, row: &Component) -> Result<ItemId, PartSkip> {
    match row.part {
        None => Err(PartSkip::NoPart),
        Some(part) if part == parent => Err(PartSkip::Itself),
        Some(_) if row.quantity <= 0 => Err(PartSkip::QuantityNotPositive),
        Some(part) => Ok(part),
    }
}

/// Whether an item can be a part, and if so whether it must be created for that.
fn usable(
    part: ItemId,
    parts: &HashMap<ItemId, PartFacts>,
    parent_lives: bool,
) -> Result<bool, PartSkip> {
    match parts.get(&part) {
        None => Err(PartSkip::Unknown),
        Some(PartFacts::Gone | PartFacts::Known { vanished: true, .. }) => Err(PartSkip::Gone),
        Some(PartFacts::Known { kind, .. }) if *kind == ItemKind::NonInventory => {
            Err(PartSkip::NonInventory)
        }
        Some(PartFacts::Known {
            archived: true,
            in_model: false,
            ..
        }) if parent_lives => Ok(true),
        Some(PartFacts::Known {
            archived: true,
            in_model: false,
            ..
        }) => Err(PartSkip::ArchivedNeverLoaded),
        Some(PartFacts::Known { .. }) => Ok(false),
    }
}
