//! What comes back.

use chrono::TimeDelta;
use rust_decimal::Decimal;

use crate::account::{NewLine, SaleLine};

use super::{
    super::{sales::Till, shops},
    Scene, plain,
};

pub(super) fn play(scene: Scene, till: &mut Till<'_>) -> bool {
    match scene {
        Scene::RefundFull => {
            let line = sell(till, 2);
            refund(till, line, None, 2);
        }
        Scene::RefundPartial => {
            let line = sell(till, 3);
            refund(till, line, None, 1);
        }
        Scene::RefundLater => {
            if let Some(line) = till.sold_line() {
                refund(till, line, None, 1);
            } else {
                plain::plain(till);
            }
        }
        Scene::RefundAcrossShops => {
            let line = sell(till, 2);
            let from = shop_of(till, line);
            let other = till.other_shop(from);
            refund(till, line, Some(other), 1);
        }
        Scene::RefundTooMuch => {
            let line = sell(till, 1);
            refund(till, line, None, 1);
            refund(till, line, None, 2);
        }
        Scene::RefundUnlinked => {
            let (shop, item) = (till.shop(), till.item());
            till.ring(shop, vec![NewLine::of(item, -1)]);
        }
        Scene::RefundOfVoided => {
            let line = sell(till, 1);
            void_sale_of(till, line);
            refund(till, line, None, 1);
        }
        Scene::RefundVoided => {
            let line = sell(till, 2);
            let back = refund(till, line, None, 1);
            let at = till.tick();
            till.account.void_at(back, at);
        }
        Scene::RefundWithFee => {
            let line = sell(till, 1);
            let Some(sold) = sold(till, line) else {
                return true;
            };
            let back = NewLine::of(sold.item, -1).at(sold.unit_price).parent(line);
            let mut fee = NewLine::of(sold.item, -1).at(Decimal::new(1, 1));
            fee.line_type = "item_fee_refund";
            let fee = fee.parent(till.account.last_line + 1);
            let shop = shop_of(till, line);
            till.ring(shop, vec![back, fee]);
        }
        Scene::RefundTwoParents => two_parents(till),
        Scene::RefundEarlyLine => {
            let line = sell(till, 1);
            let back = refund(till, line, None, 1);
            if let Some(sale) = till.account.sales.get_mut(&back) {
                for line in &mut sale.lines {
                    line.created = line.created.map(|at| at - TimeDelta::hours(20));
                }
            }
        }
        Scene::RefundOfRefund => {
            let line = sell(till, 2);
            let back = refund(till, line, None, 1);
            let back_line = till.first_line(back);
            refund(till, back_line, None, -1);
            let Some(sold) = sold(till, line) else {
                return true;
            };
            let shop = shop_of(till, line);
            till.ring(shop, vec![NewLine::of(sold.item, -1).parent(back_line)]);
        }
        Scene::RefundWrongParent => {
            let line = sell(till, 1);
            let Some(sold) = sold(till, line) else {
                return true;
            };
            let other = till.item_besides(&[sold.item]);
            let shop = shop_of(till, line);
            till.ring(shop, vec![NewLine::of(other, -1).parent(line)]);
        }
        Scene::ExchangeEven => {
            // One in the main shop, and sometimes one where a connection to a single shop sees
            // only the piece that comes back.
            exchange_even(till, shops::MAIN);
            if till.dice.per_mille(300) {
                let shop = till.shop();
                exchange_even(till, shop);
            }
        }
        Scene::ExchangeOther => {
            let line = sell(till, 1);
            let Some(sold) = sold(till, line) else {
                return true;
            };
            let shop = shop_of(till, line);
            let back = NewLine::of(sold.item, -1).at(sold.unit_price).parent(line);
            let other = till.item_besides(&[sold.item]);
            till.ring(shop, vec![back, NewLine::of(other, 1)]);
        }
        Scene::ExchangeNegative => {
            let line = sell(till, 3);
            let Some(sold) = sold(till, line) else {
                return true;
            };
            let shop = shop_of(till, line);
            let back = NewLine::of(sold.item, -2).at(sold.unit_price).parent(line);
            till.ring(shop, vec![back, NewLine::of(sold.item, 1)]);
        }
        _ => return false,
    }
    true
}

/// A piece comes back for another of the same, at a new price.
fn exchange_even(till: &mut Till<'_>, shop: u64) {
    let item = till.item();
    let sale = till.ring(shop, vec![NewLine::of(item, 1)]);
    let line = till.first_line(sale);
    let Some(sold) = sold(till, line) else { return };
    let back = NewLine::of(item, -1).at(sold.unit_price).parent(line);
    let again = NewLine::of(item, 1).at(sold.unit_price + Decimal::ONE);
    till.ring(shop, vec![back, again]);
}

/// Two lines of an item come back in one sale, out of two sales.
fn two_parents(till: &mut Till<'_>) {
    let first = sell(till, 1);
    let Some(sold) = sold(till, first) else {
        return;
    };
    let shop = shop_of(till, first);
    let second = till.ring(shop, vec![NewLine::of(sold.item, 2)]);
    let second = till.first_line(second);
    let back = |parent: u64| {
        NewLine::of(sold.item, -1)
            .at(sold.unit_price)
            .parent(parent)
    };
    till.ring(shop, vec![back(second), back(first)]);
}

/// Sells pieces of an ordinary item; the line.
fn sell(till: &mut Till<'_>, pieces: i64) -> u64 {
    let (shop, item) = (till.shop(), till.item());
    let sale = till.ring(shop, vec![NewLine::of(item, pieces)]);
    till.first_line(sale)
}

fn sold(till: &Till<'_>, line: u64) -> Option<SaleLine> {
    till.account.line(line).map(|(_, line)| line.clone())
}

fn shop_of(till: &Till<'_>, line: u64) -> u64 {
    let sale = till
        .account
        .line(line)
        .and_then(|(sale, _)| till.account.sales.get(&sale));
    sale.map_or(1, |sale| sale.shop)
}

/// A refund of pieces of a line, in its shop or another; the refund's sale.
fn refund(till: &mut Till<'_>, line: u64, shop: Option<u64>, pieces: i64) -> u64 {
    let shop = shop.unwrap_or_else(|| shop_of(till, line));
    let (item, price) =
        sold(till, line).map_or((0, Decimal::ONE), |line| (line.item, line.unit_price));
    till.ring(
        shop,
        vec![NewLine::of(item, -pieces).at(price).parent(line)],
    )
}

fn void_sale_of(till: &mut Till<'_>, line: u64) {
    let at = till.tick();
    if let Some((sale, _)) = till.account.line(line) {
        till.account.void_at(sale, at);
    }
}
