//! What was written to the account through its API.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::account::Order;

/// A write that took effect, whether or not its answer arrived.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OrderWrite {
    /// When.
    pub at: DateTime<Utc>,
    /// `POST`, `PUT` or `DELETE`.
    pub method: String,
    /// `Order` or `OrderLine`.
    pub resource: String,
    /// The order, or the line.
    pub id: u64,
    /// The order it belongs to.
    pub order: u64,
    /// What was sent.
    pub body: String,
    /// The order as it stood afterwards.
    #[serde(skip)]
    pub after: Order,
}

/// The writes so far, and which orders lists do not show yet.
#[derive(Debug, Default)]
pub(crate) struct Writes {
    pub(crate) done: Vec<OrderWrite>,
    /// Orders made through the API, and from when lists show them.
    pub(crate) late: Vec<(u64, DateTime<Utc>)>,
}

impl Writes {
    /// Whether a list of this time leaves the order out.
    pub(crate) fn hides(&self, order: u64, now: DateTime<Utc>) -> bool {
        self.late
            .iter()
            .any(|(late, until)| *late == order && now < *until)
    }
}
