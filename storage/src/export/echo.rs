//! A buy order that was ordered: from then on what happens to its purchase order is told to it.

use crate::batch::json;
use crate::error::StoreError;
use crate::leases::Lease;
use crate::store::WriteTx;
use pipeline::deliver::Key;
use pipeline::id::{BuyOrderId, ItemId, OrderId, OrderLineId};
use serde_json::json as value;
use sqlx::Row;

/// A buy order as Optiply holds it when its purchase order is placed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Echo {
    /// When it was placed, as text of ours.
    pub placed: String,
    /// When it is expected.
    pub expected: Option<String>,
    /// Its total.
    pub total: String,
    /// Its attributes, as canonical JSON.
    pub acknowledged: String,
    /// The first of its lines of each item.
    pub lines: Vec<EchoLine>,
}

/// A line of a buy order as Optiply holds it then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EchoLine {
    /// The item.
    pub item: ItemId,
    /// What Optiply calls the line.
    pub remote_id: i64,
    /// Pieces.
    pub quantity: i64,
    /// Value of the line.
    pub value: String,
    /// Its attributes, as canonical JSON.
    pub acknowledged: String,
}

/// Writes down what Optiply holds, as if it had been delivered by us.
pub(super) async fn write(
    tx: &mut WriteTx,
    lease: &Lease,
    order: BuyOrderId,
    echo: &Echo,
) -> Result<(), StoreError> {
    let row = sqlx::query(
        "INSERT INTO echo_buy_orders (connection_id, order_id, buy_order_id, vendor_id, placed,
                                      expected_delivery_date, own_value, total_value,
                                      read_before)
         SELECT ?1, e.order_id, ?2, e.intent ->> '$.vendor', ?3, ?4, ?5, ?5,
                (SELECT s.version FROM source_orders s
                 WHERE s.connection_id = ?1 AND s.order_id = e.order_id)
         FROM exports e
         WHERE e.connection_id = ?1 AND e.buy_order_id = ?2 AND e.order_id IS NOT NULL
         ON CONFLICT (connection_id, order_id) DO UPDATE SET
             placed = excluded.placed, expected_delivery_date = excluded.expected_delivery_date,
             own_value = excluded.own_value, total_value = excluded.total_value,
             read_before = excluded.read_before
         RETURNING order_id",
    )
    .bind(lease.connection.0)
    .bind(order.0)
    .bind(&echo.placed)
    .bind(&echo.expected)
    .bind(&echo.total)
    .fetch_one(tx.conn())
    .await?;
    let purchase = OrderId(row.try_get(0)?);
    let lines: Vec<_> = echo
        .lines
        .iter()
        .map(|line| value!([line.item.0, line.quantity, line.value]))
        .collect();
    let known = sqlx::query(
        "INSERT INTO echo_buy_order_lines (connection_id, order_id, order_line_id, item_id, ordered,
                                           price, own_quantity, own_value, quantity, subtotal_value)
         SELECT ?1, ?4, l.order_line_id, l.item_id, l.quantity, l.price, j.value ->> 1,
                j.value ->> 2, j.value ->> 1, j.value ->> 2
         FROM json_each(?3) j
         JOIN export_lines l ON l.connection_id = ?1 AND l.buy_order_id = ?2
             AND l.item_id = j.value ->> 0 AND l.order_line_id IS NOT NULL
         WHERE true
         ON CONFLICT (connection_id, order_id, order_line_id) DO UPDATE SET
             item_id = excluded.item_id, ordered = excluded.ordered, price = excluded.price,
             own_quantity = excluded.own_quantity, own_value = excluded.own_value,
             quantity = excluded.quantity, subtotal_value = excluded.subtotal_value
         RETURNING item_id, order_line_id",
    )
    .bind(lease.connection.0)
    .bind(order.0)
    .bind(value!(lines).to_string())
    .bind(purchase.0)
    .fetch_all(tx.conn())
    .await?;
    let kept = known
        .iter()
        .map(|row| row.try_get::<i64, _>(1))
        .collect::<Result<Vec<_>, _>>()?;
    drop_lines(tx, lease, purchase, &kept).await?;
    let mut held = vec![(Key::buy_order(purchase), order.0, echo.acknowledged.clone())];
    for row in &known {
        let (item, line): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        let of_item = echo.lines.iter().find(|line| line.item.0 == item);
        held.extend(of_item.map(|of_item| {
            let key = Key::buy_order_line(purchase, OrderLineId(line));
            (key, of_item.remote_id, of_item.acknowledged.clone())
        }));
    }
    acknowledge(tx, lease, &held).await
}

