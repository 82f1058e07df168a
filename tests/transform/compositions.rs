//! Compositions, case by case.

use pipeline::id::ItemId;
use pipeline::load::{Compositions, ParentFacts, PartFacts, PartSkip, compositions};
use pipeline::record::{Component, ItemKind};
use std::collections::{BTreeSet, HashMap};

fn row(id: i64, part: i64, quantity: i64, group: i64) -> Component {
    Component {
        id,
        assembly: Some(ItemId(9)),
        part: (part != 0).then_some(ItemId(part)),
        quantity,
        group,
    }
}

fn parent(kind: &ItemKind) -> ParentFacts<'_> {
    ParentFacts {
        id: ItemId(9),
        kind,
        archived: false,
        vanished: false,
        in_model: true,
    }
}

fn part(in_model: bool, archived: bool) -> PartFacts {
    PartFacts::Known {
        in_model,
        kind: ItemKind::Default,
        archived,
        vanished: false,
    }
}

/// Items 1 and 2 are products, 3 was archived before it was loaded, 4 is archived, 5 is labour,
/// 6 vanished, 7 is gone, 8 was never read.
fn parts() -> HashMap<ItemId, PartFacts> {
    let odd = |kind, vanished| PartFacts::Known {
        in_model: true,
        kind,
        archived: false,
        vanished,
    };
    HashMap::from([
        (ItemId(1), part(true, false)),
        (ItemId(2), part(false, false)),
        (ItemId(3), part(false, true)),
        (ItemId(4), part(true, true)),
        (ItemId(5), odd(ItemKind::NonInventory, false)),
        (ItemId(6), odd(ItemKind::Default, true)),
        (ItemId(7), PartFacts::Gone),
    ])
}

fn of(parent: &ParentFacts<'_>, rows: &[Component]) -> Compositions {
    compositions(parent, rows, &parts())
}

/// The desired parts as `part x quantity`.
fn shown(made: &Compositions) -> Vec<String> {
    made.desired
        .iter()
        .map(|one| format!("{} x {}", one.part_item_id, one.part_quantity))
        .collect()
}

#[test]
fn an_assembly_uses_its_recipe_and_a_box_its_singles() {
    let both = [row(1, 1, 80, 0), row(2, 1, 167, 1)];
    for (kind, quantity) in [
        (ItemKind::Assembly, "1 x 80"),
        (ItemKind::SerializedAssembly, "1 x 80"),
        (ItemKind::Box, "1 x 167"),
    ] {
        let made = of(&parent(&kind), &both);
        assert_eq!(shown(&made), [quantity]);
        assert_eq!(made.skipped.len(), 1);
        assert_eq!(made.skipped[0].1, PartSkip::OtherGroup);
    }
    assert_eq!(
        shown(&of(&parent(&ItemKind::Assembly), &both[1..])),
        ["1 x 167"]
    );
    assert_eq!(shown(&of(&parent(&ItemKind::Box), &both[..1])), ["1 x 80"]);
}

#[test]
fn other_kinds_and_parents_that_are_no_products_have_none() {
    let rows = [row(1, 1, 2, 0)];
    for kind in [
        ItemKind::Default,
        ItemKind::NonInventory,
        ItemKind::from_name("hologram"),
    ] {
        assert_eq!(of(&parent(&kind), &rows), Compositions::default());
    }
    let unknown = ParentFacts {
        in_model: false,
        ..parent(&ItemKind::Assembly)
    };
    assert_eq!(of(&unknown, &rows), Compositions::default());
}

#[test]
fn rows_that_name_another_parent_are_not_its_parts() {
    let other = Component {
        assembly: Some(ItemId(10)),
        ..row(1, 9, 2, 0)
    };
    let made = of(&parent(&ItemKind::Box), &[other, row(2, 1, 6, 0)]);
    assert_eq!(
        shown(&made),
        ["1 x 6"],
        "the other row decides nothing about the group"
    );
    assert_eq!(made.skipped, [(1, PartSkip::OtherAssembly)]);
}

