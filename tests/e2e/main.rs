//! The whole: journeys, kills and the rules of the house.

mod backfill;
mod cli;
mod faults;
mod house;
mod kill;
mod memory;
mod modes;
mod service;
mod support;
mod virtual_time;
