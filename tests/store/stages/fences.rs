//! Who was overtaken writes nothing.

use super::account::{Account, EARLY, compute, item, line, sale, verdicts};
use super::state;
use pipeline::normalize::normalize;
use pipeline::{Feed, Stage};
use storage::{FeedPlan, Leave, StoreError};

fn fenced<T: std::fmt::Debug>(result: Result<T, StoreError>, stage: Stage) {
    let error = result.unwrap_err();
    assert!(
        matches!(&error, StoreError::Fenced { role } if role == stage.name()),
        "{error}"
    );
}

#[tokio::test]
async fn a_stage_that_was_taken_over_stores_no_page_and_leaves_no_turn() {
    let account = Account::open().await;
    let (old, job) = account.begin(Stage::Extract).await;
    account.lease(Stage::Extract).await;
    let (store, run) = (&account.store, account.run);
    let plan = FeedPlan::default();
    let plans = [(Feed::Items, plan)];
    fenced(store.plan_feeds(&old, run, &plans).await, Stage::Extract);
    let page = account.page(Feed::Items, 1, &[item(40, 1)]);
    fenced(store.store_page(&old, page).await, Stage::Extract);
    assert!(account.next_page().await.is_none());
    assert_eq!(account.state(Stage::Normalize).await, state("idle", 0));
    assert_eq!(account.observation().await, 0);
    assert!(store.tallies(run).await.unwrap().is_empty());
    let (feeds, walks) = store.feed_runs(run).await.unwrap();
    assert!(walks.is_empty() && feeds.iter().all(|feed| feed.state == "waiting"));
    let leave = Leave::Settled { progressed: true };
    fenced(store.leave_turn(&old, &job, leave).await, Stage::Extract);
    assert_eq!(account.state(Stage::Extract).await, state("running", 1));
}

#[tokio::test]
async fn a_stage_that_was_taken_over_carries_nothing_through() {
    let account = Account::open().await;
    let store = &account.store;
    let rows = [sale(1, EARLY, &[line(1, 40, 1)])];
    account
        .store_page(account.page(Feed::Sales, 1, &rows))
        .await
        .unwrap();
    let page = account.next_page().await.unwrap();
    let read = normalize(page.feed, &page.body, &["SaleLines"]).unwrap();

    let old = account.lease(Stage::Normalize).await;
    account.lease(Stage::Normalize).await;
    let committed = store.commit_normalized(&old, &page, read).await;
    fenced(committed, Stage::Normalize);
    assert!(account.next_page().await.is_some());
    assert!(account.filter_work().await.subjects.is_empty());
    account.normalize(&page).await.unwrap();

    let old = account.lease(Stage::Filter).await;
    account.lease(Stage::Filter).await;
    let work = account.filter_work().await;
    let committed = store.commit_verdicts(&old, &work, &verdicts(&work)).await;
    fenced(committed, Stage::Filter);
    assert_eq!(account.filter_work().await.subjects.len(), 1);
    assert!(account.load_work().await.is_empty());
    let lease = account.lease(Stage::Filter).await;
    let committed = store.commit_verdicts(&lease, &work, &verdicts(&work)).await;
    assert!(committed.unwrap());

    let old = account.lease(Stage::Load).await;
    account.lease(Stage::Load).await;
    let work = account.load_work().await;
    let committed = store.commit_loaded(&old, &work, &compute(&work)).await;
    fenced(committed, Stage::Load);
    assert!(!account.load_work().await.is_empty());
    let wanted = store
        .wanted_after(account.id, Feed::Items, 0, 10)
        .await
        .unwrap();
    assert!(wanted.is_empty(), "its sale names an item that is not held");
    account.settle().await;
    let wanted = store
        .wanted_after(account.id, Feed::Items, 0, 10)
        .await
        .unwrap();
    assert_eq!(wanted, [40]);
}
