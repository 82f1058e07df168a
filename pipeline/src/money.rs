//! Amounts of money: decimals, never floats.

use rust_decimal::{Decimal, RoundingStrategy};

/// An amount rounded half-up (away from zero at the half) to cents, always with two decimals.
pub fn cents(amount: Decimal) -> Decimal {
    let mut rounded = amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    rounded.rescale(2);
    rounded
}
