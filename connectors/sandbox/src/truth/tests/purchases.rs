use chrono::TimeDelta;
use rust_decimal::Decimal;

use crate::account::{Account, NewOrder, NewOrderLine, ShipmentItem};

use super::{Before, Mode, Truth, View, account, compute, dec, of_kind, reasons, start, truth};

fn line(item: u64, pieces: i64, price: &str) -> NewOrderLine {
    NewOrderLine::of(item, pieces).at(dec(price))
}

/// Vendor 1, and an order of 10 pieces of 40 at 1.235 and 4 of 41 at 2.
fn ordered() -> (Account, u64) {
    let mut account = account();
    account.add_vendor("Acme", &[]);
    let order = account.order(1, 1, vec![line(40, 10, "1.235"), line(41, 4, "2")]);
    (account, order)
}

/// Lets time pass.
fn wait(account: &mut Account, minutes: i64) {
    account.now += TimeDelta::minutes(minutes);
}

fn outcome(account: &Account, view: &View) -> Vec<(String, u64)> {
    reasons(&compute(account, view), "orders")
}

fn only(reason: &str) -> Vec<(String, u64)> {
    vec![(reason.to_owned(), 1)]
}

#[test]
fn a_placed_order() {
    let (mut account, order) = ordered();
    account.edit_order(order, |order| {
        order.arrival = Some(start() + TimeDelta::days(7));
    });
    assert_eq!(
        of_kind(&truth(&account), "buy_order"),
        [concat!(
            r#"{"kind":"buy_order","order_id":1,"vendor_id":1,"placed":"2026-03-02T09:00:00Z","#,
            r#""completed":null,"expected_delivery_date":"2026-03-09T09:00:00Z","#,
            r#""total_value":"20.35","lines":["#,
            r#"{"order_line_id":1,"item_id":40,"quantity":10,"subtotal_value":"12.35"},"#,
            r#"{"order_line_id":2,"item_id":41,"quantity":4,"subtotal_value":"8.00"}]}"#
        )]
    );
    // Without a total, quantity times price; less than nothing is nothing.
    account.edit_order_line(1, |line| line.total = None);
    account.edit_order_line(2, |line| line.price = dec("-2"));
    let dump = of_kind(&truth(&account), "buy_order").join("");
    assert!(dump.contains(r#""total_value":"12.35""#), "{dump}");
    assert!(dump.contains(r#""quantity":4,"subtotal_value":"0.00""#));
}

#[test]
fn the_shipment_that_came_in() {
    let (mut account, order) = ordered();
    wait(&mut account, 60);
    let shipment = account.receive(order, &[(1, 10)]).unwrap();
    let seen = truth(&account);
    assert_eq!(
        of_kind(&seen, "receipt"),
        [concat!(
            r#"{"kind":"receipt","order_id":1,"order_line_id":1,"key":"1","quantity":10,"#,
            r#""occurred":"2026-03-02T10:00:00Z"}"#
        )]
    );
    assert_eq!(seen.feed("shipments").unwrap().loaded, 1);
    assert_eq!(account.stock(40, 1).unwrap().qoh, 10);
    account.edit_shipment(shipment, |shipment| shipment.reception = None);
    account.complete_order(order);
    // Without a reception date it occurred when it was made, and says nothing about the end.
    account.edit_order(order, |order| order.received = Some(start()));
    let seen = truth(&account);
    assert!(of_kind(&seen, "receipt")[0].contains("2026-03-02T10:00:00Z"));
    assert!(of_kind(&seen, "buy_order")[0].contains(r#""completed":"2026-03-02T09:00:00Z""#));
}

#[test]
fn two_shipments_end_with_the_later_one() {
    let (mut account, order) = ordered();
    wait(&mut account, 60);
    account.receive(order, &[(1, 4), (2, 4)]);
    wait(&mut account, 60);
    account.receive(order, &[(1, 6)]);
    account.complete_order(order);
    let seen = truth(&account);
    let keys: Vec<bool> = of_kind(&seen, "receipt")
        .iter()
        .zip([
            r#""order_line_id":1,"key":"1","quantity":4"#,
            r#""order_line_id":1,"key":"3","quantity":6"#,
            r#""order_line_id":2,"key":"2","quantity":4"#,
        ])
        .map(|(line, expected)| line.contains(expected))
        .collect();
    assert_eq!(keys, [true; 3], "{:?}", of_kind(&seen, "receipt"));
    assert!(of_kind(&seen, "buy_order")[0].contains(r#""completed":"2026-03-02T11:00:00Z""#));
}

/// Lines 1 and 2 of item 40 (2 and 3 pieces); one entry of 9 pieces, told to be of line 2.
fn twice_on_one_order() -> Account {
    let mut account = account();
    account.add_vendor("Acme", &[]);
    account.order(1, 1, vec![line(40, 2, "1"), line(40, 3, "1")]);
    account.receive(1, &[(2, 9)]);
    account
}

#[test]
fn an_entry_fills_the_lines_of_its_item() {
    let mut account = twice_on_one_order();
    let receipts = |account: &Account| -> Vec<(u64, String, i64)> {
        of_kind(&truth(account), "receipt")
            .into_iter()
            .map(|line| {
                let line: serde_json::Value = serde_json::from_str(line).unwrap();
                (
                    line["order_line_id"].as_u64().unwrap(),
                    line["key"].as_str().unwrap().to_owned(),
                    line["quantity"].as_i64().unwrap(),
                )
            })
            .collect()
    };
    assert_eq!(
        receipts(&account),
        [(1, "1:1".to_owned(), 2), (2, "1:2".to_owned(), 7)]
    );
    account.show_shipment_lines(true);
    assert_eq!(receipts(&account), [(2, "1".to_owned(), 9)]);
    // What tells its line comes first and leaves its room to nobody.
    let item = |id: u64, line: u64, quantity: i64| ShipmentItem {
        id,
        item: 40,
        line,
        quantity: Decimal::from(quantity),
        cost: Decimal::ONE,
        stamp: start(),
    };
    account.edit_shipment(1, |shipment| {
        shipment.items = vec![item(5, 0, 3), item(6, 1, 1)];
    });
    assert_eq!(
        receipts(&account),
        [
            (1, "5:1".to_owned(), 1),
            (1, "6".to_owned(), 1),
            (2, "5:2".to_owned(), 2)
        ]
    );
    // A line that was deleted is nobody's: the item decides.
    account.edit_shipment(1, |shipment| shipment.items = vec![item(7, 1, 2)]);
    account.delete_order_line(1);
    assert_eq!(receipts(&account), [(2, "7".to_owned(), 2)]);
}

#[test]
fn without_shipments_what_is_checked_in_counts() {
    let (mut account, order) = ordered();
    account.check_in(1, 7);
    account.count_order_line(2, 4);
    account.check_in(1, 5);
    let expected = concat!(
        r#"{"kind":"receipt","order_id":1,"order_line_id":1,"key":"checked_in","quantity":5,"#,
        r#""occurred":null}"#
    );
    assert_eq!(of_kind(&truth(&account), "receipt"), [expected]);
    assert_eq!(account.stock(40, 1).unwrap().qoh, 5);
    account.edit_order(order, |order| order.has_shipments = true);
    assert!(of_kind(&truth(&account), "receipt").is_empty());
    // A shipment in which nothing came silences the lines as well.
    account.edit_order(order, |order| order.has_shipments = false);
    account.receive(order, &[]);
    let seen = truth(&account);
    assert!(of_kind(&seen, "receipt").is_empty());
    assert_eq!(reasons(&seen, "shipments"), only("nothing_received"));
}

#[test]
fn which_orders_count() {
    let (mut account, order) = ordered();
    let all = View::all(1);
    account.edit_order(order, |order| order.ordered = None);
    assert_eq!(outcome(&account, &all), only("draft_order"));
    let open = View {
        include_open_pos: true,
        ..View::all(1)
    };
    assert_eq!(outcome(&account, &open), []);
    account.check_in(2, 1);
    assert_eq!(outcome(&account, &all), []);
    account.check_in(2, 0);
    account.place_order(order);

    account.archive_order(order);
    assert_eq!(outcome(&account, &all), only("archived"));
    account.unarchive_order(order);

    let other = View {
        mode: Mode::Multiple(vec![2]),
        ..View::all(2)
    };
    assert_eq!(outcome(&account, &other), only("other_location"));

    wait(&mut account, 60);
    account.complete_order(order);
    let later = View {
        history_since: Some(start() + TimeDelta::minutes(1)),
        ..View::all(1)
    };
    account.reopen_order(order);
    assert_eq!(outcome(&account, &later), []);
    account.complete_order(order);
    assert_eq!(outcome(&account, &later), only("before_history"));
    let until = View {
        history_since: Some(start()),
        ..View::all(1)
    };
    assert_eq!(outcome(&account, &until), []);

    account.edit_order(order, |order| order.vendor = 0);
    assert_eq!(outcome(&account, &all), only("no_vendor"));
    account.edit_order(order, |order| order.vendor = 9);
    assert_eq!(outcome(&account, &all), only("vendor_gone"));
    account.edit_order(order, |order| order.lines.clear());
    assert_eq!(outcome(&account, &all), only("no_product_line"));
}

#[test]
fn an_order_archived_after_a_part_came_is_over() {
    let (mut account, order) = ordered();
    wait(&mut account, 60);
    account.receive(order, &[(2, 1)]);
    wait(&mut account, 60);
    account.archive_order(order);
    let seen = truth(&account);
    assert!(of_kind(&seen, "buy_order")[0].contains(r#""completed":"2026-03-02T10:00:00Z""#));
    assert_eq!(of_kind(&seen, "receipt").len(), 1);
}

#[test]
fn lines_that_name_no_product() {
    let (mut account, _) = ordered();
    account.hide_item(40);
    account.change_type(41, "non_inventory");
    assert_eq!(reasons(&truth(&account), "orders"), only("item_gone"));
    account.delete_order_line(1);
    assert_eq!(
        reasons(&truth(&account), "orders"),
        only("only_non_inventory")
    );
    account.add_order_line(1, line(0, 1, "5"));
    account.change_type(41, "default");
    let seen = truth(&account);
    assert!(of_kind(&seen, "buy_order")[0].contains(r#""total_value":"8.00""#));
}

#[test]
fn rows_that_cannot_be_read() {
    let (mut account, _) = ordered();
    account.edit_order_line(1, |line| line.quantity = dec("2.5"));
    let seen = truth(&account);
    assert_eq!(
        seen.feed("orders").unwrap().rejected["fractional_quantity"],
        1
    );
    account.edit_order_line(1, |line| line.quantity = dec("2"));
    account.receive(1, &[(1, 2)]);
    account.edit_shipment(1, |shipment| shipment.items[0].quantity = dec("0.5"));
    let seen = truth(&account);
    assert_eq!(
        seen.feed("shipments").unwrap().rejected["fractional_quantity"],
        1
    );
    assert!(of_kind(&seen, "receipt").is_empty());
    account.edit_order(1, |order| {
        (order.ordered, order.created, order.stamp) = (None, None, None);
    });
    account.orders.get_mut(&1).unwrap().stamp = None;
    let seen = truth(&account);
    assert_eq!(seen.feed("orders").unwrap().rejected["bad_value"], 1);
}

#[test]
fn shipments_without_an_order_in_the_model() {
    let (mut account, order) = ordered();
    account.receive(order, &[(1, 1)]);
    account.edit_shipment(1, |shipment| shipment.items[0].item = 77);
    assert_eq!(
        reasons(&truth(&account), "shipments"),
        only("no_product_line")
    );
    account.edit_order(order, |order| order.vendor = 0);
    assert_eq!(
        reasons(&truth(&account), "shipments"),
        only("order_not_loaded")
    );
    account.edit_shipment(1, |shipment| shipment.order = 99);
    assert_eq!(reasons(&truth(&account), "shipments"), only("order_gone"));
}

#[test]
fn an_archived_item_and_vendor_come_with_the_order() {
    let (mut account, order) = ordered();
    account.archive_item(40);
    account.archive_vendor(1);
    let seen = truth(&account);
    assert!(of_kind(&seen, "product")[0].contains(r#""status":"disabled""#));
    assert!(of_kind(&seen, "supplier")[0].contains(r#""ignored":true"#));
    account.archive_order(order);
    let seen = truth(&account);
    assert_eq!(reasons(&seen, "items"), only("archived_never_loaded"));
    assert_eq!(reasons(&seen, "vendors"), only("archived_never_loaded"));
}

#[test]
fn a_late_order_brings_its_own_times() {
    let mut account = account();
    account.add_vendor("Acme", &[]);
    let early = start() - TimeDelta::days(3);
    let order = account.order_late(1, 1, vec![line(40, 1, "1")], early);
    assert_eq!(account.orders()[&order].stamp, Some(early));
    account.file_order(NewOrder {
        vendor: 1,
        shop: 1,
        created: None,
        ordered: None,
        lines: vec![line(40, 1, "1")],
    });
    account.check_in(2, 1);
    let seen: Truth = super::super::compute(&account, &View::all(1), &Before::default());
    assert!(of_kind(&seen, "buy_order")[0].contains("2026-02-27T09:00:00Z"));
    assert!(of_kind(&seen, "buy_order")[1].contains(r#""placed":"2026-03-02T09:00:00Z""#));
}
