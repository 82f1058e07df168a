//! Newest wins: which of two versions of a record stays.

use crate::hash::ContentHash;
use chrono::{DateTime, Utc};

/// What is stored of a record that arrives again.
#[derive(Clone, Copy, Debug)]
pub struct Stored {
    /// The observation that brought the stored version.
    pub observation: i64,
    /// The true change time of the stored version, if the feed has one.
    pub changed_at: Option<DateTime<Utc>>,
    /// Its content; `None` when something was taken out of it since, so that nothing equals it.
    pub hash: Option<ContentHash>,
}

/// A version that arrives.
#[derive(Clone, Copy, Debug)]
pub struct Incoming {
    /// The observation of its page.
    pub observation: i64,
    /// Its true change time, if the feed has one (sales: never the legacy stamp).
    pub changed_at: Option<DateTime<Utc>>,
    /// Its content.
    pub hash: ContentHash,
}

/// What to do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Not held yet.
    New,
    /// Newer and different: replace.
    Changed,
    /// Newer and the same: only the observation moves.
    Same,
    /// Older than what is held: leave everything.
    Stale,
}

/// Decides between a stored version and an arriving one (DESIGN 4, Newest wins).
///
/// A later observation wins, unless the source itself says that the arriving version is older.
pub fn arrival(stored: Option<Stored>, incoming: Incoming) -> Arrival {
    let Some(stored) = stored else {
        return Arrival::New;
    };
    let older_by_source = match (incoming.changed_at, stored.changed_at) {
        (Some(incoming), Some(stored)) => incoming < stored,
        _ => false,
    };
    if incoming.observation < stored.observation || older_by_source {
        Arrival::Stale
    } else if stored.hash == Some(incoming.hash) {
        Arrival::Same
    } else {
        Arrival::Changed
    }
}
