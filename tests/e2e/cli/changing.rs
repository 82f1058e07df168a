//! Settings as a person changes them: what is shown, what is refused, what is said.

use super::{Said, Till, small};
use serde_json::Value;

fn orders(said: &Said) -> Value {
    let preview = said.json();
    let entities = preview["entities"].as_array().expect("entities").clone();
    let orders = entities.into_iter().find(|e| e["entity"] == "sell_orders");
    orders.expect("sell orders")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_are_shown_previewed_guarded_and_carried_out() {
    let till = Till::connected(small(), &[]).await;
    assert_eq!(till.run(&["backfill", "shop"]).code, 3);
    let asked = till.sandbox.history().len();
    let shown = till.run(&["settings", "shop", "--json"]).json();
    assert_eq!(shown["settings_version"], 1);
    assert_eq!(shown["keys"][0]["key"], "get-data-from");
    assert_eq!(shown["keys"][0]["value"], "all");
    assert_eq!(
        shown["settings"]["default_location"]["name"],
        "Main Warehouse"
    );

    let one = ["settings", "shop", "--set", "get-data-from=one"];
    let preview = till.run(&[&one[..], &["--preview", "--json"]].concat());
    assert_eq!(preview.code, 0, "{}", preview.err);
    let told = orders(&preview);
    assert!(told["removed"].as_i64() > Some(50), "{told}");
    assert_eq!(preview.json()["needs_yes"], true);
    assert_eq!(
        preview.json()["guarded"],
        serde_json::json!(["sell_orders", "buy_orders", "receipts"])
    );

    let refused = till.run(&[&one[..], &["--json"]].concat());
    assert_eq!(
        (refused.code, &refused.json()["error"]["code"]),
        (2, &"needs_yes".into())
    );
    assert!(refused.err.contains("--yes"), "{}", refused.err);
    assert_eq!(
        till.run(&["settings", "shop", "--json"]).json()["settings_version"],
        1
    );

    let done = till.run(&[&one[..], &["--yes", "--json"]].concat());
    assert_eq!(done.code, 3, "{}", done.err);
    let done = done.json();
    assert_eq!(done["settings_version"], 2);
    assert_eq!(done["changes"][0]["from"], "all");
    assert_eq!(
        (&done["run"]["state"], &done["run"]["adds_up"]),
        (&"done".into(), &true.into())
    );
    // What is in force already is not changed again.
    let again = till.run(&[&one[..], &["--json"]].concat());
    assert_eq!((again.code, again.json()["run"].is_null()), (0, true));
    let status = till.run(&["status", "shop", "--json"]).json();
    assert_eq!(status["connections"][0]["runs"][0]["kind"], "refilter");

    // A change that removes little needs no confirmation.
    let little = ["settings", "shop", "--set", "prices-include-tax=no"];
    assert_eq!(till.run(&little).code, 3);
    let shown = till.run(&["settings", "shop", "--json"]).json();
    let newest = &shown["history"][0];
    assert_eq!(
        (&newest["version"], newest["by"].is_string()),
        (&3.into(), true)
    );
    assert_eq!(newest["changes"][0]["key"], "prices-include-tax");
    assert_eq!(newest["changes"][0]["to"], "no");
    for (set, code) in [
        ("locations=Main Warehose", "location_unknown"),
        ("default-location=main warehouse", "location_inexact"),
        ("returns=never", "setting"),
    ] {
        let said = till.run(&["settings", "shop", "--set", set, "--json"]);
        assert_eq!(
            (said.code, &said.json()["error"]["code"]),
            (2, &code.into()),
            "{set}"
        );
    }
    assert_eq!(till.sandbox.history().len(), asked, "nothing was asked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renamed_shop_shows_its_new_name_and_stays_chosen() {
    let till = Till::connected(small(), &["--get-data-from", "one"]).await;
    till.run(&["backfill", "shop"]);
    till.sandbox.mutate(|account| {
        account.rename_shop(1, "Bike Palace");
    });
    till.run(&["backfill", "shop"]);
    let shown = till.run(&["settings", "shop"]);
    assert!(
        shown.out.contains("default-location=Bike Palace"),
        "{}",
        shown.out
    );
    let same = till.run(&["settings", "shop", "--set", "default-location=Bike Palace"]);
    assert_eq!(same.code, 0);
    assert!(same.out.contains("Nothing to change"), "{}", same.out);
    let old = [
        "settings",
        "shop",
        "--set",
        "default-location=Main Warehouse",
        "--json",
    ];
    assert_eq!(till.run(&old).json()["error"]["code"], "location_unknown");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_nobody_waits_for_is_carried_out_by_who_works_next() {
    let till = Till::connected(small(), &[]).await;
    till.run(&["backfill", "shop"]);
    let set = ["settings", "shop", "--set", "sync-all-sales-orders=true"];
    let put = till.run(&[&set[..], &["--no-wait", "--json"]].concat());
    assert_eq!(
        (put.code, &put.json()["run"]["state"]),
        (0, &"open".into()),
        "{}",
        put.err
    );
    let other = till.run(&["settings", "shop", "--set", "returns=ignore", "--json"]);
    assert_eq!(
        (other.code, &other.json()["error"]["code"]),
        (2, &"refilter_open".into())
    );
    let done = till.run(&[&set[..], &["--json"]].concat()).json();
    assert_eq!(
        (&done["run"]["state"], &done["run"]["resumed"]),
        (&"done".into(), &true.into())
    );

    let replay = till.run(&["replay", "shop", "--feed", "sales", "--json"]);
    assert_eq!(
        (replay.code, &replay.json()["state"]),
        (3, &"done".into()),
        "{}",
        replay.err
    );
    let retry = till.run(&["rejected", "shop", "--retry-all", "--json"]);
    let told = retry.json();
    assert_eq!(retry.code, 3, "{}", retry.err);
    assert_eq!((&told["tried"], &told["resolved"]), (&4.into(), &0.into()));
    assert_eq!(till.run(&["rejected", "shop", "--json"]).json()["open"], 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_address_for_alarms_is_set_without_a_run_and_never_shown_in_full() {
    let till = Till::connected(small(), &[]).await;
    let set = |value: &str| {
        let set = format!("webhook-url={value}");
        ["settings", "shop", "--json", "--set", &set].map(str::to_owned)
    };
    let run = |args: [String; 5]| till.run(&args.each_ref().map(String::as_str));
    let put = run(set("https://hooks.example/T0/s3cret"));
    assert_eq!(put.code, 0, "{}", put.err);
    let answer = put.json();
    assert_eq!(answer["run"], Value::Null, "no record is looked at again");
    assert_eq!(answer["settings_version"], 1);
    assert_eq!(answer["changes"][0]["to"], "https://hooks.example/***");
    let again = run(set("https://hooks.example/T0/s3cret"));
    assert_eq!(again.json()["changes"], serde_json::json!([]));
    let refused = run(set("https://me:s3cret@hooks.example/"));
    assert_eq!(
        (refused.code, &refused.json()["error"]["code"]),
        (2, &"setting".into())
    );
    let shown = till.run(&["settings", "shop"]);
    assert!(
        shown.out.contains("webhook-url=https://hooks.example/***"),
        "{}",
        shown.out
    );
    // With a setting that does need a run, both are in force, and only one is carried out.
    let both = ["settings", "shop", "--json", "--set", "returns=ignore"];
    let both = till.run(&[&both[..], &["--set", "webhook-url=none"]].concat());
    let answer = both.json();
    assert_eq!(answer["settings_version"], 2, "{}", both.err);
    assert_eq!(answer["changes"][1]["to"], "");
    assert_eq!(answer["run"]["state"], "done");
    let shown = till.run(&["settings", "shop"]);
    assert!(
        shown.out.contains("webhook-url= (default)"),
        "{}",
        shown.out
    );
    for said in [put, again, refused, both, shown] {
        assert!(
            !said.out.contains("s3cret") && !said.err.contains("s3cret"),
            "{}{}",
            said.out,
            said.err
        );
    }
}
