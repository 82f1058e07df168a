//! What the API still permits us: one mirrored leaky bucket per (account, client).
//!
//! Reserve before sending, settle after. The mirror starts at the smallest documented bucket and
//! is corrected by the headers of every answer, so no value of the API's rate model is built in.
//!
//! Two limits are kept at once. The *bucket* fills by the cost of each request and drips empty;
//! imports stop at four fifths of it, so that an export always finds room. The *burst* limiter
//! counts requests per second; we keep to half of what it permits, because its windows are fixed
//! and ours slide.

mod bucket;
mod burst;
mod drips;
mod headers;
mod permit;
mod queue;
mod state;

pub use bucket::{START_DRIP, START_SIZE};
pub use drips::Drips;
pub use permit::Permit;
pub use state::BudgetState;

use pipeline::Clock;
use rand::rngs::StdRng;
use state::{Room, Shared};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Requests in flight at once, unless told otherwise.
pub const MAX_IN_FLIGHT: usize = 8;

/// Whose request it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// Reads of an import. They leave a fifth of the bucket free.
    Import,
    /// Exports and probes a person waits for. They may fill the bucket and go first.
    Export,
}

/// The budget of one (account, client). Clones share it.
#[derive(Clone)]
pub struct Budget {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Arc<dyn Clock>,
    shared: Mutex<Shared>,
    changed: Notify,
}

impl Inner {
    fn shared(&self) -> MutexGuard<'_, Shared> {
        // Every change is a few assignments that cannot panic half-way.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Budget {
    /// A budget of which nothing is known yet: until the first answer one request is in flight.
    ///
    /// `rng` spreads the end of a pause, so that several processes do not return at once.
    pub fn new(clock: Arc<dyn Clock>, rng: StdRng) -> Self {
        let shared = Shared::new(clock.clone(), rng);
        Self {
            inner: Arc::new(Inner {
                clock,
                shared: Mutex::new(shared),
                changed: Notify::new(),
            }),
        }
    }

    /// The budget as it was when `state` was taken, less what has dripped since.
    pub fn restore(state: &BudgetState, clock: Arc<dyn Clock>, rng: StdRng) -> Self {
        let budget = Self::new(clock, rng);
        let now = (budget.inner.clock.now(), budget.inner.clock.monotonic());
        budget.inner.shared().restore(state, now);
        budget
    }

    /// Changes how many requests may be in flight at once; at least one.
    #[must_use]
    pub fn with_in_flight(self, most: usize) -> Self {
        self.inner.shared().most_in_flight = most.max(1);
        self
    }

    /// Waits, first come first served, until a request of this cost is permitted.
    ///
    /// Dropping the future gives up the place in the queue.
    pub async fn reserve(&self, cost: Drips, priority: Priority) -> Permit {
        let place = Place {
            inner: &self.inner,
            ticket: self.inner.shared().queue.enter(priority),
        };
        loop {
            let changed = self.inner.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let room = {
                let now = self.inner.clock.monotonic();
                self.inner.shared().admit(place.ticket, cost, now)
            };
            match room {
                Room::Now(seq) => return Permit::new(self.inner.clone(), cost, seq),
                Room::In(wait) => {
                    tokio::select! {
                        () = tokio::time::sleep(wait) => {}
                        () = &mut changed => {}
                    }
                }
                Room::AfterOthers => changed.await,
            }
        }
    }

    /// What is known at this moment, to be stored and shown.
    pub fn snapshot(&self) -> BudgetState {
        let now = (self.inner.clock.now(), self.inner.clock.monotonic());
        self.inner.shared().snapshot(now)
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Budget").field(&self.snapshot()).finish()
    }
}

/// A place in the queue, left on drop whether or not it was served.
struct Place<'a> {
    inner: &'a Inner,
    ticket: queue::Ticket,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.inner.shared().queue.leave(self.ticket);
        self.inner.changed.notify_waiters();
    }
}
