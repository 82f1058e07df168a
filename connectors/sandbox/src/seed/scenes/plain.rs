//! Ordinary business: sales, discounts, fees, what stays open and what is taken back by the till.

use chrono::TimeDelta;
use rust_decimal::Decimal;

use crate::account::NewLine;

use super::{super::sales::Till, Scene};

pub(super) fn play(scene: Scene, till: &mut Till<'_>) -> bool {
    match scene {
        Scene::Plain => {
            let sale = plain(till);
            till.may_return(sale);
        }
        Scene::Several => {
            let (shop, lines) = (till.shop(), several(till));
            let sale = till.ring(shop, lines);
            till.may_return(sale);
        }
        Scene::LineDiscount => line_discount(till),
        Scene::SaleDiscount => sale_discount(till),
        Scene::MiscMixed => {
            let (shop, line) = (till.shop(), one(till));
            let misc = misc(till);
            till.ring(shop, vec![line, misc]);
        }
        Scene::MiscOnly => {
            let (shop, misc) = (till.shop(), misc(till));
            till.ring(shop, vec![misc]);
        }
        Scene::FeeMixed => fee(till, true),
        Scene::FeeOnly => fee(till, false),
        Scene::Open => {
            open(till);
        }
        Scene::Quote => {
            let sale = open(till);
            if let Some(sale) = till.account.sales.get_mut(&sale) {
                sale.quote = sale.id + 5;
                sale.customer = 1;
            }
        }
        Scene::Discarded => {
            let sale = open(till);
            if let Some(sale) = till.account.sales.get_mut(&sale) {
                sale.archived = true;
            }
        }
        Scene::Voided => {
            let (shop, lines) = (till.shop(), several(till));
            let sale = till.ring(shop, lines);
            let at = till.tick();
            till.account.void_at(sale, at);
        }
        _ => return false,
    }
    true
}

/// One line of one item.
pub(super) fn one(till: &mut Till<'_>) -> NewLine {
    let item = till.item();
    NewLine::of(item, till.dice.between(1, 3))
}

/// A completed sale of one line.
pub(super) fn plain(till: &mut Till<'_>) -> u64 {
    let (shop, line) = (till.shop(), one(till));
    till.ring(shop, vec![line])
}

fn several(till: &mut Till<'_>) -> Vec<NewLine> {
    let count = till.dice.between(2, 5);
    let mut lines: Vec<NewLine> = (0..count).map(|_| one(till)).collect();
    if till.dice.per_mille(200) {
        // The same item scanned twice stays two lines.
        let again = NewLine::of(lines[0].item, 1);
        lines.push(again);
    }
    lines
}

/// A charge that is no product.
pub(super) fn misc(till: &mut Till<'_>) -> NewLine {
    NewLine::of(0, 1).at(till.dice.cents(100, 2_500))
}

fn line_discount(till: &mut Till<'_>) {
    let shop = till.shop();
    let mut lines = several(till);
    let percent = till.dice.pick(&[5, 10, 15, 33]).unwrap_or(10);
    lines[0].line_discount = share_of(till, &lines[0], percent);
    till.ring(shop, lines);
}

fn sale_discount(till: &mut Till<'_>) {
    let shop = till.shop();
    let mut lines = several(till);
    for line in &mut lines {
        line.transaction_discount = share_of(till, line, 10);
    }
    till.ring(shop, lines);
}

fn share_of(till: &Till<'_>, line: &NewLine, percent: i64) -> Decimal {
    let listed = till
        .account
        .items
        .get(&line.item)
        .and_then(|item| item.prices.first());
    let price = listed.map_or(Decimal::TEN, |price| price.amount);
    price * line.quantity * Decimal::new(percent, 2)
}

/// A deposit fee on an item, which points at the item's line by the same field as a refund does.
fn fee(till: &mut Till<'_>, with_item: bool) {
    let shop = till.shop();
    let line = one(till);
    let mut fee = NewLine::of(line.item, 1).at(Decimal::new(15, 2));
    fee.line_type = "item_fee";
    if with_item {
        let fee = fee.parent(till.account.last_line + 1);
        till.ring(shop, vec![line, fee]);
    } else {
        till.ring(shop, vec![fee]);
    }
}

/// A sale left open.
pub(super) fn open(till: &mut Till<'_>) -> u64 {
    let (shop, lines) = (till.shop(), several(till));
    let created = till.tick();
    let sale = till.ring_at(shop, lines, Some(created), None);
    // Edited a little later: only its creation says when it was made.
    if let Some(sale) = till.account.sales.get_mut(&sale) {
        let edited = Some(created + TimeDelta::seconds(240));
        (sale.stamp, sale.updated) = (edited, edited);
    }
    sale
}
