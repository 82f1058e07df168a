//! Buy orders of Optiply become purchase orders in Lightspeed: each once, whole, or visibly not.

mod amended;
mod faults;
pub(crate) mod judge;
mod late;
mod pace;
mod parked;
mod plain;
mod storm;
mod way_back;
pub(crate) mod world;

pub(crate) use judge::{Wish, assert_ordered};
pub(crate) use plain::item_of;
pub(crate) use way_back::received;
pub(crate) use world::{line, plan, remote, shelf, stocked};
