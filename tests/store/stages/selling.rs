//! When a shop usually sells, as its stored sales tell.

use super::account::{Account, sale};
use chrono::{DateTime, TimeDelta, Utc};
use pipeline::{Clock, Feed};

#[tokio::test]
async fn the_hours_in_which_a_shop_sells_are_told_from_its_stored_sales() {
    let account = Account::open().await;
    let monday = account.home.clock.now().date_naive().and_hms_opt(10, 30, 0);
    let monday = monday.unwrap().and_utc();
    let mut rows = Vec::new();
    for week in 0..6 {
        // Two sales of one hour are one hour in which it sold.
        for (n, minutes) in [(1, 0), (2, 20), (3, 26 * 60)] {
            let at = monday - TimeDelta::weeks(week) + TimeDelta::minutes(minutes);
            let mut row = sale(100 - week * 10 + n, &at.to_rfc3339(), &[]);
            row["completeTime"] = at.to_rfc3339().into();
            rows.push(row);
        }
    }
    account.read(Feed::Sales, 1, &rows).await;
    let since = monday - TimeDelta::weeks(4);
    let hours = account.store.selling_hours(account.id, since).await;
    let hours = hours.unwrap();
    assert_eq!(hours.oldest, Some(since), "no more than was asked for");
    assert_eq!(hours.newest, Some(monday + TimeDelta::hours(26)));
    let hour = |at: DateTime<Utc>| (at.timestamp() / 3600) % storage::WEEK_HOURS;
    let expected = [(hour(monday), 5), (hour(monday + TimeDelta::hours(26)), 5)];
    assert_eq!(hours.weeks, expected.into_iter().collect());
}
