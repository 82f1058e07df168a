//! A backup that is put back and a key that is replaced, as a person does it: by the commands of
//! `docs/recovery.md`.

use super::{Till, small};
use std::process::Stdio;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doctor_notes_that_a_backup_was_put_back() {
    let till = Till::open(small()).await;
    let password = till.sandbox.optiply().credentials().password;
    assert_eq!(till.connect_optiply(&password).code, 0);
    let said = till.run(&["doctor", "--restored", "--json"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(said.json()["restored"], serde_json::json!(["shop"]));
    let said = till.run(&["doctor", "--restored"]);
    assert!(
        said.out.contains("shop: before anything is written"),
        "{}",
        said.out
    );
    let said = till.run(&["doctor", "--json"]);
    assert_eq!(said.json().get("restored"), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nothing_is_delivered_nothing_needs_to_be_looked_through() {
    let till = Till::connected(small(), &[]).await;
    let said = till.run(&["doctor", "--restored"]);
    assert!(said.out.contains("No connection delivers"), "{}", said.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_runs_must_be_stopped_first() {
    let till = Till::connected(small(), &[]).await;
    let lock = storage::WorkerLock::try_acquire(&till.database()).expect("a lock");
    assert!(lock.is_some());
    let mut command = till.command(&["doctor", "--restored", "--json"]);
    let said: super::Said = command
        .stdin(Stdio::null())
        .output()
        .expect("it runs")
        .into();
    assert_eq!(
        (said.code, &said.json()["error"]["code"]),
        (2, &"worker_runs".into())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doctor_replaces_the_key_while_no_worker_runs() {
    let till = Till::connected(small(), &[]).await;
    let file = till.database().with_extension("db.key");
    let key = || std::fs::read_to_string(&file).expect("a key file");
    let old = key();
    let lock = storage::WorkerLock::try_acquire(&till.database()).expect("a lock");
    let said = till.run(&["doctor", "--rotate-key", "--json"]);
    assert_eq!(
        (said.code, &said.json()["error"]["code"]),
        (2, &"worker_runs".into())
    );
    assert_eq!(key(), old);
    drop(lock);
    let said = till.run(&["doctor", "--rotate-key", "--json"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.json()["rotated"].as_i64() > Some(2), "{}", said.out);
    assert_ne!(key(), old);
    // The credentials are read with the new one.
    let said = till.run(&["check", "shop"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let mut command = till.command(&["doctor", "--rotate-key", "--json"]);
    command.env("STOCKBRIDGE_NEW_KEY", "ab".repeat(32));
    let said: super::Said = command.output().expect("it runs").into();
    assert_eq!(
        (said.code, &said.json()["error"]["code"]),
        (2, &"new_key".into())
    );
    assert!(!said.err.contains("abab"), "{}", said.err);
}
