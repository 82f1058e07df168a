//! `explain`: what it says of every fate of a record.

use super::{Till, small};

/// Explanations with what differs from run to run taken out: our own times and page numbers, and
/// which records were asked for in one call, because that depends on how fast the stages are.
pub(super) fn redacted(text: &str) -> String {
    let ours = |line: &str| {
        ["read on", "decided on", "refused", "When run", "proven on"]
            .iter()
            .any(|mark| line.contains(mark))
    };
    let mut lines = Vec::new();
    for line in text.lines() {
        let mut words: Vec<&str> = line.split(' ').collect();
        let mut place = 0;
        while place < words.len() {
            let word = words[place];
            let date = word.len() == 10 && word.matches('-').count() == 2;
            if ours(line) && date && words.len() > place + 2 {
                words.splice(place..place + 2, ["[date]"]);
            } else if ours(line) && word.ends_with("page") && words.len() > place + 1 {
                words[place + 1] = if words[place + 1].ends_with(',') {
                    "[n],"
                } else {
                    "[n]"
                };
            }
            place += 1;
        }
        lines.push(without_ids(words.join(" ")));
    }
    lines.join("\n")
}

fn without_ids(line: String) -> String {
    match line.split_once("=IN,[") {
        Some((before, after)) => match after.split_once(']') {
            Some((_, rest)) => format!("{before}=IN,[ids]{rest}"),
            None => line,
        },
        None => line,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fate_of_a_sale_is_explained() {
    let till = Till::connected(small(), &[]).await;
    assert_eq!(
        till.run(&["backfill", "shop"]).code,
        3,
        "one record is rejected"
    );
    for (name, id, outcome) in [
        ("loaded", "10", "loaded"),
        ("open", "15", "dropped"),
        ("voided", "75", "dropped"),
        ("misc_line_only", "68", "dropped"),
        ("return", "4", "lowers_another"),
        ("returned_in_full", "3", "dropped"),
        ("return_without_sale", "8", "dropped"),
        ("item_gone", "159", "dropped"),
        ("rejected", "85", "rejected"),
        ("never_seen", "9999", "never_seen"),
        ("ticket_number", "220000000015", "never_seen"),
    ] {
        let said = till.run(&["explain", "shop", "sale", id]);
        assert_eq!(said.code, 0);
        insta::assert_snapshot!(format!("explain_sale_{name}"), redacted(&said.out));
        let said = till.run(&["explain", "shop", "sale", id, "--json"]);
        assert_eq!(said.json()["outcome"], outcome, "{name}");
    }
    for (kind, id) in [
        ("item", "1"),
        ("item", "39"),
        ("item", "30"),
        ("vendor", "3"),
    ] {
        let said = till.run(&["explain", "shop", kind, id]);
        insta::assert_snapshot!(format!("explain_{kind}_{id}"), redacted(&said.out));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sale_of_another_location_names_it_and_the_setting() {
    let till = Till::connected(small(), &["--get-data-from", "one"]).await;
    let said = till.run(&["explain", "shop", "sale", "1"]);
    insta::assert_snapshot!("explain_sale_before_any_backfill", said.out);
    till.run(&["backfill", "shop"]);
    let said = till.run(&["explain", "shop", "sale", "1"]);
    insta::assert_snapshot!("explain_sale_other_location", redacted(&said.out));

    // What it advises works.
    let asked = till.sandbox.history().len();
    let list = "locations=Main Warehouse,\"Downtown, 2nd floor\"";
    let sets = ["--set", "get-data-from=multiple", "--set", list];
    let said = till.run(&[&["settings", "shop"][..], &sets].concat());
    assert_eq!(said.code, 3, "{}", said.err);
    assert_eq!(till.sandbox.history().len(), asked, "all is stored");
    let said = till.run(&["explain", "shop", "sale", "1", "--json"]);
    assert_eq!(said.json()["outcome"], "loaded");
}
