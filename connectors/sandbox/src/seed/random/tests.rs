use std::collections::BTreeSet;

use crate::{Before, Truth, View};

use super::RandomHistory;

#[test]
fn the_same_seed_lives_the_same_life() {
    let (one, two) = (
        RandomHistory::account_after(5, 60),
        RandomHistory::account_after(5, 60),
    );
    for feed in ["shops", "vendors", "items", "sales", "orders", "shipments"] {
        assert_eq!(one.pages(feed, 10), two.pages(feed, 10));
    }
    let other = RandomHistory::account_after(6, 60);
    assert_ne!(one.pages("sales", 10), other.pages("sales", 10));
    let start = RandomHistory::new(5);
    let account = start.account();
    assert_eq!((account.items().len(), account.vendors().len()), (8, 3));
    assert_eq!((account.sales().len(), account.orders().len()), (6, 5));
}

#[test]
fn everything_happens() {
    let mut left: BTreeSet<&str> = RandomHistory::moves().into_iter().collect();
    for seed in 0..100 {
        let mut history = RandomHistory::new(seed);
        for _ in 0..40 {
            left.remove(history.step());
        }
    }
    assert_eq!(left, BTreeSet::new());
}

/// Every row ends somewhere at every moment, and what was loaded before only ever adds what is
/// disabled, ignored or a line of such a product.
#[test]
fn the_truth_holds_at_every_step() {
    let view = View {
        sync_all: true,
        ..View::all(1)
    };
    let mut reasons = BTreeSet::new();
    for seed in 0..60 {
        let mut history = RandomHistory::new(seed);
        let mut before = Before::default();
        for _ in 0..40 {
            let name = history.step();
            let truth = Truth::of(history.account(), &view, &before);
            before = truth.before(&before);
            let fresh = Truth::of(history.account(), &view, &Before::default());
            let lived: BTreeSet<&String> = truth.dump.iter().collect();
            assert_eq!(lived.len(), truth.dump.len(), "no line twice");
            for line in fresh.dump.iter().filter(|line| !about_history(line)) {
                assert!(lived.contains(line), "{seed} {name}: {line}");
            }
            for feed in &truth.feeds {
                let ended: u64 = feed.dropped.values().sum::<u64>() + feed.loaded;
                assert_eq!(feed.read, ended, "{seed} {name}: {feed:?}");
                reasons.extend(feed.dropped.keys().cloned());
            }
        }
    }
    assert!(reasons.len() >= 14, "{reasons:?}");
}

/// Orders may hold more lines in a model with a past, compositions more parts.
fn about_history(line: &str) -> bool {
    ["sell_order", "buy_order", "receipt"]
        .iter()
        .any(|kind| line.starts_with(&format!("{{\"kind\":\"{kind}\"")))
}

#[test]
fn a_thousand_accounts_are_soon_made() {
    let started = std::time::Instant::now();
    for seed in 0..200 {
        let account = RandomHistory::account_after(seed, 30);
        assert!(!account.pages("items", 5).is_empty());
    }
    let each = started.elapsed() / 200;
    assert!(each < std::time::Duration::from_millis(25), "{each:?}");
}
