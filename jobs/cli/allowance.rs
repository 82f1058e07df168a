//! What Lightspeed still permits, as shown.

use super::words::at;
use chrono::{DateTime, Utc};
use connectors::lightspeed::BudgetState;
use serde::Serialize;

/// What was last known of an account's allowance, in thousandths of a drip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Allowance {
    /// How full the bucket was.
    level_milli: i64,
    /// How much it holds.
    size_milli: i64,
    /// How much leaves it in a second.
    drip_milli: i64,
    /// When this was so.
    at: DateTime<Utc>,
    /// Until when Lightspeed asked for a pause.
    paused_until: Option<DateTime<Utc>>,
}

impl From<BudgetState> for Allowance {
    fn from(state: BudgetState) -> Self {
        Self {
            level_milli: state.level.as_milli(),
            size_milli: state.size.as_milli(),
            drip_milli: state.drip.as_milli(),
            at: state.at,
            paused_until: state.paused_until,
        }
    }
}

impl Allowance {
    /// For people.
    pub(super) fn text(&self, now: DateTime<Utc>) -> String {
        let mut text = format!(
            "{} of {} drips used at {}, {}.{} drips/s",
            self.level_milli / 1000,
            self.size_milli / 1000,
            at(self.at),
            self.drip_milli / 1000,
            self.drip_milli % 1000 / 100
        );
        if let Some(until) = self.paused_until.filter(|until| *until > now) {
            text.push_str(&format!(", paused until {}", at(until)));
        }
        text
    }
}
