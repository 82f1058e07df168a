//! The leaky bucket and the burst limiter, in whole millionths of a drip.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::{config::Limits, history::Limited};

const MICRO: u64 = 1_000_000;

/// The state of both limiters for the one client of the account.
#[derive(Debug)]
pub(crate) struct Limiter {
    limits: Limits,
    level_micro: u64,
    leaked_until: DateTime<Utc>,
    second: i64,
    in_second: u64,
}

/// What the limiters said to a call, with the numbers its headers carry.
#[derive(Debug, Clone)]
pub(crate) struct Admission {
    pub(crate) refused: Option<Limited>,
    pub(crate) retry_after: u64,
    pub(crate) cost: Decimal,
    pub(crate) level: Decimal,
    pub(crate) size: u64,
    pub(crate) drip: Decimal,
    pub(crate) burst: u64,
    pub(crate) burst_size: u64,
}

impl Limiter {
    pub(crate) fn new(limits: Limits, now: DateTime<Utc>) -> Limiter {
        Limiter {
            limits,
            level_micro: 0,
            leaked_until: now,
            second: now.timestamp(),
            in_second: 0,
        }
    }

    /// Lets time pass, then admits or refuses a call of `cost_milli` thousandths of a drip.
    ///
    /// A call is refused only if the bucket is already full, so the one that overflows it is
    /// still served.
    pub(crate) fn admit(&mut self, cost_milli: u64, now: DateTime<Utc>) -> Admission {
        self.leak(now);
        let size_micro = self.limits.bucket() * MICRO;
        let refused = match self.limits {
            Limits::Off => None,
            Limits::Model2026 { .. } if self.in_second >= self.limits.burst() => {
                Some(Limited::Burst)
            }
            Limits::Model2026 { .. } if self.level_micro >= size_micro => Some(Limited::Bucket),
            Limits::Model2026 { .. } => None,
        };
        let mut retry_after = 1;
        if refused.is_none() {
            self.level_micro += cost_milli * 1_000;
            self.in_second += 1;
        } else if refused == Some(Limited::Bucket) {
            let over = self.level_micro - size_micro + 1;
            retry_after = over.div_ceil(self.limits.drip_milli() * 1_000).max(1);
        }
        let charged = if refused.is_none() { cost_milli } else { 0 };
        self.admission(refused, retry_after, charged)
    }

    /// The numbers as they stand, for an answer that was not charged.
    pub(crate) fn peek(&mut self, now: DateTime<Utc>) -> Admission {
        self.leak(now);
        self.admission(None, 1, 0)
    }

    fn admission(&self, refused: Option<Limited>, retry_after: u64, charged: u64) -> Admission {
        Admission {
            refused,
            retry_after,
            cost: thousandths(charged),
            level: (Decimal::from(self.level_micro.div_ceil(10_000)) / Decimal::ONE_HUNDRED)
                .normalize(),
            size: self.limits.bucket(),
            drip: thousandths(self.limits.drip_milli()),
            burst: self.in_second,
            burst_size: self.limits.burst(),
        }
    }

    fn leak(&mut self, now: DateTime<Utc>) {
        let micros = (now - self.leaked_until)
            .num_microseconds()
            .unwrap_or(i64::MAX);
        if let Ok(micros) = u64::try_from(micros) {
            // What is too small to leak a millionth stays for the next time.
            let leaked = u128::from(micros) * u128::from(self.limits.drip_milli()) / 1_000;
            let leaked = u64::try_from(leaked).unwrap_or(u64::MAX);
            if leaked > 0 {
                self.level_micro = self.level_micro.saturating_sub(leaked);
                self.leaked_until = now;
            }
        }
        if now.timestamp() != self.second {
            self.second = now.timestamp();
            self.in_second = 0;
        }
    }
}

fn thousandths(milli: u64) -> Decimal {
    (Decimal::from(milli) / Decimal::ONE_THOUSAND).normalize()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn start() -> DateTime<Utc> {
        DateTime::from_timestamp(1_772_442_000, 0).unwrap()
    }

    fn limiter() -> Limiter {
        Limiter::new(Limits::Model2026 { registers: 1 }, start())
    }

    #[test]
    fn size_and_drip_by_registers() {
        let five = Limits::Model2026 { registers: 5 };
        assert_eq!(
            (five.bucket(), five.drip_milli(), five.burst()),
            (130, 3_000, 32)
        );
    }

    #[test]
    fn the_call_that_overflows_is_served_and_the_next_is_not() {
        let mut limiter = limiter();
        // 22 calls of 4 drips in one second: the burst limit of 22 is not passed.
        for _ in 0..22 {
            assert_eq!(limiter.admit(4_000, start()).refused, None);
        }
        let later = start() + TimeDelta::seconds(1);
        let overflowing = limiter.admit(4_200, later);
        assert_eq!(overflowing.refused, None);
        assert_eq!(overflowing.level.to_string(), "91.2");
        let refused = limiter.admit(1_000, later);
        assert_eq!(refused.refused, Some(Limited::Bucket));
        assert_eq!((refused.retry_after, refused.cost), (2, Decimal::ZERO));
        let waited = limiter.admit(1_000, later + TimeDelta::seconds(2));
        assert_eq!(waited.refused, None);
        assert_eq!(waited.level.to_string(), "90.2");
    }

    #[test]
    fn the_burst_window_is_a_calendar_second() {
        let mut limiter = limiter();
        let late = start() + TimeDelta::milliseconds(900);
        for _ in 0..22 {
            assert_eq!(limiter.admit(1_000, late).refused, None);
        }
        assert_eq!(limiter.admit(1_000, late).refused, Some(Limited::Burst));
        assert_eq!(
            limiter
                .admit(1_000, start() + TimeDelta::seconds(1))
                .refused,
            None
        );
    }

    #[test]
    fn fractions_leak_exactly() {
        let mut limiter = limiter();
        limiter.admit(2_200, start());
        let level = limiter.peek(start() + TimeDelta::milliseconds(1_250)).level;
        assert_eq!(level, Decimal::new(95, 2));
    }

    #[test]
    fn off_never_refuses() {
        let mut limiter = Limiter::new(Limits::Off, start());
        assert!((0..50_000).all(|_| limiter.admit(2_200, start()).refused.is_none()));
    }
}
