//! Buy orders of Optiply on their way to Lightspeed: what is known of each, and the steps it takes,
//! each in a transaction of its own.
//!
//! A call is written down before it is sent, with the fence of whoever sends it and the time at
//! which nobody can be sending it any more, and its outcome after it. Whoever goes on after a crash
//! waits for that time, and then looks before anything is written again.

mod amended;
mod echo;
mod facts;
mod intents;
mod moves;
mod run;
mod shown;
mod sightings;
mod steps;
mod work;

pub use amended::ToldLines;
pub use echo::{Echo, EchoLine};
pub use run::EXPORT;
pub use shown::{ExportCounts, ExportRow, ExportRowLine};
pub use sightings::{ExportMark, Sighting};
pub use steps::{ExportMove, ExportOp, ExportStep};
pub use work::{ExportState, ExportWork, OpenCall};

pub(crate) use run::request_in;
pub(crate) use sightings::judge_again;
pub(crate) use work::next_at;
