//! Sales and their lines.

use crate::door::{check, check_asked};

#[test]
fn a_page_may_have_no_rows() {
    check("sales/no-rows");
}

#[test]
fn a_single_line_arrives_as_an_object_not_a_list() {
    check("sales/single-line-as-object");
}

#[test]
fn no_lines_have_several_spellings() {
    check("sales/lines-left-out");
}

#[test]
fn a_value_is_the_total_without_its_taxes() {
    check("sales/discounts-and-taxes");
}

#[test]
fn a_refund_names_the_line_it_came_from() {
    check("sales/refund-of-an-earlier-line");
}

#[test]
fn a_fee_is_told_from_a_refund_by_its_line_type() {
    check("sales/refund-and-fee-lines");
}

#[test]
fn a_voided_sale_does_not_count() {
    check("sales/voided");
}

#[test]
fn a_discarded_sale_does_not_count() {
    check("sales/discarded-open-sale");
}

#[test]
fn an_open_sale_counts_only_under_sync_all() {
    check("sales/open");
}

#[test]
fn an_open_sale_without_times_is_no_error() {
    check("sales/open-without-times");
}

#[test]
fn a_layaway_counts_once_its_sale_does() {
    check("sales/layaway-attached-to-its-sale");
}

#[test]
fn the_shop_of_the_line_decides_and_else_that_of_the_sale() {
    check("sales/line-taken-from-another-shop");
}

#[test]
fn goods_may_come_back_anywhere() {
    check("sales/return-in-another-shop");
}

#[test]
fn a_line_without_any_shop_is_in_no_chosen_location() {
    check("sales/no-shop-at-all");
}

#[test]
fn lines_without_an_item_are_no_products() {
    check("sales/miscellaneous-lines-only");
}

#[test]
fn every_kind_of_item_fee_is_a_fee() {
    check("sales/fee-lines-only");
}

#[test]
fn a_fee_id_alone_makes_no_fee() {
    check("sales/item-fee-id-on-an-ordinary-line");
}

#[test]
fn no_pieces_are_no_demand() {
    check("sales/quantity-zero");
}

#[test]
fn a_negative_value_is_kept_as_it_is() {
    check("sales/rebate-price");
}

#[test]
fn a_fraction_of_a_piece_refuses_its_sale_alone() {
    check("sales/fraction-of-a-piece");
}

#[test]
fn a_bad_line_refuses_the_sale_and_is_named() {
    check("sales/line-value-not-a-number");
}

#[test]
fn what_is_no_line_is_never_taken_for_none() {
    check("sales/line-is-a-text");
}

#[test]
fn a_line_without_an_id_refuses_the_sale() {
    check("sales/line-without-id");
}

#[test]
fn a_product_line_needs_a_quantity_and_a_value() {
    check("sales/line-without-quantity");
}

#[test]
fn old_sales_have_only_the_legacy_time() {
    check("sales/legacy-time-only");
}

#[test]
fn a_completed_sale_must_have_happened_some_time() {
    check("sales/completed-without-any-time");
}

#[test]
fn zero_dates_are_no_dates() {
    check("sales/zero-dates");
}

#[test]
fn what_is_no_time_refuses_the_sale() {
    check("sales/time-not-a-time");
}

#[test]
fn the_change_time_has_two_spellings() {
    check("sales/other-spelling-of-update-time");
}

#[test]
fn times_become_utc() {
    check("sales/offsets-and-dates");
}

#[test]
fn a_completion_may_lie_before_its_sale() {
    check("sales/back-dated-completion");
}

#[test]
fn rows_that_are_no_records_are_refused_one_by_one() {
    check("sales/rows-that-are-no-records");
}

#[test]
fn lines_without_sums_are_valued_by_what_was_sent() {
    check("sales/no-sums-on-lines");
}

#[test]
fn rubbish_that_nobody_reads_costs_nothing() {
    check("sales/rubbish-nobody-reads");
}

#[test]
fn escapes_are_read_wherever_they_stand() {
    check("sales/escapes");
}

#[test]
fn a_line_that_comes_twice_refuses_the_sale() {
    check("sales/same-line-twice");
}

#[test]
fn amounts_that_cannot_be_held_are_refused() {
    check("sales/amounts-too-large");
}

#[test]
fn an_exchange_holds_lines_both_ways() {
    check("sales/exchange");
}

#[test]
fn a_key_that_is_sent_twice_refuses_the_row() {
    check("sales/key-sent-twice");
}

#[test]
fn a_flag_is_true_or_false() {
    check("sales/flag-not-a-flag");
}

#[test]
fn lines_that_were_not_asked_for_are_not_none() {
    check_asked("sales/lines-left-out", &[], "sales/lines-not-asked-for");
}
