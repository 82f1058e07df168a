//! What can be started: the command line, the worker and the jobs of the stages.
//!
//! The only room that knows all the others. A job is a few lines: it takes the lease of its stage,
//! works page by page and leaves by a transaction that looks upstream again; what it does there is
//! in [`stages`], and reachable without any queue.
//!
//! Architecture invariants:
//!
//! - Handlers settle every outcome themselves; the queue never retries, times out or catches.
//! - The environment is read in [`config`] and nowhere else.

mod adopt;
pub mod alarms;
pub mod backoff;
pub mod cli;
mod clients;
pub mod clock;
pub mod config;
pub mod deps;
pub mod heap;
pub mod http;
pub mod plan;
pub mod planning;
pub mod preview;
pub mod progress;
pub mod queue;
pub mod reconcile;
pub mod renewal;
pub mod report;
pub mod runtime;
pub mod schedule;
pub mod service;
pub mod slots;
pub mod stages;
pub mod standing;
mod target;
pub mod telemetry;
pub mod token_store;
pub mod worker;
