use rust_decimal::Decimal;

use crate::account::Account;

use super::{View, account, compute, dec, of_kind, reasons, truth};

/// Items 40 and 41, vendors 1 and 2; item 40 has a number with both.
fn offered() -> Account {
    let mut account = account();
    account.add_vendor("Acme", &[]);
    account.add_vendor("Beta", &[]);
    account.edit_item(40, |item| {
        item.default_vendor = 1;
        item.default_cost = dec("4.125");
        item.manufacturer_sku = " M-40 ".to_owned();
        item.upc = "71".to_owned();
    });
    account.add_vendor_number(40, 1, " A-1 ", dec("9"));
    account.add_vendor_number(40, 2, "", Decimal::ZERO);
    account.add_vendor_number(40, 2, "B-2", dec("3.5"));
    account.add_vendor_number(40, 2, "B-3", dec("3.4"));
    account
}

fn pairs(account: &Account) -> Vec<String> {
    let seen = truth(account);
    let lines = of_kind(&seen, "supplier_product");
    lines.into_iter().map(str::to_owned).collect()
}

#[test]
fn one_pair_per_vendor() {
    assert_eq!(
        pairs(&offered()),
        [
            concat!(
                r#"{"kind":"supplier_product","item_id":40,"vendor_id":1,"name":"Item 40","#,
                r#""sku_code":"A-1","ean_code":"71","article_code":"M-40","price":"4.13","#,
                r#""preferred":true,"status":"enabled"}"#
            ),
            concat!(
                r#"{"kind":"supplier_product","item_id":40,"vendor_id":2,"name":"Item 40","#,
                r#""sku_code":"B-2","ean_code":"71","article_code":"M-40","price":"3.50","#,
                r#""preferred":false,"status":"enabled"}"#
            ),
        ]
    );
}

