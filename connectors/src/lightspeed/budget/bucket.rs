//! The mirrored bucket itself: arithmetic only.

use super::drips::Drips;
use std::time::Duration;

/// The size we assume before any header was seen: the smallest documented.
pub const START_SIZE: Drips = Drips::whole(90);

/// The drip per second we assume before any header was seen: the smallest documented.
pub const START_DRIP: Drips = Drips::whole(1);

/// Level units in a thousandth of a drip. A microsecond at a drip of one thousandth leaks exactly
/// one unit, so leaking never rounds.
const FINE: i64 = 1_000_000;

#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    level_fine: i64,
    size: Drips,
    drip: Drips,
    at: Duration,
}

impl Bucket {
    pub(super) const fn new(at: Duration) -> Self {
        Self {
            level_fine: 0,
            size: START_SIZE,
            drip: START_DRIP,
            at,
        }
    }

    pub(super) const fn size(&self) -> Drips {
        self.size
    }

    pub(super) const fn drip(&self) -> Drips {
        self.drip
    }

    /// The level now, rounded up.
    pub(super) fn level(&self, now: Duration) -> Drips {
        let fine = self.fine_at(now);
        Drips::milli(fine / FINE + i64::from(fine % FINE > 0))
    }

    /// Takes over the server's size and drip.
    pub(super) fn resize(&mut self, size: Option<Drips>, drip: Option<Drips>, now: Duration) {
        self.leak(now);
        self.size = size.unwrap_or(self.size);
        self.drip = drip.unwrap_or(self.drip);
    }

    pub(super) fn set_level(&mut self, level: Drips, now: Duration) {
        self.level_fine = level.as_milli().saturating_mul(FINE).max(0);
        self.at = now;
    }

    /// Adds a cost, or with a negative amount takes back what was added too much.
    pub(super) fn add(&mut self, cost: Drips, now: Duration) {
        self.leak(now);
        self.level_fine = self
            .level_fine
            .saturating_add(cost.as_milli().saturating_mul(FINE))
            .max(0);
    }

    /// How long until `cost` fits below `percent` of the size; zero if it fits now.
    ///
    /// A request dearer than that share is let through when the bucket is empty: it would
    /// otherwise wait for ever.
    pub(super) fn wait_for(&self, cost: Drips, percent: i64, now: Duration) -> Duration {
        let limit = self.size.as_milli().saturating_mul(percent) / 100;
        let allowed = limit
            .saturating_sub(cost.as_milli())
            .max(0)
            .saturating_mul(FINE);
        let surplus = self.fine_at(now).saturating_sub(allowed);
        if surplus <= 0 {
            return Duration::ZERO;
        }
        let drip = self.drip.as_milli().max(1);
        Duration::from_micros((surplus / drip).unsigned_abs() + 1)
    }

    fn leak(&mut self, now: Duration) {
        self.level_fine = self.fine_at(now);
        self.at = now;
    }

    fn fine_at(&self, now: Duration) -> i64 {
        let micros = i64::try_from(now.saturating_sub(self.at).as_micros()).unwrap_or(i64::MAX);
        self.level_fine
            .saturating_sub(micros.saturating_mul(self.drip.as_milli()))
            .max(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_leaks_exactly_and_says_when_there_is_room() {
        let mut bucket = Bucket::new(Duration::ZERO);
        bucket.set_level(Drips::whole(90), Duration::ZERO);
        assert_eq!(
            bucket.level(Duration::from_millis(1_500)),
            Drips::milli(88_500)
        );
        let wait = bucket.wait_for(Drips::milli(1_400), 80, Duration::ZERO);
        assert_eq!(wait.as_millis(), 19_400);
        assert_eq!(
            bucket.wait_for(Drips::milli(1_400), 80, wait),
            Duration::ZERO
        );
        bucket.add(Drips::whole(-100), Duration::ZERO);
        assert_eq!(bucket.level(Duration::ZERO), Drips::ZERO);
    }

    #[test]
    fn a_request_dearer_than_the_share_passes_on_an_empty_bucket() {
        let bucket = Bucket::new(Duration::ZERO);
        assert_eq!(
            bucket.wait_for(Drips::whole(500), 80, Duration::ZERO),
            Duration::ZERO
        );
    }

    #[test]
    fn a_clock_that_stands_still_or_goes_back_leaks_nothing() {
        let mut bucket = Bucket::new(Duration::from_secs(10));
        bucket.set_level(Drips::whole(5), Duration::from_secs(10));
        assert_eq!(bucket.level(Duration::from_secs(3)), Drips::whole(5));
    }
}
