//! Which buy orders are to be exported.

use crate::id::BuyOrderId;
use crate::money::cents;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A buy order as Optiply shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Its id.
    pub id: BuyOrderId,
    /// When it was made, by Optiply's clock.
    pub created_at: Option<DateTime<Utc>>,
    /// When it was ordered.
    pub placed: Option<DateTime<Utc>>,
    /// When the goods are expected.
    pub expected: Option<DateTime<Utc>>,
    /// Whether it is closed.
    pub completed: bool,
    /// Whether it is a production order.
    pub assembly: bool,
    /// Whether it was made through the API: by us, or by another integration.
    pub from_api: Option<bool>,
    /// Optiply's supplier.
    pub supplier: Option<i64>,
    /// Its lines.
    pub lines: Vec<CandidateLine>,
}

/// A line of a buy order as Optiply shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CandidateLine {
    /// Its id.
    pub id: i64,
    /// Optiply's product.
    pub product: i64,
    /// Pieces.
    pub quantity: i64,
    /// Value of the whole line without VAT.
    pub value: Decimal,
}

impl Candidate {
    /// The value of all lines, in cents.
    pub fn total(&self) -> Decimal {
        cents(self.lines.iter().map(|line| line.value).sum())
    }
}

/// Why a buy order is not exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotWanted {
    /// It was made through the API, so it came from Lightspeed, or Optiply does not tell.
    FromApi,
    /// It is closed: nothing is to be ordered any more.
    Completed,
    /// A production order is nothing that a vendor delivers.
    Assembly,
    /// It was made before the instant from which orders are exported.
    BeforeStart,
}

/// Whether a buy order is to be exported (`mapping.md` 11.1).
///
/// # Errors
/// Why it is not.
pub fn wanted(order: &Candidate, since: DateTime<Utc>) -> Result<(), NotWanted> {
    // An order of unknown origin may be one of Lightspeed's own: sending it back would double it.
    if order.from_api != Some(false) {
        Err(NotWanted::FromApi)
    } else if order.assembly {
        Err(NotWanted::Assembly)
    } else if order.completed {
        Err(NotWanted::Completed)
    } else if order
        .created_at
        .or(order.placed)
        .is_none_or(|at| at < since)
    {
        Err(NotWanted::BeforeStart)
    } else {
        Ok(())
    }
}
