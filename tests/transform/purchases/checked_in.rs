//! Goods that were checked in without a record of their arrival.

use super::{Case, order};
use crate::door::at;
use pipeline::load::{CheckedIn, OrderFacts};

/// The order with so many pieces of its first line checked in, on a day of January.
fn counted(pieces: i64, day: u32) -> OrderFacts {
    let mut facts = order();
    facts.lines[0].fact.checked_in = pieces;
    facts.checked_in_at = Some(at(&format!("2026-01-{day:02}T08:00:00Z")));
    facts
}

/// The receipts after a sequence of counts, one a day.
fn after(counts: &[i64]) -> (Vec<String>, Vec<u32>) {
    let mut steps: Vec<CheckedIn> = Vec::new();
    let mut shown = (Vec::new(), Vec::new());
    for (day, pieces) in (1..).zip(counts) {
        let case = Case {
            checked_in: &steps,
            held: true,
            ..Case::of(counted(*pieces, day))
        };
        let days = |steps: &[CheckedIn]| {
            use chrono::Datelike;
            steps.iter().map(|step| step.occurred.day()).collect()
        };
        let load = case.load();
        shown = (case.receipts(), days(&load.checked_in));
        let again = Case {
            checked_in: &load.checked_in,
            held: true,
            ..Case::of(counted(*pieces, 30))
        };
        assert_eq!(again.receipts(), shown.0, "looking again changes nothing");
        steps = load.checked_in;
    }
    shown
}

#[test]
fn an_increase_is_a_receipt_of_its_own() {
    assert_eq!(after(&[0]), (vec![], vec![]));
    let (receipts, days) = after(&[2, 2, 5]);
    assert_eq!(receipts, ["1: 1:2 x 2", "1: 1:5 x 3"]);
    assert_eq!(days, [1, 3]);
}

#[test]
fn a_decrease_takes_the_newest_away_or_lowers_it() {
    assert_eq!(after(&[2, 5, 9, 5]).0, ["1: 1:2 x 2", "1: 1:5 x 3"]);
    let (receipts, days) = after(&[2, 5, 9, 4]);
    assert_eq!(receipts, ["1: 1:2 x 2", "1: 1:4 x 2"]);
    assert_eq!(
        days,
        [1, 2],
        "what is left of a receipt arrived when it did"
    );
    assert_eq!(after(&[2, 5, 1]).0, ["1: 1:1 x 1"]);
    assert_eq!(after(&[2, 5, 0]).0, [""; 0]);
}

#[test]
fn every_line_counts_for_itself() {
    let mut facts = counted(5, 1);
    facts.lines[1].fact.checked_in = 7;
    facts.lines[2].fact.checked_in = -1;
    let receipts = Case::of(facts).receipts();
    assert_eq!(
        receipts,
        ["1: 1:5 x 5", "2: 2:7 x 7"],
        "more than was ordered is sent as it is"
    );
}
