//! What is delivered, as it is shown.

use super::words::{count, grouped};
use pipeline::deliver::Entity;
use serde::Serialize;
use std::collections::BTreeMap;
use storage::{DeliveryCounts, DeliveryTallies};

/// How the deliveries of one kind stand.
#[derive(Debug, Serialize)]
pub(super) struct Standing {
    kind: Entity,
    /// Optiply holds what it should.
    acknowledged: i64,
    /// To be sent, or on the way.
    pending: i64,
    /// Waiting for another delivery, or for stock to be read.
    waiting: i64,
    /// Sent, and nobody knows yet what came of it.
    in_doubt: i64,
    /// Refused.
    parked: i64,
}

/// How the deliveries of each kind stand.
pub(super) fn standing(counts: &DeliveryCounts) -> Vec<Standing> {
    let kinds = Entity::ALL.into_iter().filter_map(|kind| {
        let of = |state: &str| counts.get(&(kind, state.to_owned())).copied().unwrap_or(0);
        let standing = Standing {
            kind,
            acknowledged: of("acknowledged"),
            pending: of("pending") + of("sending"),
            waiting: of("waiting"),
            in_doubt: of("ambiguous"),
            parked: of("parked"),
        };
        counts
            .keys()
            .any(|(known, _)| *known == kind)
            .then_some(standing)
    });
    kinds.collect()
}

impl Standing {
    pub(super) fn text(&self) -> String {
        let mut text = format!(
            "    {:<18}{} at Optiply",
            self.kind.name(),
            grouped(self.acknowledged)
        );
        for (n, what) in [
            (self.pending, "to be sent"),
            (self.waiting, "waiting"),
            (self.in_doubt, "in doubt"),
            (self.parked, "refused"),
        ] {
            if n > 0 {
                text.push_str(&format!(", {} {what}", grouped(n)));
            }
        }
        text.push('\n');
        text
    }
}

/// What the deliveries of one kind came to in a run.
#[derive(Debug, Serialize)]
pub(super) struct Sum {
    kind: Entity,
    entered: i64,
    acknowledged: i64,
    unchanged: i64,
    parked: BTreeMap<&'static str, i64>,
    waiting: i64,
    adds_up: bool,
}

/// What the deliveries of a run came to.
pub(super) fn sums(tallies: &DeliveryTallies) -> Vec<Sum> {
    let sum = |(kind, tally): (&Entity, &storage::DeliveryTally)| Sum {
        kind: *kind,
        entered: tally.entered,
        acknowledged: tally.acknowledged,
        unchanged: tally.unchanged,
        parked: tally
            .parked
            .iter()
            .map(|(reason, n)| (reason.code(), *n))
            .collect(),
        waiting: tally.open,
        adds_up: tally.balances(),
    };
    tallies.iter().map(sum).collect()
}

/// Whether everything that was to be delivered has one outcome or waits.
pub(super) fn add_up(sums: &[Sum]) -> bool {
    sums.iter().all(|sum| sum.adds_up)
}

impl Sum {
    pub(super) fn text(&self) -> String {
        let parked: i64 = self.parked.values().sum();
        format!(
            "    deliver {:<18}{}: {} acknowledged, {} unchanged, {} refused, {} waiting\n",
            self.kind.name(),
            count(self.entered, "object"),
            grouped(self.acknowledged),
            grouped(self.unchanged),
            grouped(parked),
            grouped(self.waiting)
        )
    }
}
