//! Small accounts with a life of their own, for tests over many of them.

mod catalogue;
mod purchases;
mod sales;

use chrono::TimeDelta;
use rust_decimal::Decimal;

use crate::{account::Account, clock::base_instant, config::Size};

use super::{Dice, Span, shops};

/// One thing that may happen. It says whether it found something to happen to.
type Move = (&'static str, fn(&mut RandomHistory) -> bool);

/// How often to look for another move when one found nothing to happen to.
const TRIES: usize = 50;

/// An account of four shops (the last one closed), 3 vendors, 8 items, 6 sales and 5 orders, in
/// which something happens at each step: the same for the same seed.
///
/// Whatever happens leaves the truth independent of when it is asked for: quantities are whole, a
/// finished order says when it was received, and what has vanished is not touched again. In three
/// accounts of ten, shipments show the order lines they belong to.
#[derive(Debug)]
pub struct RandomHistory {
    account: Account,
    dice: Dice,
    hasty: bool,
    closed_rest: bool,
}

impl RandomHistory {
    /// The account before anything happens.
    #[must_use]
    pub fn new(seed: u64) -> RandomHistory {
        let base = base_instant(seed);
        let span = Span {
            start: base,
            end: base,
        };
        let mut account = Account::empty(100_000 + seed % 900_000, "Random".to_owned(), base);
        let size = Size {
            shops: 1,
            vendors: 3,
            items: 8,
            sales: 6,
        };
        shops::fill(&mut account, size, span);
        let mut history = RandomHistory {
            account,
            dice: Dice::new(seed, 6),
            hasty: false,
            closed_rest: false,
        };
        let shown = history.dice.per_mille(300);
        history.account.show_shipment_lines(shown);
        for number in 1..=size.vendors {
            let name = format!("Vendor {number}");
            history
                .account
                .add_vendor(&name, &["orders@vendor.example"]);
        }
        for _ in 0..size.items {
            history.pass();
            catalogue::new_item(&mut history);
        }
        for _ in 0..size.sales {
            history.pass();
            sales::sell(&mut history);
        }
        for _ in 0..5 {
            history.pass();
            purchases::order(&mut history);
        }
        history
    }

    /// The account after so many steps.
    #[must_use]
    pub fn account_after(seed: u64, steps: usize) -> Account {
        let mut history = RandomHistory::new(seed);
        for _ in 0..steps {
            history.step();
        }
        history.account
    }

    /// Lets some time pass and one thing happen; its name.
    pub fn step(&mut self) -> &'static str {
        self.step_of(|_| true)
    }

    /// As [`RandomHistory::step`], of the moves that are allowed.
    pub fn step_of(&mut self, allowed: impl Fn(&str) -> bool) -> &'static str {
        self.pass();
        for _ in 0..TRIES {
            let tables = [catalogue::MOVES, sales::MOVES, purchases::MOVES];
            let Some(moves) = self.dice.pick(&tables) else {
                continue;
            };
            if let Some((name, happen)) = self.dice.pick(moves)
                && allowed(name)
                && happen(self)
            {
                return name;
            }
        }
        "nothing"
    }

    /// Whether the lines of finished and archived purchase orders stay as they are: no change time
    /// tells that they changed.
    pub fn let_closed_orders_rest(&mut self) {
        self.closed_rest = true;
    }

    /// Whether things follow each other within seconds, as between two requests, instead of minutes
    /// and days.
    pub fn hurry(&mut self, hasty: bool) {
        self.hasty = hasty;
    }

    /// Lets time pass in which nothing happens.
    pub fn wait(&mut self, time: TimeDelta) {
        self.account.now += time;
    }

    /// Sells to several customers in one second.
    pub fn rush(&mut self, sales: u32) {
        for _ in 0..sales {
            sales::sell(self);
        }
    }

    /// Sells, and then a sale of some minutes ago comes to light.
    pub fn sell_and_find(&mut self, minutes: i64) {
        sales::sell(self);
        sales::find(self, TimeDelta::minutes(minutes));
    }

    /// The account as it stands.
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// The names of everything that may happen.
    #[must_use]
    pub fn moves() -> Vec<&'static str> {
        let tables = [catalogue::MOVES, sales::MOVES, purchases::MOVES];
        tables.concat().into_iter().map(|(name, _)| name).collect()
    }

    /// Changes are at least a second apart, and sometimes days.
    fn pass(&mut self) {
        let longest = if self.hasty {
            20
        } else if self.dice.per_mille(200) {
            200_000
        } else {
            600
        };
        self.account.now += TimeDelta::seconds(self.dice.between(1, longest));
    }

    fn count(&mut self, low: i64, high: i64) -> i64 {
        self.dice.between(low, high)
    }

    fn cents(&mut self) -> Decimal {
        self.dice.cents(50, 5_000)
    }

    /// An item that has not vanished.
    fn item(&mut self) -> Option<u64> {
        let visible = self.account.items.values().filter(|item| !item.hidden);
        let ids: Vec<u64> = visible.map(|item| item.id).collect();
        self.dice.pick(&ids)
    }

    /// A vendor that has not vanished.
    fn vendor(&mut self) -> Option<u64> {
        let visible = self.account.vendors.values().filter(|each| !each.hidden);
        let ids: Vec<u64> = visible.map(|vendor| vendor.id).collect();
        self.dice.pick(&ids)
    }

    fn shop(&mut self) -> u64 {
        if self.dice.per_mille(600) {
            return shops::MAIN;
        }
        let ids: Vec<u64> = self.account.shops.keys().copied().collect();
        self.dice.pick(&ids).unwrap_or(shops::MAIN)
    }
}

#[cfg(test)]
mod tests;
