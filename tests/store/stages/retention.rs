//! Retention: what is old goes, what is needed stays, and the database stops growing.

use super::account::{Account, EARLY, item, line, sale};
use super::requests::finish;
use pipeline::{Feed, Stage};
use serde_json::json;
use std::time::Duration;
use storage::{Keep, Served, SlotKind, Trigger};

const DAY: Duration = Duration::from_secs(86_400);

async fn pages(account: &Account) -> i64 {
    count(account, "SELECT count(*) FROM pages").await
}

async fn count(account: &Account, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql)
        .fetch_one(account.store.queue_pool())
        .await
        .unwrap()
}

async fn trim(account: &Account) -> storage::Trimmed {
    account
        .store
        .trim(&Keep::default(), || false)
        .await
        .unwrap()
}

#[tokio::test]
async fn pages_go_30_days_after_their_run_has_ended() {
    let account = Account::open().await;
    account.observe(Feed::Items, 1, &[item(40, 5)]).await;
    account.pass(Stage::Normalize).await;
    account.settle().await;
    account.home.clock.advance(DAY * 40);
    assert_eq!(trim(&account).await.pages, 0, "the run is still open");
    finish(&account).await;
    account.home.clock.advance(DAY * 29);
    assert_eq!(trim(&account).await.pages, 0);
    account.home.clock.advance(DAY * 2);
    assert_eq!(trim(&account).await.pages, 1);
    assert_eq!(pages(&account).await, 0);
    // Without pages its stages have nothing to say; the run and its arithmetic stay for 400 days.
    assert_eq!(
        count(&account, "SELECT count(*) FROM stages WHERE run_id > 0").await,
        0
    );
    assert_eq!(
        account.tally(Feed::Items, Stage::Load).await.of("loaded"),
        1
    );
}

#[tokio::test]
async fn a_page_with_an_open_rejection_stays_as_long_as_it() {
    let account = Account::open().await;
    let half = json!({"saleID": "7", "timeStamp": EARLY, "completed": "true",
                      "SaleLines": {"SaleLine": {"saleLineID": "x"}}});
    account.observe(Feed::Sales, 1, &[half]).await;
    account.settle().await;
    finish(&account).await;
    assert_eq!(account.store.open_rejections(account.id).await.unwrap(), 1);
    account.home.clock.advance(DAY * 100);
    assert_eq!(trim(&account).await.pages, 0);
    sqlx::query("UPDATE rejections SET resolved_at = 1")
        .execute(account.store.queue_pool())
        .await
        .unwrap();
    assert_eq!(trim(&account).await.pages, 1);
}

#[tokio::test]
async fn a_page_that_no_stage_has_passed_stays() {
    let account = Account::open().await;
    let page = account.page(Feed::Items, 1, &[item(40, 1)]);
    account.store_page(page).await.unwrap();
    account.store.cancel(account.id).await.unwrap();
    account.home.clock.advance(DAY * 100);
    assert_eq!(trim(&account).await.pages, 0, "normalize has not read it");
    let page = account.next_page().await.unwrap();
    account.normalize(&page).await.unwrap();
    assert_eq!(trim(&account).await.pages, 0, "its record is on its way");
    account.settle().await;
    assert_eq!(trim(&account).await.pages, 1);
}

#[tokio::test]
async fn the_run_that_read_the_history_is_never_forgotten() {
    let mut account = Account::open().await;
    finish(&account).await;
    let backfill = account.run;
    for _ in 0..3 {
        account.home.clock.advance(DAY * 401);
        let asked = account.store.request_import(account.id, Trigger::Schedule);
        account.run = asked.await.unwrap().run;
        finish(&account).await;
    }
    account.home.clock.advance(DAY * 401);
    assert_eq!(trim(&account).await.runs, 2);
    assert_eq!(account.store.run(backfill).await.unwrap().state, "done");
    let next = account.store.request_import(account.id, Trigger::Schedule);
    let run = next.await.unwrap().run;
    assert_eq!(account.store.run(run).await.unwrap().kind, "incremental");
}

/// A quarter of a day in each cycle: a sale, an item, a slot, a run, and the trimming after it.
async fn cycle(account: &mut Account, n: i64) {
    account.home.clock.advance(DAY / 4);
    let due = pipeline::Clock::now(account.home.clock.as_ref());
    let served = account
        .store
        .serve_slot(account.id, SlotKind::Import, due)
        .await;
    account.run = match served.unwrap() {
        Served::Run(requested) => requested.run,
        other => panic!("{other:?}"),
    };
    let rows = [sale(n % 20 + 1, EARLY, &[line(n % 20 + 1, 40, n % 5 + 1)])];
    account.observe(Feed::Items, n * 2, &[item(40, n)]).await;
    account.observe(Feed::Sales, n * 2 + 1, &rows).await;
    account.settle().await;
    account.pass(Stage::Normalize).await;
    for sql in [
        "UPDATE feed_runs SET state = 'done' WHERE state = 'waiting'",
        "UPDATE runs SET extracted_at = 1 WHERE state = 'open'",
        "UPDATE Jobs SET status = 'Done', done_at = run_at WHERE status = 'Pending'",
    ] {
        let done = sqlx::query(sql).execute(account.store.queue_pool());
        done.await.unwrap();
    }
    account.pass(Stage::Extract).await;
    let keep = Keep {
        runs: DAY * 120,
        ..Keep::default()
    };
    account.store.trim(&keep, || false).await.unwrap();
}

#[tokio::test]
async fn after_1000_cycles_the_database_has_stopped_growing() {
    let mut account = Account::open().await;
    finish(&account).await;
    let mut sizes = Vec::new();
    for n in 0..1_000 {
        cycle(&mut account, n).await;
        if n % 100 == 99 {
            sizes.push(account.store.pulse().await.unwrap().bytes);
        }
    }
    let (settled, last) = (sizes[5], sizes[9]);
    assert!(last <= settled + settled / 50, "{sizes:?}");
    assert!(pages(&account).await <= 2 * (30 * 4 + 2));
    let runs = count(&account, "SELECT count(*) FROM runs").await;
    assert!((480..=490).contains(&runs), "{runs}");
    for (sql, most) in [
        ("SELECT count(*) FROM Jobs", 60),
        ("SELECT count(*) FROM slots", 365),
        ("SELECT count(*) FROM stages", 2 * 125 + 4),
    ] {
        let n = count(&account, sql).await;
        assert!(n <= most, "{sql}: {n}");
    }
}
