//! The whole: journeys, kills and the rules of the house.

mod backfill;
mod changes;
mod cli;
mod delivery;
mod differential;
mod export;
mod faults;
mod house;
mod incremental;
mod kill;
mod memory;
mod modes;
mod properties;
#[path = "../wire/support/router.rs"]
mod router;
mod service;
mod settings;
mod support;
mod tokens;
mod virtual_time;
