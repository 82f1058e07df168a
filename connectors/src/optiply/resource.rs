//! The resources we write, in Optiply's spelling.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A resource of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Resource {
    /// Products.
    Products,
    /// Suppliers.
    Suppliers,
    /// Which supplier delivers which product.
    SupplierProducts,
    /// Which product is part of which.
    ProductCompositions,
    /// Demand.
    SellOrders,
    /// Lines of sell orders.
    SellOrderLines,
    /// Purchase orders.
    BuyOrders,
    /// Lines of buy orders.
    BuyOrderLines,
    /// What arrived for a buy order line.
    ReceiptLines,
}

impl Resource {
    /// All of them, those that others refer to first.
    pub const ALL: [Resource; 9] = [
        Resource::Products,
        Resource::Suppliers,
        Resource::SupplierProducts,
        Resource::ProductCompositions,
        Resource::SellOrders,
        Resource::SellOrderLines,
        Resource::BuyOrders,
        Resource::BuyOrderLines,
        Resource::ReceiptLines,
    ];

    /// The name in paths and bodies.
    pub const fn name(self) -> &'static str {
        match self {
            Resource::Products => "products",
            Resource::Suppliers => "suppliers",
            Resource::SupplierProducts => "supplierProducts",
            Resource::ProductCompositions => "productCompositions",
            Resource::SellOrders => "sellOrders",
            Resource::SellOrderLines => "sellOrderLines",
            Resource::BuyOrders => "buyOrders",
            Resource::BuyOrderLines => "buyOrderLines",
            Resource::ReceiptLines => "receiptLines",
        }
    }

    /// The resource of a name.
    pub fn from_name(name: &str) -> Option<Resource> {
        Resource::ALL.into_iter().find(|its| its.name() == name)
    }

    /// Whether Optiply refuses a second row of the same two parents.
    pub const fn is_pair(self) -> bool {
        matches!(
            self,
            Resource::SupplierProducts | Resource::ProductCompositions
        )
    }

    /// Attributes documented to take null; no other is ever cleared.
    pub(super) const fn nullable(self) -> &'static [&'static str] {
        match self {
            Resource::Suppliers => &["deliveryTime", "userReplenishmentPeriod"],
            Resource::SupplierProducts => &["deliveryTime", "lotSize", "minimumPurchaseQuantity"],
            _ => &[],
        }
    }

    /// Attributes that say what a row hangs on. No client was ever seen to change one: a row that
    /// moves is deleted and made anew.
    pub(super) const fn keys(self) -> &'static [&'static str] {
        match self {
            Resource::Products | Resource::Suppliers | Resource::SellOrders => &[],
            Resource::SupplierProducts => &["productId", "supplierId"],
            Resource::ProductCompositions => &["composedProductId", "partProductId"],
            Resource::SellOrderLines => &["productId", "sellOrderId"],
            Resource::BuyOrders => &["supplierId"],
            Resource::BuyOrderLines => &["buyOrderId", "productId"],
            Resource::ReceiptLines => &["buyOrderLineId"],
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
