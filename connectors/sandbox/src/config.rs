//! What a sandbox is made from.

use std::time::Duration;

use crate::clock::{Now, seeded_now};

/// Everything that decides how a sandbox looks and behaves.
#[derive(Clone)]
pub struct Config {
    /// Decides the account, its credentials and its clock's base.
    pub seed: u64,
    /// How large the account is.
    pub size: Size,
    /// Which rate limits apply.
    pub limits: Limits,
    /// How long each answer takes, slept on tokio's clock.
    pub latency: Duration,
    /// Where the time comes from.
    pub now: Now,
}

impl Config {
    /// A small account without limits or latency, on the seed's own clock.
    #[must_use]
    pub fn small(seed: u64) -> Config {
        Config {
            seed,
            size: Size::small(),
            limits: Limits::Off,
            latency: Duration::ZERO,
            now: seeded_now(seed),
        }
    }
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("seed", &self.seed)
            .field("size", &self.size)
            .field("limits", &self.limits)
            .field("latency", &self.latency)
            .finish_non_exhaustive()
    }
}

/// The size of an account. The cast of special cases is always complete, so very small numbers
/// are exceeded rather than cutting a case. Purchase orders come on top: one for every 50 sales,
/// and each special case of theirs once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Ordinary shops; a second, an outlet and an archived one always come on top.
    pub shops: u32,
    /// Vendors.
    pub vendors: u32,
    /// Items.
    pub items: u32,
    /// Sales.
    pub sales: u32,
}

impl Size {
    /// One shop and the odd ones, 12 vendors, 150 items, 600 sales.
    #[must_use]
    pub fn small() -> Size {
        Size {
            shops: 1,
            vendors: 12,
            items: 150,
            sales: 600,
        }
    }

    /// 3 shops and the odd ones, 40 vendors, 2,000 items, 20,000 sales.
    #[must_use]
    pub fn medium() -> Size {
        Size {
            shops: 3,
            vendors: 40,
            items: 2_000,
            sales: 20_000,
        }
    }

    /// 10 shops and the odd ones, 200 vendors, 20,000 items, 200,000 sales.
    #[must_use]
    pub fn large() -> Size {
        Size {
            shops: 10,
            vendors: 200,
            items: 20_000,
            sales: 200_000,
        }
    }
}

/// The rate limits in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limits {
    /// Nothing is refused. The headers then announce the bucket of a very large subscription,
    /// so that a client steering by them does not slow down.
    Off,
    /// The model of March 2026: a leaky bucket and a burst limit, by number of registers.
    Model2026 {
        /// Registers of the subscription, at least 1.
        registers: u32,
    },
}

impl Limits {
    /// Registers announced when limits are off.
    const OFF_REGISTERS: u64 = 2_000;

    fn extra_registers(self) -> u64 {
        match self {
            Limits::Off => Limits::OFF_REGISTERS - 1,
            Limits::Model2026 { registers } => u64::from(registers.max(1)) - 1,
        }
    }

    /// Bucket size in whole drips.
    pub(crate) fn bucket(self) -> u64 {
        90 + 10 * self.extra_registers()
    }

    /// Drip rate in thousandths of a drip per second.
    pub(crate) fn drip_milli(self) -> u64 {
        1_000 + 500 * self.extra_registers()
    }

    /// Requests allowed within one calendar second.
    pub(crate) fn burst(self) -> u64 {
        self.bucket() / 4
    }
}
