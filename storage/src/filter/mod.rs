//! What filter reads and writes: touched records with the facts that decide on them, verdicts,
//! and the touches of the objects they concern.
//!
//! What decides is `pipeline::filter`, between [`Store::filter_work`](crate::Store::filter_work)
//! and [`Store::commit_verdicts`](crate::Store::commit_verdicts).

mod facts;
mod purchases;
mod touches;
mod verdicts;

pub(crate) use facts::{lifecycle, sale_head};
pub(crate) use purchases::order_head;
pub(crate) use touches::object_of;

use pipeline::filter::{Lifecycle, LineFact, OrderHead, OrderLife, OrderLineFact, SaleHead};
use pipeline::id::RunId;
use pipeline::outcome::Outcome;
use pipeline::record::{ItemKind, StockRow};
use pipeline::settings::Settings;
use pipeline::{Feed, Reason};

/// Records to be decided on, in the sequence of their touches.
#[derive(Clone, Debug)]
pub struct FilterWork {
    /// The settings in force, and their version.
    pub settings: Settings,
    settings_version: i64,
    up_to: i64,
    /// One per record.
    pub subjects: Vec<Subject>,
}

/// A touched record.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Its feed.
    pub feed: Feed,
    /// Its id.
    pub id: i64,
    /// What decides on it; `None` when it is no longer held.
    pub facts: Option<Facts>,
    version: i64,
    /// Runs to credit, in the sequence of their touches.
    credits: Vec<RunId>,
    former: Option<Former>,
}

/// The facts that decide on a record.
#[derive(Clone, Debug)]
pub enum Facts {
    /// Reference data: always kept.
    Shop,
    /// A vendor.
    Vendor {
        /// Whether it is archived.
        archived: bool,
        /// Whether it was ever a supplier, and whether a buy order needs it.
        lifecycle: Lifecycle,
    },
    /// An item.
    Item {
        /// Its kind.
        kind: ItemKind,
        /// Whether it is archived.
        archived: bool,
        /// Whether it was ever a product, and whether an order or an assembly needs it.
        lifecycle: Lifecycle,
    },
    /// A stock row of the stock feed.
    Stock(StockRow),
    /// A sale.
    Sale {
        /// What decides whether it counts.
        head: SaleHead,
        /// Its lines.
        lines: Vec<LineFact>,
    },
    /// A purchase order.
    Order {
        /// What decides whether it counts.
        head: OrderHead,
        /// Its lines.
        lines: Vec<OrderLineFact>,
        /// What is known of it from elsewhere.
        life: OrderLife,
    },
    /// An arrival.
    Shipment {
        /// Whether any of its items holds received pieces.
        received: bool,
    },
}

/// The verdict a record had before.
#[derive(Clone, Debug)]
struct Former {
    run: RunId,
    run_open: bool,
    kept: bool,
    reason: Option<Reason>,
    loaded: Option<Outcome>,
}
