//! What holds of every purchase, in whatever order its parts are read.

use super::{Case, arrival, line, order};
use pipeline::load::ShipmentFacts;
use proptest::prelude::*;

/// Items of arrivals: item, line named, pieces.
fn drafts() -> impl Strategy<Value = Vec<(i64, i64, i64)>> {
    proptest::collection::vec((39..43_i64, 0..6_i64, -1..9_i64), 0..9)
}

/// Arrivals of three items each.
fn shipments(drafts: &[(i64, i64, i64)]) -> Vec<ShipmentFacts> {
    let items: Vec<_> = (1..)
        .zip(drafts)
        .map(|(id, (item, line, pieces))| (id, *item, *line, *pieces))
        .collect();
    (1..)
        .zip(items.chunks(3))
        .map(|(id, items)| arrival(id, 10 + u32::try_from(id).unwrap_or(0), items))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_lines_and_arrivals_does_not_matter(
        (drafts, seed) in (drafts(), any::<usize>()),
    ) {
        let mut turned = order();
        turned.lines.push(line(4, 42, 1, "0"));
        let straight = Case { shipments: shipments(&drafts), ..Case::of(turned.clone()) };
        let count = turned.lines.len();
        turned.lines.rotate_left(seed % count);
        let mut arrived = shipments(&drafts);
        arrived.reverse();
        arrived.iter_mut().for_each(|one| one.items.reverse());
        let mut other = Case { shipments: arrived, ..Case::of(turned) }.load();
        other.shipments.reverse();
        prop_assert_eq!(straight.load(), other);
    }

    #[test]
    fn every_piece_that_finds_a_line_is_received_once(drafts in drafts()) {
        let case = Case { shipments: shipments(&drafts), ..Case::of(order()) };
        let load = case.load();
        let finds = |item: i64, line: i64| (1..4).contains(&line) || item == 40 || item == 41;
        let arrived: i64 = drafts
            .iter()
            .filter(|(item, line, pieces)| *pieces > 0 && finds(*item, *line))
            .map(|(_, _, pieces)| pieces)
            .sum();
        prop_assert_eq!(load.receipts.iter().map(|one| one.quantity).sum::<i64>(), arrived);
        let mut keys: Vec<_> = load.receipts.iter().map(|one| &one.key).collect();
        keys.sort();
        keys.dedup();
        prop_assert_eq!(keys.len(), load.receipts.len(), "a key is a receipt");
        prop_assert!(load.receipts.iter().all(|one| one.quantity > 0));
    }
}
