//! Delivery: the model becomes what Optiply holds, each object once, whatever happens on the way.

mod journey;
mod judge;
mod storm;
mod world;
