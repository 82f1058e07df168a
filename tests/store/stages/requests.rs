//! Requests for an import: who joins, who follows, and slots that are served once.

use super::account::{Account, item};
use chrono::{DateTime, TimeDelta, Utc};
use pipeline::id::RunId;
use pipeline::{Clock, Feed, Stage};
use storage::{ConnectionState, Leave, Requested, Served, SlotKind, Trigger};

async fn ask(account: &Account, trigger: Trigger) -> Requested {
    account
        .store
        .request_import(account.id, trigger)
        .await
        .unwrap()
}

async fn state_of(account: &Account, run: RunId) -> String {
    account.store.run(run).await.unwrap().state
}

/// Carries the open run of an account to its end.
pub(super) async fn finish(account: &Account) {
    account.end_feeds().await;
    account.pass(Stage::Extract).await;
    assert_eq!(state_of(account, account.run).await, "done");
}

#[tokio::test]
async fn a_request_joins_until_the_run_has_sent_something_and_then_one_follows() {
    let mut account = Account::open().await;
    let first = account.run;
    let joins = Requested {
        run: first,
        joined: true,
        again: None,
    };
    assert_eq!(ask(&account, Trigger::Manual).await, joins);
    account.begin(Stage::Extract).await;
    let twice = ask(&account, Trigger::Manual).await;
    let waiting = twice.again.unwrap();
    assert_eq!((twice.run, twice.joined), (first, true));
    assert_eq!(state_of(&account, waiting).await, "waiting");
    // A third one joins the waiting run, and the schedule asks for no more than there is.
    assert_eq!(ask(&account, Trigger::Manual).await, twice);
    assert_eq!(ask(&account, Trigger::Schedule).await, twice);
    // It begins in the transaction that ends the first, and reads what has changed.
    account.end_feeds().await;
    account.store.sweep_stages().await.unwrap();
    assert_eq!(state_of(&account, first).await, "done");
    let run = account.store.run(waiting).await.unwrap();
    assert_eq!(
        (run.state.as_str(), run.kind.as_str()),
        ("open", "incremental")
    );
    assert_eq!(run.requested_by, "manual");
    account.run = waiting;
    account.home.clock.advance(super::LEASE * 2);
    account.store.sweep_stages().await.unwrap();
    account.begin(Stage::Extract).await;
}

#[tokio::test]
async fn an_import_is_incremental_once_the_history_was_read() {
    let account = Account::open().await;
    finish(&account).await;
    let next = ask(&account, Trigger::Schedule).await;
    let run = account.store.run(next.run).await.unwrap();
    assert_eq!((next.joined, run.kind.as_str()), (false, "incremental"));
    assert_eq!(run.requested_by, "schedule");
}

#[tokio::test]
async fn beside_a_backfill_slots_read_what_it_has_read_and_go_first() {
    let account = Account::open().await;
    let backfill = account.run;
    account.end(&[Feed::Shops]).await;
    let joined = ask(&account, Trigger::Schedule).await;
    assert_eq!((joined.run, joined.joined), (backfill, true), "shops alone");
    account.end(&[Feed::Vendors, Feed::Items]).await;
    let beside = ask(&account, Trigger::Schedule).await;
    assert!(!beside.joined);
    let (feeds, _) = account.store.feed_runs(beside.run).await.unwrap();
    let mut feeds: Vec<Feed> = feeds.into_iter().map(|state| state.feed).collect();
    feeds.sort();
    let read = [Feed::Shops, Feed::Vendors, Feed::Items, Feed::Stock];
    assert_eq!(feeds, read);
    let gives_way = async |run| account.store.gives_way(account.id, run).await.unwrap();
    assert!(gives_way(backfill).await);
    assert!(!gives_way(beside.run).await);
    // The next slot joins it, and it ends by itself.
    assert_eq!(ask(&account, Trigger::Schedule).await.run, beside.run);
    let of_beside = Account {
        run: beside.run,
        ..account
    };
    of_beside.end_feeds().await;
    of_beside.pass(Stage::Extract).await;
    assert_eq!(state_of(&of_beside, beside.run).await, "done");
    assert_eq!(state_of(&of_beside, backfill).await, "open");
    let gives_way = of_beside.store.gives_way(of_beside.id, backfill).await;
    assert!(!gives_way.unwrap());
}

fn run_of(served: Served) -> Option<Requested> {
    match served {
        Served::Run(requested) => Some(requested),
        Served::Already | Served::NotNow => None,
    }
}

#[tokio::test]
async fn a_slot_is_served_once_by_whoever_comes_first() {
    let account = Account::open().await;
    finish(&account).await;
    let other = account.home.open().await;
    let due: DateTime<Utc> = account.home.clock.now();
    let both = tokio::join!(
        account.store.serve_slot(account.id, SlotKind::Import, due),
        other.serve_slot(account.id, SlotKind::Import, due)
    );
    let served: Vec<Requested> = [both.0.unwrap(), both.1.unwrap()]
        .into_iter()
        .filter_map(run_of)
        .collect();
    assert_eq!(served.len(), 1, "{served:?}");
    // The next one finds the run still open, and joins it instead of piling up.
    let later = due + TimeDelta::minutes(30);
    let joined = account
        .store
        .serve_slot(account.id, SlotKind::Import, later)
        .await;
    let joined = run_of(joined.unwrap()).unwrap();
    assert_eq!((joined.run, joined.joined), (served[0].run, true));
    let run = Some(joined.run);
    let slots = account
        .store
        .slots(account.id, SlotKind::Import)
        .await
        .unwrap();
    assert_eq!(slots, vec![(due, run), (later, run)]);
}

