//! The rules of the house: who may know whom, what may be linked, what a source file may hold, and
//! that the documents name what is there.
//!
//! Every rule is a function from what it looks at to a list of complaints. A rule that never
//! complains proves nothing, so each is also shown a bad sample and must object to it.

mod alarms;
mod cargo;
mod deny;
mod docs;
mod edges;
mod errors;
mod files;
mod isolation;
mod lexer;
mod licences;
mod linked;
mod readme;
mod sources;
mod top;

/// Fails with every complaint on a line of its own.
#[track_caller]
fn no_complaints(rule: &str, complaints: &[String]) {
    assert!(
        complaints.is_empty(),
        "{rule}:\n  {}\n",
        complaints.join("\n  ")
    );
}

/// Fails unless the rule complained of a bad sample, naming what is wrong with it.
#[track_caller]
fn complains_of(named: &str, complaints: &[String]) {
    assert!(
        complaints.iter().any(|complaint| complaint.contains(named)),
        "the rule said nothing of {named:?}, it said {complaints:?}"
    );
}
