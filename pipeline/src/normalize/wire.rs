//! What the wire shapes of all feeds have in common.

use super::fault::{Fault, Flaw};
use super::scalar::Scalar;
use crate::reason::Reason;
use serde::Deserialize;

/// The wire shape of one feed's rows.
pub(super) trait Row<'a>: Deserialize<'a> {
    /// What it becomes.
    type Record;

    /// The key of its id.
    const ID: &'static str;

    /// Its id, unread.
    fn id(&self) -> Scalar<'a>;

    /// Reads everything else.
    fn read(self, id: i64, asked: &[&str]) -> Result<Self::Record, Fault>;
}

/// Reads one row; the id first, so that whatever else is wrong with it can be looked up.
pub(super) fn row<'a, W: Row<'a>>(text: &'a str, asked: &[&str]) -> Result<W::Record, Flaw> {
    let unnamed = |fault| Flaw { id: None, fault };
    if !text.starts_with('{') {
        return Err(unnamed(Fault::new(
            Reason::NotARecord,
            "",
            format!("found {}", kind(text)),
        )));
    }
    // Shapes are captured and never refused, so what remains here is a key sent twice or a broken
    // escape; the parser's own words name the place.
    let wire: W = serde_json::from_str(text)
        .map_err(|error| unnamed(Fault::bad("", format!("cannot be read: {error}"))))?;
    let id = wire.id().key(W::ID).map_err(unnamed)?;
    wire.read(id, asked).map_err(|fault| Flaw {
        id: Some(id),
        fault,
    })
}

fn kind(text: &str) -> &'static str {
    match text.as_bytes().first() {
        Some(b'"') => "a text, not a record",
        Some(b'[') => "a list, not a record",
        Some(b'n') => "null, not a record",
        Some(b't' | b'f') => "a truth value, not a record",
        _ => "a number, not a record",
    }
}

/// Refuses children that come twice under one id: which of them holds could only be guessed.
pub(super) fn no_twins(list: &str, ids: impl Iterator<Item = i64>) -> Result<(), Fault> {
    let mut seen: Vec<i64> = ids.collect();
    seen.sort_unstable();
    match seen.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(Fault::bad(list, format!("found the id {} twice", pair[0]))),
        None => Ok(()),
    }
}
