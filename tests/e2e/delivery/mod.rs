//! Delivery: the model becomes what Optiply holds, each object once, whatever happens on the way.

mod changes;
mod journey;
pub(crate) mod judge;
mod kills;
mod planners;
mod refusals;
mod sigkills;
mod storm;
pub(crate) mod world;
