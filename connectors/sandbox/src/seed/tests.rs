use rust_decimal::Decimal;

use crate::{Before, Size, Truth, View, account::Account, base_instant};

use super::account;

fn small(seed: u64) -> Account {
    account(seed, Size::small())
}

fn reasons(truth: &Truth, feed: &str) -> Vec<String> {
    truth.feed(feed).unwrap().dropped.keys().cloned().collect()
}

#[test]
fn the_same_seed_gives_the_same_account() {
    let (one, two) = (small(5), small(5));
    assert_eq!(one.sales(), two.sales());
    assert_eq!(one.items(), two.items());
    assert_eq!(one.item_shops(), two.item_shops());
    assert_ne!(one.sales(), small(6).sales());
}

#[test]
fn every_reason_occurs_in_a_small_account() {
    for seed in 1..=20 {
        let account = small(seed);
        let one = View {
            mode: crate::Mode::One,
            ..View::all(1)
        };
        let single = Truth::of(&account, &one, &Before::default());
        assert!(reasons(&single, "sales").contains(&"other_location".to_owned()));
        let truth = Truth::of(&account, &View::all(1), &Before::default());
        assert_eq!(
            reasons(&truth, "sales"),
            [
                "archived",
                "item_gone",
                "no_product_line",
                "not_completed",
                "only_non_inventory",
                "return_without_sale",
                "returned_in_full",
                "returns_cancel_out",
                "voided",
            ],
            "seed {seed}"
        );
        assert_eq!(
            reasons(&truth, "items"),
            ["archived_never_loaded", "non_inventory"]
        );
        assert_eq!(reasons(&truth, "vendors"), ["archived_never_loaded"]);
        assert_eq!(
            reasons(&truth, "orders"),
            [
                "archived",
                "draft_order",
                "item_gone",
                "no_product_line",
                "no_vendor",
                "only_non_inventory",
                "vendor_gone",
            ],
            "seed {seed}"
        );
        assert_eq!(
            reasons(&truth, "shipments"),
            [
                "no_product_line",
                "nothing_received",
                "order_gone",
                "order_not_loaded"
            ],
            "seed {seed}"
        );
        for (feed, cause) in [
            ("items", "fractional_quantity"),
            ("orders", "fractional_quantity"),
            ("shipments", "fractional_quantity"),
        ] {
            assert_eq!(truth.feed(feed).unwrap().rejected[cause], 1, "{feed}");
        }
        assert!(reasons(&single, "orders").contains(&"other_location".to_owned()));
        let recent = View {
            history_since: Some(base_instant(seed) - chrono::TimeDelta::days(30)),
            ..View::all(1)
        };
        let recent = Truth::of(&account, &recent, &Before::default());
        assert!(reasons(&recent, "orders").contains(&"before_history".to_owned()));
        let sales = truth.feed("sales").unwrap();
        assert!(sales.rejected["fractional_quantity"] >= 1);
        assert_eq!(sales.read as usize, account.sales().len());
        for feed in &truth.feeds {
            let ended = feed.loaded
                + feed.dropped.values().sum::<u64>()
                + feed.rejected.values().sum::<u64>();
            assert_eq!(feed.read, ended, "{}", feed.feed);
        }
    }
}

#[test]
fn money_adds_up_on_every_line() {
    let account = small(9);
    for line in account.sales().values().flat_map(|sale| &sale.lines) {
        let discounts = line.line_discount + line.transaction_discount;
        assert_eq!(
            line.total,
            line.subtotal - discounts + line.tax1 + line.tax2,
            "{line:?}"
        );
    }
    let odd_tax = account
        .sales()
        .values()
        .flat_map(|sale| &sale.lines)
        .any(|line| line.tax1 != line.tax1.round_dp(2) && line.tax1 != Decimal::ZERO);
    assert!(odd_tax, "taxes are kept unrounded");
}

#[test]
fn history_ends_at_the_base() {
    let account = small(4);
    let base = base_instant(4);
    for sale in account.sales().values() {
        assert!(sale.stamp.is_none_or(|at| at <= base));
        assert!(sale.updated.is_none_or(|at| at <= base));
    }
    let last = account.sales().values().filter_map(|sale| sale.stamp).max();
    assert!(
        last.is_some_and(|at| base - at < chrono::TimeDelta::days(3)),
        "{last:?}"
    );
    assert!(account.items().values().all(|item| item.stamp <= base));
    assert!(account.item_shops().values().all(|row| row.stamp <= base));
    let newer = account.item_shops().values().filter(|row| {
        account
            .items()
            .get(&row.item)
            .is_some_and(|item| row.stamp > item.stamp)
    });
    assert!(newer.count() > 100, "stock moves without its item");
}

