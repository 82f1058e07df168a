//! The path of an import through the door: turns that lose no wake-up, checkpoints that only move
//! forward, and records of which the newest version wins.

mod account;
mod checkpoints;
mod fences;
mod newest;
mod offers;
mod outcomes;
mod purchases;
mod refiltering;
mod requests;
mod retention;
mod rows;
mod selling;
mod sweeping;
mod vanished;

use account::{Account, EARLY, LEASE, item, sale};
use chrono::TimeDelta;
use pipeline::{Clock, Feed, Stage};
use std::time::Duration;
use storage::{Leave, StoreError, Trigger};

fn state(name: &str, turn: i64) -> (String, i64) {
    (name.to_owned(), turn)
}

#[tokio::test]
async fn a_wake_up_while_a_stage_runs_gets_a_successor() {
    let account = Account::open().await;
    let page = |observation| account.page(Feed::Items, observation, &[item(40, 1)]);
    assert_eq!(account.state(Stage::Normalize).await, state("idle", 0));
    account.store_page(page(1)).await.unwrap();
    assert_eq!(account.state(Stage::Normalize).await, state("queued", 1));
    // While it waits, more work is the same work.
    account.store_page(page(2)).await.unwrap();
    assert_eq!(account.state(Stage::Normalize).await, state("queued", 1));
    let (lease, job) = account.begin(Stage::Normalize).await;
    while let Some(page) = account.next_page().await {
        let read = pipeline::normalize::normalize(page.feed, &page.body, &["ItemShops"]);
        let committed = account
            .store
            .commit_normalized(&lease, &page, read.unwrap())
            .await;
        committed.unwrap();
    }
    // It has looked for the last time when this one arrives, which finds it still running.
    account.store_page(page(3)).await.unwrap();
    assert_eq!(account.state(Stage::Normalize).await, state("running", 1));
    let before = account.jobs().await;
    let leave = Leave::Settled { progressed: true };
    account.store.leave_turn(&lease, &job, leave).await.unwrap();
    assert_eq!(account.state(Stage::Normalize).await, state("queued", 2));
    assert_eq!(account.jobs().await, before + 1);
}

#[tokio::test]
async fn a_stage_that_finds_nothing_rests_until_it_is_woken() {
    let account = Account::open().await;
    account.observe(Feed::Items, 1, &[item(40, 1)]).await;
    account.pass(Stage::Normalize).await;
    assert_eq!(account.state(Stage::Normalize).await, state("idle", 1));
    account
        .store_page(account.page(Feed::Items, 2, &[item(40, 2)]))
        .await
        .unwrap();
    assert_eq!(account.state(Stage::Normalize).await, state("queued", 2));
    // Filter was woken by the records, load waits for the verdicts.
    assert_eq!(account.state(Stage::Filter).await, state("queued", 1));
    assert_eq!(account.state(Stage::Load).await, state("idle", 0));
    account.settle().await;
    assert_eq!(account.state(Stage::Load).await, state("queued", 1));
}

#[tokio::test]
async fn a_job_of_an_earlier_turn_does_nothing() {
    let account = Account::open().await;
    let (lease, old) = account.begin(Stage::Extract).await;
    assert!(account.begin_as(&old, "me").await.is_none());
    let leave = Leave::Settled { progressed: false };
    let left = account.store.leave_turn(&lease, &old, leave.clone()).await;
    left.unwrap();
    // The run is not read to its end, so extract goes on in a turn of its own.
    assert_eq!(account.state(Stage::Extract).await, state("queued", 2));
    let jobs = account.jobs().await;
    assert!(account.begin_as(&old, "me").await.is_none());
    let again = account.store.leave_turn(&lease, &old, leave).await;
    assert!(matches!(again, Err(StoreError::Fenced { .. })), "{again:?}");
    // Nor is it put off while somebody else is at the stage.
    account.lease(Stage::Extract).await;
    assert!(account.begin_as(&old, "another").await.is_none());
    assert_eq!(account.state(Stage::Extract).await, state("queued", 2));
    assert_eq!(account.jobs().await, jobs);
}

#[tokio::test]
async fn a_turn_that_cannot_begin_is_put_off() {
    let account = Account::open().await;
    let job = account.job(Stage::Extract).await;
    let held = account.lease(Stage::Extract).await;
    assert!(account.begin_as(&job, "another").await.is_none());
    assert_eq!(account.state(Stage::Extract).await, state("queued", 2));
    account.store.release_lease(&held).await.unwrap();
    assert!(account.begin_as(&job, "another").await.is_none());
    account.begin(Stage::Extract).await;
}

