//! Purchase orders: looked for, read back, and written.
//!
//! Lightspeed has no key against doing a thing twice. Whoever writes first looks, records what is
//! about to be sent, and looks again whenever an answer is lost; this module only tells honestly
//! which of the two happened. [`Lightspeed::ready`](super::Lightspeed::ready) comes before the record, so that nothing is
//! recorded as under way while it still waits for room.

mod error;
mod held;
mod look;
mod ready;
mod write;

pub use error::{Effect, WriteError};
pub use ready::{Ready, WRITE_LIMIT};
pub use write::{OrderWrite, Written};
