//! Faults by chance, for storms over many calls, of either system.

use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde::{Deserialize, Serialize};

use super::fault::OptiplyFault;
use crate::fault::{Fault, When};

/// How often calls of the API go wrong by chance, each in a thousand calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Weather {
    /// 5xx before any effect.
    pub server_errors: u16,
    /// 429, every second one with `Retry-After`.
    pub too_many: u16,
    /// Connections cut before any effect.
    pub resets_before: u16,
    /// Connections cut after the effect.
    pub resets_after: u16,
    /// 504 after the effect.
    pub errors_after: u16,
    /// Answers that end in the middle, after the effect.
    pub truncated: u16,
}

impl Weather {
    /// The storm every delivery must stand: 5 % of 5xx, 5 % of 429, 2 % of cuts before and 2 %
    /// after the effect, 1 % of truncated answers.
    #[must_use]
    pub fn storm() -> Weather {
        Weather {
            server_errors: 50,
            too_many: 50,
            resets_before: 20,
            resets_after: 20,
            errors_after: 0,
            truncated: 10,
        }
    }

    /// The seconds announced with every second 429.
    const RETRY_AFTER: u64 = 2;

    fn draw(self, dice: &mut StdRng) -> Option<OptiplyFault> {
        let mut left = dice.random_range(0..1_000_u16);
        let mut hit = |share: u16| {
            if left < share {
                left = u16::MAX;
                true
            } else {
                left = left.saturating_sub(share);
                false
            }
        };
        let at = When::next();
        if hit(self.server_errors) {
            let status = [500, 502, 503][dice.random_range(0..3_usize)];
            Some(OptiplyFault::status(status, at))
        } else if hit(self.too_many) {
            let retry_after = dice.random_bool(0.5).then_some(Weather::RETRY_AFTER);
            Some(OptiplyFault::TooMany { retry_after, at })
        } else if hit(self.resets_before) {
            Some(OptiplyFault::ResetBefore { at })
        } else if hit(self.resets_after) {
            Some(OptiplyFault::ResetAfter { at })
        } else if hit(self.errors_after) {
            Some(OptiplyFault::StatusAfter { status: 504, at })
        } else if hit(self.truncated) {
            Some(OptiplyFault::TruncatedBody { at })
        } else {
            None
        }
    }
}

/// The weather and its dice.
#[derive(Debug)]
pub(crate) struct Sky {
    pub(crate) weather: Weather,
    dice: StdRng,
}

impl Sky {
    pub(crate) fn new(seed: u64) -> Sky {
        Sky {
            weather: Weather::default(),
            dice: StdRng::seed_from_u64(seed ^ 0x0F7_1B17),
        }
    }

    /// What falls on the next call.
    pub(crate) fn draw(&mut self) -> Option<OptiplyFault> {
        if self.weather == Weather::default() {
            return None;
        }
        self.weather.draw(&mut self.dice)
    }
}

impl Fault {
    /// What a drawn fault is for a call to Lightspeed.
    pub(crate) fn of_weather(drawn: OptiplyFault) -> Option<Fault> {
        match drawn {
            OptiplyFault::Status { status, body, at } => Some(Fault::Status { status, body, at }),
            OptiplyFault::TooMany { retry_after, .. } => Some(Fault::Storm429 {
                calls: 1,
                retry_after,
            }),
            OptiplyFault::ResetBefore { at } => Some(Fault::ResetBefore { at }),
            OptiplyFault::ResetAfter { at } => Some(Fault::ResetAfter { at }),
            OptiplyFault::StatusAfter { status, at } => Some(Fault::StatusAfter { status, at }),
            OptiplyFault::TruncatedBody { at } => Some(Fault::TruncatedBody { at }),
            _ => None,
        }
    }
}
