use rust_decimal::Decimal;

use crate::{Size, Truth, View, account::Account, base_instant, truth};

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
        let single = truth::compute(&account, &one);
        assert!(reasons(&single, "sales").contains(&"other_location".to_owned()));
        let truth = truth::compute(&account, &View::all(1));
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