#[test]
fn the_size_is_kept() {
    let size = Size {
        shops: 3,
        vendors: 40,
        items: 300,
        sales: 2_000,
    };
    let account = account(8, size);
    assert_eq!(account.shops().len(), 6);
    assert_eq!(account.vendors().len(), 40);
    assert_eq!(account.items().len(), 300);
    assert!((2_000..2_010).contains(&account.sales().len()));
}

#[test]
fn a_finished_order_says_when() {
    let account = account(2, Size::medium());
    let base = base_instant(2);
    for order in account.orders().values() {
        assert!(order.stamp.is_some_and(|at| at <= base), "{}", order.id);
        let mut shipments = account.shipments().values();
        let came = shipments.any(|each| each.order == order.id && each.reception.is_some());
        assert!(!order.complete || order.received.is_some() || came);
    }
    for shipment in account.shipments().values() {
        assert!(shipment.stamp <= base);
        let known: u64 = shipment.order;
        assert!(account.orders().contains_key(&known) || known > 800_000);
    }
    assert!((395..=410).contains(&account.orders().len()));
    assert!(account.shipments().len() > 200);
    let references: Vec<&str> = account
        .orders()
        .values()
        .map(|order| order.reference.as_str())
        .collect();
    assert!(references.contains(&"OPT-12") && references.contains(&"2320457"));
}

#[test]
fn parts_and_vendors_of_the_cast() {
    let account = small(7);
    let dump = Truth::of(&account, &View::all(1), &Before::default()).dump;
    let has = |text: &str| dump.iter().any(|line| line.contains(text));
    let composition = |item: u64, part: u64, quantity: i64| {
        format!(
            r#"{{"kind":"composition","item_id":{item},"part_item_id":{part},"part_quantity":{quantity}}}"#
        )
    };
    for (item, part, quantity) in [
        (21, 11, 80),
        (43, 11, 6),
        (43, 12, 4),
        (44, 45, 1),
        (46, 1, 3),
        (47, 1, 5),
        (48, 1, 1),
        (50, 2, 5),
        (51, 2, 8),
    ] {
        assert!(has(&composition(item, part, quantity)), "{item} {part}");
    }
    let of = |item: u64| {
        let start = format!(r#"{{"kind":"composition","item_id":{item},"#);
        dump.iter().filter(|line| line.starts_with(&start)).count()
    };
    assert_eq!([46, 47, 48, 63].map(of), [1, 1, 1, 0]);
    assert!(has(r#""kind":"product","item_id":45"#) && !has(r#""kind":"product","item_id":49"#));
    assert!(has(r#""kind":"product","item_id":61"#) && !has(r#""kind":"product","item_id":62"#));
    let pair = |item: u64, vendor: u64| {
        let start =
            format!(r#"{{"kind":"supplier_product","item_id":{item},"vendor_id":{vendor},"#);
        let line = dump.iter().find(|line| line.starts_with(&start))?;
        serde_json::from_str::<serde_json::Value>(line).ok()
    };
    let price = |item: u64, vendor: u64| pair(item, vendor).map(|pair| pair["price"].clone());
    let text = |text: &str| Some(serde_json::Value::from(text));
    let null = Some(serde_json::Value::Null);
    assert_eq!(price(53, 1), text("2.50"));
    assert_eq!(pair(53, 1).unwrap()["sku_code"], "A-53");
    assert!(pair(53, 1).unwrap()["preferred"].is_null());
    assert_eq!((price(54, 1), price(54, 2)), (text("1.01"), null.clone()));
    assert_eq!(price(55, 1), text("7.50"));
    assert_eq!((price(56, 6), price(56, 2)), (null.clone(), text("8.10")));
    assert_eq!(price(57, 6), text("4.44"));
    assert_eq!((pair(58, 3), pair(58, 8), pair(59, 8)), (None, None, None));
    assert_eq!(price(60, 1), null);
    assert_eq!(pair(60, 1).unwrap()["article_code"], "MFG-60");
    assert!(!has(r#""vendor_id":900001"#));
}
