//! How fast we may ask: a pace that grows slowly and is halved at every sign of trouble.
//!
//! Optiply publishes no limits (open question 12), so the pace starts low and feels its way:
//! requests are spaced evenly and few are on their way at once. A 429, a failing server or answers
//! that become slow halve both; an answer that had to wait for its turn and came well adds a little.
//! Trouble that was on its way before the last halving says nothing new and does not halve again.

mod latency;
mod limits;
mod permit;
mod state;

pub use limits::{PaceLimits, PaceState};
pub use permit::Permit;

use pipeline::Clock;
use rand::rngs::StdRng;
use state::{Room, Shared};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Mutex as Gate, Notify};

/// What kind of call it is: they take their time differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One row read.
    Read,
    /// A page of rows.
    List,
    /// A write.
    Write,
}

/// Whose call goes first. Within a lane it is first come, first served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lane {
    /// Ahead of everything else: stock.
    Ahead,
    /// In its turn.
    #[default]
    InTurn,
}

/// The pace of one account. Clones share it.
#[derive(Clone)]
pub struct Pace {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Arc<dyn Clock>,
    shared: Mutex<Shared>,
    changed: Notify,
    /// One for each lane, held by whose turn it is; they serve in the order of arrival.
    gates: [Gate<()>; 2],
}

impl Inner {
    fn shared(&self) -> MutexGuard<'_, Shared> {
        // Every change is a few assignments that cannot panic half-way.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pace {
    /// A pace within these limits; `rng` spreads the end of pauses.
    pub fn new(limits: PaceLimits, clock: Arc<dyn Clock>, rng: StdRng) -> Self {
        Self {
            inner: Arc::new(Inner {
                shared: Mutex::new(Shared::new(limits, rng)),
                clock,
                changed: Notify::new(),
                gates: [Gate::new(()), Gate::new(())],
            }),
        }
    }

    /// The pace as it was when `state` was taken, within these limits.
    pub fn restore(
        state: &PaceState,
        limits: PaceLimits,
        clock: Arc<dyn Clock>,
        rng: StdRng,
    ) -> Self {
        let pace = Self::new(limits, clock, rng);
        let now = (pace.inner.clock.now(), pace.inner.clock.monotonic());
        pace.inner.shared().restore(state, now);
        pace
    }

    /// Waits until a request of this lane may go.
    ///
    /// Dropping the future gives up the place in the queue.
    pub async fn reserve(&self, kind: Kind, lane: Lane) -> Permit {
        let inner = &self.inner;
        let waiting = Waiting::enter(inner, lane);
        let turn = inner.gates[lane as usize].lock().await;
        let mut strained = false;
        loop {
            let changed = inner.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let room = inner.shared().admit(lane, inner.clock.monotonic());
            match room {
                Room::Now(seq) => {
                    drop(turn);
                    drop(waiting);
                    return Permit::new(inner.clone(), kind, seq, strained);
                }
                Room::In(wait) => {
                    strained = true;
                    tokio::select! {
                        () = tokio::time::sleep(wait) => {}
                        () = &mut changed => {}
                    }
                }
                Room::AfterOthers => {
                    strained = true;
                    changed.await;
                }
            }
        }
    }

    /// What is in force at this moment, to be stored and shown.
    pub fn snapshot(&self) -> PaceState {
        let now = (self.inner.clock.now(), self.inner.clock.monotonic());
        self.inner.shared().snapshot(now)
    }
}

impl fmt::Debug for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pace").field(&self.snapshot()).finish()
    }
}

/// A place in the queue, left on drop whether or not it was served.
struct Waiting<'a> {
    inner: &'a Inner,
    lane: Lane,
}

impl<'a> Waiting<'a> {
    fn enter(inner: &'a Inner, lane: Lane) -> Self {
        inner.shared().waiting[lane as usize] += 1;
        Self { inner, lane }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.inner.shared().waiting[self.lane as usize] -= 1;
        if self.lane == Lane::Ahead {
            self.inner.changed.notify_waiters();
        }
    }
}
