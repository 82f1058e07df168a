//! Whether answers become slow, compared with what they usually take.

use std::time::Duration;

/// Answers that teach what is usual, before any is called slow.
const LESSONS: u32 = 5;
/// What is quick enough, whatever is usual.
const QUICK: Duration = Duration::from_secs(1);
/// How many times the usual is slow.
const SLOW_FACTOR: u32 = 4;
/// Slow answers in a row that make a trend.
const TREND: u32 = 2;

/// What one kind of call usually takes.
#[derive(Debug, Default)]
pub(super) struct Usual {
    mean: Duration,
    seen: u32,
    slow_in_row: u32,
}

impl Usual {
    /// Takes note of an answer; true when answers have become slow.
    pub(super) fn note(&mut self, latency: Duration) -> bool {
        if self.seen < LESSONS {
            let before = self.mean * self.seen;
            self.seen += 1;
            self.mean = (before + latency) / self.seen;
            return false;
        }
        let slow = latency > QUICK.max(self.mean * SLOW_FACTOR);
        self.slow_in_row = if slow { self.slow_in_row + 1 } else { 0 };
        // A slow answer teaches a little: what lasts becomes usual.
        let taught = latency.min(self.mean * 2 + Duration::from_millis(1));
        self.mean = (self.mean * 7 + taught) / 8;
        if self.slow_in_row >= TREND {
            self.slow_in_row = 0;
            return true;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn one_slow_answer_is_chance_and_two_are_a_trend() {
        let mut usual = Usual::default();
        for _ in 0..20 {
            assert!(!usual.note(ms(50)));
        }
        assert!(!usual.note(ms(900)), "still quick");
        assert!(!usual.note(ms(3_000)));
        assert!(!usual.note(ms(50)));
        assert!(!usual.note(ms(3_000)));
        assert!(usual.note(ms(3_000)));
    }

    #[test]
    fn what_lasts_becomes_usual() {
        let mut usual = Usual::default();
        for _ in 0..LESSONS {
            usual.note(ms(400));
        }
        let alarms = (0..200).filter(|_| usual.note(ms(5_000))).count();
        assert!((1..=6).contains(&alarms), "{alarms}");
    }
}