#[tokio::test]
async fn failures_are_counted_until_something_is_carried_through() {
    let account = Account::open().await;
    let at = account.home.clock.now() + TimeDelta::seconds(60);
    let cause = || "the source is down".to_owned();
    for attempt in 1..=2 {
        let (lease, job) = account.begin(Stage::Extract).await;
        let leave = Leave::RetryAt {
            at,
            cause: cause(),
            progressed: false,
        };
        account.store.leave_turn(&lease, &job, leave).await.unwrap();
        let stage = account.stage(Stage::Extract).await;
        assert_eq!((stage.attempts, stage.next_at), (attempt, Some(at)));
        assert_eq!(stage.cause.as_deref(), Some("the source is down"));
    }
    // To wait for budget is no failure.
    let (lease, job) = account.begin(Stage::Extract).await;
    let leave = Leave::WaitUntil { at, cause: cause() };
    account.store.leave_turn(&lease, &job, leave).await.unwrap();
    assert_eq!(account.stage(Stage::Extract).await.attempts, 2);
    // A person need not wait.
    account.store.hurry(account.id).await.unwrap();
    assert_eq!(account.stage(Stage::Extract).await.next_at, None);
    for (progressed, attempts) in [(false, 2), (true, 0)] {
        let (lease, job) = account.begin(Stage::Extract).await;
        let leave = Leave::Settled { progressed };
        account.store.leave_turn(&lease, &job, leave).await.unwrap();
        let stage = account.stage(Stage::Extract).await;
        assert_eq!((stage.attempts, stage.cause), (attempts, None));
    }
}

#[tokio::test]
async fn what_is_put_off_is_in_the_queue_for_then_whoever_takes_over() {
    let account = Account::open().await;
    let (store, clock) = (&account.store, &account.home.clock);
    let at = clock.now() + TimeDelta::seconds(90);
    let (lease, job) = account.begin(Stage::Extract).await;
    let leave = Leave::RetryAt {
        at,
        cause: "the source is down".to_owned(),
        progressed: false,
    };
    store.leave_turn(&lease, &job, leave).await.unwrap();
    for lost in [false, true, false] {
        if lost {
            let jobs = sqlx::query("DELETE FROM Jobs WHERE job_type = 'extract'");
            jobs.execute(store.queue_pool()).await.unwrap();
        }
        // What whoever becomes the worker does first; and somebody asks for a run.
        store.end_all_leases().await.unwrap();
        store.return_claimed_jobs().await.unwrap();
        store.sweep_stages().await.unwrap();
        let asked = store.request_import(account.id, Trigger::Schedule).await;
        assert!(asked.unwrap().joined);
        let jobs = "SELECT run_at FROM Jobs WHERE job_type = 'extract' AND status = 'Pending'
                    AND idempotency_key = (SELECT connection_id || ':' || run_id || ':' || stage
                        || ':' || turn FROM stages WHERE stage = 'extract')";
        let due: Vec<i64> = sqlx::query_scalar(jobs)
            .fetch_all(store.queue_pool())
            .await
            .unwrap();
        assert_eq!(due, [at.timestamp()], "lost: {lost}");
        assert_eq!(account.stage(Stage::Extract).await.next_at, Some(at));
        clock.advance(Duration::from_secs(20));
    }
}

#[tokio::test]
async fn what_only_a_person_can_change_ends_the_run() {
    let account = Account::open().await;
    let (lease, job) = account.begin(Stage::Extract).await;
    let cause = "the grant was revoked".to_owned();
    let leave = Leave::Stop { cause };
    account.store.leave_turn(&lease, &job, leave).await.unwrap();
    let run = account.store.run(account.run).await.unwrap();
    assert_eq!(
        (run.state.as_str(), run.reason.as_deref()),
        ("failed", Some("the grant was revoked"))
    );
    let events = account.store.events(account.id, 1).await.unwrap();
    assert_eq!(events[0].code, "run_failed");
    // Whoever repeats the command has changed it, so the run goes on from its checkpoints.
    let (next, joined) = account.store.open_backfill(account.id).await.unwrap();
    assert_eq!((next, joined), (account.run, true));
    assert_eq!(account.store.run(next).await.unwrap().state, "open");
}

#[tokio::test]
async fn a_run_ends_when_nothing_of_it_is_left() {
    let account = Account::open().await;
    account
        .observe(
            Feed::Sales,
            1,
            &[sale(1, EARLY, &[account::line(1, 40, 1)])],
        )
        .await;
    account.observe(Feed::Items, 2, &[item(40, 5)]).await;
    account.end_feeds().await;
    account.pass(Stage::Extract).await;
    account.pass(Stage::Normalize).await;
    let running = account.store.run(account.run).await.unwrap();
    assert_eq!(running.state, "open", "its records are still on their way");
    account.settle().await;
    account.pass(Stage::Filter).await;
    account.pass(Stage::Load).await;
    let run = account.store.run(account.run).await.unwrap();
    assert_eq!(run.state, "done");
    assert!(run.ended_at.is_some() && run.extracted_at.is_some());
    assert_eq!(account.order(1).await, "40 x 1");
    // Its stages are at rest, and nothing has to be revived, however late it is.
    account.home.clock.advance(LEASE * 2);
    assert_eq!(account.store.sweep_stages().await.unwrap(), 0);
}
