//! The purchases of two years: each scene once, then as chance has it.

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use crate::{
    account::{Account, NewOrder, NewOrderLine, Order},
    config::Size,
};

use super::{
    Dice, Span, items,
    scenes::purchases::{self, WEIGHTS},
    shops,
};

/// Sales to one order.
const SALES_AN_ORDER: usize = 50;

pub(super) fn fill(account: &mut Account, dice: Dice, size: Size, span: Span) {
    let wanted = (size.sales as usize / SALES_AN_ORDER).max(WEIGHTS.len() * 5 / 4);
    let mut desk = Desk::new(account, dice, span, wanted);
    let total: i64 = WEIGHTS.iter().map(|(_, weight)| i64::from(*weight)).sum();

    // Every scene once, spread over the history.
    let mut due: Vec<usize> = (0..WEIGHTS.len()).collect();
    let every = (wanted / WEIGHTS.len()).max(1);
    let mut played = 0;
    while played < wanted || !due.is_empty() {
        let chosen = if played % every == 0 && !due.is_empty() {
            due.remove(desk.below(due.len()))
        } else {
            let mut roll = desk.dice.between(0, total - 1);
            WEIGHTS
                .iter()
                .position(|(_, weight)| {
                    roll -= i64::from(*weight);
                    roll < 0
                })
                .unwrap_or(0)
        };
        purchases::play(WEIGHTS[chosen].0, &mut desk);
        played += 1;
    }
}

/// A buyer's desk with a calendar: writes orders one after the other and receives them.
pub(in crate::seed) struct Desk<'a> {
    pub(in crate::seed) account: &'a mut Account,
    pub(in crate::seed) dice: Dice,
    clock: DateTime<Utc>,
    end: DateTime<Utc>,
    step: i64,
    vendors: Vec<u64>,
    ordinary: Vec<u64>,
    open_shops: Vec<u64>,
}

