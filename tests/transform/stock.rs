//! Stock rows of their own feed.

use crate::door::check;

#[test]
fn the_row_of_shop_0_is_the_total() {
    check("stock/total-row");
}

#[test]
fn no_count_but_what_is_on_hand_is_stock() {
    check("stock/other-counts");
}

#[test]
fn negative_stock_stays_negative() {
    check("stock/negative-on-hand");
}

#[test]
fn a_fraction_is_refused_and_a_written_out_whole_is_not() {
    check("stock/fraction-on-hand");
}

#[test]
fn both_spellings_of_keys_are_known() {
    check("stock/spellings-of-work-orders");
}

#[test]
fn a_row_without_shop_or_item_is_refused() {
    check("stock/shop-not-sent");
}

#[test]
fn quantities_are_sent_whole_and_within_range() {
    check("stock/quantity-not-sent");
}

#[test]
fn rows_of_other_locations_do_not_count() {
    check("stock/shop-that-is-not-chosen");
}
