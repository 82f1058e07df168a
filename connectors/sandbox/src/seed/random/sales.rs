//! What happens to sales.

use chrono::TimeDelta;
use rust_decimal::Decimal;

use crate::account::{NewLine, Sale};

use super::{Move, RandomHistory};

pub(super) const MOVES: &[Move] = &[
    ("sell", sell),
    ("sell", sell),
    ("sell late", |it| {
        let hours = it.count(1, 400);
        find(it, TimeDelta::hours(hours));
        true
    }),
    ("open sale", |it| {
        let (shop, lines) = (it.shop(), lines(it));
        it.account.open_sale(shop, lines);
        true
    }),
    ("complete", |it| {
        let hours = it.count(0, 30);
        let at = it.account.now - TimeDelta::hours(hours);
        let at = it.dice.per_mille(300).then_some(at);
        with(it, is_open, |it, sale| it.account.complete(sale, at))
    }),
    ("un-complete", |it| {
        with(it, is_done, |it, sale| it.account.uncomplete(sale))
    }),
    ("discard", |it| {
        with(it, is_open, |it, sale| it.account.discard(sale))
    }),
    ("void", |it| {
        with(it, is_done, |it, sale| it.account.void(sale))
    }),
    ("void a refund", |it| {
        let refund = |sale: &Sale| {
            let back = |line: &crate::account::SaleLine| line.quantity < Decimal::ZERO;
            is_done(sale) && sale.lines.iter().any(back)
        };
        with(it, refund, |it, sale| it.account.void(sale))
    }),
    ("refund", refund),
    ("refund", refund),
    ("exchange", |it| {
        let Some((line, item)) = line(it, is_done) else {
            return false;
        };
        let (shop, other) = (it.shop(), it.item().unwrap_or(item));
        let bought = if it.dice.per_mille(400) { item } else { other };
        let back = NewLine::of(item, -1).parent(line);
        it.account
            .sell_lines(shop, vec![back, NewLine::of(bought, 1)]);
        true
    }),
    ("return of unknown", |it| {
        let shop = it.shop();
        let Some(item) = it.item() else { return false };
        it.account.sell(shop, &[(item, -1)]);
        true
    }),
    ("edit line", |it| {
        let quantity = Decimal::from(it.count(1, 5));
        of_line(it, |it, line| {
            it.account.edit_line(line, |line| {
                if line.quantity > Decimal::ZERO {
                    line.quantity = quantity;
                }
            });
        })
    }),
    ("edit price", |it| {
        let price = it.cents();
        of_line(it, |it, line| {
            it.account.edit_line(line, |line| line.unit_price = price);
        })
    }),
    ("delete line", |it| {
        of_line(it, |it, line| it.account.delete_line(line))
    }),
    ("add line", |it| {
        let Some(item) = it.item() else { return false };
        with(
            it,
            |sale| !sale.voided,
            |it, sale| {
                it.account.add_line(sale, NewLine::of(item, 1));
            },
        )
    }),
    ("pick up a reservation", |it| {
        let Some((line, _)) = line(it, is_open) else {
            return false;
        };
        let (shop, lines) = (it.shop(), lines(it));
        let sale = it.account.open_sale(shop, lines);
        it.account.move_line(line, sale);
        it.account.complete(sale, None);
        true
    }),
];

/// A sale of one to three lines, now.
pub(super) fn sell(it: &mut RandomHistory) -> bool {
    let (shop, lines) = (it.shop(), lines(it));
    it.account.sell_lines(shop, lines);
    true
}

/// A sale of that long ago comes to light.
pub(super) fn find(it: &mut RandomHistory, ago: TimeDelta) {
    let (shop, lines) = (it.shop(), lines(it));
    let at = it.account.now - ago;
    it.account.sell_late(shop, lines, at);
}

fn lines(it: &mut RandomHistory) -> Vec<NewLine> {
    let mut lines = Vec::new();
    for _ in 0..it.count(1, 3) {
        let item = if it.dice.per_mille(100) {
            0
        } else {
            it.item().unwrap_or(0)
        };
        let mut line = NewLine::of(item, it.count(1, 4));
        if it.dice.per_mille(150) {
            line.shop = Some(it.shop());
        }
        if it.dice.per_mille(150) {
            line.line_discount = Decimal::new(35, 2);
        }
        if it.dice.per_mille(50) {
            line.line_type = "item_fee";
        }
        lines.push(line);
    }
    lines
}

fn refund(it: &mut RandomHistory) -> bool {
    let pieces = it.count(1, 2);
    let line = line(it, is_done);
    line.is_some_and(|(line, _)| it.account.refund(line, pieces).is_some())
}

fn is_open(sale: &Sale) -> bool {
    !sale.completed && !sale.archived
}

fn is_done(sale: &Sale) -> bool {
    sale.completed && !sale.voided
}

fn with(
    it: &mut RandomHistory,
    fits: impl Fn(&Sale) -> bool,
    happen: impl FnOnce(&mut RandomHistory, u64),
) -> bool {
    let sales = it.account.sales.values().filter(|sale| fits(sale));
    let ids: Vec<u64> = sales.map(|sale| sale.id).collect();
    let sale = it.dice.pick(&ids);
    if let Some(sale) = sale {
        happen(it, sale);
    }
    sale.is_some()
}

/// A positive product line of a sale that fits, and its item.
fn line(it: &mut RandomHistory, fits: impl Fn(&Sale) -> bool) -> Option<(u64, u64)> {
    let sales = it.account.sales.values().filter(|sale| fits(sale));
    let lines = sales.flat_map(|sale| &sale.lines).filter(|line| {
        line.quantity > Decimal::ZERO && line.item != 0 && line.line_type.is_empty()
    });
    let found: Vec<(u64, u64)> = lines.map(|line| (line.id, line.item)).collect();
    it.dice.pick(&found)
}

fn of_line(it: &mut RandomHistory, happen: impl FnOnce(&mut RandomHistory, u64)) -> bool {
    let ids: Vec<u64> = it.account.line_sales.keys().copied().collect();
    let line = it.dice.pick(&ids);
    if let Some(line) = line {
        happen(it, line);
    }
    line.is_some()
}
