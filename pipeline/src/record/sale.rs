use crate::id::{ItemId, SaleId, SaleLineId, ShopId};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A sale with its lines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sale {
    /// Its id.
    pub id: SaleId,
    /// The shop of the register.
    pub shop: Option<ShopId>,
    /// Paid and taken from stock.
    pub completed: bool,
    /// Cancelled after completion; its stock went back.
    pub voided: bool,
    /// A discarded open sale.
    pub archived: bool,
    /// When it was begun.
    pub created_at: Option<DateTime<Utc>>,
    /// When it was completed; may lie in the past of its own creation.
    pub completed_at: Option<DateTime<Utc>>,
    /// The legacy stamp: last change, or the completion. It may go back, so it is never compared.
    pub stamped_at: Option<DateTime<Utc>>,
    /// The true change time.
    pub updated_at: Option<DateTime<Utc>>,
    /// Its lines in the order sent.
    pub lines: Vec<SaleLine>,
}

impl Sale {
    /// When demand happened (DESIGN 13.1): the completion for completed sales, the creation for
    /// others, so that editing an open sale does not move it.
    pub fn placed(&self) -> Option<DateTime<Utc>> {
        placed(
            self.completed,
            self.created_at,
            self.completed_at,
            self.stamped_at,
        )
    }
}

/// [`Sale::placed`] of the times alone.
pub fn placed(
    completed: bool,
    created_at: Option<DateTime<Utc>>,
    completed_at: Option<DateTime<Utc>>,
    stamped_at: Option<DateTime<Utc>>,
) -> Option<DateTime<Utc>> {
    if completed {
        completed_at.or(stamped_at).or(created_at)
    } else {
        created_at.or(stamped_at)
    }
}

/// A line of a sale.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SaleLine {
    /// Its id; stays when the line moves to another sale.
    pub id: SaleLineId,
    /// The item; `None` for charges that are no product.
    pub item: Option<ItemId>,
    /// The shop whose stock it took; `None` means the sale's.
    pub shop: Option<ShopId>,
    /// The line a return or a fee refers to.
    pub parent: Option<SaleLineId>,
    /// A fee on another line, told by its line type (DESIGN 13.2).
    pub fee: bool,
    /// Pieces; negative for returns.
    pub quantity: i64,
    /// Value after discounts and without taxes, unrounded.
    pub value: Decimal,
    /// When the line last changed.
    pub changed_at: Option<DateTime<Utc>>,
}
