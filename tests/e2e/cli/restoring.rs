//! A backup that is put back, as a person does it: by the commands of `docs/recovery.md`.

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
