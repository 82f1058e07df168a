//! How what Lightspeed holds differs from what is to be ordered.

use super::held::{HeldLine, HeldOrder};
use super::intent::{Intent, IntentLine};
use crate::id::{ItemId, OrderLineId};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// How a purchase order differs from what is to be ordered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Lines that are there, by item.
    pub there: BTreeMap<ItemId, OrderLineId>,
    /// Items whose line is missing.
    pub missing: Vec<ItemId>,
    /// Copies of our own lines beyond the first.
    pub surplus: Vec<OrderLineId>,
    /// Everything else, as a person would say it: somebody changed the order.
    pub strange: Vec<String>,
}

impl Comparison {
    /// Whether it holds every line once and nothing else.
    pub fn is_whole(&self) -> bool {
        self.missing.is_empty() && self.surplus.is_empty() && self.strange.is_empty()
    }
}

/// Compares the lines as a multiset of item, pieces and price, and what the order says of itself.
pub fn compare(intent: &Intent, held: &HeldOrder) -> Comparison {
    let mut found = Comparison::default();
    head(intent, held, &mut found.strange);
    let mut wanted: BTreeMap<ItemId, &IntentLine> =
        intent.lines.iter().map(|line| (line.item, line)).collect();
    let mut lines: Vec<&HeldLine> = held.lines.iter().collect();
    lines.sort_by_key(|line| line.id);
    for line in lines {
        let Some(item) = line.item else {
            found
                .strange
                .push(format!("line {} names no item", line.id));
            continue;
        };
        let same = |wish: &IntentLine| {
            line.quantity == Decimal::from(wish.quantity) && line.price == wish.price
        };
        let wish = intent.lines.iter().find(|wish| wish.item == item);
        match wish {
            Some(wish) if same(wish) && wanted.remove(&item).is_some() => {
                found.there.insert(item, line.id);
            }
            Some(wish) if same(wish) => found.surplus.push(line.id),
            Some(wish) => found.strange.push(format!(
                "line {} of item {item} has {} pieces at {} instead of {} at {}",
                line.id,
                line.quantity.normalize(),
                line.price.normalize(),
                wish.quantity,
                wish.price.normalize()
            )),
            None => found.strange.push(format!(
                "line {} orders {} pieces of item {item}, which the buy order does not",
                line.id,
                line.quantity.normalize()
            )),
        }
    }
    // A line that somebody changed is there: sending it again would double it.
    found.missing = wanted
        .into_keys()
        .filter(|item| !held.lines.iter().any(|line| line.item == Some(*item)))
        .collect();
    found
}

pub(super) fn head(intent: &Intent, held: &HeldOrder, strange: &mut Vec<String>) {
    let id = |id: Option<i64>| id.map_or("none".to_owned(), |id| id.to_string());
    if held.vendor != Some(intent.vendor) {
        strange.push(format!(
            "its vendor is {} instead of {}",
            id(held.vendor.map(|vendor| vendor.0)),
            intent.vendor
        ));
    }
    if held.shop != Some(intent.shop) {
        strange.push(format!(
            "it is for shop {} instead of {}",
            id(held.shop.map(|shop| shop.0)),
            intent.shop
        ));
    }
    if held.received {
        strange.push("goods are being received on it".to_owned());
    }
}
