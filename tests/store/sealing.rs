//! Secrets: a copy of the database is useless without its key.

use crate::support::{Home, connect, new_connection, plain, secret};
use storage::secret_kind::{LIGHTSPEED_CLIENT_SECRET, OPTIPLY_PASSWORD};
use storage::{KeySource, NewTokens, Store, StoreError};

fn key_error(result: Result<Store, StoreError>) -> String {
    match result {
        Err(StoreError::Key(text)) => text,
        other => panic!("not an error about the key: {other:?}"),
    }
}

async fn open_with(home: &Home, key: &str) -> Result<Store, StoreError> {
    let mut options = home.options();
    options.key = KeySource::Given(secret(key));
    Store::open(options).await
}

#[tokio::test]
async fn a_secret_comes_back_and_the_newest_generation_wins() {
    let home = Home::new();
    let store = home.open().await;
    let id = connect(&store, "shop").await;
    assert!(store.secret(id, OPTIPLY_PASSWORD).await.unwrap().is_none());
    store
        .put_secret(id, OPTIPLY_PASSWORD, 1, &secret("old"))
        .await
        .unwrap();
    store
        .put_secret(id, OPTIPLY_PASSWORD, 2, &secret("newer"))
        .await
        .unwrap();
    store
        .put_secret(id, OPTIPLY_PASSWORD, 2, &secret("newest"))
        .await
        .unwrap();
    store.close().await;
    let store = home.open().await;
    let found = store.secret(id, OPTIPLY_PASSWORD).await.unwrap().unwrap();
    assert_eq!(plain(&found), "newest");
    assert!(
        store
            .secret(id, LIGHTSPEED_CLIENT_SECRET)
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn a_given_key_is_checked() {
    let home = Home::new();
    for bad in ["", "abc", &"g".repeat(64), &"a".repeat(63), &"a".repeat(65)] {
        let text = key_error(open_with(&home, bad).await);
        assert!(text.contains("64 hex digits"), "{text}");
    }
    open_with(&home, &"a1".repeat(32))
        .await
        .unwrap()
        .close()
        .await;
    open_with(&home, &"A1".repeat(32))
        .await
        .unwrap()
        .close()
        .await;
    let text = key_error(open_with(&home, &"a2".repeat(32)).await);
    assert!(text.contains("is not the key that sealed"), "{text}");
    assert!(!home.beside(".key").exists());
}

#[tokio::test]
async fn the_key_of_another_database_is_refused() {
    let (home, other) = (Home::new(), Home::new());
    home.open().await.close().await;
    other.open().await.close().await;
    std::fs::copy(other.beside(".key"), home.beside(".key")).unwrap();
    let text = key_error(home.try_open().await);
    assert!(text.contains("is not the key that sealed"), "{text}");
}

#[cfg(unix)]
#[tokio::test]
async fn the_key_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    home.open().await.close().await;
    let file = home.beside(".key");
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    for shared in [0o640, 0o604, 0o660] {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(shared)).unwrap();
        let text = key_error(home.try_open().await);
        assert!(text.contains("chmod 600"), "{text}");
    }
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o400)).unwrap();
    home.open().await;
}

#[tokio::test]
async fn a_missing_key_file_is_reported_and_never_made_anew() {
    let home = Home::new();
    home.open().await.close().await;
    std::fs::remove_file(home.beside(".key")).unwrap();
    let text = key_error(home.try_open().await);
    for part in ["shop.db.key", "Restore", "backup", "connect again"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!home.beside(".key").exists());
}

#[tokio::test]
async fn a_key_file_that_holds_no_key_is_refused() {
    let home = Home::new();
    home.open().await.close().await;
    let good = std::fs::read_to_string(home.beside(".key")).unwrap();
    let bad: [&[u8]; 4] = [b"", b"not a key", &[0xff; 64], &good.as_bytes()[..40]];
    for content in bad {
        std::fs::write(home.beside(".key"), content).unwrap();
        let text = key_error(home.try_open().await);
        assert!(text.contains("64 hex digits"), "{text}");
        assert!(!text.contains(&good[..40]), "{text}");
    }
    std::fs::write(home.beside(".key"), good.trim_end()).unwrap();
    home.open().await;
}

