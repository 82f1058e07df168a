//! Requests per second, kept to half of what the server's fixed one-second windows permit.

use governor::clock::Clock as GovernorClock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use pipeline::Clock;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

/// Requests per second before any header was seen.
const START_RATE: NonZeroU32 = NonZeroU32::MIN.saturating_add(4);

type Limiter = RateLimiter<NotKeyed, InMemoryState, OurClock, NoOpMiddleware<Duration>>;

/// governor's time, read from our clock.
#[derive(Clone)]
struct OurClock(Arc<dyn Clock>);

impl GovernorClock for OurClock {
    type Instant = Duration;
    fn now(&self) -> Duration {
        self.0.monotonic()
    }
}

pub(super) struct Burst {
    clock: OurClock,
    /// The server's maximum the limiter was built for.
    most: Option<NonZeroU32>,
    limiter: Limiter,
}

impl Burst {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let clock = OurClock(clock);
        let limiter = limiter(START_RATE, &clock);
        Self {
            clock,
            most: None,
            limiter,
        }
    }

    /// Takes over the server's maximum. `used` requests of this second are already spent.
    pub(super) fn learn(&mut self, used: u32, most: NonZeroU32) {
        if self.most == Some(most) {
            return;
        }
        let rate = NonZeroU32::new(most.get() / 2).unwrap_or(NonZeroU32::MIN);
        self.limiter = limiter(rate, &self.clock);
        self.most = Some(most);
        if let Some(spent) = NonZeroU32::new(used.min(rate.get())) {
            // Fits by construction: a new limiter is full, and `spent` is at most its size.
            let _fits = self.limiter.check_n(spent);
        }
    }

    /// Takes one request's room, or says how long to wait for it.
    pub(super) fn take(&self) -> Result<(), Duration> {
        self.limiter
            .check()
            .map_err(|denied| denied.wait_time_from(self.clock.now()))
    }
}

fn limiter(rate: NonZeroU32, clock: &OurClock) -> Limiter {
    RateLimiter::direct_with_clock(Quota::per_second(rate), clock.clone())
}
