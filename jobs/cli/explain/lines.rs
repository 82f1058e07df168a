//! The lines of a sale in words.

use super::Known;
use pipeline::filter::{LineFact, counts};
use pipeline::id::ShopId;
use pipeline::load::sell_order::ItemState;
use storage::{OrderRow, SaleEvidence, SaleLineEvidence};

/// Pieces and what they are: `2 × "Bell" (item 40)`.
pub(super) fn pieces(quantity: i64, name: Option<&str>, item: Option<i64>) -> String {
    match (name.map(str::trim).filter(|name| !name.is_empty()), item) {
        (Some(name), Some(item)) => format!("{quantity} × {name:?} (item {item})"),
        (None, Some(item)) => format!("{quantity} × item {item}"),
        (_, None) => "a line without an item".to_owned(),
    }
}

/// A line in words.
pub(super) fn line(line: &SaleLineEvidence) -> String {
    pieces(
        line.fact.quantity,
        line.item_name.as_deref(),
        line.fact.item.map(|item| item.0),
    )
}

/// The lines of an order in words.
pub(super) fn of_order(order: &OrderRow) -> Vec<String> {
    order
        .lines
        .iter()
        .map(|line| {
            format!(
                "  {}: {}",
                pieces(line.quantity, line.name.as_deref(), Some(line.item.0)),
                line.subtotal_value
            )
        })
        .collect()
}

/// Why a line is no part of any order; `None` if it is.
pub(super) fn left_out(
    known: &Known,
    sale: &SaleEvidence,
    line: &SaleLineEvidence,
) -> Option<String> {
    let LineFact {
        item,
        fee,
        quantity,
        ..
    } = line.fact;
    Some(match (item, line.item_state) {
        (None, _) => "it is a charge, no product".to_owned(),
        _ if fee => "it is a fee on another line".to_owned(),
        _ if quantity == 0 => "it moves no pieces".to_owned(),
        _ if !counts(&line.fact, sale.head.shop, &known.settings) => format!(
            "it went out at {}, a location that is not read",
            known.shop(line.fact.shop.or(sale.head.shop))
        ),
        (_, Some(ItemState::NonInventory)) => {
            "its item is of type non-inventory, of which no stock is kept".to_owned()
        }
        (_, Some(ItemState::Gone)) if line.item_refused => {
            "its item came in a form that could not be used".to_owned()
        }
        (_, Some(ItemState::Gone)) => "its item no longer exists in Lightspeed".to_owned(),
        (_, Some(ItemState::Missing)) => "its item has not been read yet".to_owned(),
        _ => return None,
    })
}

impl Known {
    /// A shop in words.
    pub(super) fn shop(&self, id: Option<ShopId>) -> String {
        let Some(id) = id else {
            return "no named location".to_owned();
        };
        match self.shops.iter().find(|shop| shop.id == id) {
            Some(shop) if shop.archived => format!("{:?} (#{id}, archived)", shop.name),
            Some(shop) => format!("{:?} (#{id})", shop.name),
            None => format!("shop #{id}"),
        }
    }
}
