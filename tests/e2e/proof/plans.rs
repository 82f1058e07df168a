//! What two hostile systems do, drawn from a seed.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sandbox::{Fault, OptiplyFault, Sandbox, Weather, When};
use std::time::Duration;

/// Where a fault of Lightspeed strikes: what our calls ask for.
const READ: [&str; 6] = ["Shop", "Vendor", "Item", "Sale", "Order", "Shipment"];
/// The same of Optiply.
const TOLD: [&str; 6] = [
    "products",
    "suppliers",
    "supplierProducts",
    "sellOrders",
    "buyOrders",
    "receiptLines",
];

/// What goes wrong in one part of a cycle, and for how long.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    lightspeed: Vec<Fault>,
    optiply: Vec<OptiplyFault>,
    skies: (Weather, Weather),
    /// How far Optiply's clock is off, in seconds.
    clock: i64,
    /// How late Optiply shows what it was told.
    shows_after: Duration,
    pub(super) lasts: Duration,
}

impl Plan {
    pub(super) fn of(seed: u64, part: u64) -> Self {
        let mut dice = StdRng::seed_from_u64(seed * 16 + part);
        Self {
            lightspeed: lightspeed(&mut dice),
            optiply: optiply(&mut dice),
            skies: (sky(&mut dice), sky(&mut dice)),
            clock: dice.random_range(-900..=900),
            shows_after: Duration::from_secs(dice.random_range(0..45)),
            // Often it ends in the middle of the work.
            lasts: Duration::from_secs(match dice.random_range(0..2) {
                0 => dice.random_range(1..30),
                _ => dice.random_range(30..1_500),
            }),
        }
    }

    /// How far Optiply's clock leaps back when it is right again.
    pub(super) fn leaps_back(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.clock).unwrap_or(0))
    }

    pub(super) fn begin(&self, sandbox: &Sandbox) {
        let optiply = sandbox.optiply();
        for fault in &self.lightspeed {
            sandbox.set_fault(fault.clone());
        }
        for fault in &self.optiply {
            optiply.set_fault(fault.clone());
        }
        sandbox.set_weather(self.skies.0);
        optiply.set_weather(self.skies.1);
        optiply.behave(|rules| {
            rules.clock_offset_seconds = self.clock;
            rules.visible_after = self.shows_after;
        });
    }
}

/// Everything is well again, but for rows that are not shown yet.
pub(super) fn clear_up(sandbox: &Sandbox) {
    sandbox.clear_faults();
    sandbox.optiply().clear_faults();
    sandbox
        .optiply()
        .behave(|rules| rules.clock_offset_seconds = 0);
}

fn when(dice: &mut StdRng, of: &[&str]) -> When {
    let at = When {
        resource: None,
        skip: dice.random_range(0..12),
        times: dice.random_range(1..5),
    };
    match dice.random_range(0..3) {
        0 => at,
        _ => at.on(of[dice.random_range(0..of.len())]),
    }
}

fn pick<'a>(dice: &mut StdRng, of: &[&'a str]) -> &'a str {
    of[dice.random_range(0..of.len())]
}

/// Up to one call in four goes wrong by chance.
fn sky(dice: &mut StdRng) -> Weather {
    let mut share = || dice.random_range(0..50);
    Weather {
        server_errors: share(),
        too_many: share(),
        resets_before: share(),
        resets_after: share(),
        errors_after: share(),
        truncated: share(),
    }
}

fn lightspeed(dice: &mut StdRng) -> Vec<Fault> {
    let count = dice.random_range(1..6);
    (0..count).map(|_| of_lightspeed(dice)).collect()
}

/// What stops a run until a person has done something is rare: it hides what comes after it.
fn of_lightspeed(dice: &mut StdRng) -> Fault {
    let at = when(dice, &READ);
    match dice.random_range(0..40) {
        0..3 => Fault::ResetBefore { at },
        3..6 => Fault::ResetAfter { at },
        6..8 => Fault::status(502, at),
        8..10 => Fault::StatusAfter { status: 504, at },
        10..12 => Fault::TruncatedBody { at },
        12..15 => Fault::EmptyBody200 { at },
        15..20 => Fault::DuplicatePage { at },
        20..22 => Fault::NextLoops { at },
        22..25 => Fault::Storm429 {
            calls: dice.random_range(3..20),
            retry_after: [None, Some(1), Some(30)][dice.random_range(0..3)],
        },
        25..28 => Fault::AlwaysFails {
            feed: pick(dice, &["items", "sales", "orders"]).to_owned(),
            id: dice.random_range(1..6),
        },
        28..30 => Fault::Forbidden {
            resource: pick(dice, &READ[1..]).to_owned(),
        },
        30..33 => Fault::ClockOffset {
            seconds: dice.random_range(-900..=900),
            records: false,
        },
        33 => Fault::TokenEndpoint429 { at: When::times(2) },
        34..36 => Fault::status(401, at),
        36..38 => Fault::SlowOrders { seconds: 20 },
        38 => Fault::NextToOtherHost { at },
        _ => Fault::TokenRevoked,
    }
}

fn optiply(dice: &mut StdRng) -> Vec<OptiplyFault> {
    let count = dice.random_range(1..6);
    (0..count).map(|_| of_optiply(dice)).collect()
}

fn of_optiply(dice: &mut StdRng) -> OptiplyFault {
    let at = when(dice, &TOLD);
    match dice.random_range(0..30) {
        0..3 => OptiplyFault::ResetBefore { at },
        3..6 => OptiplyFault::ResetAfter { at },
        6..8 => OptiplyFault::status(503, at),
        8..10 => OptiplyFault::StatusAfter { status: 504, at },
        10..15 => OptiplyFault::PartialOrder {
            lines: dice.random_range(0..2),
            at,
        },
        15..18 => OptiplyFault::TruncatedBody { at },
        18..20 => OptiplyFault::EmptyBody { at },
        20..23 => OptiplyFault::Slow {
            millis: dice.random_range(100..20_000),
            at,
        },
        23..25 => OptiplyFault::TooMany {
            retry_after: [None, Some(5)][dice.random_range(0..2)],
            at,
        },
        25..28 => OptiplyFault::FiltersIgnored { at },
        28 => OptiplyFault::TokensRefused,
        _ => OptiplyFault::LoginRefused,
    }
}
