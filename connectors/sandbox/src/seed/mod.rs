//! The seeded account: the same records for the same seed and size, with every special case of
//! the mapping at least once.

mod dice;
mod items;
mod orders;
mod parts;
mod random;
mod sales;
mod scenes;
mod shops;
mod stock;
mod vendors;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{account::Account, clock::base_instant, config::Size};

use dice::Dice;
pub use random::RandomHistory;

/// How far back the history reaches.
const HISTORY_DAYS: i64 = 730;

/// Builds the account. Each part has dice of its own, so that a change in one leaves the others
/// as they are.
pub(crate) fn account(seed: u64, size: Size) -> Account {
    let base = base_instant(seed);
    let span = Span {
        start: base - TimeDelta::days(HISTORY_DAYS),
        end: base - TimeDelta::minutes(5),
    };
    let mut account = Account::empty(100_000 + seed % 900_000, "Sandbox Trading".to_owned(), base);
    shops::fill(&mut account, size, span);
    vendors::fill(&mut account, &mut Dice::new(seed, 1), size, span);
    items::fill(&mut account, &mut Dice::new(seed, 2), size, span);
    stock::fill(&mut account, &mut Dice::new(seed, 3), span);
    sales::fill(&mut account, Dice::new(seed, 4), size, span);
    // Vanished only after they were sold.
    for item in [items::GONE, items::GONE_ALONE] {
        account.hide_item(item);
    }
    orders::fill(&mut account, Dice::new(seed, 5), size, span);
    account
}

/// The time the history covers.
#[derive(Debug, Clone, Copy)]
struct Span {
    start: DateTime<Utc>,
    end: DateTime<Utc>,
}

#[cfg(test)]
mod tests;
