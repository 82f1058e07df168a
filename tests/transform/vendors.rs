//! Vendors and the suppliers they become.

use crate::door::check;

#[test]
fn a_vendor_without_contact_has_no_emails() {
    check("vendors/no-contact");
}

#[test]
fn one_email_arrives_as_an_object() {
    check("vendors/one-email-as-object");
}

#[test]
fn emails_keep_their_order_and_empty_ones_are_none() {
    check("vendors/many-emails");
}

#[test]
fn no_emails_have_several_spellings() {
    check("vendors/emails-empty-text");
}

#[test]
fn an_archived_vendor_is_dropped_unless_it_was_loaded() {
    check("vendors/archived");
}

#[test]
fn a_vendor_without_a_name_is_named_by_its_id() {
    check("vendors/blank-name");
}

#[test]
fn what_is_no_address_is_left_out_and_reported() {
    check("vendors/invalid-email");
}

#[test]
fn the_currency_of_a_vendor_is_kept() {
    check("vendors/foreign-currency");
}

#[test]
fn a_contact_of_another_shape_refuses_its_vendor_alone() {
    check("vendors/contact-is-a-text");
}
