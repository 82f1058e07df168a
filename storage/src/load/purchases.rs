//! Buy orders of the model, and what is remembered of purchase orders.

use super::credit::Written;
use super::echoes::Echoes;
use super::needs::Needs;
use super::purchase_facts::OrderWork;
use super::receipts::Receipts;
use crate::batch::{hex, run};
use crate::error::StoreError;
use crate::instant::{millis, text};
use crate::store::WriteTx;
use pipeline::deliver::Key;
use pipeline::hash::content_hash;
use pipeline::id::{OrderId, ShipmentId};
use pipeline::load::{BuyOrder, OrderOutcome, Purchase, ShipmentOutcome};
use pipeline::outcome::Outcome;
use pipeline::{Feed, Reason};
use std::collections::HashMap;

const DELETE_LINES: &str = "
    DELETE FROM model_buy_order_lines
    WHERE connection_id = ?1 AND order_id IN (SELECT value FROM json_each(?2))";

const DELETE_HEADS: &str = "
    DELETE FROM model_buy_orders
    WHERE connection_id = ?1 AND order_id IN (SELECT value FROM json_each(?2))";

const UPSERT_HEADS: &str = "
    INSERT INTO model_buy_orders (connection_id, order_id, vendor_id, placed, completed,
        expected_delivery_date, total_value, hash, first_run_id, run_id)
    SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
           unhex(value ->> 6), value ->> 7, value ->> 7
    FROM json_each(?2) WHERE true
    ON CONFLICT (connection_id, order_id) DO UPDATE SET
        vendor_id = excluded.vendor_id, placed = excluded.placed, completed = excluded.completed,
        expected_delivery_date = excluded.expected_delivery_date,
        total_value = excluded.total_value, hash = excluded.hash, run_id = excluded.run_id";

const INSERT_LINES: &str = "
    INSERT INTO model_buy_order_lines
        (connection_id, order_id, order_line_id, item_id, quantity, subtotal_value)
    SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4
    FROM json_each(?2)";

const FORGET_STEPS: &str = "
    DELETE FROM checked_in_steps
    WHERE connection_id = ?1 AND line_id IN (SELECT value FROM json_each(?2))";

const KEEP_STEPS: &str = "
    INSERT INTO checked_in_steps (connection_id, line_id, cumulative, occurred_at)
    SELECT ?1, value ->> 0, value ->> 1, value ->> 2 FROM json_each(?2)";

const FORGET_COMPLETE: &str = "
    DELETE FROM complete_orders
    WHERE connection_id = ?1 AND order_id IN (SELECT value FROM json_each(?2))";

const KEEP_COMPLETE: &str = "
    INSERT INTO complete_orders (connection_id, order_id, since_at)
    SELECT ?1, value ->> 0, value ->> 1 FROM json_each(?2) WHERE true
    ON CONFLICT (connection_id, order_id) DO UPDATE SET since_at = excluded.since_at";

/// Rows of the model to be written: heads, lines, and orders that go.
#[derive(Default)]
struct Rows {
    heads: Vec<serde_json::Value>,
    lines: Vec<(i64, i64, i64, i64, String)>,
    /// Orders whose lines are replaced or go.
    replaced: Vec<i64>,
    removed: Vec<i64>,
}

/// Rows of lifecycle to be written.
#[derive(Default)]
struct Memory {
    forgotten_lines: Vec<i64>,
    steps: Vec<(i64, i64, i64)>,
    open_again: Vec<i64>,
    complete: Vec<(i64, i64)>,
}

