//! Purchase orders with their lines.

use super::asked;
use super::moves::{Arriving, Moves};
use super::versions::Write;
use super::work::Work;
use crate::batch::{hex, run};
use crate::error::StoreError;
use crate::fan_out;
use crate::instant::millis;
use crate::pages::StoredPage;
use crate::store::WriteTx;
use pipeline::normalize::Normal;
use pipeline::record::{Order, OrderLine, Record};
use std::collections::{BTreeMap, BTreeSet};

const HELD: &str = "
    SELECT json_group_array(json_array(
        s.order_id, s.observation, s.changed_at, hex(s.hash), s.version,
        v.version, v.run_id, v.settings_version, v.loaded))
    FROM source_orders s
    LEFT JOIN verdicts v ON v.connection_id = s.connection_id AND v.feed = 'orders'
                        AND v.record_id = s.order_id
    WHERE s.connection_id = ?1 AND s.order_id IN (SELECT value FROM json_each(?2))";

const SAME: &str = "
    UPDATE source_orders SET observation = ?3, changed_at = coalesce(j.value ->> 1, changed_at)
    FROM json_each(?2) j
    WHERE connection_id = ?1 AND order_id = j.value ->> 0";

const UPSERT: &str = "
    INSERT INTO source_orders (connection_id, order_id, vendor_id, shop_id, reference, ordered_at,
        expected_at, received_at, complete, archived, has_shipments, created_at, changed_at,
        seen_at, version, hash, observation, page_id)
    SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
           value ->> 6, value ->> 7, value ->> 8, value ->> 9, value ->> 10, value ->> 11,
           value ->> 12, value ->> 13, unhex(value ->> 14), ?3, ?4
    FROM json_each(?2) WHERE true
    ON CONFLICT (connection_id, order_id) DO UPDATE SET
        vendor_id = excluded.vendor_id, shop_id = excluded.shop_id,
        reference = excluded.reference, ordered_at = excluded.ordered_at,
        expected_at = excluded.expected_at, received_at = excluded.received_at,
        complete = excluded.complete, archived = excluded.archived,
        has_shipments = excluded.has_shipments, created_at = excluded.created_at,
        changed_at = excluded.changed_at, seen_at = excluded.seen_at,
        version = excluded.version, hash = excluded.hash,
        observation = excluded.observation, page_id = excluded.page_id";

/// Lines that arrive and are held already, wherever they are held.
const HELD_LINES: &str = "
    SELECT line_id, order_id, observation, changed_at FROM source_order_lines
    WHERE connection_id = ?1 AND line_id IN (SELECT value FROM json_each(?2))";

const DELETE_LINES: &str = "
    DELETE FROM source_order_lines
    WHERE connection_id = ?1 AND order_id IN (SELECT value FROM json_each(?2))";

const DELETE_MOVED: &str = "
    DELETE FROM source_order_lines
    WHERE (connection_id, order_id, line_id) IN
          (SELECT ?1, value ->> 0, value ->> 1 FROM json_each(?2))";

/// An order that lost a line, or did not get one that another order holds in a newer version: no
/// later version of it may count as the same.
const FORGET_HASH: &str = "
    UPDATE source_orders SET hash = NULL, version = version + 1
    WHERE connection_id = ?1 AND order_id IN (SELECT value FROM json_each(?2))";

const INSERT_LINES: &str = "
    INSERT INTO source_order_lines (connection_id, order_id, line_id, item_id, quantity, value,
                                    checked_in, changed_at, observation)
    SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
           value ->> 6, ?3
    FROM json_each(?2) WHERE ?4 IS NOT NULL";

/// The arrivals of orders seen changed are read again, unless the run reads all there are.
const WANT_ARRIVALS: &str = "
    INSERT INTO wanted_records (connection_id, feed, record_id, state, since_at)
    SELECT DISTINCT ?1, 'shipments', j.value, 'wanted', p.fetched_at
    FROM json_each(?2) j JOIN pages p ON p.id = ?4
    WHERE ?3 IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM feed_runs f JOIN runs r ON r.id = f.run_id
        WHERE f.run_id = p.run_id AND f.feed = 'shipments' AND r.kind = 'backfill')
    ON CONFLICT (connection_id, feed, record_id) DO UPDATE SET
        state = 'wanted', since_at = excluded.since_at, page_id = NULL";

