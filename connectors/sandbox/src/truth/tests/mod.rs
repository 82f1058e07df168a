mod lifecycle;
mod offers;
mod purchases;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use crate::account::{Account, NewLine, NewSale, Shop, TaxCategory, TaxClassRate};

use super::{Before, Mode, PricesIncludeTax, Truth, View};

fn compute(account: &Account, view: &View) -> Truth {
    super::compute(account, view, &Before::default())
}

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_442_000, 0).unwrap()
}

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// Shops 1 to 5 at 21 % on top, items 40 and 41.
fn account() -> Account {
    let mut account = Account::empty(1, "Test".to_owned(), start());
    account.tax_categories.insert(
        1,
        TaxCategory {
            id: 1,
            tax1_name: "VAT".to_owned(),
            tax2_name: String::new(),
            tax1: dec("0.21"),
            tax2: Decimal::ZERO,
            inclusive: false,
            classes: vec![TaxClassRate {
                id: 1,
                class: 1,
                tax1: dec("0.21"),
                tax2: Decimal::ZERO,
            }],
            stamp: start(),
        },
    );
    for id in 1..=5 {
        account.shops.insert(
            id,
            Shop {
                id,
                name: format!("Shop {id}"),
                time_zone: "Europe/Amsterdam".to_owned(),
                archived: false,
                tax_category: 1,
                registers: 1,
                stamp: start(),
            },
        );
    }
    for (id, price) in [(40, "10"), (41, "5")] {
        let made = account.add_item(&format!("Item {id}"), dec(price));
        let mut item = account.items.remove(&made).unwrap();
        item.id = id;
        account.items.insert(id, item);
    }
    account
}

fn ring(account: &mut Account, minute: i64, lines: Vec<NewLine>) -> u64 {
    let at = Some(start() + TimeDelta::minutes(minute));
    account.ring(NewSale {
        shop: 1,
        created: at,
        finished: at,
        lines,
    })
}

/// The sale of the worked example.
fn example(account: &mut Account) -> u64 {
    let mut first = NewLine::of(40, 2);
    first.line_discount = dec("2");
    let mut other = NewLine::of(41, 1);
    other.transaction_discount = dec("0.5");
    let wrap = NewLine::of(0, 1).at(dec("3"));
    ring(account, 0, vec![first, NewLine::of(40, 1), wrap, other])
}

fn truth(account: &Account) -> Truth {
    compute(account, &View::all(1))
}

fn orders(truth: &Truth) -> Vec<&str> {
    let lines = truth.dump.iter().map(String::as_str);
    lines
        .filter(|line| line.starts_with("{\"kind\":\"sell_order\""))
        .collect()
}

/// The lines of a kind.
fn of_kind<'a>(truth: &'a Truth, kind: &str) -> Vec<&'a str> {
    let start = format!("{{\"kind\":\"{kind}\",");
    let lines = truth.dump.iter().map(String::as_str);
    lines.filter(|line| line.starts_with(&start)).collect()
}

/// Why a feed's rows were left out.
fn reasons(truth: &Truth, feed: &str) -> Vec<(String, u64)> {
    let dropped = &truth.feed(feed).unwrap().dropped;
    dropped.iter().map(|(why, n)| (why.clone(), *n)).collect()
}

fn dropped(truth: &Truth, reason: &str) -> u64 {
    truth
        .feed("sales")
        .unwrap()
        .dropped
        .get(reason)
        .copied()
        .unwrap_or(0)
}

#[test]
fn the_worked_sale() {
    let mut account = account();
    example(&mut account);
    assert_eq!(account.line(1).unwrap().1.total, dec("21.78"));
    assert_eq!(account.line(4).unwrap().1.total, dec("5.445"));
    assert_eq!(
        orders(&truth(&account)),
        [concat!(
            r#"{"kind":"sell_order","sale_id":1,"placed":"2026-03-02T09:00:00Z","#,
            r#""completed":"2026-03-02T09:00:00Z","total_value":"32.50","#,
            r#""lines":[{"item_id":40,"quantity":3,"subtotal_value":"28.00"},"#,
            r#"{"item_id":41,"quantity":1,"subtotal_value":"4.50"}]}"#
        )]
    );
}

