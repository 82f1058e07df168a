//! A rehearsal's copy holds what filter and load need and nothing that authenticates; it is its
//! owner's alone, and gone afterwards.

use crate::support::{Home, connect, secret, settings};
use sqlx::{Row, SqlitePool};
use storage::{Rehearsal, secret_kind};

async fn tables(pool: &SqlitePool) -> Vec<String> {
    sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type = 'table'")
        .fetch_all(pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn every_table_is_copied_or_left_out_on_purpose() {
    let home = Home::new();
    let store = home.open().await;
    let undecided: Vec<String> = tables(store.queue_pool())
        .await
        .into_iter()
        .filter(|table| Rehearsal::copies(table).is_none())
        .collect();
    assert!(
        undecided.is_empty(),
        "say in storage/src/rehearsal/copy.rs whether a preview needs {undecided:?}"
    );
    let unseen: Vec<String> = tables(store.queue_pool())
        .await
        .into_iter()
        .filter(|table| table.starts_with("model_") && !Rehearsal::compares(table))
        .collect();
    assert!(
        unseen.is_empty(),
        "say in storage/src/rehearsal/compare.rs which entity {unseen:?} are of"
    );
}

#[tokio::test]
async fn a_copy_holds_no_secret_and_is_gone_afterwards() {
    let home = Home::new();
    let store = home.open().await;
    let token = secret("refresh-token-of-the-shop");
    let id = store
        .save_draft(&crate::support::new_connection("shop"), Some(&token))
        .await
        .unwrap();
    store
        .put_secret(
            id,
            secret_kind::LIGHTSPEED_CLIENT_SECRET,
            1,
            &secret("hush"),
        )
        .await
        .unwrap();
    store.put_settings(id, &settings(), "test").await.unwrap();
    store.save_budget(id, "lightspeed", "{}").await.unwrap();
    connect(&store, "other").await;

    let rehearsal = store.rehearse(id).await.unwrap().unwrap();
    let path = home.beside(".rehearsal");
    #[cfg(unix)]
    for suffix in [".rehearsal", ".rehearsal-wal", ".rehearsal-shm"] {
        use std::os::unix::fs::PermissionsExt;
        if let Ok(meta) = std::fs::metadata(home.beside(suffix)) {
            assert_eq!(meta.permissions().mode() & 0o777, 0o600, "{suffix}");
        }
    }
    assert!(path.exists());
    let copy = rehearsal.store().queue_pool();
    for table in tables(copy).await {
        let n: i64 =
            sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}")))
                .fetch_one(copy)
                .await
                .unwrap();
        let of_ours = Rehearsal::copies(&table) == Some(true);
        let of_the_tool = ["sqlite_", "_", "Workers"]
            .iter()
            .any(|s| table.starts_with(s));
        assert!(n == 0 || of_ours || of_the_tool, "{table} holds {n} rows");
    }
    let row = sqlx::query("SELECT name, supplied_token FROM connections")
        .fetch_all(copy)
        .await
        .unwrap();
    assert_eq!(row.len(), 1, "the other connection stays where it is");
    assert_eq!(row[0].get::<Option<Vec<u8>>, _>("supplied_token"), None);
    let sealed: Vec<Vec<u8>> = sqlx::query_scalar("SELECT sealed FROM secrets")
        .fetch_all(store.queue_pool())
        .await
        .unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.extend(std::fs::read(home.beside(".rehearsal-wal")).unwrap_or_default());
    for secret in sealed
        .iter()
        .map(Vec::as_slice)
        .chain([&b"hush"[..], b"refresh-token"])
    {
        assert!(!bytes.windows(secret.len()).any(|part| part == secret));
    }

    // One at a time: a second would pull the copy from under the first.
    assert!(store.rehearse(id).await.unwrap().is_none());
    rehearsal.end().await;
    for suffix in ["", "-wal", "-shm", "-journal"] {
        assert!(!home.beside(&format!(".rehearsal{suffix}")).exists());
    }
    // Dropped on the way, as when somebody stops it, it is gone as well.
    drop(store.rehearse(id).await.unwrap());
    assert!(!path.exists());
    // What a killed one left is removed by the next.
    std::fs::write(&path, b"left behind").unwrap();
    assert!(store.clear_rehearsal().unwrap());
    assert!(!path.exists() && !store.clear_rehearsal().unwrap());
}

#[tokio::test]
async fn a_path_with_odd_letters_can_be_rehearsed() {
    let mut home = Home::new();
    home.folder = tempfile::Builder::new()
        .prefix("50% off? #1 ")
        .tempdir()
        .unwrap();
    let store = home.open().await;
    let id = connect(&store, "shop").await;
    store.put_settings(id, &settings(), "test").await.unwrap();
    let rehearsal = store.rehearse(id).await.unwrap().unwrap();
    let copied = rehearsal.store().current_settings(id).await.unwrap();
    assert_eq!(copied, store.current_settings(id).await.unwrap());
    rehearsal.end().await;
}
