//! By what a row is compared with one of ours, whichever resource it is of.

use super::payload::Payload;
use super::resource::Resource;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::de::DeserializeOwned;

/// By what a row is compared with one of ours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// What it hangs on: the order of a line, the line of a receipt, the product of a supplier
    /// product, the whole of a composition, the supplier of a buy order.
    pub parent: Option<i64>,
    /// The other: the product of a line, the supplier of a supplier product, the part of a
    /// composition.
    pub other: Option<i64>,
    /// Its article code.
    pub article_code: Option<String>,
    /// Its SKU.
    pub sku_code: Option<String>,
    /// Its barcode.
    pub ean_code: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// When it was placed or occurred, in seconds.
    pub at: Option<i64>,
    /// Pieces.
    pub quantity: Option<i64>,
    /// Its value, in cents.
    pub cents: Option<i64>,
}

impl Payload {
    /// By what it is compared. A value that is not of its kind counts as none.
    pub fn marks(&self) -> Marks {
        let (parent, other) = match self.resource() {
            Resource::Products | Resource::Suppliers | Resource::SellOrders => ("", ""),
            Resource::SupplierProducts => ("productId", "supplierId"),
            Resource::ProductCompositions => ("composedProductId", "partProductId"),
            Resource::SellOrderLines => ("sellOrderId", "productId"),
            Resource::BuyOrders => ("supplierId", ""),
            Resource::BuyOrderLines => ("buyOrderId", "productId"),
            Resource::ReceiptLines => ("buyOrderLineId", ""),
        };
        let text = |name| self.of_kind::<String>(name).filter(|text| !text.is_empty());
        let instant = |name| self.of_kind::<DateTime<Utc>>(name);
        let value = ["totalValue", "subtotalValue"]
            .into_iter()
            .find_map(|name| self.value(name)?.parse::<Decimal>().ok());
        Marks {
            parent: self.of_kind(parent),
            other: self.of_kind(other),
            article_code: text("articleCode"),
            sku_code: text("skuCode"),
            ean_code: text("eanCode"),
            name: text("name"),
            at: instant("placed")
                .or_else(|| instant("occurred"))
                .map(|at| at.timestamp()),
            quantity: self.of_kind("quantity"),
            cents: value.and_then(|value| (value * Decimal::ONE_HUNDRED).to_i64()),
        }
    }

    fn of_kind<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_str(self.value(name)?).ok()
    }
}
