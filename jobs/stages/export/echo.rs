//! What Optiply holds of a buy order when its purchase order is placed.

use super::super::StageError;
use super::halt::Halt;
use chrono::{DateTime, SecondsFormat, Utc};
use connectors::optiply::{BuyOrder, BuyOrderLine, Payload, PayloadError};
use pipeline::export::{Candidate, Intent};
use pipeline::money::cents;
use storage::{Echo, EchoLine, ExportWork};

/// The attributes of the buy order and of the first of its lines of each item, as if they had been
/// delivered by us: what differs from them later is what has happened in Lightspeed.
pub(super) fn of(work: &ExportWork, intent: &Intent) -> Result<Echo, Halt> {
    let Some(order) = &work.candidate else {
        let lost = "the buy order was decided on by another version; it is read again";
        return Err(Halt::Passing(StageError::Connection(lost.to_owned())));
    };
    make(order, intent).map_err(|error| {
        Halt::Fatal(StageError::Target(
            connectors::optiply::OptiplyError::Payload(error),
        ))
    })
}

fn make(order: &Candidate, intent: &Intent) -> Result<Echo, PayloadError> {
    let placed = order.placed.or(order.created_at).unwrap_or_default();
    let total = order.total();
    let acknowledged = Payload::of(&BuyOrder {
        placed: Some(placed),
        supplier_id: order.supplier,
        total_value: Some(total),
        expected_delivery_date: order.expected,
        ..BuyOrder::default()
    })?;
    let mut lines = Vec::with_capacity(intent.lines.len());
    for wish in &intent.lines {
        let first = order
            .lines
            .iter()
            .find(|line| wish.of.first() == Some(&line.id));
        let Some(line) = first else { continue };
        let acknowledged = Payload::of(&BuyOrderLine {
            buy_order_id: Some(order.id.0),
            product_id: Some(line.product),
            quantity: Some(line.quantity),
            subtotal_value: Some(cents(line.value)),
            expected_delivery_date: None,
        })?;
        lines.push(EchoLine {
            item: wish.item,
            remote_id: line.id,
            quantity: line.quantity,
            value: cents(line.value).to_string(),
            acknowledged: acknowledged.to_json(),
        });
    }
    Ok(Echo {
        placed: text(placed),
        expected: order.expected.map(text),
        total: total.to_string(),
        acknowledged: acknowledged.to_json(),
        lines,
    })
}

fn text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
