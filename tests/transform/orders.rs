//! Purchase orders and their lines.

use crate::door::{check, check_asked};

#[test]
fn lines_stay_apart_even_of_one_item() {
    check("orders/lines-of-one-item-twice");
}

#[test]
fn a_single_line_arrives_as_an_object() {
    check("orders/single-line-as-object");
}

#[test]
fn no_lines_have_several_spellings() {
    check("orders/lines-left-out");
}

#[test]
fn lines_that_were_not_asked_for_are_not_none() {
    check_asked("orders/lines-left-out", &[], "orders/lines-not-asked-for");
}

#[test]
fn a_draft_counts_only_by_the_setting() {
    check("orders/draft");
}

#[test]
fn what_was_counted_at_the_door_was_not_received() {
    check("orders/open-pieces-counted-at-the-door");
}

#[test]
fn a_complete_order_counts_whether_it_was_placed_or_not() {
    check("orders/complete");
}

#[test]
fn an_archived_order_counts_only_if_something_arrived() {
    check("orders/archived");
}

#[test]
fn an_order_without_vendor_is_dropped() {
    check("orders/no-vendor");
}

#[test]
fn an_order_for_another_location_is_dropped() {
    check("orders/other-location");
}

#[test]
fn lines_without_item_or_pieces_order_nothing() {
    check("orders/no-product-line");
}

#[test]
fn a_fraction_of_a_piece_refuses_its_order_alone() {
    check("orders/fraction-of-a-piece");
}

#[test]
fn a_line_is_worth_its_total_and_else_quantity_times_price() {
    check("orders/values");
}

#[test]
fn an_order_was_placed_when_ordered_or_created_or_changed() {
    check("orders/times");
}

#[test]
fn rubbish_that_nobody_reads_costs_nothing() {
    check("orders/rubbish-nobody-reads");
}

#[test]
fn a_line_without_an_id_refuses_its_order() {
    check("orders/line-without-id");
}

#[test]
fn a_line_that_comes_twice_refuses_its_order() {
    check("orders/same-line-twice");
}

#[test]
fn what_is_no_line_is_never_taken_for_none() {
    check("orders/line-is-a-text");
}

#[test]
fn amounts_that_cannot_be_held_are_refused() {
    check("orders/amounts-too-large");
}

#[test]
fn a_flag_is_true_or_false() {
    check("orders/flag-not-a-flag");
}

#[test]
fn native_numbers_and_truth_values_are_read_like_text() {
    check("orders/native-scalars");
}
