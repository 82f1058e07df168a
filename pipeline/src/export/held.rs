//! A purchase order as Lightspeed holds it, as far as an export asks.

use crate::id::{ItemId, OrderId, OrderLineId, ShopId, VendorId};
use rust_decimal::Decimal;

/// A purchase order as Lightspeed holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldOrder {
    /// Its id.
    pub id: OrderId,
    /// Its reference.
    pub reference: String,
    /// The vendor.
    pub vendor: Option<VendorId>,
    /// The shop.
    pub shop: Option<ShopId>,
    /// Whether it was placed.
    pub ordered: bool,
    /// Whether check-in has begun, or it is finished.
    pub received: bool,
    /// Whether it was archived.
    pub archived: bool,
    /// Its lines.
    pub lines: Vec<HeldLine>,
}

/// A line of a purchase order as Lightspeed holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldLine {
    /// Its id.
    pub id: OrderLineId,
    /// The item; none for a line of something else.
    pub item: Option<ItemId>,
    /// Pieces.
    pub quantity: Decimal,
    /// Unit cost.
    pub price: Decimal,
    /// Pieces that came in, counted or in stock.
    pub received: Decimal,
}
