//! Checkpoints: they only move forward, and only together with what they describe.

use super::account::{Account, EARLY, item, line, sale};
use super::state;
use crate::support::Crash;
use pipeline::{Clock, Feed, Reason, Stage};
use storage::{FeedPlan, NewPage, Slice, StoreError, Walk};

async fn planned(account: &Account, slices: &[(i64, Option<i64>)]) {
    let lease = account.lease(Stage::Extract).await;
    let plan = FeedPlan {
        highest_id: 900,
        server_at: Some(account.home.clock.now()),
        slices: slices
            .iter()
            .map(|(lower, upper)| Slice::of(*lower, *upper))
            .collect(),
        ..FeedPlan::default()
    };
    let plans = [(Feed::Items, plan)];
    let planned = account.store.plan_feeds(&lease, account.run, &plans);
    planned.await.unwrap();
}

async fn walk(account: &Account, slice: usize) -> Walk {
    let (_, walks) = account.store.feed_runs(account.run).await.unwrap();
    walks[slice].clone()
}

fn walked(account: &Account, last: Option<i64>, ended: bool) -> NewPage {
    let rows: Vec<_> = last.iter().map(|id| item(*id, 1)).collect();
    NewPage {
        slice: 0,
        last,
        ended,
        page_limit: 50,
        ..account.page(Feed::Items, 7, &rows)
    }
}

#[tokio::test]
async fn a_walk_only_moves_forward() {
    let account = Account::open().await;
    planned(&account, &[(1, Some(500)), (501, None)]).await;
    account
        .store_page(walked(&account, Some(100), false))
        .await
        .unwrap();
    let there = walk(&account, 0).await;
    assert_eq!((there.last, there.pages, there.rows), (100, 1, 1));
    assert_eq!((there.page_limit, there.done), (50, false));
    assert_eq!(walk(&account, 1).await.last, 500);
    for last in [100, 99] {
        let again = NewPage {
            observation: 8,
            ..walked(&account, Some(last), false)
        };
        let error = account.store_page(again).await.unwrap_err();
        assert!(matches!(error, StoreError::Inconsistent { .. }), "{error}");
    }
    // Nothing of the refused pages has stayed.
    assert_eq!(walk(&account, 0).await, there);
    let backlog = account.store.backlog(account.id, account.run).await;
    assert_eq!(backlog.unwrap().pages, 1);
    assert_eq!(account.observation().await, 7);
    assert_eq!(account.tally(Feed::Items, Stage::Extract).await.entered, 1);
    // What is planned stays planned.
    planned(&account, &[(1, None)]).await;
    assert_eq!(walk(&account, 0).await, there);
}

#[tokio::test]
async fn a_page_its_checkpoint_and_its_wake_up_come_together_or_not_at_all() {
    let account = Account::open().await;
    planned(&account, &[(1, None)]).await;
    let lease = account.lease(Stage::Extract).await;
    for polls in 0.. {
        let page = walked(&account, Some(100), false);
        let stored = Crash::after(polls, account.store.store_page(&lease, page)).await;
        let seen = (
            account.next_page().await.is_some(),
            walk(&account, 0).await.last == 100,
            account.state(Stage::Normalize).await == state("queued", 1),
        );
        assert!(
            [(true, true, true), (false, false, false)].contains(&seen),
            "after {polls} polls: {seen:?}"
        );
        if let Some(stored) = stored {
            stored.unwrap();
            assert!(polls > 1 && seen.0);
            break;
        }
        if seen.0 {
            // Let go of between the commit and the answer: done all the same.
            break;
        }
    }
}

#[tokio::test]
async fn a_feed_ends_with_its_last_walk_and_says_up_to_when_it_was_seen() {
    let account = Account::open().await;
    planned(&account, &[(1, None)]).await;
    // An empty page is no evidence of anything but the end.
    account
        .store_page(walked(&account, None, true))
        .await
        .unwrap();
    assert!(account.next_page().await.is_none());
    assert!(walk(&account, 0).await.done);
    let (feeds, _) = account.store.feed_runs(account.run).await.unwrap();
    let items = feeds.iter().find(|feed| feed.feed == Feed::Items).unwrap();
    assert_eq!(
        (items.state.as_str(), items.highest_id),
        ("done", Some(900))
    );
    let marks = account.store.watermarks(account.id).await.unwrap();
    let feeds: Vec<Feed> = marks.iter().map(|mark| mark.feed).collect();
    assert_eq!(
        feeds,
        [Feed::Items, Feed::Stock],
        "stock came with its items"
    );
    assert!(
        marks
            .iter()
            .all(|mark| mark.complete_to < account.home.clock.now())
    );
    // A walk that has ended does not begin again.
    let more = account.store_page(walked(&account, Some(200), false)).await;
    assert!(more.is_err());
}

#[tokio::test]
async fn a_record_that_cannot_be_delivered_is_passed_once() {
    let account = Account::open().await;
    planned(&account, &[(1, None)]).await;
    let lease = account.lease(Stage::Extract).await;
    let there = walk(&account, 0).await;
    for _ in 0..2 {
        let passed =
            account
                .store
                .pass_undeliverable(&lease, account.run, &there, 40, "it answers 500");
        passed.await.unwrap();
    }
    assert_eq!(walk(&account, 0).await.last, 40);
    let rejections = account.store.rejections(account.id, 0, 10).await.unwrap();
    assert_eq!(rejections.len(), 1);
    assert_eq!(
        (rejections[0].record, rejections[0].reason),
        (Some(40), Some(Reason::Undeliverable))
    );
    let tally = account.tally(Feed::Items, Stage::Extract).await;
    assert_eq!((tally.entered, tally.of("rejected")), (1, 1));
    // Once it is delivered, nobody says so any more.
    account.observe(Feed::Items, 8, &[item(40, 1)]).await;
    let rejections = account.store.rejections(account.id, 0, 10).await.unwrap();
    assert!(rejections.is_empty(), "{rejections:?}");
}

#[tokio::test]
async fn a_page_is_normalized_once() {
    let account = Account::open().await;
    let rows = [sale(1, EARLY, &[line(1, 40, 1)])];
    let page = account.observe(Feed::Sales, 1, &rows).await;
    let tally = account.tally(Feed::Sales, Stage::Normalize).await;
    assert_eq!((tally.entered, tally.of("passed")), (1, 1));
    let touched = account.filter_work().await.subjects.len();
    account.normalize(&page).await.unwrap();
    assert_eq!(account.tally(Feed::Sales, Stage::Normalize).await, tally);
    assert_eq!(account.filter_work().await.subjects.len(), touched);
    assert_eq!(account.sale(1).await.version, 1);
    // Pages are carried through in the order of their commits.
    for observation in 2..4 {
        let page = account.page(Feed::Sales, observation, &rows);
        account.store_page(page).await.unwrap();
    }
    let first = account.next_page().await.unwrap();
    account.normalize(&first).await.unwrap();
    let second = account.next_page().await.unwrap();
    assert!(first.id < second.id);
    account.normalize(&second).await.unwrap();
    account.normalize(&first).await.unwrap();
    assert!(account.next_page().await.is_none());
}
