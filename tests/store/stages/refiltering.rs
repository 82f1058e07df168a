//! Changed settings: one transaction with the run that carries them out, walked in pages that are
//! never walked twice.

use super::account::{Account, EARLY, item, line, sale, since};
use crate::support::settings;
use pipeline::id::RunId;
use pipeline::settings::{Returns, Settings};
use pipeline::{Feed, Stage};
use storage::{REFILTER, SettingsChange};

fn other() -> Settings {
    Settings {
        returns: Returns::Ignore,
        ..settings()
    }
}

async fn change(account: &Account, before: i64, settings: &Settings) -> SettingsChange {
    let change =
        account
            .store
            .change_settings(account.id, before, settings, "anna", "returns: a -> b");
    change.await.unwrap()
}

/// An account with these many sales, read to the end of its backfill.
async fn filled(sales: i64) -> Account {
    let account = Account::open().await;
    account.observe(Feed::Items, 1, &[item(7, 3)]).await;
    let rows: Vec<_> = (1..=sales)
        .map(|id| sale(id, EARLY, &[line(id, 7, 1)]))
        .collect();
    account.observe(Feed::Sales, 2, &rows).await;
    account.settle().await;
    account
}

/// Asks for pages until there is none, deciding and loading after each as the stages would.
async fn walk(account: &Account) -> Vec<usize> {
    let mut pages = Vec::new();
    loop {
        let lease = account.lease(Stage::Filter).await;
        if !account.store.refilter_page(&lease).await.unwrap() {
            return pages;
        }
        pages.push(account.filter_work().await.subjects.len());
        account.settle().await;
    }
}

#[tokio::test]
async fn a_change_is_a_version_an_event_and_a_run_at_once() {
    let account = filled(3).await;
    let SettingsChange::Opened { version, run } = change(&account, 1, &other()).await else {
        panic!("it was not taken");
    };
    assert_eq!(version, 2);
    let store = &account.store;
    let history = store.settings_history(account.id).await.unwrap();
    assert_eq!(
        (history[0].version, history[0].changed_by.as_str()),
        (2, "anna")
    );
    let event = &store.events(account.id, 1).await.unwrap()[0];
    assert_eq!(
        (event.code.as_str(), event.run),
        ("settings_changed", Some(run))
    );
    assert!(
        event.text.contains("anna") && event.text.contains("a -> b"),
        "{}",
        event.text
    );
    assert_eq!(
        store.open_run(account.id, REFILTER).await.unwrap(),
        Some(run)
    );
    // Never two at once, and never against another version than the one looked at.
    assert_eq!(
        change(&account, 2, &settings()).await,
        SettingsChange::Underway(run)
    );
    assert_eq!(store.resume_refilter(account.id).await.unwrap(), Some(run));
    assert_eq!(store.current_settings(account.id).await.unwrap().version, 2);
    walk(&account).await;
    // Ends what has nothing left, as whoever leaves a stage does.
    store.sweep_stages().await.unwrap();
    assert_eq!(store.run(run).await.unwrap().state, "done");
    assert_eq!(
        change(&account, 1, &settings()).await,
        SettingsChange::Overtaken
    );
    assert_eq!(store.runs(account.id, 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn every_record_of_an_older_version_is_touched_once_in_pages() {
    let account = filled(1_250).await;
    let SettingsChange::Opened { run, .. } = change(&account, 1, &other()).await else {
        panic!("it was not taken");
    };
    // One item, then the sales: full pages, a rest, and an end.
    let pages = walk(&account).await;
    assert_eq!(
        pages.iter().filter(|page| **page > 0).count(),
        3,
        "{pages:?}"
    );
    let tally = of_run(&account, run, Feed::Sales, Stage::Extract).await;
    assert_eq!(tally, 1_250);
    assert_eq!(
        of_run(&account, run, Feed::Sales, Stage::Filter).await,
        1_250
    );
    assert_eq!(of_run(&account, run, Feed::Sales, Stage::Load).await, 1_250);
    let (feeds, walks) = account.store.feed_runs(run).await.unwrap();
    assert!(feeds.iter().all(|feed| feed.state == "done"), "{feeds:?}");
    let sales = walks.iter().find(|walk| walk.feed == Feed::Sales).unwrap();
    assert_eq!((sales.rows, sales.last, sales.done), (1_250, 1_250, true));
    assert!(account.store.run(run).await.unwrap().extracted_at.is_some());
}

#[tokio::test]
async fn what_was_decided_anew_meanwhile_is_not_touched_again() {
    let account = filled(5).await;
    let late = EARLY.parse::<chrono::DateTime<chrono::Utc>>().unwrap() + chrono::TimeDelta::days(1);
    let SettingsChange::Opened { run, .. } = change(&account, 1, &since(late)).await else {
        panic!("it was not taken");
    };
    // Read again by the backfill before the refilter came to it.
    let rows = [sale(2, EARLY, &[line(2, 7, 1)])];
    account.observe(Feed::Sales, 3, &rows).await;
    account.settle().await;
    walk(&account).await;
    assert_eq!(of_run(&account, run, Feed::Sales, Stage::Extract).await, 4);
    for id in 1..=5 {
        assert_eq!(account.order(id).await, "none", "sale {id}");
    }
}

async fn of_run(account: &Account, run: RunId, feed: Feed, stage: Stage) -> i64 {
    let tallies = account.store.tallies(run).await.unwrap();
    let tally = tallies.get(&(feed, stage)).cloned().unwrap_or_default();
    assert!(tally.balances(), "{tally:?}");
    tally.entered
}
