//! Shops and how they tax.

use crate::door::check;

#[test]
fn a_tax_category_brings_the_rates_of_its_classes() {
    check("shops/tax-inclusive-with-classes");
}

#[test]
fn one_tax_class_arrives_as_an_object() {
    check("shops/one-class-as-object");
}

#[test]
fn an_archived_shop_is_kept_and_empty_text_is_no_tax_category() {
    check("shops/archived");
}

#[test]
fn a_name_is_kept_as_spelled_and_shop_0_is_no_shop() {
    check("shops/spaces-in-name-are-kept");
}

#[test]
fn a_rate_that_is_no_number_refuses_the_shop() {
    check("shops/tax-rate-not-a-number");
}
