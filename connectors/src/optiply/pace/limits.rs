//! Between which bounds the pace moves, and the pace as stored and shown.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Between which bounds the pace moves. Requests are counted per minute, so that slow paces are
/// whole numbers too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PaceLimits {
    /// Where it starts.
    pub start_per_minute: u32,
    /// The most.
    pub most_per_minute: u32,
    /// The least, however bad things are.
    pub least_per_minute: u32,
    /// Requests on their way at once, at the start.
    pub start_in_flight: u32,
    /// The most on their way at once.
    pub most_in_flight: u32,
}

impl Default for PaceLimits {
    /// 5 a second and 2 in flight at the start, between one in two seconds and 20 a second with 8.
    fn default() -> Self {
        Self {
            start_per_minute: 300,
            most_per_minute: 1_200,
            least_per_minute: 30,
            start_in_flight: 2,
            most_in_flight: 8,
        }
    }
}

/// A pace as stored and shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaceState {
    /// Requests a minute.
    pub per_minute: u32,
    /// Requests that may be on their way at once.
    pub in_flight_limit: u32,
    /// Requests that were on their way.
    pub in_flight: u32,
    /// Requests that waited for their turn.
    pub waiting: u32,
    /// When this was so.
    pub at: DateTime<Utc>,
    /// Until when the server asked us to send nothing.
    pub paused_until: Option<DateTime<Utc>>,
}

impl PaceState {
    /// How long so many calls take at this pace.
    pub fn time_for(&self, calls: u64) -> Duration {
        let millis = calls.saturating_mul(60_000) / u64::from(self.per_minute.max(1));
        Duration::from_millis(millis)
    }
}