#[tokio::test]
async fn no_slot_is_served_while_paused_or_stopped() {
    let account = Account::open().await;
    let due = account.home.clock.now();
    assert!(account.store.pause(account.id).await.unwrap());
    let served = account
        .store
        .serve_slot(account.id, SlotKind::Import, due)
        .await;
    assert_eq!(served.unwrap(), Served::Already);
    assert!(account.store.resume(account.id).await.unwrap());
    let (lease, job) = account.begin(Stage::Extract).await;
    let cause = "no right to anything".to_owned();
    let leave = Leave::Stop { cause };
    account.store.leave_turn(&lease, &job, leave).await.unwrap();
    let stopped = account.store.stopped(account.id).await.unwrap().unwrap();
    assert_eq!(stopped.cause, "no right to anything");
    let served = account
        .store
        .serve_slot(account.id, SlotKind::Import, due)
        .await;
    assert_eq!(served.unwrap(), Served::Already);
    assert_eq!(account.store.scheduled().await.unwrap(), vec![]);
    // A person who asks again has mended it.
    let asked = ask(&account, Trigger::Manual).await;
    assert_eq!(asked.run, account.run, "the failed backfill goes on");
    assert_eq!(account.store.stopped(account.id).await.unwrap(), None);
    assert_eq!(account.store.scheduled().await.unwrap().len(), 1);
}

#[tokio::test]
async fn connecting_again_lets_the_schedule_go_on() {
    let account = Account::open().await;
    let (lease, job) = account.begin(Stage::Extract).await;
    let cause = "revoked".to_owned();
    let leave = Leave::Stop { cause };
    account.store.leave_turn(&lease, &job, leave).await.unwrap();
    let (active, gone) = (ConnectionState::Active, ConnectionState::NeedsReconnect);
    for (from, to) in [(active, gone), (gone, active)] {
        let moved = account
            .store
            .set_connection_state(account.id, &[from], to, None)
            .await;
        assert!(moved.unwrap());
    }
    assert_eq!(account.store.stopped(account.id).await.unwrap(), None);
    let asked = ask(&account, Trigger::Schedule).await;
    assert_eq!((asked.run, asked.joined), (account.run, false));
}

#[tokio::test]
async fn pause_ends_extraction_only_and_resume_goes_on() {
    let account = Account::open().await;
    let page = account.page(Feed::Items, 1, &[item(40, 1)]);
    account.store_page(page).await.unwrap();
    account.store.pause(account.id).await.unwrap();
    let may = account.store.may_extract(account.id, account.run).await;
    assert!(!may.unwrap());
    account.pass(Stage::Extract).await;
    assert_eq!(account.state(Stage::Extract).await.0, "idle");
    assert_eq!(account.store.sweep_stages().await.unwrap(), 0);
    // What is stored is carried through.
    assert_eq!(account.state(Stage::Normalize).await.0, "queued");
    assert_eq!(state_of(&account, account.run).await, "open");
    account.store.resume(account.id).await.unwrap();
    assert_eq!(account.state(Stage::Extract).await.0, "queued");
}

#[tokio::test]
async fn cancel_gives_up_the_run_and_the_one_that_waits() {
    let account = Account::open().await;
    account.begin(Stage::Extract).await;
    let waiting = ask(&account, Trigger::Manual).await.again.unwrap();
    let page = account.page(Feed::Items, 1, &[item(40, 1)]);
    account.store_page(page).await.unwrap();
    let cancelled = account.store.cancel(account.id).await.unwrap();
    assert_eq!(cancelled, vec![account.run, waiting]);
    for run in cancelled {
        assert_eq!(state_of(&account, run).await, "cancelled");
    }
    let page = account.next_page().await.unwrap();
    account.normalize(&page).await.unwrap();
    account.settle().await;
    assert_eq!(
        account.tally(Feed::Items, Stage::Load).await.of("loaded"),
        1
    );
    let next = ask(&account, Trigger::Manual).await;
    assert!(!next.joined && next.run != account.run);
}

#[tokio::test]
async fn progress_before_a_failure_forgets_earlier_ones() {
    let account = Account::open().await;
    let at = account.home.clock.now() + TimeDelta::seconds(5);
    for (progressed, attempts) in [(false, 1), (false, 2), (true, 1)] {
        let (lease, job) = account.begin(Stage::Extract).await;
        let leave = Leave::RetryAt {
            at,
            cause: "down".to_owned(),
            progressed,
        };
        account.store.leave_turn(&lease, &job, leave).await.unwrap();
        let stage = account.stage(Stage::Extract).await;
        assert_eq!(stage.attempts, attempts);
        assert_eq!(stage.waits_for.as_deref(), Some("retry"));
    }
}

#[tokio::test]
async fn a_feed_without_right_is_left_out_and_the_others_go_on() {
    let account = Account::open().await;
    let lease = account.lease(Stage::Extract).await;
    let forbid = |feed| {
        let (store, lease) = (&account.store, &lease);
        async move {
            store
                .forbid_feed(lease, account.run, feed, "no right")
                .await
        }
    };
    assert!(forbid(Feed::Sales).await.unwrap());
    let alarms = account.store.alarms(account.id).await.unwrap();
    assert_eq!(alarms[0].alarm.kind.name(), "rights_lost");
    assert_eq!(alarms[0].alarm.subject, "sales");
    let mut left = true;
    for feed in Feed::BACKFILL {
        left = forbid(feed).await.unwrap();
    }
    assert!(!left, "nothing may be read any more");
}
