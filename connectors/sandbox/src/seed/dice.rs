//! Chance, decided by the seed.

use rand::{RngExt, SeedableRng, rngs::StdRng};
use rust_decimal::Decimal;

/// A stream of chance.
#[derive(Debug)]
pub(super) struct Dice(StdRng);

impl Dice {
    /// The dice of one part of the account.
    pub(super) fn new(seed: u64, part: u64) -> Dice {
        let mixed = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(part);
        Dice(StdRng::seed_from_u64(mixed))
    }

    /// Both ends included.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        self.0.random_range(low..=high)
    }

    /// A chance of so many in a thousand.
    pub(super) fn per_mille(&mut self, chance: u32) -> bool {
        self.0.random_range(0..1_000) < chance
    }

    /// One of several; `None` only of an empty slice.
    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        (!from.is_empty()).then(|| from[self.0.random_range(0..from.len())])
    }

    /// An amount in cents, both ends included.
    pub(super) fn cents(&mut self, low: i64, high: i64) -> Decimal {
        Decimal::new(self.between(low, high), 2)
    }
}
