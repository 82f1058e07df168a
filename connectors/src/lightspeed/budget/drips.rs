//! Costs and levels in thousandths, because the API speaks in fractions and we add without floats.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An amount of drips, in thousandths.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Drips(i64);

impl Drips {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From thousandths: `Drips::milli(1400)` is 1.4.
    pub const fn milli(milli: i64) -> Self {
        Self(milli)
    }

    /// Whole drips.
    pub const fn whole(drips: i64) -> Self {
        Self(drips.saturating_mul(1000))
    }

    /// In thousandths.
    pub const fn as_milli(self) -> i64 {
        self.0
    }

    /// Reads a plain decimal such as `92.57`, rounded up to the thousandth.
    ///
    /// Signs, exponents, words and anything beyond a billion are no amounts.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || whole.len() > 9 || !digits(whole) || !digits(fraction) {
            return None;
        }
        let mut milli: i64 = whole.parse().ok()?;
        for place in 0..3 {
            milli = milli * 10
                + fraction
                    .as_bytes()
                    .get(place)
                    .map_or(0, |b| i64::from(b - b'0'));
        }
        if fraction.bytes().skip(3).any(|b| b != b'0') {
            milli += 1;
        }
        Some(Self(milli))
    }
}

impl std::ops::Add for Drips {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl std::iter::Sum for Drips {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::ZERO, std::ops::Add::add)
    }
}

impl fmt::Display for Drips {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, rest) = (self.0.unsigned_abs() / 1000, self.0.unsigned_abs() % 1000);
        if rest == 0 {
            return write!(f, "{sign}{whole}");
        }
        let text = format!("{rest:03}");
        write!(f, "{sign}{whole}.{}", text.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_exactly_and_nonsense_not_at_all() {
        assert_eq!(Drips::parse("92.57"), Some(Drips::milli(92_570)));
        assert_eq!(Drips::parse("1"), Some(Drips::whole(1)));
        assert_eq!(Drips::parse("0.0001"), Some(Drips::milli(1)));
        for nonsense in [
            "",
            "NaN",
            "-1",
            "1e3",
            "inf",
            "1,5",
            "12345678901",
            ".5",
            "1.-5",
        ] {
            assert_eq!(Drips::parse(nonsense), None, "{nonsense}");
        }
        assert_eq!(Drips::milli(1_400).to_string(), "1.4");
        assert_eq!(Drips::milli(-50).to_string(), "-0.05");
    }
}
