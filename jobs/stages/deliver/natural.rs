//! How an order that may have been made stands to what Optiply shows.

use super::payload::lines_of;
use connectors::optiply::{Payload, PayloadError, Stored};

/// How the lines that Optiply shows of an order stand to those that were to be made with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lines {
    /// All of them, each with what Optiply calls it.
    All(Vec<Option<i64>>),
    /// Some of them.
    Some(Vec<Option<i64>>),
    /// Others too: it is another order.
    Strange,
}

/// Compares the lines of an order as it was to be made with those that Optiply shows.
///
/// # Errors
/// When a payload is none.
pub(super) fn lines(order: &Payload, id: i64, shown: &[Stored]) -> Result<Lines, PayloadError> {
    let wanted = lines_of(order, id)?;
    let mut left: Vec<(i64, Payload)> = shown
        .iter()
        .map(|row| Ok((row.id, row.payload()?)))
        .collect::<Result<_, PayloadError>>()?;
    let ids: Vec<Option<i64>> = wanted
        .iter()
        .map(|line| {
            let at = left.iter().position(|(_, other)| line.same_line(other))?;
            Some(left.remove(at).0)
        })
        .collect();
    Ok(if !left.is_empty() {
        Lines::Strange
    } else if ids.iter().all(Option::is_some) {
        Lines::All(ids)
    } else {
        Lines::Some(ids)
    })
}
