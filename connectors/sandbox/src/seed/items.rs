//! Items: the cast of special cases first, then ordinary ones.

use chrono::TimeDelta;
use rust_decimal::Decimal;

use crate::{
    account::{Account, Component, Item, Price, VendorNumber},
    config::Size,
};

use super::{Dice, Span, parts};

/// Archived, but sold before.
pub(super) const ARCHIVED_SOLD: u64 = 5;
/// Archived, sold only in a voided sale.
pub(super) const ARCHIVED_VOIDED: u64 = 38;
/// Archived, sold only in the closed shop.
pub(super) const ARCHIVED_CLOSED: u64 = 39;
/// Labour, alive and sold.
pub(super) const LABOUR: u64 = 7;
/// Vanished, sold beside other items.
pub(super) const GONE: u64 = 30;
/// Vanished, sold alone.
pub(super) const GONE_ALONE: u64 = 31;
/// No stock row anywhere.
pub(super) const NO_ROWS: u64 = 23;
/// Stock below zero.
pub(super) const NEGATIVE: u64 = 25;

/// Archived, part of a live assembly.
pub(super) const ARCHIVED_PART: u64 = 45;
/// An archived assembly that was ordered.
pub(super) const ARCHIVED_ASSEMBLY: u64 = 48;
/// Archived, part of an archived assembly only.
pub(super) const ARCHIVED_SPARE: u64 = 49;
/// An assembly with half a part in it.
pub(super) const FRACTIONAL_PART: u64 = 52;
/// Archived, on an order that counts.
pub(super) const ARCHIVED_ORDERED: u64 = 61;
/// Archived, on an order that does not.
pub(super) const ARCHIVED_UNORDERED: u64 = 62;

/// The first id of the cast of parts and vendors, which is never sold.
pub(super) const UNSOLD_FROM: u64 = 43;
/// The last id of the cast.
pub(super) const CAST_END: u64 = 63;

pub(super) fn fill(account: &mut Account, dice: &mut Dice, size: Size, span: Span) {
    for _ in 1..=CAST_END {
        ordinary(account, dice, span);
    }
    for id in 1..=CAST_END {
        if let Some(item) = account.items.get_mut(&id) {
            cast(item, span);
        }
    }
    while account.items.len() < size.items as usize {
        let id = ordinary(account, dice, span);
        if dice.per_mille(40)
            && let Some(mut item) = account.items.remove(&id)
        {
            // Ids have gaps: something was there once.
            item.id += 1;
            item.system_sku = format!("{}", 210_000_000_000 + item.id);
            for number in &mut item.vendor_numbers {
                number.id = item.id * 10;
            }
            account.items.insert(item.id, item);
        }
    }
}

fn ordinary(account: &mut Account, dice: &mut Dice, span: Span) -> u64 {
    const KINDS: [&str; 8] = [
        "Chain",
        "Saddle",
        "Pump",
        "Lamp",
        "Bell",
        "Tyre 28\"",
        "Handlebar",
        "Brake / pad",
    ];
    let kind = dice.pick(&KINDS).unwrap_or("Chain");
    let price = if dice.per_mille(20) {
        Decimal::new(dice.between(1_000, 99_999), 3)
    } else {
        dice.cents(100, 9_999)
    };
    let id = account.add_item("", price);
    let vendors: Vec<u64> = account.vendors.keys().copied().collect();
    let vendor = dice.pick(&vendors).unwrap_or(0);
    let created = span.start + TimeDelta::days(dice.between(0, 500));
    let archived = dice.per_mille(50);
    let (sku, upc, ean) = (
        dice.per_mille(800),
        dice.per_mille(300),
        dice.per_mille(300),
    );
    let class = dice.pick(&[1, 1, 1, 1, 2, 3, 4]).unwrap_or(1);
    if let Some(item) = account.items.get_mut(&id) {
        item.description = format!("{kind} {id}");
        item.archived = archived;
        item.custom_sku = if sku {
            format!("SKU-{id:05}")
        } else {
            String::new()
        };
        item.upc = if upc {
            format!("{:012}", 71_000_000_000 + id)
        } else {
            String::new()
        };
        item.ean = if ean {
            format!("{:013}", 8_710_000_000_000 + id)
        } else {
            String::new()
        };
        item.tax_class = class;
        item.default_vendor = vendor;
        item.default_cost = (price / Decimal::TWO).round_dp(4);
        item.vendor_numbers = vec![vendor_number(id * 10, vendor, Decimal::ZERO, created)];
        item.created = created;
        item.stamp = created + TimeDelta::days(dice.between(0, 200));
    }
    id
}

