//! Another sealing key: whatever happens meanwhile, every secret opens with the one that is found.

use crate::opening::failing;
use crate::support::{Crash, Home, new_connection, plain, secret};
use pipeline::id::ConnectionId;
use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering;
use storage::secret_kind::OPTIPLY_PASSWORD;
use storage::{KeySource, Store, StoreError};

const SUPPLIED: &str = "supplied-token";

async fn with_secrets(home: &Home) -> ConnectionId {
    let store = home.open().await;
    let (supplied, word) = (secret(SUPPLIED), secret("word"));
    let new = new_connection("shop");
    let id = store.save_draft(&new, Some(&supplied)).await.unwrap();
    let kept = store.put_secret(id, OPTIPLY_PASSWORD, 3, &word).await;
    kept.unwrap();
    store.close().await;
    id
}

async fn assert_open(store: &Store, id: ConnectionId) {
    let word = store.secret(id, OPTIPLY_PASSWORD).await.unwrap().unwrap();
    assert_eq!(plain(&word), "word");
    let pair = store.tokens(id).await.unwrap().unwrap();
    assert_eq!(plain(&pair.refresh), SUPPLIED);
    let supplied = secret(SUPPLIED);
    let known = store.supplied_token_matches("shop", &supplied).await;
    assert!(known.unwrap(), "the token that was supplied is forgotten");
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

fn needs_another(result: Result<Option<secrecy::SecretString>, StoreError>) -> bool {
    matches!(result, Err(StoreError::Key(text)) if text.contains("needs another key"))
}

#[tokio::test]
async fn every_secret_opens_with_the_new_key_and_none_with_the_old() {
    let home = Home::new();
    let id = with_secrets(&home).await;
    let store = home.open().await;
    let old = text(&home.beside(".key"));
    assert_eq!(store.replace_key(&KeySource::File).await.unwrap(), 2);
    assert_ne!(text(&home.beside(".key")), old);
    assert!(!home.beside(".key.next").exists());
    assert!(needs_another(store.secret(id, OPTIPLY_PASSWORD).await));
    store.close().await;
    let store = home.open().await;
    assert_open(&store, id).await;
    // And once more, from a key that is no longer the first.
    assert_eq!(store.replace_key(&KeySource::File).await.unwrap(), 2);
    store.close().await;
    assert_open(&home.open().await, id).await;
    fs::write(home.beside(".key"), old).unwrap();
    let refused = home.try_open().await.unwrap_err();
    assert!(
        refused.to_string().contains("is not the key that sealed"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_key_that_is_given_is_replaced_by_one_that_is_given() {
    let home = Home::new();
    let given = |digits: &str| KeySource::Given(secret(&digits.repeat(32)));
    let options = |key| storage::OpenOptions {
        key,
        ..home.options()
    };
    let store = Store::open(options(given("a1"))).await.unwrap();
    let (supplied, new) = (secret(SUPPLIED), new_connection("shop"));
    let id = store.save_draft(&new, Some(&supplied)).await.unwrap();
    let bad = store.replace_key(&KeySource::Given(secret("b2"))).await;
    assert!(matches!(bad, Err(StoreError::Key(text)) if text.contains("64 hex digits")));
    assert_eq!(store.replace_key(&given("b2")).await.unwrap(), 1);
    store.close().await;
    assert!(Store::open(options(given("a1"))).await.is_err());
    let store = Store::open(options(given("b2"))).await.unwrap();
    let pair = store.tokens(id).await.unwrap().unwrap();
    assert_eq!(plain(&pair.refresh), SUPPLIED);
    assert!(!home.beside(".key").exists());
}

#[tokio::test]
async fn a_secret_that_does_not_open_keeps_the_old_key_in_force() {
    let home = Home::new();
    let id = with_secrets(&home).await;
    let store = home.open().await;
    let old = text(&home.beside(".key"));
    let damage =
        "INSERT INTO secrets SELECT connection_id, 'webhook_url', 1, sealed, 0 FROM secrets";
    let damage = sqlx::query(damage).execute(store.queue_pool());
    // One of them only: the place is the same for both.
    assert!(damage.await.is_err());
    let damage =
        "INSERT INTO secrets SELECT connection_id, 'webhook_url', 1, sealed, 0 FROM secrets
                  WHERE kind = 'optiply_password'";
    sqlx::query(damage)
        .execute(store.queue_pool())
        .await
        .unwrap();
    let refused = store.replace_key(&KeySource::File).await.unwrap_err();
    assert!(refused.to_string().contains("webhook_url"), "{refused}");
    store.close().await;
    assert_eq!(text(&home.beside(".key")), old);
    assert_open(&home.open().await, id).await;
}

#[tokio::test]
async fn a_commit_that_fails_keeps_the_old_key_in_force() {
    let home = Home::new();
    let id = with_secrets(&home).await;
    let old = text(&home.beside(".key"));
    let (store, fails) = failing(&home, |handle, fails| {
        handle.set_commit_hook(move || !fails.swap(false, Ordering::SeqCst));
    })
    .await;
    fails.store(true, Ordering::SeqCst);
    assert!(store.replace_key(&KeySource::File).await.is_err());
    assert_open(&store, id).await;
    store.close().await;
    assert_eq!(text(&home.beside(".key")), old);
    assert_open(&home.open().await, id).await;
}

#[tokio::test]
async fn a_replacement_that_stops_anywhere_leaves_a_key_that_fits() {
    for polls in 0.. {
        let home = Home::new();
        let id = with_secrets(&home).await;
        let store = home.open().await;
        let ended = Crash::after(polls, store.replace_key(&KeySource::File)).await;
        store.close().await;
        let store = home.open().await;
        assert_open(&store, id).await;
        // What was left over stands in nobody's way.
        store.replace_key(&KeySource::File).await.unwrap();
        store.close().await;
        assert_open(&home.open().await, id).await;
        if ended.is_some() {
            assert!(polls > 2, "{polls}");
            return;
        }
    }
}

#[tokio::test]
async fn a_file_that_had_not_got_its_name_yet_gets_it_at_the_next_start() {
    for keep_old in [true, false] {
        let home = Home::new();
        let id = with_secrets(&home).await;
        let (key, next) = (home.beside(".key"), home.beside(".key.next"));
        let old = text(&key);
        let store = home.open().await;
        store.replace_key(&KeySource::File).await.unwrap();
        store.close().await;
        // As if the process had died between the commit and the new name.
        let new = text(&key);
        fs::rename(&key, &next).unwrap();
        if keep_old {
            fs::copy(&next, &key).unwrap();
            fs::write(&key, &old).unwrap();
        }
        assert_open(&home.open().await, id).await;
        assert_eq!(text(&key), new);
        assert!(!next.exists());
    }
}
