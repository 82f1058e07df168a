//! The worker as a program, and the commands that speak to it.

use super::{Said, Till, small};
use sandbox::Config;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

fn slow() -> Config {
    Config {
        latency: Duration::from_millis(60),
        ..small()
    }
}

/// Starts the worker and waits until it listens.
fn worker(till: &Till) -> Child {
    let mut child = till
        .command(&["worker", "--listen", "127.0.0.1:0", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    let mut line = String::new();
    let out = child.stdout.as_mut().expect("its output");
    BufReader::new(out).read_line(&mut line).expect("a line");
    let listening: Value = serde_json::from_str(&line).expect("json");
    assert!(listening["listening"].is_string(), "{line}");
    child
}

#[cfg(unix)]
fn stop(mut child: Child) {
    let sent = Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status();
    assert!(sent.expect("a signal").success());
    let ended = child.wait().expect("it ends");
    assert_eq!(ended.code(), Some(0));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sync_follows_the_worker_which_stops_when_it_is_told() {
    let till = Till::connected(slow(), &[]).await;
    let serving = worker(&till);
    let first = till.run(&["sync", "shop", "--json"]);
    assert_eq!(first.code, 3, "{}", first.err);
    let first = first.json();
    assert_eq!(
        (&first["kind"], &first["state"]),
        (&"backfill".into(), &"done".into())
    );
    let asked = till.run(&["sync", "shop", "--no-wait", "--json"]).json();
    assert_eq!(
        (&asked["run"], &asked["joined"]),
        (&2.into(), &false.into())
    );
    let second = till.run(&["sync", "shop", "--json"]).json();
    assert_eq!(
        (&second["kind"], &second["state"]),
        (&"incremental".into(), &"done".into())
    );
    stop(serving);
    // Without a worker the command does the work itself.
    let third = till.run(&["sync", "shop", "--json"]).json();
    assert_eq!(third["state"], "done");
    let status = till.run(&["status", "shop", "--json"]).json();
    let shop = &status["connections"][0];
    assert_eq!(shop["standing"]["state"], "idle");
    assert!(shop["next_run"].is_string());
    assert!(shop["runs"][0]["durations"][0]["turns"].is_number());
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pause_and_cancel_reach_the_command_that_is_at_work() {
    let till = Till::connected(slow(), &[]).await;
    let start = || {
        let mut command = till.command(&["backfill", "shop", "--json"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("the binary runs")
    };
    let sales = || {
        let history = till.sandbox.history();
        history
            .iter()
            .filter(|call| call.resource == "Sale")
            .count()
    };
    let child = start();
    while sales() < 3 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let paused = till.run(&["pause", "shop", "--json"]).json();
    assert_eq!(
        (&paused["state"], &paused["changed"]),
        (&"paused".into(), &true.into())
    );
    let said = Said::from(child.wait_with_output().expect("it ends"));
    assert_eq!((said.code, &said.json()["state"]), (130, &"open".into()));
    let refused = till.run(&["sync", "shop", "--json"]);
    assert_eq!(
        (refused.code, &refused.json()["error"]["code"]),
        (1, &"not_active".into())
    );
    assert!(
        refused.err.contains("stockbridge resume shop"),
        "{}",
        refused.err
    );
    let resumed = till.run(&["resume", "shop"]);
    assert_eq!(resumed.code, 0, "{}", resumed.err);
    let cancelled = till.run(&["cancel", "shop", "--json"]).json();
    assert_eq!(cancelled["cancelled"], serde_json::json!([1]));
    assert_eq!(
        till.run(&["cancel", "shop", "--json"]).json()["changed"],
        false
    );
    let anew = till.run(&["backfill", "shop", "--json"]).json();
    assert_eq!((&anew["run"], &anew["state"]), (&2.into(), &"done".into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_worker_refuses_to_be_reached_by_others_without_a_token() {
    let till = Till::open(small()).await;
    let said = till.run(&["worker", "--listen", "0.0.0.0:0", "--json"]);
    assert_eq!(
        (said.code, &said.json()["error"]["code"]),
        (2, &"api_token".into())
    );
    assert!(said.err.contains("STOCKBRIDGE_API_TOKEN"), "{}", said.err);
    let said = till.run(&["status", "--log-format", "xml", "--json"]);
    assert_eq!(
        (said.code, &said.json()["error"]["code"]),
        (2, &"log_format".into())
    );
}
