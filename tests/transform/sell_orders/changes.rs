//! Sales that were changed after they were loaded: the same as if they had always been like that.

use super::{example, line, load, sale};
use crate::door::{at, chosen, everything};
use pipeline::id::{ItemId, ShopId};
use pipeline::load::sell_order::ItemState;
use pipeline::reason::Reason;

#[test]
fn an_edited_line_changes_its_product_and_the_total() {
    let mut edited = example();
    edited.lines[0].fact.quantity = 5;
    edited.lines[0].value = "45.00".parse().expect("a value");
    edited.lines.remove(3);
    let loaded = load(&[edited.clone()], &[], &everything());
    assert_eq!(loaded.lines(1), "40 x 6 = 55.00: 55.00");
    edited.lines.push(line(9, 42, 1, "7.00"));
    let loaded = load(&[edited], &[], &everything());
    assert_eq!(loaded.lines(1), "40 x 6 = 55.00, 42 x 1 = 7.00: 62.00");
}

#[test]
fn a_completion_that_was_moved_moves_the_demand() {
    let mut moved = example();
    moved.head.placed = Some(at("2026-01-15T10:00:00Z"));
    moved.completed_at = Some(at("2026-01-15T10:00:00Z"));
    let loaded = load(&[moved], &[], &everything());
    let order = loaded.order(1);
    assert_eq!(order.placed, at("2026-01-15T10:00:00Z"));
    assert_eq!(order.completed, Some(order.placed));
}

#[test]
fn a_sale_that_stops_counting_has_no_order_and_comes_back_with_it() {
    let before = load(&[example()], &[], &chosen());
    let mut away = example();
    away.head.voided = true;
    assert_eq!(
        load(&[away.clone()], &[], &chosen()).reason(1),
        Reason::Voided
    );
    away.head.voided = false;
    away.head.archived = true;
    assert_eq!(
        load(&[away.clone()], &[], &chosen()).reason(1),
        Reason::Archived
    );
    away.head.archived = false;
    away.head.completed = false;
    assert_eq!(
        load(&[away.clone()], &[], &chosen()).reason(1),
        Reason::NotCompleted
    );
    away.head.completed = true;
    away.head.shop = Some(ShopId(5));
    assert_eq!(
        load(&[away.clone()], &[], &chosen()).reason(1),
        Reason::OtherLocation
    );
    away.head.shop = example().head.shop;
    assert_eq!(load(&[away], &[], &chosen()), before);
}

#[test]
fn a_layaway_line_is_demand_of_the_sale_that_completes_it() {
    let mut tab = sale(1, &[line(1, 40, 2, "20.00")]);
    tab.head.completed = false;
    assert_eq!(load(&[tab], &[], &chosen()).reason(1), Reason::NotCompleted);
    // The line kept its id and has another sale now.
    let loaded = load(&[sale(2, &[line(1, 40, 2, "20.00")])], &[], &chosen());
    assert_eq!(loaded.lines(2), "40 x 2 = 20.00: 20.00");
}

#[test]
fn a_line_whose_item_was_merged_counts_for_what_it_names_now() {
    let mut merged = example();
    merged.lines[3].fact.item = Some(ItemId(40));
    let loaded = load(&[merged], &[(41, ItemState::Gone)], &everything());
    assert_eq!(loaded.lines(1), "40 x 4 = 32.50: 32.50");
}
