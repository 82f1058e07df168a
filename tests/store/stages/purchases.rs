//! Purchase orders, what arrived for them, and what they wait for.

use super::account::{Account, EARLY, LATE, item};
use super::rows::{order, ordered, shipment, vendor};
use pipeline::outcome::Outcome;
use pipeline::{Feed, Reason, Stage};
use serde_json::json;

#[tokio::test]
async fn the_newest_version_of_an_order_holds_and_its_lines_are_replaced() {
    let account = Account::stocked().await;
    let two = [ordered(1, 40, 2, 0), ordered(2, 41, 3, 0)];
    account.read(Feed::Orders, 5, &[order(1, LATE, &two)]).await;
    assert_eq!(account.bought(1).await, "1: 40 x 2, 2: 41 x 3");
    // Older by the source, and a page of before: neither wins.
    account
        .read(Feed::Orders, 6, &[order(1, EARLY, &two[..1])])
        .await;
    account.read(Feed::Orders, 4, &[order(1, LATE, &[])]).await;
    assert_eq!(account.bought(1).await, "1: 40 x 2, 2: 41 x 3");
    account
        .read(Feed::Orders, 7, &[order(1, LATE, &two[1..])])
        .await;
    assert_eq!(account.bought(1).await, "2: 41 x 3");
    account.read(Feed::Orders, 8, &[order(1, LATE, &[])]).await;
    assert_eq!(account.bought(1).await, "none");
    let tally = account.tally(Feed::Orders, Stage::Filter).await;
    let dropped = Outcome::Dropped(Reason::NoProductLine);
    assert_eq!(tally.outcomes[&dropped], 1, "{tally:?}");
}

#[tokio::test]
async fn a_line_that_moves_leaves_its_order() {
    let account = Account::stocked().await;
    let two = [ordered(1, 40, 2, 0), ordered(2, 41, 3, 0)];
    let first = [order(1, EARLY, &two)];
    account.read(Feed::Orders, 5, &first).await;
    account
        .read(Feed::Orders, 6, &[order(2, EARLY, &two[1..])])
        .await;
    assert_eq!(account.bought(1).await, "1: 40 x 2");
    assert_eq!(account.bought(2).await, "2: 41 x 3");
    account.read(Feed::Orders, 7, &first).await;
    assert_eq!(account.bought(1).await, "1: 40 x 2, 2: 41 x 3");
    assert_eq!(account.bought(2).await, "none");
}

#[tokio::test]
async fn what_was_checked_in_follows_its_count_up_and_down() {
    let account = Account::stocked().await;
    let counts = async |observation, count| {
        let row = order(1, EARLY, &[ordered(1, 40, 9, count)]);
        account.read(Feed::Orders, observation, &[row]).await;
        account.receipts().await
    };
    assert!(counts(5, 0).await.is_empty());
    assert_eq!(counts(6, 3).await, ["1 checked_in 3"]);
    assert_eq!(counts(7, 5).await, ["1 checked_in 5"]);
    assert_eq!(counts(8, 4).await, ["1 checked_in 4"]);
    // Each step is a receipt of its own.
    let (reader, sql) = (
        account.store.queue_pool(),
        "SELECT receipt_key FROM model_receipt_lines",
    );
    let keys: Vec<String> = sqlx::query_scalar(sql).fetch_all(reader).await.unwrap();
    assert_eq!(keys, ["1:3", "1:4"]);
    assert!(counts(9, 0).await.is_empty());
    // What arrived on record counts instead.
    counts(10, 5).await;
    let arrived = [shipment(3, 1, &[(31, 40, 2)])];
    account.read(Feed::Shipments, 11, &arrived).await;
    assert_eq!(account.receipts().await, ["1 31 2"]);
    let gone = [shipment(3, 2, &[(31, 40, 2)])];
    account.read(Feed::Shipments, 12, &gone).await;
    assert_eq!(account.receipts().await, ["1 checked_in 5"]);
}

#[tokio::test]
async fn an_order_is_complete_since_it_was_first_seen_so() {
    let account = Account::stocked().await;
    let read = async |observation, complete: &str, quantity| {
        let mut row = order(1, EARLY, &[ordered(1, 40, quantity, 0)]);
        row["complete"] = json!(complete);
        let minute = std::time::Duration::from_secs(60);
        account.home.clock.advance(minute);
        account.read(Feed::Orders, observation, &[row]).await;
        account.model("buy_order").await[0]["completed"].clone()
    };
    assert!(read(5, "false", 1).await.is_null());
    let since = read(6, "true", 1).await;
    assert!(since.is_string());
    assert_eq!(read(7, "true", 2).await, since);
    assert!(read(8, "false", 2).await.is_null());
    assert_ne!(read(9, "true", 2).await, since);
}

#[tokio::test]
async fn an_order_waits_for_its_vendor_and_items() {
    let account = Account::open().await;
    let rows = [
        order(1, EARLY, &[ordered(1, 40, 2, 0), ordered(2, 41, 1, 0)]),
        order(2, EARLY, &[ordered(3, 41, 1, 0)]),
    ];
    account.read(Feed::Orders, 1, &rows).await;
    let tally = account.tally(Feed::Orders, Stage::Load).await;
    let waiting = Outcome::Waiting(Reason::WaitingForVendor);
    assert_eq!(tally.outcomes[&waiting], 2);
    assert_eq!(account.wanted(Feed::Vendors).await, [7]);
    assert_eq!(account.wanted(Feed::Items).await, [40, 41]);
    account.answer(Feed::Vendors, 2, &[7], &[vendor(7)]).await;
    let tally = account.tally(Feed::Orders, Stage::Load).await;
    let waiting = Outcome::Waiting(Reason::WaitingForItem);
    assert_eq!(tally.outcomes[&waiting], 2);
    account
        .answer(Feed::Items, 3, &[40, 41], &[item(40, 1)])
        .await;
    assert_eq!(account.bought(1).await, "1: 40 x 2");
    let tally = account.tally(Feed::Orders, Stage::Load).await;
    assert_eq!((tally.of("loaded"), tally.of("waiting")), (1, 0));
    assert_eq!(tally.outcomes[&Outcome::Dropped(Reason::ItemGone)], 1);
    assert!(account.wanted(Feed::Items).await.is_empty());
}

