//! The two systems over HTTP: envelopes, authentication and budgets, never storage.
//!
//! Where to start: [`lightspeed::Lightspeed`] is the door to a Lightspeed account,
//! [`optiply::Optiply`] that to an Optiply account, and [`http::Transport`] is the only way out to
//! the network.
//!
//! Architecture invariants:
//!
//! - Nothing here stores anything. What must survive a crash leaves through
//!   [`lightspeed::TokenStore`], which the caller implements.
//! - Time comes from [`pipeline::Clock`] and randomness from a generator that is handed in; all
//!   waiting is done by the runtime's timer, so that tests can run in virtual time.
//! - Tokens and client secrets appear in no error, no `Debug` output and no log line.

#![forbid(unsafe_code)]

pub mod http;
pub mod lightspeed;
pub mod optiply;
