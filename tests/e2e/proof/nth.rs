//! A cycle in which one thing goes wrong, at each place in turn.

use super::cycle::End;
use super::fate::{Fault, Seen};
use super::trial::{Conditions, Trial};
use super::{runtime, size};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

/// About how many places are tried of each fault, unless all are.
const SAMPLE: u64 = 36;

/// How many failures are told in full.
const TOLD: usize = 3;

/// The end of a cycle in which nothing goes wrong, and what there was in it.
fn undisturbed() -> &'static (End, Seen) {
    static UNDISTURBED: OnceLock<(End, Seen)> = OnceLock::new();
    UNDISTURBED.get_or_init(|| {
        let undisturbed = live(None);
        eprintln!("an undisturbed cycle: {:?}", undisturbed.1);
        (undisturbed.0, undisturbed.1)
    })
}

/// A cycle, what there was in it, and whether the fault was met.
fn live(planned: Option<(Fault, u64)>) -> (End, Seen, bool) {
    runtime().block_on(Box::pin(async {
        let mut trial = Trial::under(Conditions::of(planned)).await;
        let end = trial.cycle().await;
        (end, trial.fate.seen(), trial.fate.has_struck())
    }))
}

fn at_each(test: &str, fault: Fault) {
    let (expected, seen) = undisturbed();
    let mut failed = Vec::new();
    let places = size::chosen(seen.of(fault.place()), SAMPLE);
    let (mut met, began) = (0, std::time::Instant::now());
    for n in &places {
        let lived = catch_unwind(AssertUnwindSafe(|| live(Some((fault, *n)))));
        let wrong = match lived {
            // Two tasks that run side by side may need a statement more or less.
            Ok((_, _, false)) => continue,
            Ok((end, _, true)) => end.came_otherwise_than(expected),
            Err(_) => vec!["it panicked; see above".to_owned()],
        };
        met += 1;
        if !wrong.is_empty() {
            let first: Vec<&String> = wrong.iter().take(8).collect();
            failed.push(format!("{}\n{first:#?}", size::replay(test, *n)));
        }
    }
    eprintln!(
        "{fault:?}: {met} of {} places, {:?}",
        places.len(),
        began.elapsed()
    );
    let told = failed.iter().take(TOLD).cloned().collect::<Vec<_>>();
    assert!(
        failed.is_empty(),
        "{} of {met} failed:\n{}",
        failed.len(),
        told.join("\n")
    );
    assert!(
        met * 20 >= places.len() * 19,
        "only {met} of {} were met",
        places.len()
    );
}

macro_rules! at_each {
    ($($name:ident: $fault:ident;)+) => {$(
        #[test]
        fn $name() {
            at_each(stringify!($name), Fault::$fault);
        }
    )+};
}

at_each! {
    whichever_call_is_lost: CallLost;
    whichever_answer_is_lost: AnswerLost;
    whichever_statement_fails: StatementFails;
    whichever_commit_fails: CommitFails;
    whichever_call_the_process_dies_before: StopBeforeCall;
    whichever_call_the_process_dies_after: StopAfterCall;
    whichever_statement_the_process_dies_in: StopAtStatement;
    whichever_commit_the_process_dies_before: StopBeforeCommit;
    whichever_commit_the_process_dies_after: StopAfterCommit;
    whichever_call_the_process_is_overtaken_at: Overtaken;
}

#[test]
fn two_undisturbed_cycles_are_the_same() {
    let (end, seen, _) = live(None);
    let (expected, before) = undisturbed();
    assert_eq!(end.came_otherwise_than(expected), Vec::<String>::new());
    eprintln!("{seen:?} against {before:?}");
    assert_eq!((seen.calls, seen.commits), (before.calls, before.commits));
}
