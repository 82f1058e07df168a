//! What complete reads missed too much of, as a person is told of it and accepts it.

use super::{Till, small};

/// Takes so many ordinary items out of the account.
fn lose(till: &Till, many: usize) -> Vec<u64> {
    till.sandbox.mutate(|account| {
        let ordinary = |item: &&sandbox::Item| item.item_type == "default" && !item.archived;
        let ids: Vec<u64> = account
            .items()
            .values()
            .filter(ordinary)
            .map(|i| i.id)
            .collect();
        let lost = ids[ids.len() - many..].to_vec();
        for item in &lost {
            account.merge_item(*item, ids[0]);
        }
        lost
    })
}

/// Feeds of which `status` says that too much is missing.
fn guarded(till: &Till) -> usize {
    let told = till.run(&["status", "shop", "--json"]).json();
    let missing = &told["connections"][0]["missing"];
    missing.as_array().expect("a list").len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_much_that_is_missing_is_listed_and_accepted_when_two_reads_agree() {
    let till = Till::connected(small(), &[]).await;
    till.run(&["backfill", "shop"]);
    let none = till.run(&["sweep", "shop"]);
    assert_eq!(none.code, 0);
    assert!(none.out.contains("sync shop --sweep"), "{}", none.out);
    let accept = ["sweep", "shop", "--accept", "--json"];
    let refused = till.run(&accept);
    assert_eq!(
        (refused.code, &refused.json()["error"]["code"]),
        (2, &"nothing_to_accept".into())
    );

    let lost = lose(&till, 40);
    till.run(&["backfill", "shop"]);
    assert_eq!(guarded(&till), 1);
    let refused = till.run(&accept);
    assert_eq!(
        (refused.code, &refused.json()["error"]["code"]),
        (2, &"one_read_only".into()),
        "{}",
        refused.err
    );
    let alarms = till.run(&["status", "shop", "--json"]).json();
    assert_eq!(alarms["connections"][0]["alarms"][0]["kind"], "sweep_guard");

    till.run(&["backfill", "shop"]);
    let shown = till.run(&["sweep", "shop"]);
    assert_eq!(shown.code, 0);
    assert!(shown.out.contains("sweep shop --accept"), "{}", shown.out);
    assert!(shown.out.contains("and 30 more"), "{}", shown.out);
    let listed = till.run(&["sweep", "shop", "--json"]).json();
    let records = listed["missing"][0]["records"].as_array().expect("records");
    let ids: Vec<u64> = records.iter().filter_map(|r| r["id"].as_u64()).collect();
    assert_eq!(ids, lost);
    assert!(listed["accepted"].is_null());

    let accepted = till.run(&accept);
    assert_eq!(accepted.code, 0, "{}", accepted.err);
    let told = accepted.json();
    assert_eq!(
        (&told["accepted"], &told["carried"]),
        (&40.into(), &true.into())
    );
    assert_eq!(guarded(&till), 0);
    let explained = till.run(&["explain", "shop", "item", &lost[0].to_string()]);
    assert!(explained.out.contains("disabled"), "{}", explained.out);
    let status = till.run(&["status", "shop", "--json"]).json();
    assert_eq!(status["connections"][0]["alarms"], serde_json::json!([]));
    assert_eq!(till.run(&accept).code, 2, "once");
}
