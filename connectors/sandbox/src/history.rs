//! What the sandbox was asked and how it answered.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;

/// One call to the API or the token endpoint, in order of arrival.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Call {
    /// When it arrived.
    pub at: DateTime<Utc>,
    /// HTTP method.
    pub method: String,
    /// Path without the query.
    pub path: String,
    /// The resource asked for (`Sale`), `token` for the token endpoint, empty when unknown.
    pub resource: String,
    /// Query pairs, decoded, in the order received.
    pub query: Vec<(String, String)>,
    /// Status answered; 599 when the connection was cut instead.
    pub status: u16,
    /// Drips charged.
    pub cost: Decimal,
    /// Bucket level after the call.
    pub level: Decimal,
    /// Rows in the answer.
    pub rows: u32,
    /// Primary id of the first row.
    pub first_id: Option<u64>,
    /// Primary id of the last row.
    pub last_id: Option<u64>,
    /// Which limiter refused the call, if one did.
    pub limited: Option<Limited>,
    /// Generation of the token used (or issued, for the token endpoint).
    pub generation: Option<u64>,
    /// Name of the fault that shaped the answer, if one did.
    pub fault: Option<String>,
}

impl Call {
    /// The decoded value of a query parameter.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// The limiter that refused a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Limited {
    /// The leaky bucket was full.
    Bucket,
    /// Too many requests within one second.
    Burst,
    /// A storm that a test ordered, or the token endpoint's own limit.
    Ordered,
}
