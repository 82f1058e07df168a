//! The whole: journeys, kills and the rules of the house.

mod adoption;
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
mod plan;
mod proof;
mod properties;
mod reconcile;
mod restore;
#[path = "../wire/support/router.rs"]
mod router;
mod secrets;
mod service;
mod settings;
mod support;
mod takeover;
mod tokens;
#[path = "../wire/support/uneven.rs"]
mod uneven;
mod upgrade;
mod virtual_time;
