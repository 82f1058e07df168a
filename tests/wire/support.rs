//! What the tests are made of.

pub(crate) mod clock;
pub(crate) mod logs;
pub(crate) mod mutate;
pub(crate) mod router;
pub(crate) mod script;
pub(crate) mod store;
pub(crate) mod uneven;
pub(crate) mod world;
