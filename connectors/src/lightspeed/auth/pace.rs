//! Back-off between tries of one process, on top of the bound that all processes share.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(5);
const LAST: Duration = Duration::from_secs(60);

/// When the next try is due.
#[derive(Debug, Default)]
pub(super) struct Pace {
    failures: u32,
    not_before: Option<Duration>,
}

impl Pace {
    /// How long a try at `now` is too early.
    pub(super) fn wait(&self, now: Duration) -> Option<Duration> {
        self.not_before
            .map(|due| due.saturating_sub(now))
            .filter(|wait| !wait.is_zero())
    }

    /// A try failed at `now`; the server may have said how long to wait.
    pub(super) fn failed(&mut self, now: Duration, asked: Option<Duration>) {
        let doubled = FIRST.saturating_mul(1 << self.failures.min(8)).min(LAST);
        self.failures = self.failures.saturating_add(1);
        self.not_before = Some(now.saturating_add(asked.unwrap_or(doubled)));
    }

    /// A try succeeded.
    pub(super) fn succeeded(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_doubles_up_to_a_minute_and_is_reset_by_success() {
        let mut pace = Pace::default();
        let now = Duration::from_secs(100);
        assert_eq!(pace.wait(now), None);
        for expected in [5, 10, 20, 40, 60, 60] {
            pace.failed(now, None);
            assert_eq!(pace.wait(now), Some(Duration::from_secs(expected)));
        }
        pace.failed(now, Some(Duration::from_secs(3)));
        assert_eq!(pace.wait(now + Duration::from_secs(3)), None);
        pace.succeeded();
        assert_eq!(pace.wait(now), None);
    }
}
