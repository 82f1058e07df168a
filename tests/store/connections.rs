//! Connections: drafts, reconnects, states.

use crate::support::{Home, connect, new_connection, plain, secret};
use pipeline::id::ConnectionId;
use storage::{ConnectionState, NewTokens, StoreError};

#[tokio::test]
async fn a_draft_holds_what_was_said() {
    let home = Home::new();
    let store = home.open().await;
    let mut new = new_connection("shop");
    new.optiply_url = Some("https://optiply.example/v1".to_owned());
    let id = store.save_draft(&new, None).await.unwrap();
    let found = store.connection("shop").await.unwrap();
    assert_eq!(found, store.connection_by_id(id).await.unwrap());
    assert_eq!(
        (found.state, found.settings_version),
        (ConnectionState::Draft, 0)
    );
    assert_eq!(found.optiply_url, new.optiply_url);
    assert_eq!(found.account_id, 4711);
    store.set_account_name(id, "Bikes & More").await.unwrap();
    store.set_clock_offset(id, -250).await.unwrap();
    let found = store.connection("shop").await.unwrap();
    assert_eq!(found.account_name.as_deref(), Some("Bikes & More"));
    assert_eq!(found.clock_offset_ms, Some(-250));
}

#[tokio::test]
async fn connections_are_listed_by_name() {
    let home = Home::new();
    let store = home.open().await;
    for name in ["b", "a", "c"] {
        connect(&store, name).await;
    }
    let names: Vec<_> = store
        .connections()
        .await
        .unwrap()
        .into_iter()
        .map(|c| c.name)
        .collect();
    assert_eq!(names, ["a", "b", "c"]);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let home = Home::new();
    let store = home.open().await;
    let id = ConnectionId(9);
    let active = ConnectionState::Active;
    let errors = [
        store.connection("nowhere").await.unwrap_err(),
        store.connection_by_id(id).await.unwrap_err(),
        store.set_account_name(id, "x").await.unwrap_err(),
        store.set_clock_offset(id, 1).await.unwrap_err(),
        store
            .set_connection_state(id, &ConnectionState::ALL, active, None)
            .await
            .unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(error, StoreError::NotFound { .. }), "{error}");
    }
    assert!(
        !store
            .supplied_token_matches("nowhere", &secret("t"))
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn a_state_changes_only_from_where_it_may() {
    use ConnectionState::{Active, Disabled, Draft, NeedsReconnect, Paused};
    let home = Home::new();
    let store = home.open().await;
    let id = connect(&store, "shop").await;
    assert!(
        !store
            .set_connection_state(id, &[Active], Paused, None)
            .await
            .unwrap()
    );
    assert!(
        store
            .set_connection_state(id, &[Draft, Paused], Active, None)
            .await
            .unwrap()
    );
    assert!(
        !store
            .set_connection_state(id, &[], Disabled, None)
            .await
            .unwrap()
    );
    let why = Some("the token was revoked");
    assert!(
        store
            .set_connection_state(id, &[Active], NeedsReconnect, why)
            .await
            .unwrap()
    );
    let found = store.connection("shop").await.unwrap();
    assert_eq!(
        (found.state, found.state_reason.as_deref()),
        (NeedsReconnect, why)
    );
    assert!(
        store
            .set_connection_state(id, &[NeedsReconnect], Active, None)
            .await
            .unwrap()
    );
    assert_eq!(store.connection("shop").await.unwrap().state_reason, None);
}

#[tokio::test]
async fn a_second_connect_with_the_same_token_continues() {
    let home = Home::new();
    let store = home.open().await;
    let mut new = new_connection("shop");
    let token = secret("given once");
    let id = store.save_draft(&new, Some(&token)).await.unwrap();
    let first = store.tokens(id).await.unwrap().unwrap();
    assert_eq!((first.generation, first.access.is_none()), (1, true));
    assert_eq!(plain(&first.refresh), "given once");
    let pair = NewTokens {
        access: Some(secret("access")),
        refresh: secret("rotated"),
        expires_at: None,
    };
    store.commit_tokens(id, 1, &pair).await.unwrap();
    // A typing error corrected: the rotated pair stays in force.
    new.account_id = 4712;
    assert!(store.supplied_token_matches("shop", &token).await.unwrap());
    assert_eq!(store.save_draft(&new, Some(&token)).await.unwrap(), id);
    assert_eq!(store.save_draft(&new, None).await.unwrap(), id);
    let kept = store.tokens(id).await.unwrap().unwrap();
    assert_eq!((kept.generation, plain(&kept.refresh)), (2, "rotated"));
    assert_eq!(store.connection("shop").await.unwrap().account_id, 4712);
    // Another token begins anew, on top of what was.
    let other = secret("given later");
    assert!(!store.supplied_token_matches("shop", &other).await.unwrap());
    store.save_draft(&new, Some(&other)).await.unwrap();
    let renewed = store.tokens(id).await.unwrap().unwrap();
    assert_eq!(
        (renewed.generation, plain(&renewed.refresh)),
        (3, "given later")
    );
    assert!(renewed.access.is_none());
}

#[tokio::test]
async fn a_reconnect_keeps_all_state_and_the_account() {
    let home = Home::new();
    let store = home.open().await;
    let mut new = new_connection("shop");
    let id = store.save_draft(&new, Some(&secret("one"))).await.unwrap();
    let (draft, active) = (ConnectionState::Draft, ConnectionState::Active);
    store
        .set_connection_state(id, &[draft], active, None)
        .await
        .unwrap();
    store
        .put_settings(id, &crate::support::settings(), "test")
        .await
        .unwrap();
    new.lightspeed_url = "https://other.example/API/V3".to_owned();
    store.save_draft(&new, Some(&secret("two"))).await.unwrap();
    let found = store.connection("shop").await.unwrap();
    assert_eq!((found.state, found.settings_version), (active, 1));
    assert_eq!(found.lightspeed_url, new.lightspeed_url);
    new.account_id = 1;
    let error = store
        .save_draft(&new, Some(&secret("three")))
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Exists { .. }), "{error}");
    assert_eq!(
        plain(&store.tokens(id).await.unwrap().unwrap().refresh),
        "two"
    );
}

