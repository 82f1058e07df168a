use super::super::resource::Resource;
use super::super::scalar::{clearable, int, money};
use super::{Entity, Status};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Attributes of a supplier. To make one: the name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Supplier {
    /// Its name, at most 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Addresses to order at; one bad address has the whole supplier refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emails: Option<Vec<String>>,
    /// Days from order to arrival, 1 to 365; `Some(None)` clears it.
    #[serde(with = "clearable", skip_serializing_if = "Option::is_none")]
    pub delivery_time: Option<Option<i64>>,
    /// Whether planners should not see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignored: Option<bool>,
}

impl Entity for Supplier {
    const RESOURCE: Resource = Resource::Suppliers;
}

/// Attributes of a supplier product. To make one: name and both ids.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SupplierProduct {
    /// Its name, at most 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The product.
    #[serde(with = "int", skip_serializing_if = "Option::is_none")]
    pub product_id: Option<i64>,
    /// The supplier.
    #[serde(with = "int", skip_serializing_if = "Option::is_none")]
    pub supplier_id: Option<i64>,
    /// The supplier's own code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku_code: Option<String>,
    /// Barcode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ean_code: Option<String>,
    /// Another code of the supplier's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub article_code: Option<String>,
    /// Purchase price without VAT.
    #[serde(with = "money", skip_serializing_if = "Option::is_none")]
    pub price: Option<Decimal>,
    /// The least that can be ordered; `Some(None)` clears it.
    #[serde(with = "clearable", skip_serializing_if = "Option::is_none")]
    pub minimum_purchase_quantity: Option<Option<i64>>,
    /// Pieces come in multiples of this; `Some(None)` clears it.
    #[serde(with = "clearable", skip_serializing_if = "Option::is_none")]
    pub lot_size: Option<Option<i64>>,
    /// Days from order to arrival, 1 to 365; `Some(None)` clears it.
    #[serde(with = "clearable", skip_serializing_if = "Option::is_none")]
    pub delivery_time: Option<Option<i64>>,
    /// Whether it is the supplier to order at; one of a product's is.
    ///
    /// Whether it counts when a row is made is unknown (open question 15): compare the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred: Option<bool>,
    /// Whether it is planned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
}

impl Entity for SupplierProduct {
    const RESOURCE: Resource = Resource::SupplierProducts;
}
