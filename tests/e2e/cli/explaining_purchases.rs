//! `explain` of purchase orders, shipments and what has to do with them, and what `status` says of
//! reads that miss too much.

use super::explaining::redacted;
use super::{Till, small};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sandbox::{Account, Fault, NewOrder, NewOrderLine, When};

/// The records of which explanations are asked.
#[derive(Debug, Default)]
struct Cast {
    vendor: u64,
    orders: Vec<(&'static str, u64, &'static str)>,
    shipments: Vec<(&'static str, u64, &'static str)>,
    saddle: u64,
    set: u64,
    retired: u64,
    lost: u64,
    odd: u64,
    lost_vendor: u64,
}

fn day(text: &str) -> DateTime<Utc> {
    format!("{text}T09:30:00Z").parse().expect("a day")
}

/// An order placed on a day.
fn placed(a: &mut Account, vendor: u64, shop: u64, lines: &[(u64, i64)], on: &str) -> u64 {
    let lines = lines
        .iter()
        .map(|(item, n)| NewOrderLine::of(*item, *n).at(Decimal::new(1250, 2)))
        .collect();
    a.file_order(NewOrder {
        vendor,
        shop,
        created: Some(day(on)),
        ordered: Some(day(on)),
        lines,
    })
}

fn line(a: &Account, order: u64, place: usize) -> u64 {
    a.orders()[&order].lines[place].id
}

fn receive(a: &mut Account, order: u64, pieces: i64, on: &str) -> u64 {
    let first = line(a, order, 0);
    let shipment = a.receive_late(order, &[(first, pieces)], day(on));
    shipment.expect("the order is there")
}

