//! Token pairs: one successor, whoever comes first, and nothing half-way.

use crate::support::{Crash, Home, new_connection, plain, secret};
use pipeline::Clock;
use pipeline::id::ConnectionId;
use std::time::Duration;
use storage::{NewTokens, Store, StoreError};

fn pair(name: &str) -> NewTokens {
    NewTokens {
        access: Some(secret(&format!("access {name}"))),
        refresh: secret(&format!("refresh {name}")),
        expires_at: None,
    }
}

async fn supplied(store: &Store) -> ConnectionId {
    store
        .save_draft(&new_connection("shop"), Some(&secret("supplied")))
        .await
        .unwrap()
}

#[tokio::test]
async fn a_pair_comes_back_whole() {
    let home = Home::new();
    let store = home.open().await;
    let id = supplied(&store).await;
    let expires = home.clock.now() + Duration::from_secs(1800);
    let new = NewTokens {
        expires_at: Some(expires),
        ..pair("a")
    };
    let committed = store.commit_tokens(id, 1, &new).await.unwrap();
    let stored = home.open().await.tokens(id).await.unwrap().unwrap();
    for row in [committed, stored] {
        assert_eq!(row.generation, 2);
        assert_eq!(plain(&row.access.unwrap()), "access a");
        assert_eq!(plain(&row.refresh), "refresh a");
        assert_eq!(row.expires_at, Some(expires));
    }
}

