//! Deliveries: what Optiply is known to hold of each object of the model.
//!
//! A row is touched in the transaction that changed its object, looked at in its turn, written down
//! as an intent before its call and as an outcome after it. What its object should be is read from
//! the model each time, so only the newest value is ever on its way.

mod ahead;
mod answers;
mod cascade;
mod desired;
mod doubt;
mod intents;
mod ledger;
mod listing;
mod outcomes;
mod rejected;
mod relations;
mod start;
mod touches;
mod unmatched;
mod work;

pub use ahead::Ahead;
pub use answers::LinesOfOrder;
pub(crate) use cascade::{lost, touch_again};
pub use doubt::Doubtful;
pub use intents::{Decided, Op, Step};
pub use ledger::{DeliveryTallies, DeliveryTally};
pub use listing::{DeliveryCounts, DeliveryRow};
pub use outcomes::{Ack, AckLine, Outcome as DeliveryOutcome, Settled};
pub(crate) use rejected::retry;
pub(crate) use relations::row as row_of_key;
pub(crate) use start::{next_at, wake_in};
pub(crate) use touches::Touches;
pub(crate) use unmatched::park_unmatched;
pub(crate) use work::key as key_of_row;
pub use work::{DeliveryWork, HeldLine, Link, Look};
