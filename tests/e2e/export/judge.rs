//! Judges by Lightspeed's own history and content.

use super::world::Line;
use crate::delivery::world::World;
use rust_decimal::Decimal;
use sandbox::{Order, Sandbox};
use std::collections::BTreeMap;

/// What must be ordered: buy order, and its lines as item, pieces and unit price.
pub(crate) struct Wish {
    pub(crate) buy_order: i64,
    pub(crate) lines: BTreeMap<u64, (Decimal, Decimal)>,
}

impl Wish {
    /// What a buy order of these lines asks for, repeated products merged.
    pub(crate) fn of(buy_order: i64, lines: &[Line], item_of: impl Fn(i64) -> u64) -> Self {
        let mut merged: BTreeMap<u64, (Decimal, Decimal)> = BTreeMap::new();
        for (product, pieces, value) in lines {
            let (all, sum) = merged.entry(item_of(*product)).or_default();
            *all += Decimal::from(*pieces);
            *sum += *value;
        }
        for (pieces, value) in merged.values_mut() {
            *value = (*value / *pieces)
                .round_dp_with_strategy(4, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
        }
        Self {
            buy_order,
            lines: merged,
        }
    }

    fn reference(&self) -> String {
        format!("OPT-{}", self.buy_order)
    }

    fn is_whole(&self, order: &Order) -> bool {
        let mut lines: Vec<(u64, Decimal, Decimal)> = order
            .lines
            .iter()
            .map(|line| (line.item, line.quantity, line.price.normalize()))
            .collect();
        lines.sort_unstable();
        let wanted = self.lines.iter();
        let wanted: Vec<(u64, Decimal, Decimal)> = wanted
            .map(|(item, (pieces, price))| (*item, *pieces, price.normalize()))
            .collect();
        lines == wanted
    }
}

/// Every wish is ordered once and whole; and at no moment of the history was there a second order
/// or line of one, or one marked ordered that was not whole.
pub(crate) fn assert_ordered(world: &World, wishes: &[Wish]) {
    assert_ordered_in(&world.sandbox, wishes);
}

/// The same of a sandbox alone.
pub(crate) fn assert_ordered_in(sandbox: &Sandbox, wishes: &[Wish]) {
    assert_never_wrong_in(sandbox, wishes);
    let orders = sandbox.inspect(|account| {
        let mut orders: BTreeMap<String, Vec<Order>> = BTreeMap::new();
        for order in account.orders().values() {
            orders
                .entry(order.reference.clone())
                .or_default()
                .push(order.clone());
        }
        orders
    });
    for wish in wishes {
        let found = orders.get(&wish.reference()).map_or(&[][..], Vec::as_slice);
        assert_eq!(found.len(), 1, "{}: {found:?}", wish.reference());
        assert!(
            found[0].ordered.is_some(),
            "{}: not placed",
            wish.reference()
        );
        assert!(!found[0].archived, "{}: archived", wish.reference());
        assert!(
            wish.is_whole(&found[0]),
            "{}: {:?}",
            wish.reference(),
            found[0]
        );
    }
}

/// What holds at every moment, whether or not everything is ordered yet.
pub(crate) fn assert_never_wrong(world: &World, wishes: &[Wish]) {
    assert_never_wrong_in(&world.sandbox, wishes);
}

fn assert_never_wrong_in(sandbox: &Sandbox, wishes: &[Wish]) {
    let wishes: BTreeMap<String, &Wish> =
        wishes.iter().map(|wish| (wish.reference(), wish)).collect();
    let mut made: BTreeMap<String, u64> = BTreeMap::new();
    for write in sandbox.writes() {
        let reference = &write.after.reference;
        let first = made.entry(reference.clone()).or_insert(write.order);
        assert_eq!(*first, write.order, "{reference} was made twice");
        let mut items: Vec<u64> = write.after.lines.iter().map(|line| line.item).collect();
        items.sort_unstable();
        let lines = items.len();
        items.dedup();
        assert_eq!(
            items.len(),
            lines,
            "{reference} held a line twice: {write:?}"
        );
        if write.after.ordered.is_some() {
            let wish = wishes
                .get(reference)
                .unwrap_or_else(|| panic!("{reference} is unknown"));
            assert!(
                wish.is_whole(&write.after),
                "placed but not whole: {write:?}"
            );
        }
    }
}