#[tokio::test]
async fn the_same_token_in_two_connections_hashes_differently() {
    let home = Home::new();
    let store = home.open().await;
    for name in ["one", "two"] {
        store
            .save_draft(&new_connection(name), Some(&secret("same")))
            .await
            .unwrap();
    }
    let differing: i64 =
        sqlx::query_scalar("SELECT count(DISTINCT supplied_token) FROM connections")
            .fetch_one(store.queue_pool())
            .await
            .unwrap();
    assert_eq!(differing, 2);
}

#[tokio::test]
async fn a_refused_draft_stays_open_to_another_account_and_another_token() {
    let home = Home::new();
    let store = home.open().await;
    let mut new = new_connection("shop");
    let id = store.save_draft(&new, Some(&secret("one"))).await.unwrap();
    let draft = ConnectionState::Draft;
    let refused = Some("the token was refused");
    assert!(
        store
            .set_connection_state(id, &[draft], draft, refused)
            .await
            .unwrap()
    );
    // The same token again is no news; another one forgets what was said of the first.
    new.account_id = 1;
    store.save_draft(&new, Some(&secret("one"))).await.unwrap();
    let found = store.connection("shop").await.unwrap();
    assert_eq!((found.state, found.account_id), (draft, 1));
    assert_eq!(found.state_reason.as_deref(), refused);
    store.save_draft(&new, Some(&secret("two"))).await.unwrap();
    let found = store.connection("shop").await.unwrap();
    assert_eq!((found.state, found.state_reason), (draft, None));
    // Whoever was at work keeps the account, and why it stopped until it is at work again.
    let (active, lost) = (ConnectionState::Active, ConnectionState::NeedsReconnect);
    for (from, to, reason) in [(draft, active, None), (active, lost, Some("revoked"))] {
        store
            .set_connection_state(id, &[from], to, reason)
            .await
            .unwrap();
    }
    store
        .save_draft(&new, Some(&secret("three")))
        .await
        .unwrap();
    let found = store.connection("shop").await.unwrap();
    assert_eq!(
        (found.state, found.state_reason.as_deref()),
        (lost, Some("revoked"))
    );
    new.account_id = 2;
    assert!(store.save_draft(&new, None).await.is_err());
}
