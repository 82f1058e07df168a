//! What holds whatever is run: secrets stay secret, and a signal stops cleanly.

use super::{Said, Till, small};
use jobs::clock::SystemClock;
use sandbox::{Config, Fault};
use secrecy::ExposeSecret;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use storage::{KeySource, OpenOptions, Store};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_ever_shown_or_stored_in_clear() {
    let till = Till::open(small()).await;
    let mut seen = String::new();
    let mut traced = |args: &[&str]| {
        let mut command = till.command(args);
        command.env("STOCKBRIDGE_LOG", "trace");
        let said = Said::from(command.output().expect("the binary runs"));
        seen.push_str(&said.out);
        seen.push_str(&said.err);
    };
    let account = till.credentials.account_id.to_string();
    let connect = [
        "connect",
        "shop",
        "--account-id",
        &account,
        "--default-location",
    ];
    traced(&[&connect[..], &["nowhere"]].concat());
    traced(&[&connect[..], &["Main Warehouse", "--json"]].concat());
    traced(&["backfill", "shop"]);
    for looks in [
        &["check", "shop"][..],
        &["status", "--json"],
        &["doctor", "--json"],
    ] {
        traced(looks);
    }
    till.sandbox.set_fault(Fault::TokenRevoked);
    traced(&["check", "shop", "--json"]);
    assert!(seen.contains("DEBUG"), "it was traced");

    let mut stored = Vec::new();
    for entry in std::fs::read_dir(till.folder.path()).expect("the folder") {
        let path = entry.expect("an entry").path();
        stored.extend(std::fs::read(path).expect("a file"));
    }
    let mut secrets = vec![
        till.credentials.client_secret.clone(),
        till.credentials.refresh_token.clone(),
    ];
    secrets.extend(rotated(&till).await);
    assert_eq!(secrets.len(), 4, "a supplied and a rotated pair");
    for secret in secrets {
        assert!(!seen.contains(&secret), "a secret was shown");
        let found = stored
            .windows(secret.len())
            .any(|part| part == secret.as_bytes());
        assert!(!found, "a secret was stored in clear");
    }
    assert!(!seen.contains("eyJ"), "an access token was shown");
}

/// The pair of tokens that the last refresh returned, from under its seal.
async fn rotated(till: &Till) -> Vec<String> {
    let store = Store::open(OpenOptions {
        url: till.database().display().to_string(),
        create: false,
        key: KeySource::File,
        clock: Arc::new(SystemClock::new()),
        keep_awake: None,
    })
    .await
    .expect("the database");
    let connection = store.connection("shop").await.expect("the connection");
    let pair = store
        .tokens(connection.id)
        .await
        .expect("readable tokens")
        .expect("a pair");
    let access = pair.access.expect("a pair that was refreshed");
    vec![
        access.expose_secret().to_owned(),
        pair.refresh.expose_secret().to_owned(),
    ]
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_stops_cleanly_and_the_same_command_goes_on() {
    let till = Till::connected(
        Config {
            latency: Duration::from_millis(150),
            ..small()
        },
        &[],
    )
    .await;
    let child = till
        .command(&["backfill", "shop", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let pages = || {
        let history = till.sandbox.history();
        history
            .iter()
            .filter(|call| call.resource == "Sale")
            .count()
    };
    while pages() < 3 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(sent.expect("a signal").success());
    let said = Said::from(child.wait_with_output().expect("the binary ends"));
    assert_eq!(said.code, 130, "{}", said.err);
    assert_eq!(said.json()["state"], "open");
    let said = till.run(&["backfill", "shop", "--json"]);
    let backfill = said.json();
    assert_eq!(
        (&backfill["state"], &backfill["resumed"]),
        (&"done".into(), &true.into())
    );
    assert_eq!(backfill["feeds"][3]["read"], 600);
}
