use super::super::resource::Resource;
use super::super::scalar::{instant, int, money};
use super::Entity;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Whether a row is planned. Rows are disabled, never deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It is.
    #[serde(alias = "ENABLED")]
    Enabled,
    /// It is not.
    #[serde(alias = "DISABLED")]
    Disabled,
}

/// Attributes of a product. To make one: name, stock level and unlimited stock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Product {
    /// Its name, at most 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Pieces that are free to sell; may be negative.
    #[serde(with = "int", skip_serializing_if = "Option::is_none")]
    pub stock_level: Option<i64>,
    /// Whether its stock is not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unlimited_stock: Option<bool>,
    /// The shop's own code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku_code: Option<String>,
    /// Barcode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ean_code: Option<String>,
    /// Where our own id is found again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub article_code: Option<String>,
    /// Sales price without VAT.
    #[serde(with = "money", skip_serializing_if = "Option::is_none")]
    pub price: Option<Decimal>,
    /// Whether it is planned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// Whether it is composed of others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assembled: Option<bool>,
    /// The floor under its stock.
    #[serde(with = "int", skip_serializing_if = "Option::is_none")]
    pub minimum_stock: Option<i64>,
    /// When it was created at the source.
    #[serde(with = "instant", skip_serializing_if = "Option::is_none")]
    pub created_at_remote: Option<DateTime<Utc>>,
}

impl Entity for Product {
    const RESOURCE: Resource = Resource::Products;
}

/// Attributes of a composition. To make one: all three.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Composition {
    /// The whole.
    #[serde(with = "int", skip_serializing_if = "Option::is_none")]
    pub composed_product_id: Option<i64>,
    /// The part.
    #[serde(with = "int", skip_serializing_if = "Option::is_none")]
    pub part_product_id: Option<i64>,
    /// How many of the part, at least 1.
    #[serde(with = "int", skip_serializing_if = "Option::is_none")]
    pub part_quantity: Option<i64>,
}

impl Entity for Composition {
    const RESOURCE: Resource = Resource::ProductCompositions;
}