#[test]
fn the_worked_refund_and_its_void() {
    let mut account = account();
    example(&mut account);
    let back = NewLine::of(40, -1).at(dec("9")).parent(1);
    let refund = ring(&mut account, 5, vec![back]);
    let after = truth(&account);
    assert!(
        orders(&after)[0].contains(r#""total_value":"23.50""#),
        "{:?}",
        orders(&after)
    );
    assert!(orders(&after)[0].contains(r#"{"item_id":40,"quantity":2,"subtotal_value":"19.00"}"#));
    assert_eq!(orders(&after).len(), 1);
    assert_eq!(after.feed("sales").unwrap().loaded, 2);

    account.void_at(refund, start());
    let voided = truth(&account);
    assert!(orders(&voided)[0].contains(r#""total_value":"32.50""#));
    assert_eq!(dropped(&voided, "voided"), 1);
}

#[test]
fn the_worked_stock() {
    let mut account = account();
    for (shop, qoh, point) in [(1, 6, 5), (3, -1, 2), (5, 4, 9)] {
        account.set_stock(40, shop, qoh);
        account.set_reorder_point(40, shop, point);
    }
    assert_eq!(account.stock(40, 0).unwrap().qoh, 9);
    let view = View {
        mode: Mode::Multiple(vec![1, 3]),
        ..View::all(1)
    };
    let product = compute(&account, &view).dump[0].clone();
    assert!(
        product.contains(r#""stock_level":5,"minimum_stock":7"#),
        "{product}"
    );
    account.archive_shop(3);
    assert!(compute(&account, &view).dump[0].contains(r#""stock_level":6,"minimum_stock":5"#));
}

#[test]
fn a_remainder_needs_a_loaded_parent() {
    let mut account = account();
    ring(&mut account, 0, vec![NewLine::of(40, 1)]);
    ring(&mut account, 1, vec![NewLine::of(40, -1).parent(1)]);
    ring(&mut account, 2, vec![NewLine::of(40, -1)]);
    ring(
        &mut account,
        3,
        vec![NewLine::of(40, -1), NewLine::of(40, 1)],
    );
    let truth = truth(&account);
    assert_eq!(dropped(&truth, "returned_in_full"), 1);
    assert_eq!(dropped(&truth, "return_without_sale"), 1);
    assert_eq!(dropped(&truth, "returns_cancel_out"), 1);
    assert_eq!(truth.feed("sales").unwrap().loaded, 1);
    assert!(orders(&truth).is_empty());
}

#[test]
fn the_lowest_line_with_a_loaded_parent_takes_the_whole_remainder() {
    let mut account = account();
    let first = ring(&mut account, 0, vec![NewLine::of(40, 5)]);
    ring(&mut account, 1, vec![NewLine::of(40, 5)]);
    account.void_at(first, start());
    ring(
        &mut account,
        2,
        vec![NewLine::of(40, -1).parent(1), NewLine::of(40, -2).parent(2)],
    );
    let truth = truth(&account);
    assert!(orders(&truth)[0].contains(r#""quantity":2,"subtotal_value":"20.00""#));
}

#[test]
fn the_default_price_is_net_where_prices_hold_the_tax() {
    let mut account = account();
    let view = |prices_include_tax| View {
        prices_include_tax,
        ..View::all(1)
    };
    let price = |account: &Account, mode| {
        let dump = compute(account, &view(mode)).dump;
        let product: serde_json::Value = serde_json::from_str(&dump[0]).unwrap();
        product["price"].as_str().unwrap().to_owned()
    };
    assert_eq!(price(&account, PricesIncludeTax::Auto), "10.00");
    assert_eq!(price(&account, PricesIncludeTax::Yes), "8.26");
    account.tax_categories.get_mut(&1).unwrap().inclusive = true;
    assert_eq!(price(&account, PricesIncludeTax::Auto), "8.26");
    assert_eq!(price(&account, PricesIncludeTax::No), "10.00");
    account.edit_item(40, |item| item.tax = false);
    assert_eq!(price(&account, PricesIncludeTax::Auto), "10.00");
}

#[test]
fn archived_items_come_only_with_an_order() {
    let mut account = account();
    account.archive_item(40);
    account.archive_item(41);
    ring(&mut account, 0, vec![NewLine::of(40, 1)]);
    let truth = truth(&account);
    assert_eq!(truth.feed("items").unwrap().loaded, 1);
    assert!(truth.dump[0].contains(r#""item_id":40"#) && truth.dump[0].contains("disabled"));
}

#[test]
fn gone_and_non_inventory_lines_are_left_out() {
    let mut account = account();
    account.edit_item(41, |item| item.item_type = "non_inventory".to_owned());
    ring(&mut account, 0, vec![NewLine::of(41, 1)]);
    ring(
        &mut account,
        1,
        vec![NewLine::of(41, 1), NewLine::of(99, 1)],
    );
    ring(
        &mut account,
        2,
        vec![NewLine::of(41, 1), NewLine::of(40, 1)],
    );
    let truth = truth(&account);
    assert_eq!(dropped(&truth, "only_non_inventory"), 1);
    assert_eq!(dropped(&truth, "item_gone"), 1);
    assert!(orders(&truth)[0].contains(r#""total_value":"10.00""#));
}

#[test]
fn locations_status_and_history() {
    let mut account = account();
    let sale = ring(&mut account, 0, vec![NewLine::of(40, 1)]);
    let mut elsewhere = NewLine::of(40, 1);
    elsewhere.shop = Some(2);
    ring(&mut account, 1, vec![elsewhere]);
    let open = account.open_sale(1, vec![NewLine::of(40, 1)]);
    let one = View {
        mode: Mode::One,
        ..View::all(1)
    };
    let seen = compute(&account, &one);
    assert_eq!(dropped(&seen, "other_location"), 1);
    assert_eq!(dropped(&seen, "not_completed"), 1);
    let all = View {
        sync_all: true,
        ..one.clone()
    };
    let seen = compute(&account, &all);
    assert!(orders(&seen)[1].contains(&format!(r#""sale_id":{open},"#)));
    assert!(orders(&seen)[1].contains(r#""completed":null"#));
    let later = View {
        history_since: Some(start() + TimeDelta::minutes(1)),
        ..one
    };
    assert_eq!(dropped(&compute(&account, &later), "before_history"), 1);
    account.edit_sale(sale, |sale| sale.lines[0].quantity = dec("0.5"));
    let rejected = truth(&account).feed("sales").unwrap().rejected.clone();
    assert_eq!(rejected.get("fractional_quantity"), Some(&1));
}

#[test]
fn a_rebate_is_sent_as_nothing() {
    let mut account = account();
    ring(
        &mut account,
        0,
        vec![NewLine::of(40, 1).at(dec("-3.5")), NewLine::of(41, 1)],
    );
    let truth = truth(&account);
    assert!(orders(&truth)[0].contains(r#"{"item_id":40,"quantity":1,"subtotal_value":"0.00"}"#));
    assert!(orders(&truth)[0].contains(r#""total_value":"5.00""#));
}
