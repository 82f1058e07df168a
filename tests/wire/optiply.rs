//! The Optiply connector against the imitation of Optiply, and against odder servers.

mod doubt;
mod errors;
mod lists;
mod pace;
mod payloads;
mod rows;
mod secrets;
mod socket;
mod storm;
pub(crate) mod support;
mod tokens;