impl<'a> Desk<'a> {
    fn new(account: &'a mut Account, dice: Dice, span: Span, wanted: usize) -> Desk<'a> {
        let length = (span.end - span.start).num_seconds();
        let visible = account.items.values().filter(|item| {
            !item.hidden
                && !item.archived
                && item.item_type != "non_inventory"
                && item.id != items::FRACTIONAL_PART
        });
        Desk {
            clock: span.start,
            end: span.end,
            step: length / (i64::try_from(wanted).unwrap_or(i64::MAX) + 1),
            ordinary: visible.map(|item| item.id).collect(),
            vendors: account
                .vendors
                .values()
                .filter(|vendor| !vendor.archived)
                .map(|vendor| vendor.id)
                .collect(),
            open_shops: account
                .shops
                .values()
                .filter(|shop| !shop.archived)
                .map(|shop| shop.id)
                .collect(),
            account,
            dice,
        }
    }

    pub(in crate::seed) fn below(&mut self, count: usize) -> usize {
        let high = i64::try_from(count.saturating_sub(1)).unwrap_or(0);
        usize::try_from(self.dice.between(0, high)).unwrap_or(0)
    }

    /// When the next order is made.
    pub(in crate::seed) fn tick(&mut self) -> DateTime<Utc> {
        let seconds = self.dice.between(self.step / 2, (self.step * 5 / 4).max(1));
        self.clock = (self.clock + TimeDelta::seconds(seconds)).min(self.end);
        self.clock
    }

    /// So many days after a time, but not after the history's end.
    pub(in crate::seed) fn days_after(
        &mut self,
        at: DateTime<Utc>,
        low: i64,
        high: i64,
    ) -> DateTime<Utc> {
        let minutes = self.dice.between(low * 1_440, high * 1_440);
        (at + TimeDelta::minutes(minutes)).min(self.end)
    }

    pub(in crate::seed) fn vendor(&mut self) -> u64 {
        self.dice.pick(&self.vendors).unwrap_or(1)
    }

    /// Mostly the main shop.
    pub(in crate::seed) fn shop(&mut self) -> u64 {
        if self.dice.per_mille(700) {
            return shops::MAIN;
        }
        self.dice.pick(&self.open_shops).unwrap_or(shops::MAIN)
    }

    pub(in crate::seed) fn item(&mut self) -> u64 {
        self.dice.pick(&self.ordinary).unwrap_or(1)
    }

    pub(in crate::seed) fn line(&mut self) -> NewOrderLine {
        let item = self.item();
        self.line_of(item)
    }

    pub(in crate::seed) fn line_of(&mut self, item: u64) -> NewOrderLine {
        let pieces = self.dice.between(2, 24);
        let price = if self.dice.per_mille(150) {
            Decimal::new(self.dice.between(5_000, 250_000), 4)
        } else {
            self.dice.cents(50, 4_000)
        };
        NewOrderLine::of(item, pieces).at(price)
    }

    /// One to four lines of different items.
    pub(in crate::seed) fn lines(&mut self) -> Vec<NewOrderLine> {
        let mut lines: Vec<NewOrderLine> = Vec::new();
        for _ in 0..self.dice.between(1, 4) {
            let line = self.line();
            if lines.iter().all(|each| each.item != line.item) {
                lines.push(line);
            }
        }
        lines
    }

    /// An order placed at the next time, with an expected date most of the time.
    pub(in crate::seed) fn place(
        &mut self,
        vendor: u64,
        shop: u64,
        lines: Vec<NewOrderLine>,
    ) -> u64 {
        let created = self.tick();
        let ordered = self.days_after(created, 0, 1);
        let order = self.file(NewOrder {
            vendor,
            shop,
            created: Some(created),
            ordered: Some(ordered),
            lines,
        });
        if self.dice.per_mille(700) {
            let arrival = ordered + TimeDelta::days(self.dice.between(3, 20));
            self.edit(order, ordered, |order| order.arrival = Some(arrival));
        }
        order
    }

    /// A draft made at the next time.
    pub(in crate::seed) fn draft(
        &mut self,
        vendor: u64,
        shop: u64,
        lines: Vec<NewOrderLine>,
    ) -> u64 {
        let created = Some(self.tick());
        self.file(NewOrder {
            vendor,
            shop,
            created,
            ordered: None,
            lines,
        })
    }

    /// An order of ordinary lines, placed with some vendor.
    pub(in crate::seed) fn plain(&mut self) -> u64 {
        let (vendor, shop, lines) = (self.vendor(), self.shop(), self.lines());
        self.place(vendor, shop, lines)
    }

    /// Files an order. Now and then an id is left out before it.
    pub(in crate::seed) fn file(&mut self, new: NewOrder) -> u64 {
        let last = self
            .account
            .orders
            .last_key_value()
            .map_or(0, |(id, _)| *id);
        let id = last + if self.dice.per_mille(30) { 2 } else { 1 };
        self.account.file_order_as(id, new);
        id
    }

    /// Changes an order as of a time.
    pub(in crate::seed) fn edit(
        &mut self,
        order: u64,
        at: DateTime<Utc>,
        edit: impl FnOnce(&mut Order),
    ) {
        self.account.edit_order(order, |order| {
            edit(order);
            order.stamp = Some(at);
        });
    }

    /// When an order was placed, or at least made.
    pub(in crate::seed) fn begun(&self, order: u64) -> DateTime<Utc> {
        let order = self.account.orders.get(&order);
        order
            .and_then(|order| order.ordered.or(order.created).or(order.stamp))
            .unwrap_or(self.clock)
    }

    /// The lines of an order with the pieces ordered.
    pub(in crate::seed) fn ordered(&self, order: u64) -> Vec<(u64, i64)> {
        let lines = self.account.orders.get(&order).map(|order| &order.lines);
        lines
            .into_iter()
            .flatten()
            .map(|line| {
                let pieces = i64::try_from(line.quantity.trunc().mantissa()).unwrap_or(0);
                (line.id, pieces)
            })
            .collect()
    }

    /// Receives these pieces of an order in a shipment; when.
    pub(in crate::seed) fn receive(&mut self, order: u64, pieces: &[(u64, i64)]) -> DateTime<Utc> {
        let begun = self.begun(order);
        let at = self.days_after(begun, 3, 14);
        self.account.receive_at(order, pieces, Some(at), at);
        at
    }

    /// Receives all of an order in a shipment; when.
    pub(in crate::seed) fn receive_all(&mut self, order: u64) -> DateTime<Utc> {
        let pieces = self.ordered(order);
        self.receive(order, &pieces)
    }

    /// Checks lines in as of old, without a shipment; when.
    pub(in crate::seed) fn check_in(&mut self, order: u64, pieces: &[(u64, i64)]) -> DateTime<Utc> {
        let begun = self.begun(order);
        let at = self.days_after(begun, 3, 14);
        self.edit(order, at, |order| {
            order.received = Some(at);
            for line in &mut order.lines {
                if let Some((_, count)) = pieces.iter().find(|(id, _)| *id == line.id) {
                    (line.checked_in, line.counted, line.stamp) = (*count, *count, at);
                }
            }
        });
        at
    }

    /// Finishes an order somewhat after a time.
    pub(in crate::seed) fn finish(&mut self, order: u64, after: DateTime<Utc>) {
        let at = self.days_after(after, 0, 2);
        self.edit(order, at, |order| order.complete = true);
    }
}
