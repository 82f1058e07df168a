//! Adoption: what an Optiply account held before the first delivery is taken over.
//!
//! Its rows are read page by page into a table, matched with the model, and what matches becomes a
//! delivery that is acknowledged as far as Optiply shows what we would send. Until all of it is
//! matched nothing is sent, whoever is killed in between: that is one column of the connection,
//! written together with the beginning of delivery.
//!
//! What comes to light later and may have been made before us waits, alone, until it is matched too:
//! then only the kinds that wait are read again.

mod begin;
mod commit;
mod matching;
mod orders;
mod restored;
mod rows;
mod state;

pub(crate) use begin::clear;
pub use commit::Adopted;
pub use matching::Matched;
pub use orders::OrdersToMatch;
pub(crate) use restored::orders_seen;
pub use rows::RemoteRow;
pub use state::{Adoption, AdoptionReport};
pub(crate) use state::{may_deliver_in, ready_on, wake_when_ready, wanted_in};
