//! A clock that stands still until it is told to move.

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use pipeline::Clock;
use std::sync::Mutex;
use std::time::Duration;

#[derive(Debug)]
pub(crate) struct ManualClock {
    now: Mutex<DateTime<Utc>>,
    passed: Mutex<Duration>,
}

impl ManualClock {
    pub(crate) fn new() -> Self {
        let start = Utc
            .with_ymd_and_hms(2026, 3, 2, 8, 0, 0)
            .single()
            .expect("a time");
        Self {
            now: Mutex::new(start),
            passed: Mutex::new(Duration::ZERO),
        }
    }

    pub(crate) fn advance(&self, by: Duration) {
        *self.now.lock().expect("no panic") += by;
        *self.passed.lock().expect("no panic") += by;
    }

    /// Sets the wall clock back, as an administrator may.
    pub(crate) fn set_back(&self, by: Duration) {
        *self.now.lock().expect("no panic") -= TimeDelta::from_std(by).expect("a short time");
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.now.lock().expect("no panic")
    }

    fn monotonic(&self) -> Duration {
        *self.passed.lock().expect("no panic")
    }
}
