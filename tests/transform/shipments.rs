//! Arrivals of goods and their items.

use crate::door::{check, check_asked};

#[test]
fn one_item_arrives_as_an_object() {
    check("shipments/items-as-object-and-list");
}

#[test]
fn no_items_have_several_spellings() {
    check("shipments/items-left-out");
}

#[test]
fn items_that_were_not_asked_for_are_not_none() {
    check_asked(
        "shipments/items-left-out",
        &[],
        "shipments/items-not-asked-for",
    );
}

#[test]
fn an_arrival_without_received_pieces_is_dropped() {
    check("shipments/nothing-received");
}

#[test]
fn an_item_may_name_its_order_line() {
    check("shipments/order-line-named");
}

#[test]
fn what_is_no_order_line_refuses_the_arrival() {
    check("shipments/order-line-is-a-text");
}

#[test]
fn a_fraction_of_a_piece_refuses_its_arrival_alone() {
    check("shipments/fraction-of-a-piece");
}

#[test]
fn an_arrival_happened_when_received_or_created_or_changed() {
    check("shipments/times");
}

#[test]
fn an_arrival_without_an_order_is_refused() {
    check("shipments/without-order");
}

#[test]
fn rubbish_that_nobody_reads_costs_nothing() {
    check("shipments/rubbish-nobody-reads");
}

#[test]
fn an_item_that_comes_twice_refuses_its_arrival() {
    check("shipments/same-item-twice");
}
