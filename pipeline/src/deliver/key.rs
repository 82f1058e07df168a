//! What we call a delivery.

use super::entity::Entity;
use crate::id::{ItemId, OrderId, OrderLineId, SaleId, VendorId};
use std::fmt;
use std::str::FromStr;

/// What we call a delivery: the kind, the id of the record it is of, and which part of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The kind.
    pub entity: Entity,
    /// Item, vendor, sale or order.
    pub object: i64,
    /// Vendor, part, item, order line or receipt; empty for what stands alone.
    pub part: String,
}

impl Key {
    /// A delivery that is a part of a record.
    pub fn new(entity: Entity, object: i64, part: impl Into<String>) -> Self {
        Self {
            entity,
            object,
            part: part.into(),
        }
    }

    /// A product.
    pub fn product(item: ItemId) -> Self {
        Self::new(Entity::Product, item.0, "")
    }

    /// A supplier.
    pub fn supplier(vendor: VendorId) -> Self {
        Self::new(Entity::Supplier, vendor.0, "")
    }

    /// A supplier product.
    pub fn supplier_product(item: ItemId, vendor: VendorId) -> Self {
        Self::new(Entity::SupplierProduct, item.0, vendor.to_string())
    }

    /// A composition.
    pub fn composition(item: ItemId, part: ItemId) -> Self {
        Self::new(Entity::Composition, item.0, part.to_string())
    }

    /// A sell order.
    pub fn sell_order(sale: SaleId) -> Self {
        Self::new(Entity::SellOrder, sale.0, "")
    }

    /// A line of a sell order.
    pub fn sell_order_line(sale: SaleId, item: ItemId) -> Self {
        Self::new(Entity::SellOrderLine, sale.0, item.to_string())
    }

    /// A buy order.
    pub fn buy_order(order: OrderId) -> Self {
        Self::new(Entity::BuyOrder, order.0, "")
    }

    /// A line of a buy order.
    pub fn buy_order_line(order: OrderId, line: OrderLineId) -> Self {
        Self::new(Entity::BuyOrderLine, order.0, line.to_string())
    }

    /// A receipt.
    pub fn receipt(order: OrderId, key: &str) -> Self {
        Self::new(Entity::Receipt, order.0, key)
    }

    /// The order that a line belongs to.
    pub fn order(&self) -> Option<Self> {
        let order = self.entity.order()?;
        Some(Self::new(order, self.object, ""))
    }
}

impl fmt::Display for Key {
    /// `entity:object:part`, as it is stored where one delivery names another.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.entity, self.object, self.part)
    }
}

/// A text that names no delivery.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} names no delivery")]
pub struct UnreadableKey(pub String);

impl FromStr for Key {
    type Err = UnreadableKey;

    fn from_str(text: &str) -> Result<Self, UnreadableKey> {
        let wrong = || UnreadableKey(text.to_owned());
        let mut parts = text.splitn(3, ':');
        let (Some(entity), Some(object), Some(part)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(wrong());
        };
        Ok(Self {
            entity: entity.parse().map_err(|_| wrong())?,
            object: object.parse().map_err(|_| wrong())?,
            part: part.to_owned(),
        })
    }
}

/// What a delivery waits for that another integration may have made: to be matched with what Optiply
/// holds.
pub const TO_BE_MATCHED: &str = "adoption";

/// What a product waits for that cannot be made yet: its stock, which load tells.
pub fn stock_of(item: i64) -> String {
    format!("stock:{item}:")
}

/// What a buy order waits for before it is completed: that its receipts are delivered.
pub fn receipts_of(order: i64) -> String {
    format!("receipts:{order}:")
}
