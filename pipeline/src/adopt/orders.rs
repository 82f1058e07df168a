//! Which of the orders of the same seconds are the same.

use std::collections::{BTreeMap, HashSet};

/// What an order is known again by, on either side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderFacts {
    /// What its side calls it.
    pub id: i64,
    /// When it was placed, in seconds.
    pub at: i64,
    /// What Optiply calls its supplier; of sell orders 0.
    pub supplier: i64,
    /// Its value in cents.
    pub cents: i64,
    /// Its lines, by what Optiply calls the products.
    pub lines: Vec<OrderLineFacts>,
    /// Whether all of its lines are known.
    pub whole: bool,
}

/// What a line is known again by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OrderLineFacts {
    /// What Optiply calls the product.
    pub product: i64,
    /// Pieces.
    pub quantity: i64,
    /// The value in cents.
    pub cents: i64,
}

/// What came of a comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matches {
    /// Ours and theirs.
    pub same: Vec<(i64, i64)>,
    /// Ours that may be several of theirs, or share one with others.
    pub ambiguous: Vec<(i64, Vec<i64>)>,
}

/// Matches orders of ours with those that Optiply holds.
///
/// Equal orders are the same, and which of several equal ones is which makes no difference. Of what
/// is left in one second, of one supplier, a single order of ours and a single one of theirs that
/// share a product are the same order told differently. Anything else that shares a product is
/// ambiguous; what shares none is another order.
pub fn match_orders(ours: &[OrderFacts], theirs: &[OrderFacts]) -> Matches {
    let mut groups: BTreeMap<(i64, i64), Group<'_>> = BTreeMap::new();
    for order in ours {
        let group = groups.entry((order.at, order.supplier)).or_default();
        group.ours.push(order);
    }
    for order in theirs {
        if let Some(group) = groups.get_mut(&(order.at, order.supplier)) {
            group.theirs.push(order);
        }
    }
    let mut matches = Matches::default();
    for group in groups.into_values() {
        group.settle(&mut matches);
    }
    matches
}

#[derive(Default)]
struct Group<'a> {
    ours: Vec<&'a OrderFacts>,
    theirs: Vec<&'a OrderFacts>,
}

impl Group<'_> {
    fn settle(mut self, matches: &mut Matches) {
        let theirs = &mut self.theirs;
        self.ours.retain(|ours| {
            let equal = |other: &&OrderFacts| {
                ours.whole && ours.cents == other.cents && sorted(ours) == sorted(other)
            };
            match theirs.iter().position(equal) {
                Some(at) => {
                    matches.same.push((ours.id, theirs.remove(at).id));
                    false
                }
                None => true,
            }
        });
        let related: Vec<(i64, Vec<i64>)> = self
            .ours
            .iter()
            .map(|ours| {
                let like = self.theirs.iter().filter(|other| related(ours, other));
                (ours.id, like.map(|other| other.id).collect())
            })
            .collect();
        for (ours, like) in &related {
            let rivals = related
                .iter()
                .filter(|(other, ids)| other != ours && ids.iter().any(|id| like.contains(id)));
            match like.as_slice() {
                [] => {}
                [one] if rivals.count() == 0 => matches.same.push((*ours, *one)),
                _ => matches.ambiguous.push((*ours, like.clone())),
            }
        }
    }
}

fn sorted(order: &OrderFacts) -> Vec<OrderLineFacts> {
    let mut lines = order.lines.clone();
    lines.sort_unstable();
    lines
}

/// Whether two orders of one second may be the same: they share a product, or nobody can tell.
fn related(ours: &OrderFacts, theirs: &OrderFacts) -> bool {
    let products: HashSet<i64> = theirs.lines.iter().map(|line| line.product).collect();
    !ours.whole
        || theirs.lines.is_empty()
        || ours
            .lines
            .iter()
            .any(|line| products.contains(&line.product))
}