pub(super) async fn apply(
    tx: &mut WriteTx,
    work: &mut Work,
    page: &StoredPage,
    records: &[Normal],
) -> Result<Vec<i64>, StoreError> {
    let ids: Vec<i64> = records.iter().map(id_of).collect();
    let held = work.held(tx, HELD, &ids).await?;
    let sorted = work.sort(records, id_of, &held, |_| false);
    work.note_same(tx, SAME, &sorted.same).await?;
    let orders: Vec<(&Write<'_>, &Order)> = sorted
        .writes
        .iter()
        .filter_map(|write| match &write.normal.record {
            Record::Order(order) => Some((write, order)),
            _ => None,
        })
        .collect();
    let incomplete = replace(tx, work, page, &orders).await?;
    let written: Vec<i64> = orders.iter().map(|(write, _)| write.id).collect();
    work.upsert(tx, WANT_ARRIVALS, &written).await?;
    // What arrived for an order waits for it, or for the news that there is none.
    let mut awaited = asked::settle(tx, work, page, &ids).await?;
    awaited.extend(orders.iter().filter(|(w, _)| w.new).map(|(w, _)| w.id));
    work.fan_out(tx, fan_out::SHIPMENTS_OF_ORDERS, &awaited)
        .await?;
    work.touches
        .extend(incomplete.into_iter().map(|id| (id, None)));
    Ok(ids)
}

/// Writes the orders with their lines. Returns those that lost a line or did not get one.
async fn replace(
    tx: &mut WriteTx,
    work: &Work,
    page: &StoredPage,
    orders: &[(&Write<'_>, &Order)],
) -> Result<BTreeSet<i64>, StoreError> {
    if orders.is_empty() {
        return Ok(BTreeSet::new());
    }
    let arriving: Vec<Arriving> = orders
        .iter()
        .flat_map(|(_, order)| {
            order
                .lines
                .iter()
                .map(|line| (order.id.0, line.id.0, line.changed_at.map(millis)))
        })
        .collect();
    let written: BTreeSet<i64> = orders.iter().map(|(write, _)| write.id).collect();
    let moves = Moves::of(tx, work, HELD_LINES, &arriving, &written).await?;
    let replaced: Vec<i64> = orders
        .iter()
        .filter(|(w, _)| !w.new)
        .map(|(w, _)| w.id)
        .collect();
    run(tx.conn(), DELETE_LINES, work.connection, &replaced).await?;
    run(tx.conn(), DELETE_MOVED, work.connection, &moves.left).await?;
    let seen_at = millis(page.fetched_at);
    let rows: Vec<_> = orders
        .iter()
        .map(|(write, order)| row(write, order, seen_at))
        .collect();
    work.upsert(tx, UPSERT, &rows).await?;
    let placed: BTreeMap<i64, (&Order, &OrderLine)> = orders
        .iter()
        .flat_map(|(_, order)| {
            order
                .lines
                .iter()
                .map(move |line| (line.id.0, (*order, line)))
        })
        .filter(|(line, _)| !moves.elsewhere.contains(line))
        .collect();
    let lines: Vec<_> = placed
        .into_values()
        .map(|(order, line)| {
            (
                order.id.0,
                line.id.0,
                line.item.map(|id| id.0),
                line.quantity,
                line.value.to_string(),
                line.checked_in,
                line.changed_at.map(millis),
            )
        })
        .collect();
    work.upsert(tx, INSERT_LINES, &lines).await?;
    let incomplete: Vec<i64> = moves.incomplete.iter().copied().collect();
    run(tx.conn(), FORGET_HASH, work.connection, &incomplete).await?;
    let mut touched = moves.incomplete;
    touched.retain(|id| !written.contains(id));
    Ok(touched)
}

fn id_of(normal: &Normal) -> i64 {
    match &normal.record {
        Record::Order(order) => order.id.0,
        _ => 0,
    }
}

/// A row as a JSON array; too wide for a tuple.
fn row(write: &Write<'_>, order: &Order, seen_at: i64) -> serde_json::Value {
    serde_json::json!([
        order.id,
        order.vendor,
        order.shop,
        order.reference,
        order.ordered_at.map(millis),
        order.expected_at.map(millis),
        order.received_at.map(millis),
        order.complete,
        order.archived,
        order.has_shipments,
        order.created_at.map(millis),
        order.changed_at.map(millis),
        seen_at,
        write.version,
        hex(&write.normal.hash),
    ])
}