#[tokio::test]
async fn a_crash_while_the_key_was_made_is_survived() {
    let home = Home::new();
    // Before the file had its name.
    std::fs::write(home.beside(".key.new"), "12").unwrap();
    home.open().await.close().await;
    assert!(!home.beside(".key.new").exists());
    // Before the database took note of it: the key is taken as it is.
    let key = std::fs::read(home.beside(".key")).unwrap();
    let store = home.open().await;
    sqlx::query("DELETE FROM sealing")
        .execute(store.queue_pool())
        .await
        .unwrap();
    store.close().await;
    home.open().await.close().await;
    assert_eq!(std::fs::read(home.beside(".key")).unwrap(), key);
}

#[tokio::test]
async fn a_sealed_value_opens_at_its_own_place_only() {
    let home = Home::new();
    let store = home.open().await;
    let (one, two) = (connect(&store, "one").await, connect(&store, "two").await);
    store
        .put_secret(one, OPTIPLY_PASSWORD, 1, &secret("of one"))
        .await
        .unwrap();
    let moves = [
        "INSERT INTO secrets SELECT 2, kind, generation, sealed, 0 FROM secrets WHERE connection_id = 1",
        "INSERT INTO secrets SELECT 1, 'lightspeed_client_secret', 1, sealed, 0 FROM secrets
         WHERE connection_id = 1",
        "INSERT INTO secrets SELECT 1, kind, 2, sealed, 0 FROM secrets
         WHERE connection_id = 1 AND kind = 'optiply_password'",
    ];
    for sql in moves {
        sqlx::query(sql).execute(store.queue_pool()).await.unwrap();
    }
    let places = [
        (two, OPTIPLY_PASSWORD),
        (one, LIGHTSPEED_CLIENT_SECRET),
        (one, OPTIPLY_PASSWORD),
    ];
    for (connection, kind) in places {
        let error = store.secret(connection, kind).await.unwrap_err();
        assert!(
            matches!(&error, StoreError::Key(text) if text.contains("does not open")),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_damaged_value_does_not_open() {
    let home = Home::new();
    let store = home.open().await;
    let id = connect(&store, "shop").await;
    for damage in [
        "UPDATE secrets SET sealed = substr(sealed, 1, length(sealed) - 1)",
        "UPDATE secrets SET sealed = substr(sealed, 1, 10)",
        "UPDATE secrets SET sealed = x''",
        "UPDATE secrets SET sealed = unhex('02' || substr(hex(sealed), 3))",
        "UPDATE secrets SET sealed = unhex('01ffffffff' || substr(hex(sealed), 11))",
    ] {
        store
            .put_secret(id, OPTIPLY_PASSWORD, 1, &secret("word"))
            .await
            .unwrap();
        sqlx::query(damage)
            .execute(store.queue_pool())
            .await
            .unwrap();
        let error = store.secret(id, OPTIPLY_PASSWORD).await.unwrap_err();
        assert!(matches!(error, StoreError::Key(_)), "{error}");
    }
}

#[tokio::test]
async fn no_secret_stands_in_the_files_in_the_clear() {
    const SECRETS: [&str; 5] = [
        "supplied-Ku5Xq",
        "access-Zt2Pw",
        "refresh-Yb8Rm",
        "client-Nn4Vc",
        "word-Hd7Le",
    ];
    let home = Home::new();
    let store = home.open().await;
    let id = store
        .save_draft(&new_connection("shop"), Some(&secret(SECRETS[0])))
        .await
        .unwrap();
    let pair = NewTokens {
        access: Some(secret(SECRETS[1])),
        refresh: secret(SECRETS[2]),
        expires_at: None,
    };
    let row = store.commit_tokens(id, 1, &pair).await.unwrap();
    store
        .put_secret(id, LIGHTSPEED_CLIENT_SECRET, 1, &secret(SECRETS[3]))
        .await
        .unwrap();
    store
        .put_secret(id, OPTIPLY_PASSWORD, 1, &secret(SECRETS[4]))
        .await
        .unwrap();
    let shown = format!("{store:?} {row:?} {pair:?}");
    let key = std::fs::read_to_string(home.beside(".key")).unwrap();
    for checkpoint in [false, true] {
        if checkpoint {
            sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
                .execute(store.queue_pool())
                .await
                .unwrap();
        }
        for entry in std::fs::read_dir(home.folder.path()).unwrap() {
            let path = entry.unwrap().path();
            if path == home.beside(".key") {
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            for word in SECRETS.into_iter().chain([key.trim_end()]) {
                let found = bytes
                    .windows(word.len())
                    .any(|part| part == word.as_bytes());
                assert!(!found, "{word} in {}", path.display());
            }
        }
    }
    for word in SECRETS {
        assert!(!shown.contains(word), "{shown}");
    }
}
