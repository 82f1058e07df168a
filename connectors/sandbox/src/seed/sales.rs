//! The sales of two years: each scene once, then as chance has it.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    account::{Account, NewLine, NewSale},
    config::Size,
};

use super::{
    Dice, Span, items,
    scenes::{self, WEIGHTS},
    shops,
};

pub(super) fn fill(account: &mut Account, dice: Dice, size: Size, span: Span) {
    let mut till = Till::new(account, dice, span, size.sales as usize);
    let wanted = till.wanted;
    let total: i64 = WEIGHTS.iter().map(|(_, weight)| i64::from(*weight)).sum();

    // Every scene once, spread over the middle of the history.
    let mut due: Vec<usize> = (0..WEIGHTS.len()).collect();
    let every = (wanted / (WEIGHTS.len() * 2)).max(1);
    let mut next_due = wanted / 10;
    while till.account.sales.len() < wanted || !due.is_empty() {
        let so_far = till.account.sales.len();
        let chosen = if so_far >= next_due && !due.is_empty() {
            next_due = so_far + every;
            due.remove(till.below(due.len()))
        } else {
            let mut roll = till.dice.between(0, total - 1);
            WEIGHTS
                .iter()
                .position(|(_, weight)| {
                    roll -= i64::from(*weight);
                    roll < 0
                })
                .unwrap_or(0)
        };
        scenes::play(WEIGHTS[chosen].0, &mut till);
        // What was recorded long ago has only one time.
        if so_far * 50 < wanted {
            till.make_old(so_far);
        }
    }
}

/// A till with a clock: rings up sales one after the other.
pub(super) struct Till<'a> {
    pub(super) account: &'a mut Account,
    pub(super) dice: Dice,
    clock: DateTime<Utc>,
    end: DateTime<Utc>,
    wanted: usize,
    open_shops: Vec<u64>,
    ordinary: Vec<u64>,
    archived: Vec<u64>,
    /// Lines of plain sales that may be brought back later.
    sold: Vec<u64>,
}

impl<'a> Till<'a> {
    fn new(account: &'a mut Account, dice: Dice, span: Span, wanted: usize) -> Till<'a> {
        let reserved = [
            items::GONE,
            items::GONE_ALONE,
            items::ARCHIVED_SOLD,
            items::ARCHIVED_VOIDED,
            items::ARCHIVED_CLOSED,
            6,
            34,
        ];
        let of = |archived: bool| -> Vec<u64> {
            let free = account.items.values().filter(|item| {
                item.archived == archived
                    && item.item_type != "non_inventory"
                    && !reserved.contains(&item.id)
                    && !(items::UNSOLD_FROM..=items::CAST_END).contains(&item.id)
            });
            free.map(|item| item.id).collect()
        };
        // Half of the archived ones are sold some time, the others never.
        let archived = of(true)
            .into_iter()
            .step_by(2)
            .chain([items::ARCHIVED_SOLD])
            .collect();
        Till {
            ordinary: of(false),
            archived,
            open_shops: account
                .shops
                .values()
                .filter(|shop| !shop.archived)
                .map(|shop| shop.id)
                .collect(),
            clock: span.start,
            end: span.end,
            wanted,
            sold: Vec::new(),
            account,
            dice,
        }
    }

    pub(super) fn below(&mut self, count: usize) -> usize {
        let high = i64::try_from(count.saturating_sub(1)).unwrap_or(0);
        usize::try_from(self.dice.between(0, high)).unwrap_or(0)
    }

    /// The time of the next sale: what is left of the history, shared among the sales to come, so
    /// that the last one lies close to the end.
    pub(super) fn tick(&mut self) -> DateTime<Utc> {
        let to_come = self.wanted.saturating_sub(self.account.sales.len()) + 1;
        let left = (self.end - self.clock).num_seconds();
        let even = left / i64::try_from(to_come).unwrap_or(i64::MAX);
        let low = (even / 2).max(1);
        let seconds = self.dice.between(low, (even * 3 / 2).max(low));
        self.clock = (self.clock + TimeDelta::seconds(seconds)).min(self.end);
        self.clock
    }

    /// Mostly the main shop; the closed one only in the first half of the history.
    pub(super) fn shop(&mut self) -> u64 {
        let half = self.end - TimeDelta::days(365);
        if self.clock < half && self.dice.per_mille(60) {
            return shops::CLOSED;
        }
        if self.dice.per_mille(500) {
            return shops::MAIN;
        }
        self.dice.pick(&self.open_shops).unwrap_or(shops::MAIN)
    }

    /// Another open shop than this one.
    pub(super) fn other_shop(&mut self, than: u64) -> u64 {
        let others: Vec<u64> = self
            .open_shops
            .iter()
            .copied()
            .filter(|shop| *shop != than)
            .collect();
        self.dice.pick(&others).unwrap_or(than)
    }

    pub(super) fn item(&mut self) -> u64 {
        self.dice.pick(&self.ordinary).unwrap_or(1)
    }

    /// An ordinary item other than these.
    pub(super) fn item_besides(&mut self, taken: &[u64]) -> u64 {
        let mut item = self.item();
        while taken.contains(&item) {
            item = self.item();
        }
        item
    }

    pub(super) fn archived_item(&mut self) -> u64 {
        self.dice
            .pick(&self.archived)
            .unwrap_or(items::ARCHIVED_SOLD)
    }

    /// A completed sale at the next time.
    pub(super) fn ring(&mut self, shop: u64, lines: Vec<NewLine>) -> u64 {
        let finished = self.tick();
        let created = finished - TimeDelta::seconds(self.dice.between(20, 900));
        self.ring_at(shop, lines, Some(created), Some(finished))
    }

    /// A sale with these times. Now and then an id is left out before it.
    pub(super) fn ring_at(
        &mut self,
        shop: u64,
        lines: Vec<NewLine>,
        created: Option<DateTime<Utc>>,
        finished: Option<DateTime<Utc>>,
    ) -> u64 {
        let last = self.account.sales.last_key_value().map_or(0, |(id, _)| *id);
        let id = last + if self.dice.per_mille(15) { 2 } else { 1 };
        self.account.ring_as(
            id,
            NewSale {
                shop,
                created,
                finished,
                lines,
            },
        );
        id
    }

    /// Remembers that the first line of a sale may be brought back some day.
    pub(super) fn may_return(&mut self, sale: u64) {
        let line = self.first_line(sale);
        if line != 0 {
            self.sold.push(line);
        }
    }

    /// A line sold some time ago, if any.
    pub(super) fn sold_line(&mut self) -> Option<u64> {
        self.dice.pick(&self.sold)
    }

    pub(super) fn first_line(&self, sale: u64) -> u64 {
        self.account
            .sales
            .get(&sale)
            .and_then(|sale| sale.lines.first())
            .map_or(0, |line| line.id)
    }

    /// Leaves the sales from the so-manieth on with `timeStamp` as their only time.
    fn make_old(&mut self, from: usize) {
        let ids: Vec<u64> = self.account.sales.keys().copied().skip(from).collect();
        for id in ids {
            self.strip_times(id);
        }
    }

    pub(super) fn strip_times(&mut self, sale: u64) {
        if let Some(sale) = self.account.sales.get_mut(&sale) {
            (sale.created, sale.updated, sale.finished) = (None, None, None);
            for line in &mut sale.lines {
                line.created = None;
            }
        }
    }
}
