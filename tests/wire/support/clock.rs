//! A clock that follows the runtime's, so that paused time is virtual for everybody.

use chrono::{DateTime, TimeDelta, Utc};
use pipeline::Clock;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

#[derive(Debug)]
pub(crate) struct TokioClock {
    start: Instant,
    base: DateTime<Utc>,
}

impl TokioClock {
    pub(crate) fn at(base: &str) -> Arc<Self> {
        let base = base.parse().expect("an instant");
        Arc::new(Self {
            start: Instant::now(),
            base,
        })
    }
}

impl Clock for TokioClock {
    fn now(&self) -> DateTime<Utc> {
        self.base + TimeDelta::from_std(self.start.elapsed()).expect("a short test")
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }
}
