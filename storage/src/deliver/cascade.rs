//! What follows from the outcome of one delivery for others.

use super::intents::credit;
use super::ledger;
use super::outcomes::{AckLine, Outcome, Settled};
use super::relations::row;
use super::touches::{self, Touch, touch};
use super::work::key;
use crate::batch::json;
use crate::error::StoreError;
use crate::store::WriteTx;
use pipeline::deliver::{Entity, Key, receipts_of};
use pipeline::id::ConnectionId;
use serde_json::json as array;
use sqlx::Row;
use std::collections::HashMap;

/// Rank and run of deliveries.
const PLACES: &str = "
    SELECT d.entity, d.object_id, d.part, d.rank, d.run_id FROM json_each(?2) j
    JOIN deliveries d ON d.connection_id = ?1 AND d.entity = j.value ->> 0
        AND d.object_id = j.value ->> 1 AND d.part = j.value ->> 2";

const CAME_ALONG: &str = "
    INSERT INTO deliveries (connection_id, entity, object_id, part, state, lane, rank, run_id,
                            looked, remote_id, acknowledged, counted, sent)
    SELECT ?1, value ->> 0, value ->> 1, value ->> 2, 'acknowledged', value ->> 3, value ->> 4,
           value ->> 5, 1, value ->> 6, value ->> 7, 'acknowledged', 1
    FROM json_each(?2) WHERE true
    ON CONFLICT (connection_id, entity, object_id, part) DO UPDATE SET
        state = 'acknowledged', looked = touched, remote_id = excluded.remote_id,
        acknowledged = excluded.acknowledged, counted = 'acknowledged', run_id = excluded.run_id,
        op = NULL, intent = NULL, natural_key = NULL, waits_on = NULL, reason = NULL, detail = NULL
    RETURNING entity, object_id, part, run_id, counted, reason";

const LINES_GO: &str = "
    DELETE FROM deliveries
    WHERE connection_id = ?1 AND (entity, object_id) IN
          (SELECT value ->> 0, value ->> 1 FROM json_each(?2))
    RETURNING entity, object_id, part, run_id, iif(counted = '', 'acknowledged', ''), reason";

const RECEIPTS_GO: &str = "
    UPDATE deliveries SET remote_id = NULL, uuid = NULL, acknowledged = NULL
    WHERE connection_id = ?1 AND entity = 'receipt'
      AND object_id IN (SELECT value FROM json_each(?2))";

/// What names a product or a supplier that Optiply calls otherwise from now on.
const NAMES_PRODUCTS: [&str; 5] = [
    "SELECT 'supplier_product', item_id, CAST(vendor_id AS TEXT) FROM model_supplier_products
     WHERE connection_id = ?1 AND item_id IN (SELECT value FROM json_each(?2))",
    "SELECT 'composition', item_id, CAST(part_item_id AS TEXT) FROM model_product_compositions
     WHERE connection_id = ?1 AND item_id IN (SELECT value FROM json_each(?2))",
    "SELECT 'composition', item_id, CAST(part_item_id AS TEXT) FROM model_product_compositions
     WHERE connection_id = ?1 AND part_item_id IN (SELECT value FROM json_each(?2))",
    "SELECT DISTINCT 'sell_order', sale_id, '' FROM model_sell_order_lines
     WHERE connection_id = ?1 AND item_id IN (SELECT value FROM json_each(?2))",
    "SELECT DISTINCT 'buy_order', order_id, '' FROM model_buy_order_lines
     WHERE connection_id = ?1 AND item_id IN (SELECT value FROM json_each(?2))",
];

const NAMES_SUPPLIERS: [&str; 2] = [
    "SELECT 'supplier_product', item_id, CAST(vendor_id AS TEXT) FROM model_supplier_products
     WHERE connection_id = ?1 AND vendor_id IN (SELECT value FROM json_each(?2))",
    "SELECT 'buy_order', order_id, '' FROM model_buy_orders
     WHERE connection_id = ?1 AND vendor_id IN (SELECT value FROM json_each(?2))",
];

const RECEIPTS_OF: [&str; 1] = ["SELECT entity, object_id, part FROM deliveries
     WHERE connection_id = ?1 AND entity = 'receipt'
       AND object_id IN (SELECT value FROM json_each(?2))"];

/// The lines that came with orders become deliveries of their own.
pub(super) async fn lines_of(
    tx: &mut WriteTx,
    connection: ConnectionId,
    settled: &[Settled],
    done: &[Key],
) -> Result<(), StoreError> {
    let orders: Vec<(&Key, &[AckLine])> = settled
        .iter()
        .filter_map(|one| match &one.outcome {
            Outcome::Acknowledged(ack) if !ack.lines.is_empty() && done.contains(&one.key) => {
                Some((&one.key, ack.lines.as_slice()))
            }
            _ => None,
        })
        .collect();
    if orders.is_empty() {
        return Ok(());
    }
    let keys: Vec<&Key> = orders.iter().map(|(key, _)| *key).collect();
    let places = places(tx, connection, &keys).await?;
    let (mut came, mut entering, mut to_make) = (Vec::new(), Vec::new(), Vec::new());
    for (order, lines) in orders {
        let Some((rank, run)) = places.get(order) else {
            continue;
        };
        for line in lines {
            let touch = touch(line.key.clone(), *rank, *run);
            match &line.acknowledged {
                Some(acknowledged) => {
                    let Touch(entity, object, part, lane, rank, run) = &touch;
                    came.push(array!([
                        entity,
                        object,
                        part,
                        lane,
                        rank,
                        run,
                        line.remote_id,
                        acknowledged
                    ]));
                    entering.push(touch);
                }
                None => to_make.push(touch),
            }
        }
    }
    if !came.is_empty() {
        ledger::enter(tx.conn(), connection, &json(&entering)).await?;
        let rows = sqlx::query(CAME_ALONG)
            .bind(connection.0)
            .bind(json(&came))
            .fetch_all(tx.conn())
            .await?;
        credit(tx, &rows).await?;
    }
    touches::write(tx, connection, &to_make).await
}

/// Rank and run of those deliveries that there are.
pub(super) async fn places(
    tx: &mut WriteTx,
    connection: ConnectionId,
    keys: &[&Key],
) -> Result<HashMap<Key, (i64, i64)>, StoreError> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<_> = keys.iter().map(|key| row(key)).collect();
    let rows = sqlx::query(PLACES)
        .bind(connection.0)
        .bind(json(&rows))
        .fetch_all(tx.conn())
        .await?;
    rows.iter()
        .map(|row| Ok((key(row)?, (row.try_get(3)?, row.try_get(4)?))))
        .collect()
}