#[test]
fn prices_in_the_accounts_money_only() {
    let mut account = offered();
    let price = |account: &Account, at: usize| {
        let pair: serde_json::Value = serde_json::from_str(&pairs(account)[at]).unwrap();
        pair["price"].as_str().map(str::to_owned)
    };
    account.edit_vendor(2, |vendor| vendor.currency = "eur".to_owned());
    assert_eq!(price(&account, 1).as_deref(), Some("3.50"));
    account.edit_vendor(2, |vendor| vendor.currency = "USD".to_owned());
    assert_eq!(price(&account, 1), None);
    account.currency = String::new();
    account.edit_vendor(2, |vendor| vendor.currency = "EUR".to_owned());
    assert_eq!(price(&account, 1), None);
    account.edit_vendor(2, |vendor| vendor.currency = String::new());
    assert_eq!(price(&account, 1).as_deref(), Some("3.50"));
    // The default vendor's cost is in our money whatever they sell in; without it, theirs.
    account.edit_vendor(1, |vendor| vendor.currency = "USD".to_owned());
    assert_eq!(price(&account, 0).as_deref(), Some("4.13"));
    account.edit_item(40, |item| item.default_cost = Decimal::ZERO);
    assert_eq!(price(&account, 0), None);
    account.edit_vendor(1, |vendor| vendor.currency = String::new());
    assert_eq!(price(&account, 0).as_deref(), Some("9.00"));
    account.edit_item(40, |item| item.default_cost = dec("9999999.01"));
    assert_eq!(price(&account, 0), None);
    account.change_default_vendor(40, 0);
    assert!(pairs(&account)[0].contains(r#""preferred":null"#));
}

#[test]
fn pairs_that_would_be_disabled_do_not_come_to_be() {
    let mut account = offered();
    account.archive_vendor(2);
    account.add_vendor_number(40, 77, "X", Decimal::ONE);
    account.add_vendor_number(41, 1, "C", Decimal::ONE);
    account.archive_item(41);
    account.sell(1, &[(41, 1)]);
    let pairs = pairs(&account);
    assert_eq!(pairs.len(), 1);
    assert!(pairs[0].contains(r#""vendor_id":1"#));
}

fn parts(account: &Account) -> Vec<(u64, u64, i64)> {
    let seen = truth(account);
    of_kind(&seen, "composition")
        .into_iter()
        .map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let id = |name: &str| line[name].as_u64().unwrap();
            (
                id("item_id"),
                id("part_item_id"),
                line["part_quantity"].as_i64().unwrap(),
            )
        })
        .collect()
}

/// The item of the recordings that became an assembly and still holds what stood in it as a box.
#[test]
fn the_group_decides() {
    let mut account = account();
    let set = account.add_item("Set", dec("20"));
    account.change_type(set, "assembly");
    let boxed = account.add_component(set, 40, dec("167"), 1).unwrap();
    account.add_component(set, 40, dec("80"), 0);
    assert_eq!(parts(&account), [(set, 40, 80)]);
    account.change_type(set, "box");
    assert_eq!(parts(&account), [(set, 40, 167)]);
    account.remove_component(set, boxed);
    assert_eq!(parts(&account), [(set, 40, 80)]);
    account.change_type(set, "default");
    assert_eq!(parts(&account), []);
}

#[test]
fn rows_that_are_left_out() {
    let mut account = account();
    let set = account.add_item("Set", dec("20"));
    let labour = account.add_item("Labour", dec("20"));
    account.change_type(labour, "non_inventory");
    account.change_type(set, "serialized_assembly");
    for (part, quantity) in [
        (40, "1"),
        (40, "2"),
        (41, "0"),
        (set, "1"),
        (labour, "1"),
        (0, "1"),
        (999, "1"),
    ] {
        account.add_component(set, part, dec(quantity), 0);
    }
    account.edit_item(set, |item| {
        let mut foreign = item.components[0].clone();
        (foreign.id, foreign.assembly, foreign.part) = (99, 41, 41);
        item.components.push(foreign);
    });
    assert_eq!(parts(&account), [(set, 40, 3)]);
    account.edit_component(set, 1, |row| row.quantity = dec("1.5"));
    let seen = truth(&account);
    assert_eq!(
        seen.feed("items").unwrap().rejected["fractional_quantity"],
        1
    );
}

#[test]
fn a_live_assembly_needs_its_archived_parts() {
    let mut account = account();
    let set = account.add_item("Set", dec("20"));
    account.change_type(set, "assembly");
    account.add_component(set, 40, dec("1"), 0);
    account.add_component(set, 41, dec("1"), 0);
    account.archive_item(40);
    assert_eq!(parts(&account), [(set, 40, 1), (set, 41, 1)]);
    assert!(of_kind(&truth(&account), "product")[0].contains(r#""status":"disabled""#));
    // Archived itself it needs nothing, but keeps what is there anyhow.
    account.archive_item(set);
    account.sell(1, &[(set, 1)]);
    assert_eq!(parts(&account), [(set, 41, 1)]);
    assert_eq!(
        reasons(&truth(&account), "items"),
        [("archived_never_loaded".to_owned(), 1)]
    );
}

#[test]
fn settings_of_products() {
    let mut account = account();
    account.set_stock(40, 1, 3);
    account.set_transfer_in(40, 1, 4);
    account.set_transfer_in(40, 2, 1);
    let view = View {
        mode: super::Mode::One,
        count_in_transit: true,
        article_code: false,
        ..View::all(1)
    };
    let product = compute(&account, &view).dump[0].clone();
    assert!(product.contains(r#""stock_level":7"#), "{product}");
    assert!(product.contains(r#""article_code":null"#));
    account.set_stock(40, 1, 9_999_996);
    let seen = compute(&account, &view);
    assert_eq!(seen.feed("items").unwrap().rejected["out_of_range"], 1);
    assert!(truth(&account).dump[0].contains(r#""stock_level":9999996"#));
}
