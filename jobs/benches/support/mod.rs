//! What the benchmarks of the whole share.

#[path = "../../../pipeline/benches/figures.rs"]
pub(crate) mod figures;

pub(crate) mod driven;
pub(crate) mod source;
pub(crate) mod world;
