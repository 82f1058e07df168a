//! The integration that served the account before: it filled Optiply in a way of its own and took
//! what it knew of ids with it. What it left is told to judges only.
//!
//! It names products as it pleases, counts sales with their tax and never corrects them, leaves out
//! what it cannot use, and does some things twice.

mod orders;
mod products;

use std::collections::BTreeMap;

use crate::{
    optiply::{Editor, Writer},
    sandbox::Sandbox,
};

/// When the predecessor says that a sale was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaleTimes {
    /// When it was completed.
    True,
    /// Some hours late, as one that takes universal time for local time west of it.
    Late,
    /// Some hours early, as one that takes it for local time east of it.
    Early,
}

/// What the predecessor left, by Lightspeed's ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Left {
    /// The rows of an item; several of one that was made twice.
    pub products: BTreeMap<u64, Vec<i64>>,
    /// The rows of a vendor; several of one that was made twice.
    pub suppliers: BTreeMap<u64, Vec<i64>>,
    /// The row of a sale.
    pub sell_orders: BTreeMap<u64, i64>,
    /// The row of a purchase order.
    pub buy_orders: BTreeMap<u64, i64>,
}

impl Sandbox {
    /// Fills the Optiply account as the predecessor would have done until shortly before it was
    /// switched off.
    pub fn fill_as_predecessor(&self, times: SaleTimes) -> Left {
        let account = self.account();
        self.optiply().mutate(Writer::Integration, |editor| {
            let mut left = Left::default();
            products::suppliers(editor, &account, &mut left);
            products::products(editor, &account, &mut left);
            products::pairs(editor, &account, &left);
            orders::sales(editor, &account, times, &mut left);
            orders::purchases(editor, &account, &mut left);
            left
        })
    }
}

/// The row that others hang on: the first, if there are two.
fn first(rows: &BTreeMap<u64, Vec<i64>>, id: u64) -> Option<i64> {
    rows.get(&id)?.first().copied()
}

/// Makes a row, unless Optiply refuses it: the predecessor did not look back.
fn make(
    editor: &mut Editor<'_>,
    resource: crate::Resource,
    attributes: serde_json::Value,
) -> Option<i64> {
    editor.make(resource, attributes).ok()
}
