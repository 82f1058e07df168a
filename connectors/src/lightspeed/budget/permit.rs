//! The right to send one request.

use super::Inner;
use super::drips::Drips;
use crate::http::HeaderMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The right to send one request. Settle it with the answer's headers.
///
/// Dropped unsettled, it keeps its cost: the request may have reached the server.
#[must_use = "a permit that is dropped at once spends its cost for nothing"]
pub struct Permit {
    inner: Arc<Inner>,
    cost: Drips,
    seq: u64,
}

impl Permit {
    pub(super) const fn new(inner: Arc<Inner>, cost: Drips, seq: u64) -> Self {
        Self { inner, cost, seq }
    }

    /// Takes over what the server says about cost, level, size, drip and burst. Returns what the
    /// request cost: the server's word, or else what was reserved.
    pub fn settle(self, headers: &HeaderMap) -> Drips {
        let now = self.inner.clock.monotonic();
        self.inner
            .shared()
            .settle(self.seq, self.cost, headers, now)
        // The drop that follows takes the request out of flight and wakes the others.
    }

    /// The server refused with 429: pauses the whole account. Returns how long.
    pub fn refused(self, headers: &HeaderMap) -> Duration {
        let now = (self.inner.clock.now(), self.inner.clock.monotonic());
        self.inner
            .shared()
            .refused(self.seq, self.cost, headers, now)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.inner.shared().land(self.seq);
        self.inner.changed.notify_waiters();
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit")
            .field("cost", &self.cost)
            .finish_non_exhaustive()
    }
}
