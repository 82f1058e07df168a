//! Opening: settings that make a commit durable, tables, addresses.

use crate::support::{Home, connect, new_connection};
use pipeline::Class;
use sqlx::sqlite::LockedSqliteHandle;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use storage::{OnConnect, Store, StoreError};

#[tokio::test]
async fn every_pooled_connection_commits_durably() {
    let home = Home::new();
    let store = home.open().await;
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(store.reading_pool().acquire().await.unwrap());
    }
    for conn in &mut held {
        let conn = &mut **conn;
        let mode: String = sqlx::query_scalar("PRAGMA journal_mode")
            .fetch_one(&mut *conn)
            .await
            .unwrap();
        let sync: i64 = sqlx::query_scalar("PRAGMA synchronous")
            .fetch_one(&mut *conn)
            .await
            .unwrap();
        let keys: i64 = sqlx::query_scalar("PRAGMA foreign_keys")
            .fetch_one(&mut *conn)
            .await
            .unwrap();
        assert_eq!((mode.as_str(), sync, keys), ("wal", 2, 1));
    }
}

#[tokio::test]
async fn a_postgres_address_is_refused_without_repeating_its_password() {
    let home = Home::new();
    let mut options = home.options();
    options.url = "postgres://user:hunter2@host/db".to_owned();
    let error = storage::Store::open(options).await.unwrap_err();
    assert!(matches!(error, StoreError::Address { .. }));
    assert!(error.to_string().contains("not built yet"), "{error}");
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
}

#[tokio::test]
async fn an_address_that_names_no_file_is_refused() {
    let home = Home::new();
    for url in ["sqlite::memory:", "sqlite:", "mysql://x/y"] {
        let mut options = home.options();
        options.url = url.to_owned();
        let error = storage::Store::open(options).await.unwrap_err();
        assert!(
            matches!(error, StoreError::Address { .. }),
            "{url}: {error}"
        );
    }
}

#[tokio::test]
async fn only_who_may_make_a_database_makes_one() {
    let home = Home::new();
    let mut options = home.options();
    options.create = false;
    let error = storage::Store::open(options.clone()).await.unwrap_err();
    assert!(matches!(error, StoreError::NoDatabase { .. }));
    assert!(!home.database().exists());
    home.open().await.close().await;
    storage::Store::open(options).await.unwrap();
}

#[tokio::test]
async fn opening_again_changes_nothing() {
    let home = Home::new();
    let store = home.open().await;
    connect(&store, "shop").await;
    store.close().await;
    for _ in 0..2 {
        let store = home.open().await;
        assert_eq!(store.connections().await.unwrap().len(), 1);
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_first_starts_at_once_make_one_database_and_one_key() {
    for _ in 0..5 {
        let home = Home::new();
        let (one, two) = tokio::join!(
            tokio::spawn(storage::Store::open(home.options())),
            tokio::spawn(storage::Store::open(home.options())),
        );
        let (one, two) = (one.unwrap().unwrap(), two.unwrap().unwrap());
        let id = connect(&one, "shop").await;
        one.put_secret(id, "k", 1, &crate::support::secret("s"))
            .await
            .unwrap();
        assert!(two.secret(id, "k").await.unwrap().is_some());
    }
}

/// A database whose connections were told, each by its handle, when to fail; and what tells them.
pub(crate) async fn failing(
    home: &Home,
    tell: fn(&mut LockedSqliteHandle<'_>, Arc<AtomicBool>),
) -> (Store, Arc<AtomicBool>) {
    let fails = Arc::new(AtomicBool::new(false));
    let told = fails.clone();
    let on_connect: OnConnect = Arc::new(move |conn| {
        let fails = told.clone();
        Box::pin(async move {
            tell(&mut conn.lock_handle().await?, fails);
            Ok(())
        })
    });
    let store = Store::open_with(home.options(), Some(on_connect)).await;
    (store.unwrap(), fails)
}

/// As when the disk is full: the transaction is over, and the connection does not know it.
#[tokio::test]
async fn a_commit_that_failed_spoils_no_later_one() {
    let home = Home::new();
    let (store, fails) = failing(&home, |handle, fails| {
        handle.set_commit_hook(move || !fails.swap(false, Ordering::SeqCst));
    })
    .await;
    fails.store(true, Ordering::SeqCst);
    let refused = store.save_draft(&new_connection("shop"), None).await;
    assert!(refused.is_err() && store.connections().await.unwrap().is_empty());
    store
        .save_draft(&new_connection("shop"), None)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_statement_that_was_cut_off_is_worth_another_try() {
    let home = Home::new();
    let (store, fails) = failing(&home, |handle, fails| {
        handle.set_progress_handler(1, move || !fails.swap(false, Ordering::SeqCst));
    })
    .await;
    fails.store(true, Ordering::SeqCst);
    let refused = store.save_draft(&new_connection("shop"), None).await;
    assert_eq!(refused.unwrap_err().class(), Class::Retry);
    store
        .save_draft(&new_connection("shop"), None)
        .await
        .unwrap();
}

/// As when another program holds the database for minutes.
#[tokio::test]
async fn a_writer_that_waited_in_vain_loses_nothing_and_may_try_again() {
    let home = Home::new();
    let on_connect: OnConnect = Arc::new(|conn| {
        Box::pin(async move {
            let short = sqlx::query("PRAGMA busy_timeout = 20");
            short.execute(conn).await.map(drop)
        })
    });
    let store = Store::open_with(home.options(), Some(on_connect)).await;
    let store = store.unwrap();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(home.database());
    let mut other = sqlx::ConnectOptions::connect(&options).await.unwrap();
    let held = sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await;
    held.unwrap();
    let refused = store.save_draft(&new_connection("shop"), None).await;
    let refused = refused.unwrap_err();
    assert!(matches!(refused, StoreError::Busy(_)), "{refused:?}");
    assert_eq!(refused.class(), Class::Retry);
    // Whoever reads is not held up.
    assert!(store.connections().await.unwrap().is_empty());
    let ended = sqlx::query("ROLLBACK").execute(&mut other).await;
    ended.unwrap();
    store
        .save_draft(&new_connection("shop"), None)
        .await
        .unwrap();
}

/// A worker of the queue that failed is started again at once, and would fail as fast as it can.
#[tokio::test]
async fn after_a_failure_the_next_look_for_jobs_waits_a_moment() {
    for failed in [false, true] {
        let home = Home::new();
        let store = home.open().await;
        if failed {
            store.rest();
        }
        tokio::time::pause();
        let began = tokio::time::Instant::now();
        let conn = store.queue_pool().acquire().await.unwrap();
        assert_eq!(began.elapsed().as_secs(), u64::from(failed));
        tokio::time::resume();
        drop(conn);
    }
}
