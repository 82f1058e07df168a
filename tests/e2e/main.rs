//! The whole: journeys, kills and the rules of the house.

mod backfill;
mod house;
mod scratch;
mod support;
