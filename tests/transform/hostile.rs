//! Values that break programs: each has an outcome with a name, none is lost and none is silent.

use crate::door::check;

#[test]
fn long_and_strange_names_are_kept_without_what_nobody_sees() {
    check("items/hostile-names");
}

#[test]
fn prices_are_negative_or_too_large_and_never_cut() {
    check("items/hostile-numbers");
}

#[test]
fn dates_lie_far_back_and_far_ahead() {
    check("items/hostile-dates");
}

#[test]
fn several_items_may_bear_one_code() {
    check("items/one-sku-of-several-items");
}

#[test]
fn a_fraction_of_a_component_refuses_its_item() {
    check("items/component-fraction");
}

#[test]
fn a_cost_that_is_no_number_refuses_its_item() {
    check("items/vendor-cost-not-a-number");
}

#[test]
fn vendors_have_strange_names_too() {
    check("vendors/hostile-names");
}

#[test]
fn amounts_of_twelve_digits_and_odd_dates_are_exact() {
    check("sales/hostile-amounts");
}
