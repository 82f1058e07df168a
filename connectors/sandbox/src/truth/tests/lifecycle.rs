use crate::account::{Account, NewLine, NewOrderLine};

use super::{Before, Mode, Truth, View, account, dec, of_kind, orders, reasons, ring};

/// Items 40 and 41 with vendors 1 and 2, an order of both in shop 2, and what was loaded of it.
fn loaded() -> (Account, Before) {
    let mut account = account();
    for name in ["Acme", "Beta"] {
        account.add_vendor(name, &[]);
    }
    for (item, vendor) in [(40, 1), (40, 2), (41, 1)] {
        account.add_vendor_number(item, vendor, "N", dec("2"));
    }
    let lines = vec![NewOrderLine::of(40, 2), NewOrderLine::of(41, 2)];
    account.order(1, 2, lines);
    let truth = Truth::of(&account, &View::all(1), &Before::default());
    let before = truth.before(&Before::default());
    (account, before)
}

fn after(account: &Account, before: &Before) -> Truth {
    Truth::of(account, &View::all(1), before)
}

fn line<'a>(truth: &'a Truth, start: &str) -> &'a str {
    let found = truth.dump.iter().find(|line| line.contains(start));
    found.unwrap_or_else(|| panic!("no {start}"))
}

#[test]
fn what_was_loaded_is_known() {
    let (_, before) = loaded();
    assert_eq!(before.items.iter().copied().collect::<Vec<_>>(), [40, 41]);
    assert_eq!(before.vendors.len(), 2);
    let pairs: Vec<(u64, u64)> = before.pairs.keys().copied().collect();
    assert_eq!(pairs, [(40, 1), (40, 2), (41, 1)]);
    assert_eq!(before.orders.len(), 1);
}

#[test]
fn products_stay_disabled() {
    let (mut account, before) = loaded();
    account.delete_order_line(1);
    account.delete_order_line(2);
    account.set_stock(41, 1, 5);
    account.archive_item(40);
    account.change_type(41, "non_inventory");
    let seen = after(&account, &before);
    for id in [40, 41] {
        let product = line(&seen, &format!(r#""kind":"product","item_id":{id}"#));
        assert!(product.contains(r#""status":"disabled""#), "{product}");
    }
    assert!(line(&seen, r#""item_id":41"#).contains(r#""stock_level":5"#));
    assert_eq!(seen.feed("items").unwrap().loaded, 2);
    let pairs = of_kind(&seen, "supplier_product");
    assert_eq!(pairs.len(), 3);
    assert!(pairs.iter().all(|pair| pair.contains("disabled")));

    account.unarchive_item(40);
    account.hide_item(41);
    let seen = after(&account, &seen.before(&before));
    assert!(line(&seen, r#""kind":"product","item_id":40"#).contains("enabled"));
    let gone = line(&seen, r#""kind":"product","item_id":41"#);
    assert!(gone.contains(r#""stock_level":0,"minimum_stock":0,"status":"disabled""#));
    assert_eq!(seen.feed("items").unwrap().read, 1);
}

#[test]
fn suppliers_stay_ignored() {
    let (mut account, before) = loaded();
    account.archive_vendor(1);
    account.hide_vendor(2);
    let seen = after(&account, &before);
    let ignored = |seen: &Truth| -> Vec<bool> {
        of_kind(seen, "supplier")
            .iter()
            .map(|line| line.contains(r#""ignored":true"#))
            .collect()
    };
    assert_eq!(ignored(&seen), [true, true]);
    assert_eq!(seen.feed("vendors").unwrap().read, 1);
    assert_eq!(of_kind(&seen, "buy_order").len(), 1);
    account.unarchive_vendor(1);
    let seen = after(&account, &seen.before(&before));
    assert_eq!(ignored(&seen), [false, true]);
    // An order from the one that vanished is still an order, because the supplier is there.
    account.edit_order(1, |order| order.vendor = 2);
    assert_eq!(of_kind(&after(&account, &before), "buy_order").len(), 1);
    assert_eq!(
        reasons(&after(&account, &Before::default()), "orders"),
        [("vendor_gone".to_owned(), 1)]
    );
}

#[test]
fn a_pair_that_disappeared_keeps_its_codes() {
    let (mut account, before) = loaded();
    account.edit_item(40, |item| item.default_vendor = 2);
    let number = account.items()[&40].vendor_numbers[0].id;
    account.remove_vendor_number(40, number);
    account.edit_item(40, |item| item.description = "New name".to_owned());
    let seen = after(&account, &before);
    let lost = line(
        &seen,
        r#""kind":"supplier_product","item_id":40,"vendor_id":1"#,
    );
    assert!(
        lost.contains(r#""name":"Item 40","sku_code":"N""#),
        "{lost}"
    );
    assert!(lost.contains(r#""price":"2.00","preferred":false,"status":"disabled""#));
    account.add_vendor_number(40, 1, "N-2", dec("3"));
    let seen = after(&account, &seen.before(&before));
    let back = line(
        &seen,
        r#""kind":"supplier_product","item_id":40,"vendor_id":1"#,
    );
    assert!(back.contains(r#""name":"New name","sku_code":"N-2""#) && back.contains("enabled"));
}

#[test]
fn finished_orders_stay_when_their_shop_leaves() {
    let (mut account, before) = loaded();
    let one = View {
        mode: Mode::One,
        ..View::all(1)
    };
    let left = Truth::of(&account, &one, &before);
    assert_eq!(reasons(&left, "orders"), [("other_location".to_owned(), 1)]);
    account.complete_order(1);
    let stays = Truth::of(&account, &one, &before);
    assert_eq!(of_kind(&stays, "buy_order").len(), 1);
    assert_eq!(of_kind(&stays, "receipt").len(), 0);
    // Once it has left it does not come back by being finished.
    let seen = Truth::of(&account, &one, &left.before(&before));
    assert!(of_kind(&seen, "buy_order").is_empty());
}

#[test]
fn lines_of_former_products_stay() {
    let (mut account, before) = loaded();
    ring(
        &mut account,
        0,
        vec![NewLine::of(40, 1), NewLine::of(41, 1)],
    );
    account.change_type(40, "non_inventory");
    account.hide_item(41);
    let seen = after(&account, &before);
    assert!(orders(&seen)[0].contains(r#""item_id":40"#));
    assert!(orders(&seen)[0].contains(r#""item_id":41"#));
    assert!(of_kind(&seen, "buy_order")[0].contains(r#""order_line_id":2"#));
    let fresh = after(&account, &Before::default());
    assert_eq!(reasons(&fresh, "sales"), [("item_gone".to_owned(), 1)]);
}

#[test]
fn old_orders_stay_once_loaded() {
    let (mut account, before) = loaded();
    account.complete_order(1);
    let later = View {
        history_since: Some(account.now() + chrono::TimeDelta::days(1)),
        ..View::all(1)
    };
    assert_eq!(
        of_kind(&Truth::of(&account, &later, &before), "buy_order").len(),
        1
    );
    let fresh = Truth::of(&account, &later, &Before::default());
    assert_eq!(
        reasons(&fresh, "orders"),
        [("before_history".to_owned(), 1)]
    );
}