#[test]
fn a_part_that_comes_several_times_is_added_up() {
    let rows = [row(1, 1, 2, 0), row(2, 2, 1, 0), row(3, 1, 3, 0)];
    let made = of(&parent(&ItemKind::Assembly), &rows);
    assert_eq!(shown(&made), ["1 x 5", "2 x 1"]);
    assert_eq!(made.added, BTreeSet::from([ItemId(1)]));
    let huge = [row(1, 1, 9_999_999, 0), row(2, 1, 1, 0)];
    let made = of(&parent(&ItemKind::Assembly), &huge);
    let refused = PartSkip::QuantityTooLarge;
    assert_eq!(
        (shown(&made), made.skipped),
        (vec![], vec![(1, refused), (2, refused)])
    );
}

#[test]
fn rows_without_pieces_or_part_or_of_itself_are_skipped() {
    let rows = [
        row(1, 1, 0, 0),
        row(2, 1, -2, 0),
        row(3, 0, 1, 0),
        row(4, 9, 1, 0),
    ];
    let made = of(&parent(&ItemKind::Assembly), &rows);
    assert_eq!(made.desired, []);
    let skipped: Vec<_> = made.skipped.iter().map(|(_, why)| *why).collect();
    let less = PartSkip::QuantityNotPositive;
    assert_eq!(skipped, [less, less, PartSkip::NoPart, PartSkip::Itself]);
}

#[test]
fn labour_and_parts_that_are_gone_are_skipped() {
    let rows = [
        row(1, 5, 1, 0),
        row(2, 6, 1, 0),
        row(3, 7, 1, 0),
        row(4, 1, 1, 0),
    ];
    let made = of(&parent(&ItemKind::Assembly), &rows);
    assert_eq!(shown(&made), ["1 x 1"]);
    let gone = PartSkip::Gone;
    assert_eq!(
        made.skipped,
        [(1, PartSkip::NonInventory), (2, gone), (3, gone)]
    );
}

#[test]
fn a_part_that_was_never_read_is_asked_for_and_its_row_waits() {
    let made = of(
        &parent(&ItemKind::Assembly),
        &[row(1, 8, 2, 0), row(2, 1, 1, 0)],
    );
    assert_eq!(shown(&made), ["1 x 1"]);
    assert_eq!(made.missing, BTreeSet::from([ItemId(8)]));
    assert_eq!(made.skipped, [(1, PartSkip::Unknown)]);
}

#[test]
fn an_archived_part_is_created_for_a_live_parent_only() {
    let rows = [row(1, 3, 2, 0), row(2, 4, 1, 0)];
    let kind = ItemKind::Assembly;
    let live = of(&parent(&kind), &rows);
    assert_eq!(shown(&live), ["3 x 2", "4 x 1"]);
    assert_eq!(live.needed, BTreeSet::from([ItemId(3)]));
    let archived = ParentFacts {
        archived: true,
        ..parent(&kind)
    };
    let vanished = ParentFacts {
        vanished: true,
        ..parent(&kind)
    };
    for parent in [archived, vanished] {
        let made = of(&parent, &rows);
        assert_eq!(shown(&made), ["4 x 1"], "what was loaded stays");
        assert_eq!(made.needed, BTreeSet::new());
        assert_eq!(made.skipped, [(1, PartSkip::ArchivedNeverLoaded)]);
    }
}

#[test]
fn a_component_that_was_taken_out_or_changed_leads_to_the_same_as_a_new_parent() {
    let kind = ItemKind::Assembly;
    let before = of(&parent(&kind), &[row(1, 1, 2, 0), row(2, 2, 1, 0)]);
    assert_eq!(shown(&before), ["1 x 2", "2 x 1"]);
    let after = of(&parent(&kind), &[row(1, 1, 4, 0)]);
    assert_eq!(shown(&after), ["1 x 4"]);
    assert_eq!(of(&parent(&kind), &[]).desired, []);
}
