//! What the door of storage promises, tried through the door: any backend must pass these.

#![expect(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what is meant"
)]

mod alarms;
mod budgets;
mod clock;
mod connections;
mod deliver;
mod events;
mod exports;
mod leases;
mod opening;
mod plans;
mod rehearsing;
mod rotation;
mod sealing;
mod settings;
mod stages;
mod support;
mod tokens;
mod worker_lock;
