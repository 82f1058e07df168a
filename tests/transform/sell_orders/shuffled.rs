//! What holds of every set of sales, in whatever order it arrives.

use super::{Loaded, line, load, sale};
use crate::door::everything;
use pipeline::filter::LineFact;
use pipeline::id::{SaleLineId, ShopId};
use pipeline::load::sell_order::{ItemState, LineFacts, SaleFacts, SaleOutcome};
use pipeline::money::cents;
use pipeline::settings::{Locations, Returns, Settings};
use proptest::prelude::*;
use rust_decimal::Decimal;

/// A line before it has an id: item, quantity, cents and a half, parent, shop, fee.
type Draft = (i64, i64, i64, Option<i64>, Option<i64>, bool);

fn drafts() -> impl Strategy<Value = Vec<(bool, Vec<Draft>)>> {
    let line = (
        40..44_i64,
        -3..4_i64,
        -500..2_000_i64,
        proptest::option::of(1..25_i64),
        proptest::option::of(1..3_i64),
        proptest::bool::weighted(0.1),
    );
    let sale = (
        proptest::bool::weighted(0.1),
        proptest::collection::vec(line, 0..5),
    );
    proptest::collection::vec(sale, 1..7)
}

/// Sales with ids of their own, and lines whose ids no other sale has.
fn build(drafts: Vec<(bool, Vec<Draft>)>) -> Vec<SaleFacts> {
    let mut ids = 1..;
    let mut build_line = |(item, quantity, value, parent, shop, fee): Draft| {
        let plain = line(ids.next().unwrap_or(0), item, quantity, "0");
        LineFacts {
            parent: parent.map(SaleLineId),
            value: Decimal::new(value * 5, 3),
            fact: LineFact {
                shop: shop.map(ShopId),
                fee,
                ..plain.fact
            },
            ..plain
        }
    };
    let mut sales = Vec::new();
    for (id, (voided, lines)) in (1..).zip(drafts) {
        let lines: Vec<LineFacts> = lines.into_iter().map(&mut build_line).collect();
        let mut facts = sale(id, &lines);
        facts.head.voided = voided;
        sales.push(facts);
    }
    sales
}

const ODD: [(i64, ItemState); 2] = [(42, ItemState::NonInventory), (43, ItemState::Gone)];

fn shuffled(sales: Vec<SaleFacts>) -> impl Strategy<Value = Vec<SaleFacts>> {
    let lines: Vec<_> = sales
        .iter()
        .map(|sale| Just(sale.lines.clone()).prop_shuffle())
        .collect();
    (Just(sales), lines)
        .prop_map(|(sales, lines)| {
            sales
                .into_iter()
                .zip(lines)
                .map(|(sale, lines)| SaleFacts { lines, ..sale })
                .collect::<Vec<_>>()
        })
        .prop_shuffle()
}

fn pieces(loaded: &Loaded) -> i64 {
    let orders = loaded.0.values().filter_map(|outcome| match outcome {
        SaleOutcome::Order(order) => Some(order),
        _ => None,
    });
    orders
        .flat_map(|order| &order.lines)
        .map(|line| line.quantity)
        .sum()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_sales_and_lines_does_not_matter(
        (sales, other) in drafts().prop_map(build).prop_flat_map(|sales| (Just(sales.clone()), shuffled(sales))),
        all in any::<bool>(),
        returns in any::<bool>(),
    ) {
        let settings = Settings {
            locations: if all { Locations::All } else { Locations::One },
            returns: if returns { Returns::NetOriginal } else { Returns::Ignore },
            ..everything()
        };
        prop_assert_eq!(load(&sales, &ODD, &settings), load(&other, &ODD, &settings));
    }

    #[test]
    fn every_order_is_one_that_can_be_sent(sales in drafts().prop_map(build)) {
        let loaded = load(&sales, &ODD, &everything());
        for (id, outcome) in &loaded.0 {
            let SaleOutcome::Order(order) = outcome else { continue };
            prop_assert_eq!(order.sale_id, *id);
            prop_assert!(!order.lines.is_empty());
            prop_assert!(order.lines.windows(2).all(|pair| pair[0].item_id < pair[1].item_id));
            for line in &order.lines {
                prop_assert!(line.quantity > 0 && line.subtotal_value >= Decimal::ZERO);
                prop_assert_eq!(line.subtotal_value, cents(line.subtotal_value));
            }
            let sum: Decimal = order.lines.iter().map(|line| line.subtotal_value).sum();
            prop_assert_eq!(order.total_value, sum);
        }
        // Returns only ever take away.
        let ignore = Settings { returns: Returns::Ignore, ..everything() };
        prop_assert!(pieces(&loaded) <= pieces(&load(&sales, &ODD, &ignore)));
    }
}
