//! The guard against walking in circles.

use super::NextLink;
use crate::lightspeed::error::SourceError;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// The memory of one walk: no link is followed twice.
#[derive(Clone, Debug, Default)]
pub struct Walk {
    seen: HashSet<u64>,
}

impl Walk {
    /// A walk that has not begun.
    pub fn new() -> Self {
        Self::default()
    }

    /// Remembers the link of a page before it is followed.
    ///
    /// # Errors
    /// [`SourceError::LoopingLink`] when it was seen before.
    pub fn admit(&mut self, link: &NextLink) -> Result<(), SourceError> {
        let mut hasher = DefaultHasher::new();
        link.url.as_str().hash(&mut hasher);
        if self.seen.insert(hasher.finish()) {
            Ok(())
        } else {
            Err(SourceError::LoopingLink {
                resource: crate::lightspeed::query::resource(link.feed).to_owned(),
            })
        }
    }
}