#[tokio::test]
async fn only_the_successor_of_the_newest_is_stored() {
    let home = Home::new();
    let store = home.open().await;
    let id = supplied(&store).await;
    store.commit_tokens(id, 1, &pair("a")).await.unwrap();
    store.commit_tokens(id, 2, &pair("b")).await.unwrap();
    let late = store.commit_tokens(id, 1, &pair("late")).await.unwrap();
    assert_eq!((late.generation, plain(&late.refresh)), (3, "refresh b"));
    let error = store
        .commit_tokens(id, 7, &pair("ahead"))
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::NotFound { .. }), "{error}");
    assert!(
        store
            .commit_tokens(ConnectionId(9), 0, &pair("stray"))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn the_pair_before_is_kept_and_older_ones_are_not() {
    let home = Home::new();
    let store = home.open().await;
    let id = supplied(&store).await;
    for from in 1..5 {
        store.commit_tokens(id, from, &pair("x")).await.unwrap();
    }
    let kept: Vec<i64> = sqlx::query_scalar("SELECT generation FROM secrets ORDER BY generation")
        .fetch_all(store.queue_pool())
        .await
        .unwrap();
    assert_eq!(kept, [4, 5]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_at_once_one_wins_and_both_hold_its_pair() {
    let home = Home::new();
    let one = home.open().await;
    let two = home.open().await;
    let id = supplied(&one).await;
    for generation in 1..20 {
        let (here, there) = (one.clone(), two.clone());
        let (a, b) = tokio::join!(
            tokio::spawn(async move { here.commit_tokens(id, generation, &pair("one")).await }),
            tokio::spawn(async move { there.commit_tokens(id, generation, &pair("two")).await }),
        );
        let (a, b) = (a.unwrap().unwrap(), b.unwrap().unwrap());
        assert_eq!(
            (a.generation, b.generation),
            (generation + 1, generation + 1)
        );
        assert_eq!(plain(&a.refresh), plain(&b.refresh));
        let stored = one.tokens(id).await.unwrap().unwrap();
        assert_eq!(plain(&stored.refresh), plain(&a.refresh));
    }
}

#[tokio::test]
async fn a_crash_leaves_the_old_pair_or_the_new_one() {
    let mut finished = false;
    for polls in 0..200 {
        let home = Home::new();
        let store = home.open().await;
        let id = supplied(&store).await;
        let new = pair("a");
        let done = Crash::after(polls, store.commit_tokens(id, 1, &new)).await;
        // Another process looks, and does not wait for the dead one's lock.
        let other = home.open().await;
        let stored = other.tokens(id).await.unwrap().unwrap();
        match stored.generation {
            1 => assert!(done.is_none() && plain(&stored.refresh) == "supplied"),
            2 => assert_eq!(plain(&stored.refresh), "refresh a"),
            more => panic!("generation {more}"),
        }
        // Whoever carries on from what is stored comes through.
        let next = other
            .commit_tokens(id, stored.generation, &pair("b"))
            .await
            .unwrap();
        assert_eq!(next.generation, stored.generation + 1);
        if done.is_some() {
            finished = true;
            break;
        }
    }
    assert!(finished, "the commit never came to its end");
}

#[tokio::test]
async fn a_failure_at_any_statement_leaves_the_old_pair() {
    let home = Home::new();
    let store = home.open().await;
    let id = supplied(&store).await;
    store.commit_tokens(id, 1, &pair("a")).await.unwrap();
    store.commit_tokens(id, 2, &pair("b")).await.unwrap();
    let events = [
        "BEFORE INSERT",
        "AFTER INSERT",
        "BEFORE DELETE",
        "AFTER DELETE",
    ];
    for (n, event) in events.into_iter().enumerate() {
        let trigger = format!(
            "CREATE TRIGGER fault{n} {event} ON secrets BEGIN SELECT raise(ABORT, 'fault'); END"
        );
        sqlx::query(sqlx::AssertSqlSafe(trigger))
            .execute(store.queue_pool())
            .await
            .unwrap();
        assert!(
            store.commit_tokens(id, 3, &pair("c")).await.is_err(),
            "{event}"
        );
        let mut new = new_connection("shop");
        new.lightspeed_url = "https://elsewhere.example".to_owned();
        assert!(
            store
                .save_draft(&new, Some(&secret("another")))
                .await
                .is_err(),
            "{event}"
        );
        // Each fault has a name of its own: a connection that has not yet seen one go refuses to
        // make it again.
        let mend = sqlx::AssertSqlSafe(format!("DROP TRIGGER fault{n}"));
        sqlx::query(mend).execute(store.queue_pool()).await.unwrap();
        let other = home.open().await;
        let stored = other.tokens(id).await.unwrap().unwrap();
        assert_eq!(
            (stored.generation, plain(&stored.refresh)),
            (3, "refresh b"),
            "{event}"
        );
        assert!(
            other
                .supplied_token_matches("shop", &secret("supplied"))
                .await
                .unwrap()
        );
        let url = other.connection("shop").await.unwrap().lightspeed_url;
        assert_eq!(url, new_connection("shop").lightspeed_url, "{event}");
    }
    assert_eq!(
        store
            .commit_tokens(id, 3, &pair("c"))
            .await
            .unwrap()
            .generation,
        4
    );
}

#[tokio::test]
async fn a_crash_in_the_midst_of_connect_leaves_all_or_nothing() {
    for polls in 0..200 {
        let home = Home::new();
        let store = home.open().await;
        let (new, token) = (new_connection("shop"), secret("supplied"));
        let done = Crash::after(polls, store.save_draft(&new, Some(&token))).await;
        let other = home.open().await;
        if let Ok(found) = other.connection("shop").await {
            assert!(other.supplied_token_matches("shop", &token).await.unwrap());
            assert_eq!(other.tokens(found.id).await.unwrap().unwrap().generation, 1);
        }
        if done.is_some() {
            return;
        }
    }
    panic!("the draft never came to its end");
}

#[tokio::test]
async fn tries_are_limited_over_all_processes_and_restarts() {
    let home = Home::new();
    let store = home.open().await;
    let id = supplied(&store).await;
    let mut waits = Vec::new();
    for _ in 0..4 {
        let process = home.open().await;
        waits.push(process.token_try(id, home.clock.now(), 4).await.unwrap());
        process.close().await;
        home.clock.advance(Duration::from_secs(10));
    }
    assert_eq!(waits, [None; 4]);
    let wait = store.token_try(id, home.clock.now(), 4).await.unwrap();
    assert_eq!(wait, Some(Duration::from_secs(20)));
    // Asking costs no try.
    assert_eq!(
        store.token_try(id, home.clock.now(), 4).await.unwrap(),
        wait
    );
    home.clock.advance(Duration::from_secs(20));
    assert_eq!(
        store.token_try(id, home.clock.now(), 4).await.unwrap(),
        None
    );
    let wait = store.token_try(id, home.clock.now(), 4).await.unwrap();
    assert_eq!(wait, Some(Duration::from_secs(10)));
}

#[tokio::test]
async fn tries_at_one_instant_count_each() {
    let home = Home::new();
    let store = home.open().await;
    let id = supplied(&store).await;
    for expected in [None, None, Some(Duration::from_secs(60))] {
        assert_eq!(
            store.token_try(id, home.clock.now(), 2).await.unwrap(),
            expected
        );
    }
    home.clock.advance(Duration::from_secs(600));
    assert_eq!(
        store.token_try(id, home.clock.now(), 2).await.unwrap(),
        None
    );
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM token_tries")
        .fetch_one(store.queue_pool())
        .await
        .unwrap();
    assert_eq!(kept, 1, "old tries are dropped");
}

#[tokio::test]
async fn a_clock_set_back_does_not_block_for_ever() {
    let home = Home::new();
    let store = home.open().await;
    let id = supplied(&store).await;
    assert_eq!(
        store.token_try(id, home.clock.now(), 1).await.unwrap(),
        None
    );
    home.clock.set_back(Duration::from_secs(86_400));
    assert_eq!(
        store.token_try(id, home.clock.now(), 1).await.unwrap(),
        None
    );
}
