use crate::id::{ItemId, ItemShopId, ShopId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The stock of one item in one shop.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StockRow {
    /// The row's id.
    pub id: ItemShopId,
    /// The item.
    pub item: ItemId,
    /// The shop; `None` for the total over all shops, which is never added to anything.
    pub shop: Option<ShopId>,
    /// Pieces on hand; negative means back-orders.
    pub on_hand: i64,
    /// The floor at which to buy again.
    pub reorder_point: i64,
    /// Pieces on their way to this shop from another.
    pub transfer_in: i64,
    /// When the row last changed.
    pub changed_at: Option<DateTime<Utc>>,
}
