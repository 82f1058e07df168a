//! What is left of a sale is what was sold less what came back, however it came back.

use super::{back, line, load, sale};
use crate::door::everything;
use pipeline::id::SaleId;
use pipeline::load::sell_order::SaleOutcome;
use proptest::prelude::*;
use rust_decimal::Decimal;

/// Pieces of each line, and what of it comes back: a number of pieces, and in which refund.
fn lines() -> impl Strategy<Value = Vec<(i64, Vec<(i64, usize)>)>> {
    let returned = proptest::collection::vec((1..4_i64, 0..3_usize), 0..4);
    proptest::collection::vec((1..9_i64, returned), 1..6)
}

fn value(pieces: i64) -> String {
    Decimal::new(pieces * 250, 2).to_string()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_left_is_what_was_sold_less_what_came_back(lines in lines()) {
        let mut sold = Vec::new();
        let mut refunds = vec![Vec::new(), Vec::new(), Vec::new()];
        let mut left = Vec::new();
        let mut ids = 100..;
        for (at, (pieces, returned)) in (1_i64..).zip(&lines) {
            // Each line of an item of its own, so that each refund has one line to go to.
            sold.push(line(at, 40 + at, *pieces, &value(*pieces)));
            let mut rest = *pieces;
            for (pieces, refund) in returned {
                let id = ids.next().expect("an id");
                refunds[*refund].push(back(id, 40 + at, -pieces, &value(-pieces), at));
                rest -= pieces;
            }
            left.push((40 + at, rest.max(0)));
        }
        let mut all = vec![sale(1, &sold)];
        all.extend((2..).zip(&refunds).filter(|(_, lines)| !lines.is_empty()).map(|(id, lines)| sale(id, lines)));
        let loaded = load(&all, &[], &everything());
        let held: Vec<(i64, i64)> = match &loaded.0[&SaleId(1)] {
            SaleOutcome::Order(order) => {
                for line in &order.lines {
                    prop_assert_eq!(line.subtotal_value.to_string(), value(line.quantity));
                }
                order.lines.iter().map(|line| (line.item_id.0, line.quantity)).collect()
            }
            _ => Vec::new(),
        };
        left.retain(|(_, pieces)| *pieces > 0);
        prop_assert_eq!(held, left);
        prop_assert!(loaded.0.keys().all(|id| id.0 == 1 || !matches!(loaded.0[id], SaleOutcome::Order(_))));
    }
}