/// Lines beside these are not told of any more.
async fn drop_lines(
    tx: &mut WriteTx,
    lease: &Lease,
    purchase: OrderId,
    kept: &[i64],
) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM echo_buy_order_lines WHERE connection_id = ?1 AND order_id = ?2
             AND order_line_id NOT IN (SELECT value FROM json_each(?3))",
        "DELETE FROM deliveries WHERE connection_id = ?1 AND entity = 'buy_order_line'
             AND object_id = ?2
             AND CAST(part AS INTEGER) NOT IN (SELECT value FROM json_each(?3))",
    ] {
        sqlx::query(sql)
            .bind(lease.connection.0)
            .bind(purchase.0)
            .bind(json(kept))
            .execute(tx.conn())
            .await?;
    }
    Ok(())
}

/// Nothing is told of its purchase order any more, because Optiply does not hold it.
pub(super) async fn forget(
    tx: &mut WriteTx,
    lease: &Lease,
    order: BuyOrderId,
) -> Result<(), StoreError> {
    let purchase: Option<i64> = sqlx::query_scalar(
        "SELECT order_id FROM exports
         WHERE connection_id = ?1 AND buy_order_id = ?2 AND exported_at IS NOT NULL",
    )
    .bind(lease.connection.0)
    .bind(order.0)
    .fetch_optional(tx.conn())
    .await?
    .flatten();
    let Some(purchase) = purchase else {
        return Ok(());
    };
    drop_lines(tx, lease, OrderId(purchase), &[]).await?;
    for sql in [
        "DELETE FROM echo_buy_orders WHERE connection_id = ?1 AND order_id = ?2",
        "DELETE FROM deliveries WHERE connection_id = ?1 AND entity = 'buy_order'
             AND object_id = ?2",
    ] {
        sqlx::query(sql)
            .bind(lease.connection.0)
            .bind(purchase)
            .execute(tx.conn())
            .await?;
    }
    Ok(())
}

/// They count as delivered, and whatever waits for them goes on.
async fn acknowledge(
    tx: &mut WriteTx,
    lease: &Lease,
    held: &[(Key, i64, String)],
) -> Result<(), StoreError> {
    let rows: Vec<_> = held
        .iter()
        .map(|(key, id, acknowledged)| {
            let lane = key.entity.lane() as i64;
            value!([
                key.entity.name(),
                key.object,
                key.part,
                lane,
                id,
                acknowledged
            ])
        })
        .collect();
    sqlx::query(
        "INSERT INTO deliveries (connection_id, entity, object_id, part, state, lane, rank, looked,
                                 remote_id, acknowledged, run_id, counted)
         SELECT ?1, value ->> 0, value ->> 1, value ->> 2, 'acknowledged', value ->> 3, 0, 1,
                value ->> 4, value ->> 5, 0, 'unchanged'
         FROM json_each(?2) WHERE true
         ON CONFLICT (connection_id, entity, object_id, part) DO UPDATE SET
             state = 'acknowledged', looked = touched, remote_id = excluded.remote_id,
             acknowledged = excluded.acknowledged, waits_on = NULL, counted = 'unchanged'",
    )
    .bind(lease.connection.0)
    .bind(value!(rows).to_string())
    .execute(tx.conn())
    .await?;
    let keys: Vec<String> = held.iter().map(|(key, ..)| key.to_string()).collect();
    sqlx::query(
        "UPDATE deliveries SET state = 'pending', next_at = 0, waits_on = NULL
         WHERE connection_id = ?1 AND state = 'waiting'
           AND waits_on IN (SELECT value FROM json_each(?2))",
    )
    .bind(lease.connection.0)
    .bind(json(&keys))
    .execute(tx.conn())
    .await?;
    Ok(())
}
