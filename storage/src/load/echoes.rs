//! Buy orders of Optiply's own, kept up with what happens to their purchase orders.

use super::credit::Written;
use crate::batch::{json, run};
use crate::error::StoreError;
use crate::instant::text;
use crate::store::WriteTx;
use pipeline::deliver::Key;
use pipeline::id::{OrderId, OrderLineId};
use pipeline::load::BuyOrder;
use pipeline::money::cents;
use rust_decimal::Decimal;
use sqlx::Row;
use std::collections::HashMap;

/// One whose purchase order is just being changed by us is left until that is done, and until it was
/// read again after it: what was read before would undo what the planner typed.
const HEADS: &str = "
    SELECT order_id, completed, total_value, own_value FROM echo_buy_orders
    WHERE connection_id = ?1 AND order_id IN (SELECT value FROM json_each(?2))
      AND NOT EXISTS (SELECT 1 FROM exports e WHERE e.connection_id = ?1
                      AND e.order_id = echo_buy_orders.order_id AND e.state <> 'exported')
      AND NOT EXISTS (SELECT 1 FROM source_orders s WHERE s.connection_id = ?1
                      AND s.order_id = echo_buy_orders.order_id
                      AND s.version <= echo_buy_orders.read_before)";

const LINES: &str = "
    SELECT order_id, order_line_id, ordered, price, own_quantity, own_value, quantity,
           subtotal_value
    FROM echo_buy_order_lines
    WHERE connection_id = ?1 AND order_id IN (SELECT value FROM json_each(?2))";

const UPDATE_HEADS: &str = "
    UPDATE echo_buy_orders SET completed = j.value ->> 1, total_value = j.value ->> 2
    FROM json_each(?2) j
    WHERE echo_buy_orders.connection_id = ?1 AND echo_buy_orders.order_id = j.value ->> 0";

const UPDATE_LINES: &str = "
    UPDATE echo_buy_order_lines SET quantity = j.value ->> 2, subtotal_value = j.value ->> 3
    FROM json_each(?2) j
    WHERE echo_buy_order_lines.connection_id = ?1 AND echo_buy_order_lines.order_id = j.value ->> 0
      AND echo_buy_order_lines.order_line_id = j.value ->> 1";

/// The exported orders among those of a page.
#[derive(Default)]
pub(super) struct Echoes<'a> {
    orders: Vec<&'a BuyOrder>,
}

/// A line as it is held, and as it was.
struct Line {
    id: i64,
    ordered: i64,
    price: Decimal,
    own: (i64, Decimal),
    held: (i64, String),
}

impl<'a> Echoes<'a> {
    pub(super) fn add(&mut self, order: &'a BuyOrder) {
        self.orders.push(order);
    }

    /// Brings what Optiply should hold of them up to date. One that is not placed yet is not there.
    pub(super) async fn write(
        self,
        tx: &mut WriteTx,
        written: &mut Written<'_>,
    ) -> Result<(), StoreError> {
        if self.orders.is_empty() {
            return Ok(());
        }
        let connection = written.connection.0;
        let ids: Vec<i64> = self.orders.iter().map(|order| order.order_id.0).collect();
        let ids = json(&ids);
        let heads = sqlx::query(HEADS)
            .bind(connection)
            .bind(&ids)
            .fetch_all(tx.conn())
            .await?;
        let rows = sqlx::query(LINES)
            .bind(connection)
            .bind(&ids)
            .fetch_all(tx.conn())
            .await?;
        let mut lines: HashMap<i64, Vec<Line>> = HashMap::new();
        for row in &rows {
            let line = Line {
                id: row.try_get(1)?,
                ordered: row.try_get(2)?,
                price: decimal(row.try_get(3)?)?,
                own: (row.try_get(4)?, decimal(row.try_get(5)?)?),
                held: (row.try_get(6)?, row.try_get(7)?),
            };
            lines.entry(row.try_get(0)?).or_default().push(line);
        }
        let (mut new_heads, mut new_lines) = (Vec::new(), Vec::new());
        for head in &heads {
            let id: i64 = head.try_get(0)?;
            let Some(order) = self.orders.iter().find(|order| order.order_id.0 == id) else {
                continue;
            };
            let run = written.run_of("buy_order", id);
            let (mut moved, mut changed) = (Decimal::ZERO, false);
            for line in lines.remove(&id).unwrap_or_default() {
                let now = order
                    .lines
                    .iter()
                    .find(|each| each.order_line_id.0 == line.id);
                // One that was taken off in Lightspeed is left: only a person knows what they meant.
                let more = now.map_or(0, |now| now.quantity - line.ordered);
                let quantity = (line.own.0 + more).max(1);
                let added = cents(line.price * Decimal::from(quantity - line.own.0));
                moved += added;
                let wanted = (quantity, cents(line.own.1 + added).to_string());
                if wanted != line.held {
                    changed = true;
                    let key = Key::buy_order_line(OrderId(id), OrderLineId(line.id));
                    written.deliveries.add(key, 0, run);
                    new_lines.push((id, line.id, wanted.0, wanted.1));
                }
            }
            let total = cents(decimal(head.try_get(3)?)? + moved).to_string();
            let completed = order.completed.map(text);
            let held: (Option<String>, String) = (head.try_get(1)?, head.try_get(2)?);
            if changed || (completed.clone(), total.clone()) != held {
                written.deliveries.add(Key::buy_order(OrderId(id)), 0, run);
                new_heads.push((id, completed, total));
            }
        }
        run(tx.conn(), UPDATE_HEADS, connection, &new_heads).await?;
        run(tx.conn(), UPDATE_LINES, connection, &new_lines).await?;
        Ok(())
    }
}

fn decimal(text: &str) -> Result<Decimal, StoreError> {
    text.parse().map_err(|_| StoreError::Inconsistent {
        table: "echo_buy_orders",
        column: "total_value",
        row: "an exported order".to_owned(),
        found: text.to_owned(),
    })
}
