//! How a placed purchase order follows a buy order that a planner changed.

use super::compare::head;
use super::held::{HeldLine, HeldOrder};
use super::intent::{Intent, IntentLine};
use crate::id::{ItemId, OrderLineId};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// What is to be written to a placed purchase order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Amendment {
    /// Lines that are as they should be, by item.
    pub there: BTreeMap<ItemId, OrderLineId>,
    /// Lines that are still as they were ordered first.
    pub change: BTreeMap<ItemId, OrderLineId>,
    /// Items whose line is new.
    pub add: Vec<ItemId>,
    /// Lines that are not wanted any more.
    pub remove: Vec<OrderLineId>,
    /// What somebody did to the order in Lightspeed, as a person would say it.
    pub strange: Vec<String>,
}

impl Amendment {
    /// Whether it is as it should be.
    pub fn is_whole(&self) -> bool {
        self.change.is_empty()
            && self.add.is_empty()
            && self.remove.is_empty()
            && self.strange.is_empty()
    }
}

/// Compares a placed order with what was ordered first and what is to be ordered now. Each line must
/// be as it was or as it shall be, for an amendment may have been interrupted anywhere; whatever
/// else is there was done by a person, and is theirs (`mapping.md` 11.3, after export).
pub fn amend(former: &Intent, now: &Intent, held: &HeldOrder) -> Amendment {
    let mut found = Amendment::default();
    head(now, held, &mut found.strange);
    if !held.ordered {
        found.strange.push("it is not placed any more".to_owned());
    }
    let mut seen: BTreeSet<ItemId> = BTreeSet::new();
    let mut lines: Vec<&HeldLine> = held.lines.iter().collect();
    lines.sort_by_key(|line| line.id);
    for line in lines {
        let Some(item) = line.item else {
            let text = format!("line {} names no item", line.id);
            found.strange.push(text);
            continue;
        };
        let (was, shall) = (wish(former, item), wish(now, item));
        let first = seen.insert(item);
        if first && shall.is_some_and(|wish| same(wish, line)) {
            found.there.insert(item, line.id);
        } else if first && was.is_some_and(|wish| same(wish, line)) {
            match shall {
                Some(_) => {
                    found.change.insert(item, line.id);
                }
                None => found.remove.push(line.id),
            }
        } else if !first && was.is_none() && shall.is_some_and(|wish| same(wish, line)) {
            // A copy of a line that only we can have added.
            found.remove.push(line.id);
        } else {
            found.strange.push(format!(
                "line {} of item {item} has {} pieces at {}, which was not ordered",
                line.id,
                line.quantity.normalize(),
                line.price.normalize()
            ));
        }
    }
    for line in now.lines.iter().filter(|line| !seen.contains(&line.item)) {
        if wish(former, line.item).is_some() {
            let text = format!("the line of item {} was taken off", line.item);
            found.strange.push(text);
        } else {
            found.add.push(line.item);
        }
    }
    found
}

fn wish(intent: &Intent, item: ItemId) -> Option<&IntentLine> {
    intent.lines.iter().find(|line| line.item == item)
}

fn same(wish: &IntentLine, line: &HeldLine) -> bool {
    line.quantity == Decimal::from(wish.quantity) && line.price == wish.price
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{OrderId, ShopId, VendorId};

    fn intent(lines: &[(i64, i64)]) -> Intent {
        let line = |(item, quantity): &(i64, i64)| IntentLine {
            item: ItemId(*item),
            quantity: *quantity,
            price: Decimal::ONE,
            of: Vec::new(),
        };
        Intent {
            reference: "OPT-1".to_owned(),
            vendor: VendorId(1),
            shop: ShopId(1),
            ordered: String::new(),
            arrival: None,
            lines: lines.iter().map(line).collect(),
        }
    }

    fn held(lines: &[(i64, i64)]) -> HeldOrder {
        let line = |(id, (item, quantity)): (i64, &(i64, i64))| HeldLine {
            id: OrderLineId(id),
            item: Some(ItemId(*item)),
            quantity: Decimal::from(*quantity),
            price: Decimal::ONE,
            received: Decimal::ZERO,
        };
        HeldOrder {
            id: OrderId(1),
            reference: "OPT-1".to_owned(),
            vendor: Some(VendorId(1)),
            shop: Some(ShopId(1)),
            ordered: true,
            received: false,
            archived: false,
            lines: (1..).zip(lines).map(line).collect(),
        }
    }

    #[test]
    fn every_line_is_as_it_was_or_as_it_shall_be() {
        let (former, now) = (intent(&[(1, 5), (2, 4)]), intent(&[(1, 7), (3, 2)]));
        let found = amend(&former, &now, &held(&[(1, 5), (2, 4)]));
        assert_eq!(found.change, [(ItemId(1), OrderLineId(1))].into());
        assert_eq!(found.remove, [OrderLineId(2)]);
        assert_eq!(found.add, [ItemId(3)]);
        assert!(found.strange.is_empty());
        // Interrupted after any write, the rest is left.
        let found = amend(&former, &now, &held(&[(1, 7), (2, 4), (3, 2), (3, 2)]));
        assert_eq!(found.remove, [OrderLineId(2), OrderLineId(4)]);
        assert!(found.change.is_empty() && found.add.is_empty() && found.strange.is_empty());
        assert!(amend(&former, &now, &held(&[(1, 7), (3, 2)])).is_whole());
    }

    #[test]
    fn what_a_person_did_is_theirs() {
        let (former, now) = (intent(&[(1, 5), (2, 4)]), intent(&[(1, 7), (2, 4)]));
        let strange = |held: &HeldOrder| amend(&former, &now, held).strange.len();
        for lines in [
            &[(1, 6), (2, 4)][..],
            &[(1, 5)],
            &[(2, 4)],
            &[(1, 5), (2, 4), (2, 4)],
            &[(1, 5), (2, 4), (9, 1)],
        ] {
            assert!(strange(&held(lines)) > 0, "{lines:?}");
        }
        let whole = held(&[(1, 5), (2, 4)]);
        assert_eq!(strange(&whole), 0);
        let received = HeldOrder {
            received: true,
            ..whole.clone()
        };
        let elsewhere = HeldOrder {
            shop: Some(ShopId(2)),
            ..whole.clone()
        };
        let draft = HeldOrder {
            ordered: false,
            ..whole
        };
        assert!(
            [received, elsewhere, draft]
                .iter()
                .all(|held| strange(held) > 0)
        );
    }
}
