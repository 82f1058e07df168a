//! The kinds of rows that are delivered.

use crate::feed::{Feed, UnknownName};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A kind of row at Optiply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entity {
    /// A product, by item.
    Product,
    /// A supplier, by vendor.
    Supplier,
    /// Who sells what, by item and vendor.
    SupplierProduct,
    /// What is made of what, by item and part.
    Composition,
    /// Demand, by sale.
    SellOrder,
    /// A line of it, by sale and item.
    SellOrderLine,
    /// A purchase, by order.
    BuyOrder,
    /// A line of it, by order and order line.
    BuyOrderLine,
    /// What arrived, by order and receipt key.
    Receipt,
}

/// Whose turn it is: lower lanes go first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Stock of products that Optiply holds.
    Stock = 0,
    /// What everything else names.
    Master = 1,
    /// What stands between those.
    Pairs = 2,
    /// Demand, the newest first.
    Demand = 3,
    /// Purchases.
    Purchases = 4,
    /// Arrivals.
    Arrivals = 5,
}

impl Entity {
    /// All of them, those that others hang on first.
    pub const ALL: [Entity; 9] = [
        Entity::Product,
        Entity::Supplier,
        Entity::SupplierProduct,
        Entity::Composition,
        Entity::SellOrder,
        Entity::SellOrderLine,
        Entity::BuyOrder,
        Entity::BuyOrderLine,
        Entity::Receipt,
    ];

    /// The stored spelling: a promise to the database and to readers of `--json`.
    pub const fn name(self) -> &'static str {
        match self {
            Entity::Product => "product",
            Entity::Supplier => "supplier",
            Entity::SupplierProduct => "supplier_product",
            Entity::Composition => "composition",
            Entity::SellOrder => "sell_order",
            Entity::SellOrderLine => "sell_order_line",
            Entity::BuyOrder => "buy_order",
            Entity::BuyOrderLine => "buy_order_line",
            Entity::Receipt => "receipt",
        }
    }

    /// The feed whose records it is made of; its first key is the id of such a record.
    pub const fn feed(self) -> Feed {
        match self {
            Entity::Product | Entity::SupplierProduct | Entity::Composition => Feed::Items,
            Entity::Supplier => Feed::Vendors,
            Entity::SellOrder | Entity::SellOrderLine => Feed::Sales,
            // A receipt's first key is its order's, whichever arrival it is of.
            Entity::BuyOrder | Entity::BuyOrderLine | Entity::Receipt => Feed::Orders,
        }
    }

    /// Its lane. Stock that changes goes ahead of it, which only the change itself can tell.
    pub const fn lane(self) -> Lane {
        match self {
            Entity::Product | Entity::Supplier => Lane::Master,
            Entity::SupplierProduct | Entity::Composition => Lane::Pairs,
            Entity::SellOrder | Entity::SellOrderLine => Lane::Demand,
            Entity::BuyOrder | Entity::BuyOrderLine => Lane::Purchases,
            Entity::Receipt => Lane::Arrivals,
        }
    }

    /// The kind of the lines of an order.
    pub const fn line(self) -> Option<Entity> {
        match self {
            Entity::SellOrder => Some(Entity::SellOrderLine),
            Entity::BuyOrder => Some(Entity::BuyOrderLine),
            _ => None,
        }
    }

    /// The kind of the order of a line.
    pub const fn order(self) -> Option<Entity> {
        match self {
            Entity::SellOrderLine => Some(Entity::SellOrder),
            Entity::BuyOrderLine => Some(Entity::BuyOrder),
            _ => None,
        }
    }
}

impl fmt::Display for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Entity {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Entity::ALL
            .into_iter()
            .find(|entity| entity.name() == name)
            .ok_or_else(|| UnknownName(name.to_owned()))
    }
}
