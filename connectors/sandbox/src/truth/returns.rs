//! Where the pieces go that a sale took back on balance.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::sales::{Candidate, Net};

/// The remainders of all sales, attached to the sales they came from.
#[derive(Default)]
pub(super) struct Settled {
    /// Per (sale, item): what other sales took back of it, negative.
    pub(super) returned: BTreeMap<(u64, u64), Net>,
    /// Sales of which at least one remainder found its sale.
    pub(super) attached_from: BTreeSet<u64>,
    /// Sales of which at least one remainder found none.
    pub(super) unattached_from: BTreeSet<u64>,
}

/// Settles every item a sale took back more of than it gave.
pub(super) fn settle(
    candidates: &BTreeMap<u64, Candidate<'_>>,
    line_sales: &BTreeMap<u64, u64>,
) -> Settled {
    let mut settled = Settled::default();
    for (id, candidate) in candidates {
        for (item, net) in &candidate.nets {
            if net.quantity >= Decimal::ZERO {
                continue;
            }
            match parent_sale(candidates, line_sales, *id, candidate, *item) {
                Some(parent) => {
                    let back = settled.returned.entry((parent, *item)).or_default();
                    back.add(net.quantity, net.value);
                    settled.attached_from.insert(*id);
                }
                None => {
                    settled.unattached_from.insert(*id);
                }
            }
        }
    }
    settled
}

/// The sale that takes the whole remainder of an item: that of the parent of the negative line
/// with the lowest id whose parent is loaded.
fn parent_sale(
    candidates: &BTreeMap<u64, Candidate<'_>>,
    line_sales: &BTreeMap<u64, u64>,
    sale: u64,
    candidate: &Candidate<'_>,
    item: u64,
) -> Option<u64> {
    let mut negative: Vec<_> = candidate
        .lines
        .iter()
        .filter(|line| line.item == item && line.quantity < Decimal::ZERO)
        .collect();
    negative.sort_by_key(|line| line.id);
    negative.into_iter().find_map(|line| {
        let parent_sale = *line_sales.get(&line.parent)?;
        if parent_sale == sale {
            return None;
        }
        let parent = candidates.get(&parent_sale)?;
        let sold = parent.lines.iter().any(|each| {
            each.id == line.parent && each.item == item && each.quantity > Decimal::ZERO
        });
        let on_balance = parent
            .nets
            .get(&item)
            .is_some_and(|net| net.quantity > Decimal::ZERO);
        (sold && on_balance).then_some(parent_sale)
    })
}
