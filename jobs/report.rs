//! What became of the rows of a run, feed by feed.

use pipeline::outcome::{Outcome, Tally};
use pipeline::{Feed, Stage};
use serde::Serialize;
use std::collections::BTreeMap;

/// The rows of a feed in a run: each is counted once under what finally became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FeedReport {
    /// The feed.
    pub feed: &'static str,
    /// Rows received.
    pub read: i64,
    /// Rows that are in the model, new or changed.
    pub loaded: i64,
    /// Rows that were as before.
    pub unchanged: i64,
    /// Rows that do not count, by reason.
    pub dropped: BTreeMap<&'static str, i64>,
    /// Rows that could not be used, by cause.
    pub rejected: BTreeMap<&'static str, i64>,
    /// Rows that wait for something.
    pub waiting: i64,
}

impl FeedReport {
    /// The report of one feed from the arithmetic of its stages.
    pub fn of(feed: Feed, tallies: &BTreeMap<(Feed, Stage), Tally>) -> Self {
        let mut report = Self {
            feed: feed.name(),
            ..Self::default()
        };
        for stage in Stage::ALL {
            let Some(tally) = tallies.get(&(feed, stage)) else {
                continue;
            };
            if stage == Stage::Extract {
                report.read = tally.entered;
            }
            for (outcome, n) in &tally.outcomes {
                match outcome {
                    Outcome::Passed => {}
                    Outcome::Loaded => report.loaded += n,
                    Outcome::Unchanged => report.unchanged += n,
                    Outcome::Dropped(reason) => {
                        *report.dropped.entry(reason.code()).or_default() += n
                    }
                    Outcome::Rejected(reason) => {
                        *report.rejected.entry(reason.code()).or_default() += n
                    }
                    Outcome::Waiting(_) => report.waiting += n,
                }
            }
        }
        report
    }

    /// Whether every row read has exactly one outcome.
    pub fn balances(&self) -> bool {
        let sum = |counts: &BTreeMap<&str, i64>| counts.values().sum::<i64>();
        self.read
            == self.loaded
                + self.unchanged
                + sum(&self.dropped)
                + sum(&self.rejected)
                + self.waiting
    }

    /// Whether nothing of the feed changed.
    pub fn nothing_new(&self) -> bool {
        self.loaded == 0 && self.waiting == 0
    }
}
