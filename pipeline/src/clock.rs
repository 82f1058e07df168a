//! Time as a parameter.

use chrono::{DateTime, Utc};
use std::time::Duration;

/// The only source of time below `jobs`. Tests hold a clock that moves when they say so.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The present instant.
    fn now(&self) -> DateTime<Utc>;

    /// Time since some fixed start; never goes back, whatever happens to [`Clock::now`].
    fn monotonic(&self) -> Duration;
}
