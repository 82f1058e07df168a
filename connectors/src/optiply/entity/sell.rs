use super::super::resource::Resource;
use super::super::scalar::{instant, int, money};
use super::Entity;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A line inside an order that is being made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OrderLine {
    /// The product.
    #[serde(with = "int", skip_serializing_if = "Option::is_none")]
    pub product_id: Option<i64>,
    /// Pieces, at least 1.
    #[serde(with = "int", skip_serializing_if = "Option::is_none")]
    pub quantity: Option<i64>,
    /// Value of the whole line without VAT.
    #[serde(with = "money", skip_serializing_if = "Option::is_none")]
    pub subtotal_value: Option<Decimal>,
    /// When it is expected; lines of buy orders only.
    #[serde(with = "instant", skip_serializing_if = "Option::is_none")]
    pub expected_delivery_date: Option<DateTime<Utc>>,
}

/// Attributes of a sell order. To make one: placed and the total.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SellOrder {
    /// When demand happened.
    #[serde(with = "instant", skip_serializing_if = "Option::is_none")]
    pub placed: Option<DateTime<Utc>>,
    /// When it was completed.
    #[serde(with = "instant", skip_serializing_if = "Option::is_none")]
    pub completed: Option<DateTime<Utc>>,
    /// Value without VAT.
    #[serde(with = "money", skip_serializing_if = "Option::is_none")]
    pub total_value: Option<Decimal>,
    /// Its lines, when it is made; never read back, never changed this way.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub order_lines: Vec<OrderLine>,
}

impl Entity for SellOrder {
    const RESOURCE: Resource = Resource::SellOrders;
}

/// Attributes of a line of a sell order. To make one: all four.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SellOrderLine {
    /// The order.
    #[serde(with = "int", skip_serializing_if = "Option::is_none")]
    pub sell_order_id: Option<i64>,
    /// The product.
    #[serde(with = "int", skip_serializing_if = "Option::is_none")]
    pub product_id: Option<i64>,
    /// Pieces, at least 1.
    #[serde(with = "int", skip_serializing_if = "Option::is_none")]
    pub quantity: Option<i64>,
    /// Value of the whole line without VAT.
    #[serde(with = "money", skip_serializing_if = "Option::is_none")]
    pub subtotal_value: Option<Decimal>,
}

impl Entity for SellOrderLine {
    const RESOURCE: Resource = Resource::SellOrderLines;
}
