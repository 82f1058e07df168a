//! The right to send one request.

use super::{Inner, Kind};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The right to send one request. Say what came of it; dropped, it says nothing.
#[must_use = "a permit that is dropped at once spends its turn for nothing"]
pub struct Permit {
    inner: Arc<Inner>,
    kind: Kind,
    seq: u64,
    strained: bool,
}

impl Permit {
    pub(super) const fn new(inner: Arc<Inner>, kind: Kind, seq: u64, strained: bool) -> Self {
        Self {
            inner,
            kind,
            seq,
            strained,
        }
    }

    /// An answer came, after this long, and the server is well.
    pub fn answered(self, latency: Duration) {
        self.inner
            .shared()
            .answered(self.kind, self.seq, latency, self.strained);
    }

    /// The server failed, or no answer came.
    pub fn failed(self) {
        self.inner.shared().failed(self.seq);
    }

    /// The server refused with 429: pauses the whole account. Returns how long.
    pub fn refused(self, asked: Option<Duration>) -> Duration {
        let now = self.inner.clock.monotonic();
        self.inner.shared().refused(self.seq, asked, now)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.inner.shared().land();
        self.inner.changed.notify_waiters();
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}
