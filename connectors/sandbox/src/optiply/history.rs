//! What the Optiply side was asked, and which writes it accepted.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::resource::Resource;

/// One call to the API or the token endpoint, in order of arrival.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OptiplyCall {
    /// When it arrived, by the server's clock.
    pub at: DateTime<Utc>,
    /// HTTP method.
    pub method: String,
    /// Path without the query.
    pub path: String,
    /// The resource asked for, `token` for the token endpoint, empty when unknown.
    pub resource: String,
    /// Query pairs, decoded, in the order received.
    pub query: Vec<(String, String)>,
    /// Status answered; 599 when the connection was cut instead.
    pub status: u16,
    /// Rows in the answer.
    pub rows: u32,
    /// Name of the fault that shaped the answer, if one did.
    pub fault: Option<String>,
}

impl OptiplyCall {
    /// The decoded value of a query parameter.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// A write that took effect, whatever its caller was told. This is what tests judge by.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OptiplyWrite {
    /// When, by the server's clock.
    pub at: DateTime<Utc>,
    /// `POST`, `PATCH` or `DELETE`.
    pub method: String,
    /// What was written.
    pub resource: Resource,
    /// Which row.
    pub id: i64,
    /// Lines made together with their order.
    pub lines: Vec<i64>,
    /// The body as received.
    pub body: String,
    /// Status the caller was told; 599 when the connection was cut instead.
    pub status: u16,
}
