//! Which source records count, and why the others do not.
//!
//! One file per decision. Filters look at facts a store can answer from columns, not at whole
//! records, so that a change of settings can be judged again without reading any page.

mod item;
mod order;
mod sale;
mod shipment;
mod stock;
mod vendor;

pub use item::{Lifecycle, item};
pub use order::{OrderHead, OrderLife, OrderLineFact, order};
pub use sale::{Counting, LineFact, SaleHead, counting, counts, sale};
pub use shipment::shipment;
pub use stock::stock;
pub use vendor::vendor;

use crate::reason::Reason;

/// Whether a record counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does.
    Keep(Kept),
    /// It does not, for this reason.
    Drop(Reason),
}

/// Proof that a filter kept a record: nothing outside of this module can make one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept(());

impl Verdict {
    const KEEP: Verdict = Verdict::Keep(Kept(()));

    /// Why the record does not count; `None` if it does.
    pub const fn reason(self) -> Option<Reason> {
        match self {
            Verdict::Keep(_) => None,
            Verdict::Drop(reason) => Some(reason),
        }
    }

    /// Whether it counts.
    pub const fn keeps(self) -> bool {
        matches!(self, Verdict::Keep(_))
    }
}

/// Shops are reference data: all of them are kept, and counted as kept.
pub const fn shop() -> Verdict {
    Verdict::KEEP
}