pub(super) async fn write(
    tx: &mut WriteTx,
    written: &mut Written<'_>,
    purchases: &[(OrderId, Purchase)],
    orphans: &[(ShipmentId, ShipmentOutcome)],
    needs: &mut Needs,
) -> Result<(), StoreError> {
    let work = written.work;
    let facts: HashMap<OrderId, &OrderWork> = work
        .purchases
        .iter()
        .map(|facts| (facts.order.id, facts))
        .collect();
    let (mut rows, mut memory) = (Rows::default(), Memory::default());
    let mut receipts = Receipts::default();
    let mut echoes = Echoes::default();
    for (id, purchase) in purchases {
        let Some(facts) = facts.get(id).copied() else {
            continue;
        };
        memory.note(facts, purchase);
        let outcome = match &purchase.order {
            OrderOutcome::Order(order) => {
                let hash = content_hash(order);
                if work.held.get(&("buy_order", id.0)) == Some(&hash) {
                    Outcome::Unchanged
                } else {
                    let run = written.run_of("buy_order", id.0);
                    let newest_first = -order.placed.timestamp();
                    written
                        .deliveries
                        .add(Key::buy_order(*id), newest_first, run);
                    rows.add(order, &hash, run);
                    needs.vendors.insert(order.vendor_id.0);
                    needs
                        .items
                        .extend(order.lines.iter().map(|line| line.item_id.0));
                    Outcome::Loaded
                }
            }
            // Optiply has it, so the model does not.
            OrderOutcome::Echo(order) => {
                echoes.add(order);
                rows.replaced.push(id.0);
                rows.removed.push(id.0);
                needs.vendors.insert(order.vendor_id.0);
                needs
                    .items
                    .extend(order.lines.iter().map(|line| line.item_id.0));
                Outcome::Dropped(Reason::ExportedOrder)
            }
            // What waits keeps what it had: nothing is known that would change it.
            OrderOutcome::Waiting { vendor, items } => {
                needs.missing(Feed::Vendors, vendor.iter().map(|id| id.0));
                needs.missing(Feed::Items, items.iter().map(|id| id.0));
                let reason = purchase.order.waits_for();
                Outcome::Waiting(reason.unwrap_or(Reason::WaitingForItem))
            }
            OrderOutcome::None(reason) => {
                let run = written.run_of("buy_order", id.0);
                written.deliveries.gone(Key::buy_order(*id), run);
                rows.replaced.push(id.0);
                rows.removed.push(id.0);
                Outcome::Dropped(*reason)
            }
        };
        written.outcomes.insert(("buy_order", id.0), outcome);
        if !matches!(outcome, Outcome::Waiting(_)) {
            receipts.compare(written, facts, &purchase.receipts);
        }
        for (shipment, outcome) in &purchase.shipments {
            let outcome = match outcome {
                ShipmentOutcome::Loaded if receipts.changed.contains(&shipment.0) => {
                    Outcome::Loaded
                }
                ShipmentOutcome::Loaded => Outcome::Unchanged,
                ShipmentOutcome::None(reason) => Outcome::Dropped(*reason),
                ShipmentOutcome::Waiting => Outcome::Waiting(Reason::WaitingForOrder),
            };
            written.outcomes.insert(("shipment", shipment.0), outcome);
        }
    }
    for (id, outcome) in orphans {
        let outcome = match outcome {
            ShipmentOutcome::None(reason) => Outcome::Dropped(*reason),
            ShipmentOutcome::Loaded | ShipmentOutcome::Waiting => {
                let orders = work.orphans.iter().filter(|orphan| orphan.id == *id);
                needs.missing(Feed::Orders, orders.map(|orphan| orphan.order.0));
                Outcome::Waiting(Reason::WaitingForOrder)
            }
        };
        written.outcomes.insert(("shipment", id.0), outcome);
    }
    let connection = written.connection.0;
    run(tx.conn(), DELETE_LINES, connection, &rows.replaced).await?;
    run(tx.conn(), DELETE_HEADS, connection, &rows.removed).await?;
    run(tx.conn(), UPSERT_HEADS, connection, &rows.heads).await?;
    run(tx.conn(), INSERT_LINES, connection, &rows.lines).await?;
    receipts.deliver(written);
    echoes.write(tx, written).await?;
    receipts.write(tx, connection).await?;
    memory.write(tx, connection).await
}

impl Rows {
    fn add(&mut self, order: &BuyOrder, hash: &[u8], run: i64) {
        let id = order.order_id.0;
        self.replaced.push(id);
        self.heads.push(serde_json::json!([
            id,
            order.vendor_id,
            text(order.placed),
            order.completed.map(text),
            order.expected_delivery_date.map(text),
            order.total_value.to_string(),
            hex(hash),
            run,
        ]));
        self.lines.extend(order.lines.iter().map(|line| {
            (
                id,
                line.order_line_id.0,
                line.item_id.0,
                line.quantity,
                line.subtotal_value.to_string(),
            )
        }));
    }
}

impl Memory {
    fn note(&mut self, facts: &OrderWork, purchase: &Purchase) {
        let mut known = facts.checked_in.clone();
        known.sort_unstable();
        if known != purchase.checked_in {
            self.forgotten_lines
                .extend(facts.order.lines.iter().map(|line| line.id.0));
            self.steps.extend(
                purchase
                    .checked_in
                    .iter()
                    .map(|step| (step.order_line_id.0, step.cumulative, millis(step.occurred))),
            );
        }
        if facts.complete_since != purchase.complete_since {
            let id = facts.order.id.0;
            match purchase.complete_since {
                Some(since) => self.complete.push((id, millis(since))),
                None => self.open_again.push(id),
            }
        }
    }

    async fn write(self, tx: &mut WriteTx, connection: i64) -> Result<(), StoreError> {
        run(tx.conn(), FORGET_STEPS, connection, &self.forgotten_lines).await?;
        run(tx.conn(), KEEP_STEPS, connection, &self.steps).await?;
        run(tx.conn(), FORGET_COMPLETE, connection, &self.open_again).await?;
        run(tx.conn(), KEEP_COMPLETE, connection, &self.complete).await?;
        Ok(())
    }
}
