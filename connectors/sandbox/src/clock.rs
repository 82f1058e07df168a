//! The sandbox's time: a fixed instant derived from the seed, plus what has passed since.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

/// Where the sandbox takes the time from. Everything (drip, token life, change times) follows it,
/// so a test with its own clock runs in virtual time.
pub type Now = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// 2026-03-02T09:00:00Z: a Monday morning, the earliest base any seed can have.
const EARLIEST_BASE: i64 = 1_772_442_000;

/// The instant at which the seeded account's history ends.
#[must_use]
pub fn base_instant(seed: u64) -> DateTime<Utc> {
    let days = i64::try_from(seed % 90).unwrap_or(0);
    DateTime::from_timestamp(EARLIEST_BASE, 0).unwrap_or_default() + TimeDelta::days(days)
}

/// A clock that starts at the seed's base instant and runs with the machine's monotonic clock.
#[must_use]
pub fn seeded_now(seed: u64) -> Now {
    let base = base_instant(seed);
    let started = std::time::Instant::now();
    Arc::new(move || base + TimeDelta::from_std(started.elapsed()).unwrap_or_default())
}

/// As [`seeded_now`], but running with tokio's clock, which a test may pause and advance.
#[must_use]
pub fn tokio_now(seed: u64) -> Now {
    let base = base_instant(seed);
    let started = tokio::time::Instant::now();
    Arc::new(move || base + TimeDelta::from_std(started.elapsed()).unwrap_or_default())
}