#[tokio::test]
async fn an_order_goes_when_its_vendor_is_gone() {
    let account = Account::stocked().await;
    let mut row = order(1, EARLY, &[ordered(1, 40, 2, 0)]);
    row["vendorID"] = json!("8");
    account.read(Feed::Orders, 5, &[row]).await;
    account.answer(Feed::Vendors, 6, &[8], &[]).await;
    let tally = account.tally(Feed::Orders, Stage::Load).await;
    assert_eq!(tally.outcomes[&Outcome::Dropped(Reason::VendorGone)], 1);
    assert_eq!(tally.of("waiting"), 0);
    // It was only hidden.
    account.read(Feed::Vendors, 7, &[vendor(8)]).await;
    assert_eq!(account.bought(1).await, "1: 40 x 2");
}

#[tokio::test]
async fn an_arrival_has_its_outcome_through_its_order() {
    let account = Account::stocked().await;
    let arrivals = [
        shipment(1, 1, &[(11, 40, 2)]),
        shipment(2, 1, &[(21, 40, 0)]),
        shipment(3, 2, &[(31, 40, 1)]),
        shipment(4, 3, &[(41, 40, 1)]),
    ];
    account.read(Feed::Shipments, 5, &arrivals).await;
    assert_eq!(account.wanted(Feed::Orders).await, [1, 2, 3]);
    let mut draft = order(2, EARLY, &[ordered(2, 41, 1, 0)]);
    draft["vendorID"] = json!("0");
    let rows = [order(1, EARLY, &[ordered(1, 40, 5, 0)]), draft];
    account.answer(Feed::Orders, 6, &[1, 2, 3], &rows).await;
    assert_eq!(account.receipts().await, ["1 11 2"]);
    let filtered = account.tally(Feed::Shipments, Stage::Filter).await;
    let nothing = Outcome::Dropped(Reason::NothingReceived);
    assert_eq!(filtered.outcomes[&nothing], 1);
    let tally = account.tally(Feed::Shipments, Stage::Load).await;
    assert_eq!((tally.of("loaded"), tally.of("waiting")), (1, 0));
    let (not_loaded, gone) = (Reason::OrderNotLoaded, Reason::OrderGone);
    assert_eq!(tally.outcomes[&Outcome::Dropped(not_loaded)], 1);
    assert_eq!(tally.outcomes[&Outcome::Dropped(gone)], 1);
    // The same again is nothing new.
    account.read(Feed::Shipments, 7, &arrivals).await;
    let again = account.tally(Feed::Shipments, Stage::Normalize).await;
    assert_eq!(again.of("unchanged"), 4);
    let next = [shipment(5, 1, &[(51, 40, 9)])];
    account.read(Feed::Shipments, 8, &next).await;
    assert_eq!(account.receipts().await, ["1 11 2", "1 51 9"]);
    let tally = account.tally(Feed::Shipments, Stage::Load).await;
    assert_eq!((tally.of("loaded"), tally.of("unchanged")), (2, 0));
}

#[tokio::test]
async fn an_archived_order_counts_once_something_of_it_arrived() {
    let account = Account::stocked().await;
    let mut row = order(1, EARLY, &[ordered(1, 40, 5, 0)]);
    row["archived"] = json!("true");
    account.read(Feed::Orders, 5, &[row]).await;
    let tally = account.tally(Feed::Orders, Stage::Filter).await;
    assert_eq!(tally.outcomes[&Outcome::Dropped(Reason::Archived)], 1);
    let arrived = [shipment(1, 1, &[(11, 40, 2)])];
    account.read(Feed::Shipments, 6, &arrived).await;
    assert_eq!(account.bought(1).await, "1: 40 x 5");
    let completed = &account.model("buy_order").await[0]["completed"];
    assert_eq!(completed, "2026-01-12T09:30:00Z");
    // The run that dropped it is open, so its sums follow.
    let tally = account.tally(Feed::Orders, Stage::Filter).await;
    assert_eq!((tally.of("dropped"), tally.of("passed")), (0, 1));
    let tally = account.tally(Feed::Orders, Stage::Load).await;
    assert_eq!(tally.of("loaded"), 1);
}

#[tokio::test]
async fn an_order_needs_its_archived_vendor_and_items() {
    let account = Account::open().await;
    let (mut seller, mut sold) = (vendor(7), item(40, 1));
    seller["archived"] = json!("true");
    sold["archived"] = json!("true");
    account.read(Feed::Vendors, 1, &[seller]).await;
    account.read(Feed::Items, 2, &[sold]).await;
    assert!(account.model("supplier").await.is_empty());
    let rows = [order(1, EARLY, &[ordered(1, 40, 5, 0)])];
    account.read(Feed::Orders, 3, &rows).await;
    assert_eq!(account.bought(1).await, "1: 40 x 5");
    assert_eq!(account.model("supplier").await[0]["ignored"], true);
    assert_eq!(account.model("product").await[0]["status"], "disabled");
}
