//! Export: an Optiply buy order becomes one Lightspeed purchase order (`mapping.md` 11).
//!
//! [`wanted`] tells whether a buy order is to be exported, [`decide`] what exactly is to be ordered
//! or why it cannot be, and [`compare`] how what Lightspeed holds differs from that; [`amend`] the same once it is placed and
//! the buy order was changed. The steps in
//! between, and what is written down at each, are storage's and jobs' matter.

mod amend;
mod candidate;
mod compare;
mod dates;
mod decide;
mod facts;
mod held;
mod intent;
mod problem;

pub use amend::{Amendment, amend};
pub use candidate::{Candidate, CandidateLine, NotWanted, wanted};
pub use compare::{Comparison, compare};
pub use dates::{UnknownZone, shop_midnight};
pub use decide::{Decision, decide};
pub use facts::{Facts, ProductFact, ShopFact, VendorFact};
pub use held::{HeldLine, HeldOrder};
pub use intent::{Intent, IntentLine, buy_order_of, reference};
pub use problem::{Parking, Problem};