pub(super) fn vendor_number(
    id: u64,
    vendor: u64,
    cost: Decimal,
    stamp: chrono::DateTime<chrono::Utc>,
) -> VendorNumber {
    VendorNumber {
        id,
        value: format!("V{vendor}-{id}"),
        vendor,
        cost,
        stamp,
    }
}

pub(super) fn component(id: u64, quantity: i64, group: u64, assembly: u64, part: u64) -> Component {
    Component {
        id,
        quantity: Decimal::from(quantity),
        group,
        assembly,
        part,
    }
}

/// Turns an ordinary item into the special case its id stands for.
fn cast(item: &mut Item, span: Span) {
    // Chance may not archive or untax a special case.
    item.archived = false;
    item.tax_class = 1;
    let id = item.id;
    match id {
        2 => item.description = String::new(),
        3 => (item.description, item.custom_sku) = ("  ".to_owned(), String::new()),
        4 => item.description = "  Bolt M8\r\nzinc\n ".to_owned(),
        5 | 6 | 34 | 38 | 39 => item.archived = true,
        7 => item.item_type = "non_inventory".to_owned(),
        8 => (item.item_type, item.archived) = ("non_inventory".to_owned(), true),
        9 | 10 => item.custom_sku = "TWICE".to_owned(),
        11 => (item.ean, item.upc) = (String::new(), "710000000011".to_owned()),
        12 => {
            (item.ean, item.upc) = (" 8710000000012 ".to_owned(), "710000000012".to_owned());
        }
        13 => item.prices.clear(),
        14..=16 => item.matrix = 1,
        17 => {
            let cost = Decimal::new(41_250, 4);
            item.vendor_numbers = vec![
                vendor_number(170, 1, cost, span.start),
                vendor_number(171, 2, Decimal::ZERO, span.start),
                vendor_number(172, 3, Decimal::ONE, span.start),
            ];
            item.default_vendor = 2;
        }
        18 => {
            item.item_type = "assembly".to_owned();
            item.components = vec![component(180, 2, 0, 18, 1), component(181, 1, 0, 18, 9)];
        }
        19 => {
            item.item_type = "box".to_owned();
            item.components = vec![component(190, 12, 1, 19, 10)];
        }
        20 => {
            item.item_type = "serialized_assembly".to_owned();
            item.components = vec![component(200, 1, 0, 20, 14)];
        }
        21 => {
            item.item_type = "assembly".to_owned();
            item.components = vec![
                component(210, 167, 1, 21, 11),
                component(211, 80, 0, 21, 11),
            ];
        }
        22 => (item.item_type, item.serialized) = ("serialized".to_owned(), true),
        26 => item.tax = false,
        27 => item.tax_class = 2,
        28 => item.tax_class = 3,
        29 => item.description = "Größe-".repeat(60),
        32 => set_prices(item, &[("Default", Decimal::ZERO)]),
        33 => set_prices(item, &[("MSRP", Decimal::TEN)]),
        35 => item.custom_sku = "  SKU 35 ".to_owned(),
        36 => (item.custom_sku, item.system_sku) = (String::new(), String::new()),
        37 => set_prices(item, &[("Default", Decimal::new(121, 1))]),
        40 => (item.vendor_numbers, item.default_vendor) = (Vec::new(), 0),
        41 => item.tax_class = 4,
        42 => {
            item.description = String::new();
            item.custom_sku = String::new();
            item.system_sku = String::new();
        }
        _ => parts::cast(item, span),
    }
}

fn set_prices(item: &mut Item, prices: &[(&str, Decimal)]) {
    item.prices = prices
        .iter()
        .map(|(use_type, amount)| Price {
            amount: *amount,
            use_type_id: if *use_type == "Default" { 1 } else { 2 },
            use_type: (*use_type).to_owned(),
        })
        .collect();
}
