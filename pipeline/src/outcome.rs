//! What became of each record at a stage, counted so that nothing can vanish (DESIGN 4).

use crate::reason::Reason;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The one outcome of a record at a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Outcome {
    /// Handed to the next stage.
    Passed,
    /// In the model, new or changed.
    Loaded,
    /// As it was.
    Unchanged,
    /// Does not count, for a named reason.
    Dropped(Reason),
    /// Could not be used, for a named cause; kept and shown.
    Rejected(Reason),
    /// Needs something named first.
    Waiting(Reason),
}

impl Outcome {
    /// The stored spelling, without its reason.
    pub const fn name(self) -> &'static str {
        match self {
            Outcome::Passed => "passed",
            Outcome::Loaded => "loaded",
            Outcome::Unchanged => "unchanged",
            Outcome::Dropped(_) => "dropped",
            Outcome::Rejected(_) => "rejected",
            Outcome::Waiting(_) => "waiting",
        }
    }

    /// The reason, if this outcome has one.
    pub const fn reason(self) -> Option<Reason> {
        match self {
            Outcome::Passed | Outcome::Loaded | Outcome::Unchanged => None,
            Outcome::Dropped(reason) | Outcome::Rejected(reason) | Outcome::Waiting(reason) => {
                Some(reason)
            }
        }
    }

    /// The outcome of a stored spelling and reason.
    pub fn from_parts(name: &str, reason: Option<Reason>) -> Option<Outcome> {
        match (name, reason) {
            ("passed", None) => Some(Outcome::Passed),
            ("loaded", None) => Some(Outcome::Loaded),
            ("unchanged", None) => Some(Outcome::Unchanged),
            ("dropped", Some(reason)) => Some(Outcome::Dropped(reason)),
            ("rejected", Some(reason)) => Some(Outcome::Rejected(reason)),
            ("waiting", Some(reason)) => Some(Outcome::Waiting(reason)),
            _ => None,
        }
    }
}

/// The arithmetic of one stage of one feed in one run: what came in, and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Rows that entered the stage.
    pub entered: i64,
    /// Rows by outcome.
    pub outcomes: BTreeMap<Outcome, i64>,
}

impl Tally {
    /// Counts a row that enters and its outcome.
    pub fn count(&mut self, outcome: Outcome) {
        self.entered += 1;
        *self.outcomes.entry(outcome).or_default() += 1;
    }

    /// The number of rows with outcomes of this kind, whatever their reason.
    pub fn of(&self, name: &str) -> i64 {
        self.outcomes
            .iter()
            .filter(|(o, _)| o.name() == name)
            .map(|(_, n)| n)
            .sum()
    }

    /// Whether every row that entered has exactly one outcome.
    pub fn balances(&self) -> bool {
        self.entered == self.outcomes.values().sum::<i64>()
    }
}
