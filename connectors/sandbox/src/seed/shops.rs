//! Shops and the tax categories they sell under.

use rust_decimal::Decimal;

use crate::{
    account::{Account, Shop, TaxCategory, TaxClassRate},
    config::Size,
};

use super::Span;

/// Prices hold the tax here.
pub(super) const MAIN: u64 = 1;
/// Open, and rarely the only one chosen.
pub(super) const SECOND: u64 = 2;
/// Closed, with past sales and leftover stock.
pub(super) const CLOSED: u64 = 4;

pub(super) fn fill(account: &mut Account, size: Size, span: Span) {
    tax_categories(account, span);
    let named = [
        ("Main Warehouse", "Europe/Amsterdam", 2, 3),
        ("Downtown, 2nd floor", "US/Pacific", 1, 1),
        // The blank at the end is as its owner typed it.
        ("Outlet ", "Europe/Brussels", 2, 1),
        ("Old Town", "US/Pacific", 3, 1),
    ];
    for (name, zone, tax_category, registers) in named {
        add(account, span, name, zone, tax_category, registers);
    }
    if let Some(closed) = account.shops.get_mut(&CLOSED) {
        closed.archived = true;
    }
    for number in 1..size.shops {
        let tax_category = if number.is_multiple_of(3) { 1 } else { 2 };
        let name = format!("Store {}", number + 1);
        add(account, span, &name, "Europe/Amsterdam", tax_category, 2);
    }
}

fn add(
    account: &mut Account,
    span: Span,
    name: &str,
    zone: &str,
    tax_category: u64,
    registers: u32,
) {
    let id = account.add_shop(name);
    if let Some(shop) = account.shops.get_mut(&id) {
        *shop = Shop {
            time_zone: zone.to_owned(),
            tax_category,
            registers,
            stamp: span.start,
            ..shop.clone()
        };
    }
}

fn tax_categories(account: &mut Account, span: Span) {
    let rate = |units: i64, scale: u32| Decimal::new(units, scale);
    let none = Decimal::ZERO;
    let class = |id: u64, class: u64, tax1: Decimal, tax2: Decimal| TaxClassRate {
        id,
        class,
        tax1,
        tax2,
    };
    let categories = [
        TaxCategory {
            id: 1,
            tax1_name: "Sales Tax".to_owned(),
            tax2_name: "City".to_owned(),
            tax1: rate(875, 4),
            tax2: rate(1, 2),
            inclusive: false,
            classes: vec![
                class(1, 1, rate(875, 4), rate(1, 2)),
                class(2, 2, none, none),
            ],
            stamp: span.start,
        },
        TaxCategory {
            id: 2,
            tax1_name: "BTW".to_owned(),
            tax2_name: String::new(),
            tax1: rate(21, 2),
            tax2: none,
            inclusive: true,
            classes: vec![
                class(3, 1, rate(21, 2), none),
                class(4, 2, rate(9, 2), none),
                class(5, 4, rate(5, 2), rate(9975, 5)),
            ],
            stamp: span.start,
        },
        TaxCategory {
            id: 3,
            tax1_name: "VAT".to_owned(),
            tax2_name: String::new(),
            tax1: rate(2, 1),
            tax2: none,
            inclusive: false,
            classes: vec![class(6, 1, rate(2, 1), none)],
            stamp: span.start,
        },
    ];
    for category in categories {
        account.tax_categories.insert(category.id, category);
    }
}
