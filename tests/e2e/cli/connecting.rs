//! `connect`: what is refused, and how it goes on.

use super::{Said, Till, small};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_connect_can_be_corrected_with_the_same_token() {
    let till = Till::open(small()).await;
    let mut refusals = String::new();
    for (code, locations) in [
        ("main warehouse", ""),
        ("Main Warehous", ""),
        ("Old Town", ""),
        ("Outlet", ""),
        ("Main Warehouse", "Downtown, 2nd floor"),
        ("Main Warehouse", "\"Downtown"),
    ] {
        let list = ["--locations", locations];
        let said = till.connect(code, if locations.is_empty() { &[] } else { &list });
        assert_eq!((said.code, said.out.as_str()), (2, ""));
        refusals.push_str(&said.err);
    }
    insta::assert_snapshot!("refused_locations", refusals);

    let said = till.connect("Main Warehouse", &["--get-data-from", "one", "--json"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let connected = said.json();
    assert_eq!(connected["state"], "active");
    assert_eq!(connected["settings"]["get_data_from"], "one");
    assert_eq!(connected["settings"]["default_location"]["id"], 1);
    let renewals = till.sandbox.history();
    let tokens = renewals.iter().filter(|call| call.resource == "token");
    assert_eq!(
        tokens.count(),
        1,
        "the pair of the first try served them all"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_that_several_shops_bear_are_chosen_by_id() {
    let till = Till::open(small()).await;
    let twin = till
        .sandbox
        .mutate(|account| account.add_shop("Main Warehouse"));
    let said = till.connect("Main Warehouse", &["--json"]);
    assert_eq!(said.code, 2);
    let error = said.json();
    assert_eq!(error["error"]["code"], "location_shared");
    assert!(error["error"]["remedy"].is_string());
    assert_eq!(till.connect(&format!("#{twin}"), &[]).code, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_account_and_missing_secrets_are_told() {
    let till = Till::open(small()).await;
    let args = [
        "connect",
        "shop",
        "--account-id",
        "5",
        "--default-location",
        "x",
        "--json",
    ];
    let said = till.run(&args);
    assert_eq!(
        (said.code, &said.json()["error"]["code"]),
        (2, &"other_account".into())
    );
    let mut bare = till.command(&args);
    bare.env_remove("STOCKBRIDGE_LIGHTSPEED_CLIENT_ID");
    bare.env("STOCKBRIDGE_DATABASE_URL", "sqlite:other.db");
    let said = Said::from(bare.output().expect("the binary runs"));
    assert_eq!(
        (said.code, &said.json()["error"]["code"]),
        (2, &"secret_missing".into())
    );
    let plain = ["--lightspeed-url", "http://shop.example/API"];
    let said = till.run(&[&args[..], &plain].concat());
    assert_eq!(
        (said.code, &said.json()["error"]["code"]),
        (2, &"address".into())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_token_that_is_refused_leaves_a_draft_that_can_be_corrected() {
    let till = Till::open(small()).await;
    let mut wrong = till.command(&[
        "connect",
        "shop",
        "--account-id",
        "5",
        "--default-location",
        "Main Warehouse",
        "--json",
    ]);
    wrong.env("STOCKBRIDGE_LIGHTSPEED_REFRESH_TOKEN", "of-another-grant");
    let said = Said::from(wrong.output().expect("the binary runs"));
    assert_eq!(
        (said.code, &said.json()["error"]["code"]),
        (4, &"needs_reconnect".into())
    );
    let status = till.run(&["status", "shop", "--json"]).json();
    let text = status.to_string();
    assert!(text.contains("\"draft\""), "{text}");
    // Another token, and the account's number corrected with it, at once: what failed has let go.
    let begun = std::time::Instant::now();
    let said = till.connect("Main Warehouse", &["--json"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
    let connected = said.json();
    assert_eq!(connected["state"], "active");
    assert_eq!(connected["account_id"], till.credentials.account_id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_settings_are_carried_out_over_what_is_stored() {
    let till = Till::connected(small(), &[]).await;
    // Nothing is stored yet, so there is nothing to look at again.
    let early = till.connect("Main Warehouse", &["--sync-all-sales-orders", "--json"]);
    assert_eq!(early.json()["settings_changed"], true, "{}", early.err);
    assert!(early.json()["run"].is_null());
    till.run(&["backfill", "shop"]);
    let same = till.connect("Main Warehouse", &["--json"]);
    assert_eq!(same.json()["settings_changed"], false, "{}", same.err);
    let one = ["--get-data-from", "one", "--json"];
    let refused = till.connect("Main Warehouse", &one);
    assert_eq!(
        (refused.code, &refused.json()["error"]["code"]),
        (2, &"needs_yes".into())
    );
    let shown = till.run(&["settings", "shop", "--json"]).json();
    assert_eq!(shown["settings_version"], 2, "nothing was stored");
    let asked = till.sandbox.history().len();
    let done = till.connect("Main Warehouse", &[&one[..], &["--yes"]].concat());
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.json()["run"].is_number());
    let calls = till.sandbox.history().len() - asked;
    assert!(calls <= 5, "the history is not read again: {calls}");
    let other = till.connect("Main Warehouse", &["--get-data-from", "all", "--json"]);
    assert_eq!(other.json()["error"]["code"], "refilter_open");
    // The next command that works carries it out.
    till.run(&["backfill", "shop"]);
    let status = till.run(&["status", "shop", "--json"]).json();
    let runs = status["connections"][0]["runs"].as_array().expect("runs");
    assert!(runs.iter().all(|run| run["state"] == "done"), "{runs:?}");
    assert!(runs.iter().any(|run| run["kind"] == "refilter"));
}
