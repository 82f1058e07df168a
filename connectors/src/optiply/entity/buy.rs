use super::super::resource::Resource;
use super::super::scalar::{instant, int, money};
use super::{Entity, OrderLine};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Attributes of a buy order. To make one: placed, the supplier and the total.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct BuyOrder {
    /// When it was ordered.
    #[serde(with = "instant", skip_serializing_if = "Option::is_none")]
    pub placed: Option<DateTime<Utc>>,
    /// Whom it is ordered from.
    #[serde(with = "int", skip_serializing_if = "Option::is_none")]
    pub supplier_id: Option<i64>,
    /// Value without VAT.
    #[serde(with = "money", skip_serializing_if = "Option::is_none")]
    pub total_value: Option<Decimal>,
    /// When the goods are expected; Optiply computes it when it is not given.
    #[serde(with = "instant", skip_serializing_if = "Option::is_none")]
    pub expected_delivery_date: Option<DateTime<Utc>>,
    /// When the last of it came: it no longer counts as incoming.
    #[serde(with = "instant", skip_serializing_if = "Option::is_none")]
    pub completed: Option<DateTime<Utc>>,
    /// Whether it is a production order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assembly: Option<bool>,
    /// Its lines, when it is made; never read back, never changed this way.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub order_lines: Vec<OrderLine>,
}

impl Entity for BuyOrder {
    const RESOURCE: Resource = Resource::BuyOrders;
}

/// Attributes of a line of a buy order. To make one: all but the date.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct BuyOrderLine {
    /// The order.
    #[serde(with = "int", skip_serializing_if = "Option::is_none")]
    pub buy_order_id: Option<i64>,
    /// The product.
    #[serde(with = "int", skip_serializing_if = "Option::is_none")]
    pub product_id: Option<i64>,
    /// Pieces, at least 1.
    #[serde(with = "int", skip_serializing_if = "Option::is_none")]
    pub quantity: Option<i64>,
    /// Value of the whole line without VAT.
    #[serde(with = "money", skip_serializing_if = "Option::is_none")]
    pub subtotal_value: Option<Decimal>,
    /// When it is expected; Optiply computes it when it is not given.
    #[serde(with = "instant", skip_serializing_if = "Option::is_none")]
    pub expected_delivery_date: Option<DateTime<Utc>>,
}

impl Entity for BuyOrderLine {
    const RESOURCE: Resource = Resource::BuyOrderLines;
}

/// Attributes of a receipt. To make one: all three.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ReceiptLine {
    /// The line it fulfils.
    #[serde(with = "int", skip_serializing_if = "Option::is_none")]
    pub buy_order_line_id: Option<i64>,
    /// Pieces, at least 1.
    #[serde(with = "int", skip_serializing_if = "Option::is_none")]
    pub quantity: Option<i64>,
    /// When they arrived.
    #[serde(with = "instant", skip_serializing_if = "Option::is_none")]
    pub occurred: Option<DateTime<Utc>>,
}

impl Entity for ReceiptLine {
    const RESOURCE: Resource = Resource::ReceiptLines;
}