/// What hung on rows that are gone from Optiply is gone too, and what names them names others soon.
pub(super) async fn below(
    tx: &mut WriteTx,
    connection: ConnectionId,
    gone: &[Key],
) -> Result<(), StoreError> {
    let of = |entity: Entity| -> Vec<i64> {
        let keys = gone.iter().filter(|key| key.entity == entity);
        keys.map(|key| key.object).collect()
    };
    let lines: Vec<(&str, i64)> = gone
        .iter()
        .filter_map(|key| Some((key.entity.line()?.name(), key.object)))
        .collect();
    if !lines.is_empty() {
        let rows = sqlx::query(LINES_GO)
            .bind(connection.0)
            .bind(json(&lines))
            .fetch_all(tx.conn())
            .await?;
        credit(tx, &rows).await?;
    }
    let orders = of(Entity::BuyOrder);
    crate::batch::run(tx.conn(), RECEIPTS_GO, connection.0, &orders).await?;
    let mut with_receipts = of(Entity::BuyOrderLine);
    with_receipts.extend(orders);
    touch_named(tx, connection, &RECEIPTS_OF, &with_receipts).await?;
    touch_named(tx, connection, &NAMES_PRODUCTS, &of(Entity::Product)).await?;
    touch_named(tx, connection, &NAMES_SUPPLIERS, &of(Entity::Supplier)).await
}

/// Touches the deliveries that these statements name.
async fn touch_named(
    tx: &mut WriteTx,
    connection: ConnectionId,
    statements: &[&'static str],
    ids: &[i64],
) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    let mut keys = Vec::new();
    for sql in statements {
        let rows = sqlx::query(*sql)
            .bind(connection.0)
            .bind(json(ids))
            .fetch_all(tx.conn())
            .await?;
        for row in &rows {
            keys.push(key(row)?);
        }
    }
    touch_again(tx, connection, keys).await
}

/// Touches deliveries for the run that had them last.
pub(crate) async fn touch_again(
    tx: &mut WriteTx,
    connection: ConnectionId,
    mut keys: Vec<Key>,
) -> Result<(), StoreError> {
    keys.sort_unstable();
    keys.dedup();
    let places = places(tx, connection, &keys.iter().collect::<Vec<_>>()).await?;
    let touched: Vec<Touch> = keys
        .into_iter()
        .filter_map(|key| {
            let (rank, run) = *places.get(&key)?;
            Some(touch(key, rank, run))
        })
        .collect();
    touches::write(tx, connection, &touched).await
}

/// Rows that Optiply has lost are forgotten and made again.
pub(crate) async fn lost(
    tx: &mut WriteTx,
    connection: ConnectionId,
    keys: &[Key],
) -> Result<(), StoreError> {
    touch_again(tx, connection, keys.to_vec()).await?;
    let rows: Vec<_> = keys.iter().map(row).collect();
    sqlx::query(
        "UPDATE deliveries SET remote_id = NULL, uuid = NULL, acknowledged = NULL,
             recreated = recreated + 1
         WHERE connection_id = ?1 AND (entity, object_id, part) IN
               (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?2))",
    )
    .bind(connection.0)
    .bind(json(&rows))
    .execute(tx.conn())
    .await?;
    below(tx, connection, keys).await
}

const WAKE: &str = "
    UPDATE deliveries SET state = 'pending', waits_on = NULL, next_at = 0
    WHERE connection_id = ?1 AND state = 'waiting'
      AND waits_on IN (SELECT value FROM json_each(?2))";

/// What was refused because another supplier of the product was preferred still.
const RIVALS: [&str; 1] = ["SELECT entity, object_id, part FROM deliveries
     WHERE connection_id = ?1 AND state = 'parked' AND entity = 'supplier_product'
       AND object_id IN (SELECT value FROM json_each(?2)) AND reason = 'refused_by_optiply'"];

/// What waited for these goes on.
pub(super) async fn wake(
    tx: &mut WriteTx,
    connection: ConnectionId,
    done: &[Key],
    parked: &[Key],
) -> Result<(), StoreError> {
    let mut names: Vec<String> = done.iter().map(Key::to_string).collect();
    // A buy order is completed when its receipts are delivered, or cannot be.
    names.extend(
        done.iter()
            .chain(parked)
            .filter(|key| matches!(key.entity, Entity::Receipt | Entity::BuyOrderLine))
            .map(|key| receipts_of(key.object)),
    );
    crate::batch::run(tx.conn(), WAKE, connection.0, &names).await?;
    let pairs: Vec<i64> = done
        .iter()
        .filter(|key| key.entity == Entity::SupplierProduct)
        .map(|key| key.object)
        .collect();
    touch_named(tx, connection, &RIVALS, &pairs).await
}
