//! Both sides compared: what Optiply shows, kept in a table meanwhile, and what it is known to hold.

mod compare;
mod counts;
mod lines;
mod repair;

pub use compare::{Lone, Shown};
pub use counts::{Checklist, ModelCounts};
pub use lines::UnnamedLine;
