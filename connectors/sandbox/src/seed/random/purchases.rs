//! What happens to purchase orders.

use chrono::TimeDelta;
use rust_decimal::Decimal;

use crate::account::{NewOrderLine, Order, OrderLine};

use super::{Move, RandomHistory};

pub(super) const MOVES: &[Move] = &[
    ("order", order),
    ("draft order", |it| {
        let (vendor, shop, lines) = (it.vendor().unwrap_or(0), it.shop(), lines(it));
        it.account.draft_order(vendor, shop, lines);
        true
    }),
    ("order late", |it| {
        let (vendor, shop, lines) = (it.vendor().unwrap_or(0), it.shop(), lines(it));
        let hours = it.count(1, 900);
        let at = it.account.now - TimeDelta::hours(hours);
        it.account.order_late(vendor, shop, lines, at);
        true
    }),
    ("place order", |it| {
        with(
            it,
            |order| order.ordered.is_none(),
            |it, order| {
                it.account.place_order(order);
            },
        )
    }),
    ("edit order", |it| {
        let (days, shop) = (it.count(1, 20), it.shop());
        let arrival = it.account.now + TimeDelta::days(days);
        let moves = it.dice.per_mille(300);
        with(it, any, |it, order| {
            it.account.edit_order(order, |order| {
                order.arrival = Some(arrival);
                if moves {
                    order.shop = shop;
                }
            });
        })
    }),
    ("other vendor", |it| {
        let vendor = if it.dice.per_mille(150) {
            Some(0)
        } else {
            it.vendor()
        };
        let Some(vendor) = vendor else { return false };
        with(it, any, |it, order| {
            it.account.edit_order(order, |order| order.vendor = vendor);
        })
    }),
    ("add order line", |it| {
        let line = line(it);
        let fits = alive(it);
        with(it, fits, |it, order| {
            it.account.add_order_line(order, line);
        })
    }),
    ("edit order line", |it| {
        let (quantity, price) = (Decimal::from(it.count(0, 12)), it.cents());
        of_line(it, |it, line| {
            it.account.edit_order_line(line, |line| {
                line.quantity = quantity;
                line.price = price;
            });
        })
    }),
    ("delete order line", |it| {
        of_line(it, |it, line| it.account.delete_order_line(line))
    }),
    ("move order line", |it| {
        of_line(it, |it, line| {
            let fits = alive(it);
            with(it, fits, |it, order| {
                it.account.move_order_line(line, order)
            });
        })
    }),
    ("receive", receive),
    ("receive", receive),
    ("receive", receive),
    ("receive late", |it| {
        let (hours, pieces) = (it.count(1, 300), it.count(1, 5));
        let at = it.account.now - TimeDelta::hours(hours);
        with(it, may_ship, |it, order| {
            let lines: Vec<(u64, i64)> = line_ids(it, order)
                .into_iter()
                .map(|line| (line, pieces))
                .collect();
            it.account.receive_late(order, &lines, at);
        })
    }),
    ("check in", |it| {
        let total = it.count(0, 8);
        let fits = alive(it);
        let old = |order: &Order| !order.has_shipments && fits(order);
        let Some(order) = pick(it, old) else {
            return false;
        };
        let lines: Vec<u64> = line_ids(it, order);
        let Some(line) = it.dice.pick(&lines) else {
            return false;
        };
        it.account.check_in(line, total);
        true
    }),
    ("count", |it| {
        let total = it.count(0, 8);
        of_line(it, |it, line| it.account.count_order_line(line, total))
    }),
    ("complete order", |it| {
        let open = |order: &Order| !order.complete && !order.archived;
        with(it, open, |it, order| it.account.complete_order(order))
    }),
    ("reopen order", |it| {
        with(
            it,
            |order| order.complete,
            |it, order| {
                it.account.reopen_order(order);
            },
        )
    }),
    ("archive order", |it| {
        with(
            it,
            |order| !order.archived,
            |it, order| {
                it.account.archive_order(order);
            },
        )
    }),
    ("unarchive order", |it| {
        with(
            it,
            |order| order.archived,
            |it, order| {
                it.account.unarchive_order(order);
            },
        )
    }),
];

/// A placed order of one to three lines.
pub(super) fn order(it: &mut RandomHistory) -> bool {
    let (vendor, shop, lines) = (it.vendor().unwrap_or(0), it.shop(), lines(it));
    it.account.order(vendor, shop, lines);
    true
}

fn lines(it: &mut RandomHistory) -> Vec<NewOrderLine> {
    (0..it.count(0, 3)).map(|_| line(it)).collect()
}

fn line(it: &mut RandomHistory) -> NewOrderLine {
    let item = if it.dice.per_mille(50) {
        None
    } else {
        it.item()
    };
    let (pieces, price) = (it.count(1, 9), it.cents());
    NewOrderLine::of(item.unwrap_or(0), pieces).at(price)
}

/// Some pieces of each line come in a shipment; some lines none, some more than was ordered.
fn receive(it: &mut RandomHistory) -> bool {
    let Some(order) = pick(it, may_ship) else {
        return false;
    };
    let lines = line_ids(it, order);
    let pieces: Vec<(u64, i64)> = lines
        .into_iter()
        .map(|line| (line, it.count(0, 5)))
        .collect();
    it.account.receive(order, &pieces).is_some()
}

fn line_ids(it: &RandomHistory, order: u64) -> Vec<u64> {
    let lines = it.account.orders.get(&order).map(|order| &order.lines);
    lines.into_iter().flatten().map(|line| line.id).collect()
}

/// Whether goods may come in shipments: never on what is checked in as of old.
fn may_ship(order: &Order) -> bool {
    let old = |line: &OrderLine| line.checked_in > 0 && !order.has_shipments;
    !order.complete && !order.lines.is_empty() && !order.lines.iter().any(old)
}

/// Orders whose lines may change: all of them, unless what is closed rests.
fn alive(it: &RandomHistory) -> impl Fn(&Order) -> bool + Copy + use<> {
    let all = !it.closed_rest;
    move |order| all || (!order.complete && !order.archived)
}

fn any(_: &Order) -> bool {
    true
}

fn pick(it: &mut RandomHistory, fits: impl Fn(&Order) -> bool) -> Option<u64> {
    let orders = it.account.orders.values().filter(|order| fits(order));
    let ids: Vec<u64> = orders.map(|order| order.id).collect();
    it.dice.pick(&ids)
}

fn with(
    it: &mut RandomHistory,
    fits: impl Fn(&Order) -> bool,
    happen: impl FnOnce(&mut RandomHistory, u64),
) -> bool {
    let order = pick(it, fits);
    if let Some(order) = order {
        happen(it, order);
    }
    order.is_some()
}

fn of_line(it: &mut RandomHistory, happen: impl FnOnce(&mut RandomHistory, u64)) -> bool {
    let fits = alive(it);
    let orders = it.account.orders.values().filter(|order| fits(order));
    let lines = orders.flat_map(|order| &order.lines);
    let ids: Vec<u64> = lines.map(|line| line.id).collect();
    let line = it.dice.pick(&ids);
    if let Some(line) = line {
        happen(it, line);
    }
    line.is_some()
}
