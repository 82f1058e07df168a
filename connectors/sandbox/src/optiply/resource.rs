//! The resources and how they hang together.

use serde::{Deserialize, Serialize};

use super::{attr::Attr, tables};

/// A resource of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Resource {
    /// The account itself; read only.
    Accounts,
    /// Products.
    Products,
    /// Suppliers.
    Suppliers,
    /// Which supplier delivers which product.
    SupplierProducts,
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
    /// Which product is part of which.
    ProductCompositions,
    /// Promotions.
    Promotions,
    /// Which product is in which promotion.
    PromotionProducts,
}

impl Resource {
    /// All of them, parents before children.
    pub const ALL: [Resource; 12] = [
        Resource::Accounts,
        Resource::Products,
        Resource::Suppliers,
        Resource::SupplierProducts,
        Resource::SellOrders,
        Resource::SellOrderLines,
        Resource::BuyOrders,
        Resource::BuyOrderLines,
        Resource::ReceiptLines,
        Resource::ProductCompositions,
        Resource::Promotions,
        Resource::PromotionProducts,
    ];

    /// The name in paths and bodies.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Resource::Accounts => "accounts",
            Resource::Products => "products",
            Resource::Suppliers => "suppliers",
            Resource::SupplierProducts => "supplierProducts",
            Resource::SellOrders => "sellOrders",
            Resource::SellOrderLines => "sellOrderLines",
            Resource::BuyOrders => "buyOrders",
            Resource::BuyOrderLines => "buyOrderLines",
            Resource::ReceiptLines => "receiptLines",
            Resource::ProductCompositions => "productCompositions",
            Resource::Promotions => "promotions",
            Resource::PromotionProducts => "promotionProducts",
        }
    }

    /// The resource of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Resource> {
        Resource::ALL.into_iter().find(|each| each.name() == name)
    }

    /// The first id given out; far apart, so that a mix-up shows.
    pub(super) fn first_id(self) -> i64 {
        match self {
            Resource::Accounts => 77,
            Resource::Products => 500_001,
            Resource::Suppliers => 9_001,
            Resource::SupplierProducts => 3_000_001,
            Resource::SellOrders => 80_000_001,
            Resource::SellOrderLines => 200_000_001,
            Resource::BuyOrders => 6_000_001,
            Resource::BuyOrderLines => 7_000_001,
            Resource::ReceiptLines => 9_000_001,
            Resource::ProductCompositions => 4_000_001,
            Resource::Promotions => 1_001,
            Resource::PromotionProducts => 2_001,
        }
    }

    pub(super) fn attrs(self) -> &'static [Attr] {
        match self {
            Resource::Accounts => tables::ACCOUNTS,
            Resource::Products => tables::PRODUCTS,
            Resource::Suppliers => tables::SUPPLIERS,
            Resource::SupplierProducts => tables::SUPPLIER_PRODUCTS,
            Resource::SellOrders => tables::SELL_ORDERS,
            Resource::SellOrderLines => tables::SELL_ORDER_LINES,
            Resource::BuyOrders => tables::BUY_ORDERS,
            Resource::BuyOrderLines => tables::BUY_ORDER_LINES,
            Resource::ReceiptLines => tables::RECEIPT_LINES,
            Resource::ProductCompositions => tables::PRODUCT_COMPOSITIONS,
            Resource::Promotions => tables::PROMOTIONS,
            Resource::PromotionProducts => tables::PROMOTION_PRODUCTS,
        }
    }

    /// The place of an attribute in a row.
    pub(super) fn place(self, name: &str) -> Option<usize> {
        self.attrs().iter().position(|attr| attr.name == name)
    }

    /// The two keys that together must be unique.
    pub(super) fn pair(self) -> Option<(&'static str, &'static str)> {
        match self {
            Resource::SupplierProducts => Some(("supplierId", "productId")),
            Resource::ProductCompositions => Some(("composedProductId", "partProductId")),
            _ => None,
        }
    }

    /// What goes with a row when it is deleted: the resource and its key to this one.
    pub(super) fn children(self) -> Option<(Resource, &'static str)> {
        match self {
            Resource::SellOrders => Some((Resource::SellOrderLines, "sellOrderId")),
            Resource::BuyOrders => Some((Resource::BuyOrderLines, "buyOrderId")),
            Resource::BuyOrderLines => Some((Resource::ReceiptLines, "buyOrderLineId")),
            _ => None,
        }
    }

    /// Whether anything may be written through the API.
    pub(super) fn writable(self) -> bool {
        self != Resource::Accounts
    }
}