/// What a buyer did, one order for each fate.
fn staged(a: &mut Account) -> Cast {
    let vendor = a.add_vendor("Saddle House", &["orders@saddles.example"]);
    let lost_vendor = a.add_vendor("Gone Away", &[]);
    a.hide_vendor(lost_vendor);
    let saddle = a.add_item("Saddle", Decimal::new(4950, 2));
    let post = a.add_item("Seat post", Decimal::new(1995, 2));
    let lost = a.add_item("Lost", Decimal::ONE);
    a.hide_item(lost);
    let odd = a.add_item("Odd", Decimal::new(20_000_000, 0));
    a.add_component(odd, saddle, Decimal::new(5, 1), 0);
    let retired = a.add_item("Retired clamp", Decimal::ONE);
    a.archive_item(retired);
    let service = a.add_item("Fitting", Decimal::TEN);
    a.change_type(service, "non_inventory");
    let set = a.add_item("Saddle set", Decimal::new(7900, 2));
    a.change_type(set, "assembly");
    for (part, quantity) in [(saddle, 1), (post, 2), (retired, 4)] {
        a.add_component(set, part, Decimal::from(quantity), 0);
    }
    for part in [service, lost, set, 0] {
        a.add_component(set, part, Decimal::ONE, 0);
    }
    a.add_component(set, post, Decimal::ONE, 1);
    a.change_default_vendor(saddle, vendor);
    a.add_vendor_number(saddle, vendor, "SH-1", Decimal::new(1250, 2));
    a.add_vendor_number(saddle, lost_vendor, "GA-1", Decimal::ONE);
    a.change_default_vendor(post, vendor);

    let mut cast = Cast {
        vendor,
        saddle,
        set,
        retired,
        lost,
        odd,
        lost_vendor,
        ..Cast::default()
    };
    let mut order = |name, id, outcome| cast.orders.push((name, id, outcome));
    let two = [(saddle, 10), (post, 4)];

    let part = [
        (saddle, 10),
        (post, 4),
        (service, 1),
        (lost, 3),
        (0, 2),
        (post, 0),
    ];
    let arriving = placed(a, vendor, 1, &part, "2024-03-01");
    order("partly_received", arriving, "loaded");
    let came = receive(a, arriving, 6, "2024-03-08");
    cast.shipments.push(("loaded", came, "loaded"));
    let nothing = receive(a, arriving, 0, "2024-03-09");
    cast.shipments
        .push(("nothing_received", nothing, "dropped"));

    let done = placed(a, vendor, 2, &two, "2024-03-02");
    receive(a, done, 10, "2024-03-11");
    a.edit_order(done, |order| order.complete = true);
    let mut order = |name, id, outcome| cast.orders.push((name, id, outcome));
    order("finished", done, "loaded");
    let undated = placed(a, vendor, 1, &two, "2024-03-03");
    a.edit_order(undated, |order| order.complete = true);
    order("finished_without_a_date", undated, "loaded");
    let announced = placed(a, vendor, 1, &two, "2024-03-03");
    a.edit_order(announced, |order| order.has_shipments = true);
    order("shipments_announced", announced, "loaded");
    let counted = placed(a, vendor, 1, &two, "2024-03-04");
    a.edit_order(counted, |order| order.received = Some(day("2024-03-14")));
    a.check_in(line(a, counted, 1), 3);
    order("checked_in", counted, "loaded");
    let long: Vec<(u64, i64)> = (1..=25).map(|n| (saddle, n)).collect();
    order(
        "of_25_lines",
        placed(a, vendor, 1, &long, "2024-03-05"),
        "loaded",
    );

    let draft = a.file_order(NewOrder {
        vendor,
        shop: 1,
        created: Some(day("2024-03-06")),
        ordered: None,
        lines: vec![NewOrderLine::of(saddle, 5)],
    });
    order("draft", draft, "dropped");
    let elsewhere = placed(a, vendor, 3, &two, "2024-03-07");
    order("other_location", elsewhere, "dropped");
    let given_up = placed(a, vendor, 1, &two, "2024-03-10");
    a.archive_order(given_up);
    order("archived_before_receipt", given_up, "dropped");
    let put_away = placed(a, vendor, 1, &two, "2024-03-11");
    receive(a, put_away, 7, "2024-03-20");
    a.archive_order(put_away);
    let mut order = |name, id, outcome| cast.orders.push((name, id, outcome));
    order("archived_after_receipt", put_away, "loaded");
    order("no_vendor", placed(a, 0, 1, &two, "2024-03-12"), "dropped");
    let gone = placed(a, lost_vendor, 1, &two, "2024-03-12");
    order("vendor_gone", gone, "dropped");
    let gone = placed(a, vendor, 1, &[(lost, 3)], "2024-03-13");
    order("item_gone", gone, "dropped");
    let old = placed(a, vendor, 1, &two, "2023-05-01");
    a.edit_order(old, |order| order.complete = true);
    order("before_history", old, "dropped");
    let mixed = placed(a, vendor, 1, &[(odd, 2), (saddle, 1)], "2024-03-15");
    order("with_a_rejected_item", mixed, "loaded");
    let fraction = placed(a, vendor, 1, &two, "2024-03-16");
    let half = line(a, fraction, 0);
    a.edit_order_line(half, |line| line.quantity = Decimal::new(25, 1));
    order("rejected", fraction, "rejected");
    order("never_seen", 99_999, "never_seen");

    let there = receive(a, elsewhere, 2, "2024-03-12");
    cast.shipments.push(("order_not_loaded", there, "dropped"));
    let other = receive(a, mixed, 1, "2024-03-18");
    cast.shipments.push(("of_another_item", other, "dropped"));
    let orphan = a
        .shipments()
        .values()
        .find(|shipment| !a.orders().contains_key(&shipment.order))
        .expect("the scene of an order that is gone");
    cast.shipments.push(("order_gone", orphan.id, "dropped"));
    cast.orders.push(("gone", orphan.order, "never_seen"));
    cast.shipments.push(("never_seen", 99_999, "never_seen"));
    cast
}

