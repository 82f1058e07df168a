//! How long to wait before trying again.

use rand::RngExt;
use std::time::Duration;

/// The longest wait after the first failure.
const FIRST: Duration = Duration::from_secs(5);

/// The longest wait there is.
const LONGEST: Duration = Duration::from_secs(30 * 60);

/// The wait before the next attempt after `failures` in a row (0 for the first): anything up to
/// 5 s doubled each time, at most 30 min. The whole span is used, so that many connections that
/// failed together do not return together.
pub fn backoff(failures: i64, rng: &mut impl RngExt) -> Duration {
    let doublings = u32::try_from(failures.clamp(0, 16)).unwrap_or(16);
    let most = FIRST.saturating_mul(1 << doublings).min(LONGEST);
    let millis = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(rng.random_range(millis / 20..=millis))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    #[test]
    fn six_attempts_span_more_than_a_minute_and_none_exceeds_half_an_hour() {
        for seed in 0..50 {
            let mut rng = StdRng::seed_from_u64(seed);
            let waits: Vec<Duration> = (0..40).map(|n| backoff(n, &mut rng)).collect();
            assert!(waits.iter().all(|wait| *wait <= LONGEST && !wait.is_zero()));
            assert!(waits.iter().any(|wait| *wait > LONGEST / 2));
        }
        let most: Duration = (0..6).map(|n| FIRST * (1 << n)).sum();
        assert!(most > Duration::from_secs(60));
    }
}
