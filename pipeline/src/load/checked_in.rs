//! Goods that were checked in without a record of their arrival: older orders have nothing else.

use super::buy_order::OrderFacts;
use super::receipt::Receipt;
use crate::id::OrderLineId;
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::BTreeSet;

/// A step of an order line's checked-in count. This is lifecycle: the source tells only how many
/// there are now, so when the count grew is known to nobody but us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct CheckedIn {
    /// The order line.
    pub order_line_id: OrderLineId,
    /// The count after this step, at least 1.
    pub cumulative: i64,
    /// When the goods of this step came.
    pub occurred: DateTime<Utc>,
}

/// The steps of the lines `in_model`, after the counts of today (`mapping.md` 10).
///
/// A higher count adds a step; a lower one takes the newest steps away, and lowers the one it
/// falls into. Doing it twice changes nothing.
pub(super) fn checked_in(
    order: &OrderFacts,
    in_model: &BTreeSet<OrderLineId>,
    before: &[CheckedIn],
) -> Vec<CheckedIn> {
    let mut steps = Vec::new();
    for line in order
        .lines
        .iter()
        .filter(|line| in_model.contains(&line.id))
    {
        let now = line.fact.checked_in.max(0);
        let mut own: Vec<CheckedIn> = before
            .iter()
            .filter(|step| step.order_line_id == line.id)
            .copied()
            .collect();
        own.sort_unstable();
        let keep = own.partition_point(|step| step.cumulative <= now);
        let reached = own[..keep].last().map_or(0, |step| step.cumulative);
        let occurred = own
            .get(keep)
            .map(|step| step.occurred)
            .or(order.checked_in_at);
        own.truncate(keep);
        if let Some(occurred) = occurred.filter(|_| reached < now) {
            own.push(CheckedIn {
                order_line_id: line.id,
                cumulative: now,
                occurred,
            });
        }
        steps.append(&mut own);
    }
    steps.sort_unstable();
    steps
}

/// The receipts of steps that are sorted by line and count.
pub(super) fn receipts(order: &OrderFacts, steps: &[CheckedIn]) -> Vec<Receipt> {
    let mut former: Option<CheckedIn> = None;
    let mut receipts = Vec::with_capacity(steps.len());
    for step in steps {
        let reached = former
            .filter(|former| former.order_line_id == step.order_line_id)
            .map_or(0, |former| former.cumulative);
        receipts.push(Receipt {
            order_id: order.id,
            order_line_id: step.order_line_id,
            key: format!("{}:{}", step.order_line_id, step.cumulative),
            quantity: step.cumulative - reached,
            occurred: step.occurred,
        });
        former = Some(*step);
    }
    receipts
}