/// An explanation without the times of our own and of the changes made just now.
fn told(till: &Till, kind: &str, id: u64) -> String {
    let said = till.run(&["explain", "shop", kind, &id.to_string()]);
    assert_eq!(said.code, 0, "{}", said.err);
    let kept: Vec<String> = redacted(&said.out)
        .lines()
        .filter(|line| !line.contains("Lightspeed last changed it"))
        .map(|line| {
            if line.contains("first seen finished") {
                "  It was completed [date]: when it was first seen finished, because it has no date \
                 of receipt."
                    .to_owned()
            } else {
                line.to_owned()
            }
        })
        .collect();
    kept.join("\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fate_of_a_purchase_is_explained() {
    let settings = [
        "--get-data-from",
        "multiple",
        "--locations",
        "Main Warehouse,\"Downtown, 2nd floor\"",
        "--history-since",
        "2024-01-01",
    ];
    let till = Till::connected(small(), &settings).await;
    let cast = till.sandbox.mutate(staged);
    till.run(&["backfill", "shop"]);
    for (kind, cases) in [("order", &cast.orders), ("shipment", &cast.shipments)] {
        for (name, id, outcome) in cases {
            let text = told(&till, kind, *id);
            insta::assert_snapshot!(format!("explain_{kind}_{name}"), text);
            let said = till.run(&["explain", "shop", kind, &id.to_string(), "--json"]);
            assert_eq!(said.json()["outcome"], *outcome, "{kind} {name}: {text}");
        }
    }
    let kinds = [
        ("item", "of_many_links", cast.saddle),
        ("item", "composed", cast.set),
        ("item", "archived_part", cast.retired),
        ("item", "gone", cast.lost),
        ("item", "rejected", cast.odd),
        ("vendor", "of_orders", cast.vendor),
        ("vendor", "gone", cast.lost_vendor),
    ];
    for (kind, name, id) in kinds {
        insta::assert_snapshot!(format!("explain_{kind}_{name}"), told(&till, kind, id));
    }
    let said = till.run(&["explain", "shop", "order", "99999", "--json"]);
    assert_eq!(said.json()["kind"], "order", "its other name");

    // What it advises works.
    let find = |name| cast.orders.iter().find(|(case, ..)| *case == name);
    for (name, set) in [
        ("draft", "include-open-pos=true"),
        ("before_history", "history-since=all"),
        ("other_location", "get-data-from=all"),
    ] {
        let id = find(name).expect("a case").1.to_string();
        let said = till.run(&["settings", "shop", "--set", set]);
        assert_ne!(said.code, 2, "{}", said.err);
        let said = till.run(&["explain", "shop", "order", &id, "--json"]);
        assert_eq!(said.json()["outcome"], "loaded", "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_says_for_what() {
    // How many calls come before the first that asks by id, so that it can be made to fail.
    let till = Till::connected(small(), &[]).await;
    till.sandbox.mutate(staged);
    till.run(&["backfill", "shop"]);
    let history = till.sandbox.history();
    for (resource, kind, name) in [
        ("Item", "order", "item_gone"),
        ("Vendor", "order", "vendor_gone"),
        ("Order", "shipment", "order_gone"),
    ] {
        let by_id =
            |call: &&sandbox::Call| call.query.iter().any(|(_, value)| value.starts_with("IN,"));
        let calls: Vec<_> = history
            .iter()
            .filter(|call| call.resource == resource)
            .collect();
        let skip = calls.iter().position(by_id).expect("a call by id");
        let till = Till::connected(small(), &[]).await;
        let cast = till.sandbox.mutate(staged);
        let at = When {
            resource: Some(resource.to_owned()),
            skip: u32::try_from(skip).expect("few calls"),
            times: u32::MAX,
        };
        till.sandbox.set_fault(Fault::status(403, at));
        till.run(&["backfill", "shop"]);
        let mut cases = cast.orders.iter().chain(&cast.shipments);
        let id = cases.find(|(case, ..)| *case == name).expect("a case").1;
        let text = told(&till, kind, id);
        let waits = format!("explain_{kind}_waits_for_{}", resource.to_lowercase());
        insta::assert_snapshot!(waits, text);
        let said = till.run(&["explain", "shop", kind, &id.to_string(), "--json"]);
        assert_eq!(said.json()["outcome"], "waiting", "{text}");
        assert_eq!(said.json()["related"][0]["counts"], false, "{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_vanished_is_explained_and_too_much_of_it_is_a_finding() {
    let till = Till::connected(small(), &[]).await;
    let cast = till.sandbox.mutate(staged);
    till.run(&["backfill", "shop"]);
    till.sandbox.mutate(|a| {
        a.hide_item(cast.saddle);
        a.hide_vendor(cast.vendor);
    });
    till.run(&["backfill", "shop"]);
    let said = told(&till, "item", cast.saddle);
    insta::assert_snapshot!("explain_item_vanished", said);
    let said = told(&till, "vendor", cast.vendor);
    insta::assert_snapshot!("explain_vendor_vanished", said);
    let status = till.run(&["status", "shop", "--json"]).json();
    assert_eq!(status["connections"][0]["missing"], serde_json::json!([]));

    till.sandbox.mutate(|a| {
        let many: Vec<u64> = a.items().keys().copied().take(60).collect();
        for item in many {
            a.hide_item(item);
        }
    });
    for (reads, acceptable) in [(1, false), (2, true)] {
        till.run(&["backfill", "shop"]);
        let status = till.run(&["status", "shop", "--json"]).json();
        let missed = &status["connections"][0]["missing"][0];
        assert_eq!(missed["feed"], "items");
        assert_eq!(
            (&missed["reads"], &missed["acceptable"]),
            (&reads.into(), &acceptable.into())
        );
        let text = till.run(&["status", "shop"]).out;
        let told: Vec<&str> = text
            .lines()
            .skip_while(|line| !line.contains("  missing "))
            .take(2)
            .collect();
        let told = told.join("\n");
        let first = told.find(", first on ").expect("since when");
        let end = first + told[first..].find('\n').expect("two lines");
        let told = format!("{}, first on [date].{}", &told[..first], &told[end..]);
        insta::assert_snapshot!(format!("status_missing_{reads}"), told);
    }
}
