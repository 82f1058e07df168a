//! The whole: journeys, kills and the rules of the house.

mod backfill;
mod cli;
mod faults;
mod house;
mod modes;
mod support;
