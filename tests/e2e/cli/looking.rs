//! The commands that look: shapes, remedies, and the demo.

use super::{Till, small};
use sandbox::Fault;
use serde_json::Value;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_that_only_look_make_no_database() {
    let till = Till::open(small()).await;
    for args in [
        &["status", "--json"][..],
        &["check", "shop", "--json"],
        &["backfill", "shop", "--json"],
        &["explain", "shop", "sale", "1", "--json"],
        &["rejected", "shop", "--json"],
    ] {
        let said = till.run(args);
        assert_eq!(said.code, 2, "{args:?}");
        assert_eq!(said.json()["error"]["code"], "no_database", "{args:?}");
    }
    assert_eq!(till.run(&["doctor"]).code, 1);
    assert!(!till.database().exists());
    assert_eq!(
        till.run(&["no-such-command", "--json"]).json()["error"]["code"],
        "arguments"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_looked_at_has_stable_shapes() {
    let till = Till::connected(small(), &[]).await;
    let backfill = till.run(&["backfill", "shop", "--json"]).json();
    assert_eq!(backfill["state"], "done");
    assert_eq!(backfill["adds_up"], true);
    assert_eq!(backfill["feeds"][3]["feed"], "sales");

    let status = till.run(&["status", "shop", "--json"]).json();
    let connection = &status["connections"][0];
    assert_eq!(connection["state"], "active");
    assert_eq!(connection["delivery"], "none");
    assert_eq!(connection["runs"][0]["adds_up"], true);
    assert!(connection["last_success"].is_string());
    assert!(connection["budget"]["drip_milli"].is_number());

    let rejected = till.run(&["rejected", "shop", "--json"]).json();
    assert_eq!(rejected["open"], 4);
    assert_eq!(rejected["rejections"][0]["reason"], "fractional_quantity");
    assert_eq!(rejected["rejections"][0]["record"], 52);
    assert!(rejected["rejections"][0]["page"].is_number());

    let doctor = till.run(&["doctor", "--json"]);
    assert_eq!((doctor.code, &doctor.json()["healthy"]), (0, &true.into()));
    let check = till.run(&["check", "shop", "--json"]);
    assert_eq!(
        (check.code, &check.json()["works"]),
        (0, &true.into()),
        "{}",
        check.out
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_work_has_a_remedy() {
    let till = Till::connected(small(), &[]).await;
    till.sandbox.set_fault(Fault::Forbidden {
        resource: "Sale".to_owned(),
    });
    till.sandbox
        .mutate(|account| account.rename_shop(1, "Hall 1"));
    let said = till.run(&["check", "shop", "--json"]);
    assert_eq!(said.code, 1);
    let check = said.json();
    let failed: Vec<&Value> = check["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .filter(|finding| finding["result"] == "failed")
        .collect();
    assert_eq!(failed.len(), 1, "{check}");
    assert_eq!(failed[0]["check"], "feed sales");
    assert!(failed[0]["remedy"].is_string());

    till.sandbox.clear_faults();
    till.sandbox.set_fault(Fault::TokenRevoked);
    let said = till.run(&["check", "shop"]);
    assert_eq!(said.code, 4, "{}", said.out);
    let said = till.run(&["backfill", "shop", "--json"]);
    assert_eq!(
        (said.code, &said.json()["error"]["code"]),
        (4, &"needs_reconnect".into())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_equals_the_truth_and_then_changes_nothing() {
    let till = Till::open(small()).await;
    for changed in [true, false] {
        let said = till.run(&["demo", "--json"]);
        assert_eq!(said.code, 0, "{}", said.err);
        let demo = said.json();
        for right in ["matches_truth", "dump_matches", "adds_up"] {
            assert_eq!(demo[right], true, "{right}: {demo}");
        }
        assert_eq!(demo["changed"], changed);
        assert_eq!(demo["reconciled"]["clean"], true, "{demo}");
        let calls = demo["calls"].as_u64().expect("a number");
        assert_eq!(calls > 0, changed, "a second demo sends nothing: {calls}");
    }
    assert!(till.folder.path().join("stockbridge-demo.db").exists());
    assert!(!till.database().exists());
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watched_status_is_told_again_when_something_changes_until_it_is_stopped() {
    use std::io::{BufRead, BufReader};
    let till = Till::connected(small(), &[]).await;
    let mut child = till
        .command(&["status", "shop", "--watch", "--interval", "0.1", "--json"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let mut state = || -> String {
        let line = lines.next().expect("a line").expect("text");
        let told: serde_json::Value = serde_json::from_str(&line).expect("json");
        told["connections"][0]["state"]
            .as_str()
            .expect("a state")
            .to_owned()
    };
    assert_eq!(state(), "active");
    till.run(&["pause", "shop"]);
    // Nothing was said while nothing had changed.
    assert_eq!(state(), "paused");
    let sent = std::process::Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status();
    assert!(sent.expect("a signal").success());
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    let wrong = till.run(&["status", "--watch", "--interval", "soon"]);
    assert_eq!(wrong.code, 2);
}
