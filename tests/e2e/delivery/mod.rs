//! Delivery: the model becomes what Optiply holds, each object once, whatever happens on the way.

mod changes;
mod journey;
mod judge;
mod kills;
mod planners;
mod refusals;
mod storm;
pub(crate) mod world;
