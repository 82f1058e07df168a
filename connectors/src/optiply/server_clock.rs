//! What time Optiply believes it is.

use chrono::{DateTime, TimeDelta, Utc};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The newest `Date` heard, and when by our monotonic clock.
#[derive(Debug, Default)]
pub(super) struct ServerClock(Mutex<Option<(DateTime<Utc>, Duration)>>);

impl ServerClock {
    pub(super) fn heard(&self, date: DateTime<Utc>, monotonic: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((date, monotonic));
    }

    pub(super) fn now(&self, monotonic: Duration) -> Option<DateTime<Utc>> {
        let (date, heard) = (*self.0.lock().unwrap_or_else(PoisonError::into_inner))?;
        let passed = TimeDelta::from_std(monotonic.saturating_sub(heard)).ok()?;
        date.checked_add_signed(passed)
    }
}
