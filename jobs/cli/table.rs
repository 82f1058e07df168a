//! Reports and arithmetic in columns.

use super::words::grouped;
use crate::report::FeedReport;
use pipeline::outcome::{Outcome, Tally};
use pipeline::{Feed, Stage};
use serde::Serialize;
use std::collections::BTreeMap;

/// The reports of the feeds of a run.
pub(super) fn reports(tallies: &BTreeMap<(Feed, Stage), Tally>) -> Vec<FeedReport> {
    Feed::BACKFILL
        .into_iter()
        .map(|feed| FeedReport::of(feed, tallies))
        .collect()
}

/// Reports, a feed a line, with what was dropped and rejected below.
pub(super) fn of_reports(reports: &[FeedReport]) -> String {
    let mut text = format!(
        "  {:<9}{:>11}{:>11}{:>11}{:>11}{:>11}{:>11}\n",
        "feed", "read", "loaded", "unchanged", "dropped", "rejected", "waiting"
    );
    for report in reports {
        let sum = |counts: &BTreeMap<&str, i64>| counts.values().sum::<i64>();
        let columns = [
            report.read,
            report.loaded,
            report.unchanged,
            sum(&report.dropped),
            sum(&report.rejected),
            report.waiting,
        ];
        text.push_str(&format!("  {:<9}", report.feed));
        for n in columns {
            text.push_str(&format!("{:>11}", grouped(n)));
        }
        text.push('\n');
        for (what, counts) in [("dropped", &report.dropped), ("rejected", &report.rejected)] {
            if !counts.is_empty() {
                let counts: Vec<String> = counts
                    .iter()
                    .map(|(reason, n)| format!("{reason} {}", grouped(*n)))
                    .collect();
                text.push_str(&format!("           {what}: {}\n", counts.join(", ")));
            }
        }
    }
    text
}

/// The arithmetic of one stage of one feed, as a program reads it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct StageSum {
    pub(super) feed: Feed,
    pub(super) stage: Stage,
    pub(super) entered: i64,
    pub(super) passed: i64,
    pub(super) loaded: i64,
    pub(super) unchanged: i64,
    pub(super) dropped: BTreeMap<&'static str, i64>,
    pub(super) rejected: BTreeMap<&'static str, i64>,
    pub(super) waiting: i64,
    /// Whether `entered` is the sum of the others.
    pub(super) balances: bool,
}

/// The arithmetic of every stage of every feed that has any.
pub(super) fn sums(tallies: &BTreeMap<(Feed, Stage), Tally>) -> Vec<StageSum> {
    tallies
        .iter()
        .map(|((feed, stage), tally)| {
            let mut sum = StageSum {
                feed: *feed,
                stage: *stage,
                entered: tally.entered,
                passed: tally.of("passed"),
                loaded: tally.of("loaded"),
                unchanged: tally.of("unchanged"),
                dropped: BTreeMap::new(),
                rejected: BTreeMap::new(),
                waiting: tally.of("waiting"),
                balances: tally.balances(),
            };
            for (outcome, n) in &tally.outcomes {
                match outcome {
                    Outcome::Dropped(reason) => {
                        sum.dropped.insert(reason.code(), *n);
                    }
                    Outcome::Rejected(reason) => {
                        sum.rejected.insert(reason.code(), *n);
                    }
                    _ => {}
                }
            }
            sum
        })
        .collect()
}

/// Whether every stage balances, and what each passed on is what entered the next.
pub(super) fn adds_up(sums: &[StageSum]) -> bool {
    let find = |feed: Feed, stage: Stage| {
        sums.iter()
            .find(|sum| sum.feed == feed && sum.stage == stage)
    };
    let handed_on = |feed: Feed| {
        Stage::ALL.windows(2).all(|pair| {
            find(feed, pair[0]).map_or(0, |sum| sum.passed)
                == find(feed, pair[1]).map_or(0, |sum| sum.entered)
        })
    };
    sums.iter().all(|sum| sum.balances) && Feed::BACKFILL.into_iter().all(handed_on)
}

/// The arithmetic, a stage a line: `620 in = 617 passed on + 3 dropped (voided 3)`.
pub(super) fn of_sums(sums: &[StageSum]) -> String {
    let mut text = String::new();
    for sum in sums {
        let mut parts: Vec<String> = [
            (sum.passed, "passed on"),
            (sum.loaded, "loaded"),
            (sum.unchanged, "unchanged"),
            (sum.waiting, "waiting"),
        ]
        .into_iter()
        .filter(|(n, _)| *n != 0)
        .map(|(n, what)| format!("{} {what}", grouped(n)))
        .collect();
        for (what, counts) in [("dropped", &sum.dropped), ("rejected", &sum.rejected)] {
            parts.extend(
                counts
                    .iter()
                    .map(|(reason, n)| format!("{} {what} ({reason})", grouped(*n))),
            );
        }
        let equals = if sum.balances { "=" } else { "DIFFERS FROM" };
        let total = if parts.is_empty() {
            "0".to_owned()
        } else {
            parts.join(" + ")
        };
        text.push_str(&format!(
            "    {:<9}{:<11}{} in {equals} {total}\n",
            sum.feed.name(),
            sum.stage.name(),
            grouped(sum.entered)
        ));
    }
    text
}
