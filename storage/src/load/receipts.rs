//! Receipts of the model: compared one by one, because an order's other arrivals must not look
//! changed when one more comes.

use super::credit::Written;
use super::purchase_facts::OrderWork;
use crate::batch::run;
use crate::error::StoreError;
use crate::instant::text;
use crate::store::WriteTx;
use chrono::{DateTime, Utc};
use pipeline::deliver::Key;
use pipeline::id::OrderId;
use pipeline::load::Receipt;
use std::collections::{BTreeSet, HashMap};

const DELETE: &str = "
    DELETE FROM model_receipt_lines
    WHERE (connection_id, order_id, receipt_key) IN
          (SELECT ?1, value ->> 0, value ->> 1 FROM json_each(?2))";

const UPSERT: &str = "
    INSERT INTO model_receipt_lines (connection_id, order_id, receipt_key, order_line_id,
        shipment_id, quantity, occurred, first_run_id, run_id)
    SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
           value ->> 6, value ->> 6
    FROM json_each(?2) WHERE true
    ON CONFLICT (connection_id, order_id, receipt_key) DO UPDATE SET
        order_line_id = excluded.order_line_id, shipment_id = excluded.shipment_id,
        quantity = excluded.quantity, occurred = excluded.occurred, run_id = excluded.run_id";

/// A row of `model_receipt_lines`: order, key, line, shipment, quantity, occurred, run.
type Row = (i64, String, i64, Option<i64>, i64, String, i64);

#[derive(Default)]
pub(super) struct Receipts {
    /// Arrivals of which a receipt appeared, changed or went.
    pub(super) changed: BTreeSet<i64>,
    rows: Vec<Row>,
    removed: Vec<(i64, String)>,
}

impl Receipts {
    /// Compares the receipts of an order with those that the model holds.
    pub(super) fn compare(
        &mut self,
        written: &Written<'_>,
        facts: &OrderWork,
        receipts: &[Receipt],
    ) {
        let order = facts.order.id.0;
        let arrivals: HashMap<i64, i64> = facts
            .shipments
            .iter()
            .flat_map(|one| one.items.iter().map(|item| (item.id.0, one.id.0)))
            .collect();
        let mut left = facts.receipts.clone();
        for receipt in receipts {
            let shipment = arrival(receipt, &arrivals);
            let occurred = text(receipt.occurred);
            let credit = match shipment {
                Some(shipment) => written.run_of("shipment", shipment),
                None => written.run_of("buy_order", order),
            };
            let held = left.remove(&receipt.key);
            let same = held.as_ref().is_some_and(|held| {
                held.line == receipt.order_line_id.0
                    && held.shipment == shipment
                    && held.quantity == receipt.quantity
                    && held.occurred == occurred
            });
            // Written by fan-out, before its own arrival was looked at: to that it is new.
            if same && (credit == 0 || held.is_some_and(|held| held.run != 0)) {
                continue;
            }
            self.changed.extend(shipment);
            self.rows.push((
                order,
                receipt.key.clone(),
                receipt.order_line_id.0,
                shipment,
                receipt.quantity,
                occurred,
                credit,
            ));
        }
        for (key, held) in left {
            self.changed.extend(held.shipment);
            self.removed.push((order, key));
        }
    }

    /// Notes what must be delivered again.
    pub(super) fn deliver(&self, written: &mut Written<'_>) {
        for (order, key, _, _, _, occurred, run) in &self.rows {
            // The rank of a receipt is its time, the newest first; the text is ours.
            let at = occurred.parse::<DateTime<Utc>>().unwrap_or_default();
            let key = Key::receipt(OrderId(*order), key);
            written.deliveries.add(key, -at.timestamp(), *run);
        }
        for (order, key) in &self.removed {
            let run = written.run_of("buy_order", *order);
            written
                .deliveries
                .gone(Key::receipt(OrderId(*order), key), run);
        }
    }

    pub(super) async fn write(self, tx: &mut WriteTx, connection: i64) -> Result<(), StoreError> {
        run(tx.conn(), DELETE, connection, &self.removed).await?;
        run(tx.conn(), UPSERT, connection, &self.rows).await?;
        Ok(())
    }
}

/// The arrival that a receipt is of; none for what was only checked in. Its key begins with the
/// id of the arrival's item.
fn arrival(receipt: &Receipt, arrivals: &HashMap<i64, i64>) -> Option<i64> {
    let item = receipt.key.split(':').next()?.parse().ok()?;
    arrivals.get(&item).copied()
}
