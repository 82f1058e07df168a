//! The second writer: planners in Optiply's own screens, and other integrations.

use rust_decimal::Decimal;
use serde_json::Value as Json;

use super::{
    behaviour::Behaviour,
    refusal::Refusal,
    resource::Resource,
    store::Store,
    write::{Attributes, Pen},
};
use chrono::{DateTime, Utc};

/// Who else writes to the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writer {
    /// A person in Optiply's screens: rows are not marked as made through the API.
    Planner,
    /// Another integration, through the API.
    Integration,
}

/// Changes of a second writer, applied at the server's present time and seen in lists at once.
pub struct Editor<'a> {
    pub(super) store: &'a mut Store,
    pub(super) behaviour: Behaviour,
    pub(super) now: DateTime<Utc>,
    pub(super) writer: Writer,
}

impl Editor<'_> {
    /// Makes a row and returns its id.
    ///
    /// # Errors
    /// The message of the refusal, under the rules of the API; a planner may set more attributes.
    pub fn make(&mut self, resource: Resource, attributes: Json) -> Result<i64, String> {
        let attributes = raw(&attributes)?;
        let pen = pen(&self.behaviour, self.now, self.writer);
        let made = pen.make_all(self.store, resource, attributes, None);
        made.map(|made| made.id)
            .map_err(|(refusal, _)| text(refusal))
    }

    /// Changes attributes of a row.
    ///
    /// # Errors
    /// The message of the refusal.
    pub fn set(&mut self, resource: Resource, id: i64, attributes: Json) -> Result<(), String> {
        let attributes = raw(&attributes)?;
        let pen = pen(&self.behaviour, self.now, self.writer);
        pen.change(self.store, resource, id, &attributes)
            .map_err(text)
    }

    /// Deletes a row and what hangs on it.
    ///
    /// # Errors
    /// The message of the refusal.
    pub fn delete(&mut self, resource: Resource, id: i64) -> Result<(), String> {
        let pen = pen(&self.behaviour, self.now, self.writer);
        pen.delete(self.store, resource, id).map_err(text)
    }

    /// Makes a buy order of these products, quantities and line values.
    ///
    /// # Errors
    /// The message of the refusal.
    pub fn buy_order(
        &mut self,
        supplier: i64,
        lines: &[(i64, i64, Decimal)],
    ) -> Result<i64, String> {
        let total: Decimal = lines.iter().map(|(_, _, value)| *value).sum();
        let lines: Vec<Json> = lines
            .iter()
            .map(|(product, quantity, value)| {
                serde_json::json!({
                    "productId": product,
                    "quantity": quantity,
                    "subtotalValue": value.to_string(),
                })
            })
            .collect();
        self.make(
            Resource::BuyOrders,
            serde_json::json!({
                "placed": super::value::instant(self.now),
                "supplierId": supplier,
                "totalValue": total.to_string(),
                "orderLines": lines,
            }),
        )
    }
}

fn pen(behaviour: &Behaviour, now: DateTime<Utc>, writer: Writer) -> Pen<'_> {
    Pen {
        behaviour,
        now,
        api: writer == Writer::Integration,
    }
}

fn text(refusal: Refusal) -> String {
    refusal.message
}

fn raw(attributes: &Json) -> Result<Attributes, String> {
    serde_json::from_str(&attributes.to_string()).map_err(|error| error.to_string())
}
