//! What is to be ordered.

use crate::id::{BuyOrderId, ItemId, ShopId, VendorId};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What is to be ordered in Lightspeed, frozen before the first call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// The reference by which the purchase order is found again.
    pub reference: String,
    /// From whom.
    pub vendor: VendorId,
    /// Where to.
    pub shop: ShopId,
    /// The day on which it was ordered, as midnight of the shop.
    pub ordered: String,
    /// The day on which it is expected.
    pub arrival: Option<String>,
    /// The lines, each item once, by item.
    pub lines: Vec<IntentLine>,
}

/// A line to be ordered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntentLine {
    /// The item.
    pub item: ItemId,
    /// Pieces, at least 1.
    pub quantity: i64,
    /// Unit cost in the account's currency, up to four decimals.
    pub price: Decimal,
    /// The lines of the buy order behind it.
    pub of: Vec<i64>,
}

/// What stands before the buy order's id.
const PREFIX: &str = "OPT-";

/// The reference of the purchase order of a buy order.
pub fn reference(order: BuyOrderId) -> String {
    format!("{PREFIX}{order}")
}

/// The buy order that a reference of ours names.
pub fn buy_order_of(reference: &str) -> Option<BuyOrderId> {
    let digits = reference.trim().strip_prefix(PREFIX)?;
    let plain = !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| digits.parse().ok().map(BuyOrderId)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_names_its_buy_order_and_nothing_else_does() {
        assert_eq!(
            buy_order_of(&reference(BuyOrderId(2_320_457))),
            Some(BuyOrderId(2_320_457))
        );
        for other in [
            "2320457", "OPT-", "OPT-1a", "OPT-01", "OPT--1", "opt-1", "XOPT-1", "OPT- 1",
        ] {
            assert_eq!(buy_order_of(other), None, "{other}");
        }
    }
}
