//! What extract writes: the feeds of a run, how far each walk has come, the pages, and the items to
//! be asked for by id.

mod checkpoints;
pub(crate) mod forbidden;
mod pages;
mod slices;
mod start;
mod trails;
mod walks;
mod wanted;

pub use pages::NewPage;
pub use slices::{ChosenBy, Reading, Since, Slice};
pub use start::Start;
pub use trails::NewTrail;
pub use walks::{FeedPlan, FeedRun, Walk};

/// The slice number of pages that no walk fetched: items asked for by id.
pub const BY_ID: i64 = -1;
