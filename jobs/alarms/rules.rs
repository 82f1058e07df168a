//! When to raise an alarm. Pure; time is a parameter.

use chrono::{DateTime, TimeDelta, Utc};
use connectors::lightspeed::BudgetState;
use storage::{SellingHours, WEEK_HOURS};

/// Weeks of sales that must be known before silence can mean anything.
const WEEKS_MIN: i64 = 4;

/// Hours in which the shop usually sells that may pass without a sale.
const SILENT_HOURS: i64 = 3;

/// How far back silence is counted; a shop that is silent for longer has said so already.
const SILENCE_MAX: i64 = 4 * WEEK_HOURS;

/// Rejections of a run that are too many: this number, and one in so many rows.
const REJECTED_MIN: i64 = 20;
const REJECTED_ONE_IN: i64 = 20;

/// How far clocks may be apart. Every date of an answer is whole seconds, and answers take time.
const APART_MS: i64 = 60_000;

/// How often, and how lately, the allowance was lower than by our own use.
const SHARED_SEEN: u32 = 3;
const SHARED_FOR: TimeDelta = TimeDelta::hours(1);

const HOUR_MS: i64 = 60 * 60 * 1000;

/// For how many hours in which the shop usually sells nothing was sold, if that is too many. An
/// hour is usual when the shop sold in it in three weeks of four.
pub(super) fn no_data(hours: &SellingHours, now: DateTime<Utc>) -> Option<i64> {
    let (newest, oldest) = (hours.newest?, hours.oldest?);
    let hour = |at: DateTime<Utc>| at.timestamp_millis().div_euclid(HOUR_MS);
    let weeks = (hour(newest) - hour(oldest)) / WEEK_HOURS + 1;
    if weeks < WEEKS_MIN {
        return None;
    }
    let usual = |hour: &i64| {
        let sold = hours.weeks.get(&hour.rem_euclid(WEEK_HOURS));
        sold.is_some_and(|sold| sold * 4 >= weeks * 3)
    };
    let silent = (hour(newest) + 1..hour(now))
        .take(usize::try_from(SILENCE_MAX).unwrap_or(0))
        .filter(usual)
        .count();
    i64::try_from(silent).ok().filter(|n| *n >= SILENT_HOURS)
}

pub(super) fn too_many_rejections(read: i64, rejected: i64) -> bool {
    rejected >= REJECTED_MIN && rejected * REJECTED_ONE_IN >= read
}

pub(super) fn clocks_apart(offset_ms: i64) -> bool {
    offset_ms.abs() > APART_MS
}

pub(super) fn shared(state: &BudgetState, now: DateTime<Utc>) -> bool {
    state.foreign >= SHARED_SEEN && state.foreign_at.is_some_and(|at| now - at < SHARED_FOR)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(hour * HOUR_MS).expect("a time")
    }

    /// A shop that sold from 9 to 17 on the first five days of each of 8 weeks.
    fn shop() -> SellingHours {
        let mut weeks = BTreeMap::new();
        for day in 0..5 {
            for hour in 9..17 {
                weeks.insert(day * 24 + hour, 8);
            }
        }
        // Now and then somebody buys something in the evening.
        weeks.insert(20, 2);
        SellingHours {
            oldest: Some(at(9)),
            newest: Some(at(7 * WEEK_HOURS + 4 * 24 + 16)),
            weeks,
        }
    }

    #[test]
    fn silence_counts_in_hours_in_which_the_shop_usually_sells() {
        let shop = shop();
        let monday = 8 * WEEK_HOURS;
        assert_eq!(no_data(&shop, at(monday + 8)), None, "a quiet weekend");
        assert_eq!(
            no_data(&shop, at(monday + 11)),
            None,
            "two hours say little"
        );
        assert_eq!(no_data(&shop, at(monday + 12)), Some(3));
        assert_eq!(
            no_data(&shop, at(monday + 23)),
            Some(8),
            "the evening does not count"
        );
    }

    #[test]
    fn a_shop_that_is_hardly_known_raises_no_alarm() {
        let young = SellingHours {
            oldest: Some(at(6 * WEEK_HOURS)),
            ..shop()
        };
        assert_eq!(no_data(&young, at(9 * WEEK_HOURS)), None);
        assert_eq!(no_data(&SellingHours::default(), at(1_000)), None);
    }

    #[test]
    fn few_rejections_are_no_alarm() {
        assert!(!too_many_rejections(100, 19));
        assert!(!too_many_rejections(401, 20));
        assert!(too_many_rejections(400, 20));
    }

    #[test]
    fn clocks_may_be_a_little_apart() {
        assert!(!clocks_apart(-60_000));
        assert!(clocks_apart(600_000) && clocks_apart(-600_000));
    }
}
