//! What the benchmarks of the whole share.

#[path = "../../../pipeline/benches/figures.rs"]
pub(crate) mod figures;

pub(crate) mod driven;
pub(crate) mod source;
pub(crate) mod world;

/// That of the binary, so that memory is told as the binary would hold it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
