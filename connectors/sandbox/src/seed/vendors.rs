//! Vendors.

use chrono::TimeDelta;

use crate::{account::Account, config::Size};

use super::{Dice, Span};

/// Archived, with orders that count.
pub(super) const ARCHIVED_ORDERED: u64 = 3;
/// Archived, with nothing but a draft.
pub(super) const ARCHIVED: u64 = 8;
/// Sells in another currency than the account's.
pub(super) const FOREIGN: u64 = 6;
/// Gone before anybody asked.
pub(super) const GONE: u64 = 900_001;

/// Name, e-mail addresses, archived.
const CAST: [(&str, &[&str], bool); 10] = [
    ("Acme Wheels", &["orders@acme.example"], false),
    (
        "Beta Supply",
        &["sales@beta.example", "second@beta.example"],
        false,
    ),
    ("Gamma Retired", &["info@gamma.example"], true),
    ("", &["blank@vendor.example"], false),
    (
        "Delta Parts",
        &["not-an-address", "good@delta.example"],
        false,
    ),
    ("Epsilon Trading", &[], false),
    ("  Baltic Tools ", &["export@baltic.example"], false),
    ("Closed Mill", &[], true),
    (
        "Zeta Works",
        &["two words@zeta.example", "@zeta.example", "someone@"],
        false,
    ),
    ("Łódź \"Élan\" / Co", &["kontakt@elan.example"], false),
];

pub(super) fn fill(account: &mut Account, dice: &mut Dice, size: Size, span: Span) {
    for (name, emails, archived) in CAST {
        add(account, dice, span, name, emails, archived);
    }
    for number in CAST.len() + 1..=size.vendors as usize {
        let name = format!("Vendor House {number}");
        let email = format!("orders@house{number}.example");
        let emails: &[&str] = if dice.per_mille(700) { &[&email] } else { &[] };
        let archived = dice.per_mille(60);
        add(account, dice, span, &name, emails, archived);
    }
}

fn add(
    account: &mut Account,
    dice: &mut Dice,
    span: Span,
    name: &str,
    emails: &[&str],
    archived: bool,
) {
    let id = account.add_vendor(name, emails);
    if let Some(vendor) = account.vendors.get_mut(&id) {
        vendor.archived = archived;
        vendor.account_number = if id.is_multiple_of(3) {
            format!("C-{id}")
        } else {
            String::new()
        };
        vendor.currency = match id {
            FOREIGN => "USD".to_owned(),
            // The account's own, as somebody typed it.
            2 => "eur".to_owned(),
            _ if id % 7 == 3 => "EUR".to_owned(),
            _ if id > 12 && id % 7 == 5 => "GBP".to_owned(),
            _ => String::new(),
        };
        vendor.stamp = span.start + TimeDelta::days(dice.between(0, 700));
    }
}
