//! The rules: what a Lightspeed record means, whether it counts, and what Optiply should hold of it.
//!
//! A record passes through the stages as a change of type, so that a stage cannot be skipped:
//!
//! ```text
//! RawPage ─normalize─▶ Normalized { records, rejections } ─filter─▶ Verdict::{Keep, Drop} ─load─▶ Desired
//! ```
//!
//! Architecture invariants:
//!
//! - Everything here is pure. There is no database, no HTTP, no environment and no wall clock in
//!   this crate's dependencies; a house test refuses them.
//! - [`normalize`] is total: a bad record becomes a [`normalize::Rejection`], never an error that
//!   stops its page.
//! - Desired objects are computed from the current source records, never by increment, so that
//!   doing a thing twice is harmless.
//!
//! Where to start: [`feed`] for what we walk, [`record`] for our words, then one file per feed in
//! [`normalize`], one per decision in [`filter`], one per object in [`load`].

#![forbid(unsafe_code)]

pub mod adopt;
pub mod class;
pub mod clock;
pub mod deliver;
pub mod export;
pub mod feed;
pub mod filter;
pub mod hash;
pub mod id;
pub mod load;
pub mod location;
pub mod money;
pub mod newest;
pub mod normalize;
pub mod outcome;
pub mod page;
pub mod reason;
pub mod record;
pub mod settings;

pub use class::Class;
pub use clock::Clock;
pub use feed::{Feed, Stage};
pub use reason::Reason;
