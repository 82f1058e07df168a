//! Items and the products they become.

use crate::door::{check, check_asked};

#[test]
fn one_item_arrives_as_an_object_with_its_relations() {
    check("items/assembly-as-one-object");
}

#[test]
fn native_numbers_and_truth_values_are_read_like_text() {
    check("items/native-scalars");
}

#[test]
fn a_blank_name_falls_back_to_the_sku_and_then_to_the_id() {
    check("items/blank-description");
}

#[test]
fn line_breaks_are_taken_out_of_a_name() {
    check("items/description-with-line-breaks");
}

#[test]
fn codes_are_trimmed_before_one_is_chosen() {
    check("items/custom-sku-of-spaces");
}

#[test]
fn the_upc_stands_in_for_a_missing_ean() {
    check("items/upc-only");
}

#[test]
fn a_non_inventory_item_is_dropped_or_disabled() {
    check("items/non-inventory");
}

#[test]
fn an_archived_item_is_dropped_unless_needed_or_loaded() {
    check("items/archived");
}

#[test]
fn component_rows_of_both_groups_are_kept() {
    check("items/box-converted-to-assembly");
}

#[test]
fn deprecated_types_are_understood() {
    check("items/deprecated-types");
}

#[test]
fn unknown_types_and_fields_cost_nothing() {
    check("items/unknown-type-and-fields");
}

#[test]
fn only_the_default_price_counts() {
    check("items/no-default-price");
}

#[test]
fn a_gross_price_is_divided_by_the_rate_of_its_class() {
    check("items/gross-price-with-class-rate");
}

#[test]
fn the_price_of_an_untaxed_item_is_left_whole() {
    check("items/untaxed-in-a-gross-shop");
}

#[test]
fn stock_is_summed_over_chosen_open_shops_without_the_total() {
    check("items/stock-of-several-shops");
}

#[test]
fn what_optiply_would_not_take_is_refused() {
    check("items/stock-too-large");
}

#[test]
fn a_stock_row_of_another_item_refuses_the_item() {
    check("items/stock-row-of-another-item");
}

#[test]
fn without_an_id_there_is_no_record() {
    check("items/id-missing");
}

#[test]
fn a_price_that_is_no_number_refuses_the_item_without_showing_names() {
    check("items/price-not-a-number");
}

#[test]
fn vendor_numbers_and_costs_are_kept_exactly() {
    check("items/vendor-numbers");
}

#[test]
fn component_rows_are_judged_one_by_one() {
    check("items/components-of-every-sort");
}

#[test]
fn each_vendor_of_an_item_is_a_supplier_product() {
    check("items/several-vendors");
}

#[test]
fn a_variant_is_an_item_of_its_own() {
    check("items/matrix-variant");
}

#[test]
fn a_row_that_comes_twice_refuses_the_item() {
    check("items/same-row-twice-in-a-relation");
}

#[test]
fn stock_that_was_asked_for_and_left_out_is_none() {
    check("items/stock-left-out");
}

#[test]
fn stock_that_was_not_asked_for_says_nothing() {
    let asked = ["ItemVendorNums", "ItemComponents"];
    check_asked("items/stock-left-out", &asked, "items/stock-not-asked-for");
}
