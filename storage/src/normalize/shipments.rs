//! Arrivals of goods with their items, and the purchase orders they bear on.

use super::versions::Write;
use super::work::Work;
use crate::batch::{hex, json, run};
use crate::error::StoreError;
use crate::fan_out;
use crate::instant::millis;
use crate::pages::StoredPage;
use crate::store::WriteTx;
use pipeline::normalize::Normal;
use pipeline::record::{Record, Shipment};
use std::collections::BTreeSet;

const HELD: &str = "
    SELECT json_group_array(json_array(
        s.shipment_id, s.observation, s.changed_at, hex(s.hash), s.version,
        v.version, v.run_id, v.settings_version, v.loaded))
    FROM source_shipments s
    LEFT JOIN verdicts v ON v.connection_id = s.connection_id AND v.feed = 'shipments'
                        AND v.record_id = s.shipment_id
    WHERE s.connection_id = ?1 AND s.shipment_id IN (SELECT value FROM json_each(?2))";

const SAME: &str = "
    UPDATE source_shipments SET observation = ?3, changed_at = coalesce(j.value ->> 1, changed_at)
    FROM json_each(?2) j
    WHERE connection_id = ?1 AND shipment_id = j.value ->> 0";

const UPSERT: &str = "
    INSERT INTO source_shipments (connection_id, shipment_id, order_id, received, received_at,
                                  created_at, changed_at, version, hash, observation, page_id)
    SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
           value ->> 6, unhex(value ->> 7), ?3, ?4
    FROM json_each(?2) WHERE true
    ON CONFLICT (connection_id, shipment_id) DO UPDATE SET
        order_id = excluded.order_id, received = excluded.received,
        received_at = excluded.received_at, created_at = excluded.created_at,
        changed_at = excluded.changed_at, version = excluded.version, hash = excluded.hash,
        observation = excluded.observation, page_id = excluded.page_id";

/// The orders that these arrivals belonged to.
const FORMER_ORDERS: &str = "
    SELECT DISTINCT order_id FROM source_shipments
    WHERE connection_id = ?1 AND shipment_id IN (SELECT value FROM json_each(?2))";

const DELETE_ITEMS: &str = "
    DELETE FROM source_shipment_items
    WHERE connection_id = ?1 AND shipment_id IN (SELECT value FROM json_each(?2))";

const INSERT_ITEMS: &str = "
    INSERT INTO source_shipment_items
        (connection_id, shipment_id, shipment_item_id, item_id, line_id, received)
    SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4
    FROM json_each(?2)";

/// Orders whose arrivals were asked for and are all here.
const ASKED: &str = "
    DELETE FROM wanted_records WHERE connection_id = ?1 AND feed = 'shipments'
      AND record_id IN (SELECT value FROM json_each(?2))";

pub(super) async fn apply(
    tx: &mut WriteTx,
    work: &mut Work,
    page: &StoredPage,
    records: &[Normal],
) -> Result<Vec<i64>, StoreError> {
    if let Some(orders) = &page.asked {
        run(tx.conn(), ASKED, work.connection, orders).await?;
    }
    let ids: Vec<i64> = records.iter().map(id_of).collect();
    let held = work.held(tx, HELD, &ids).await?;
    let sorted = work.sort(records, id_of, &held, |_| false);
    work.note_same(tx, SAME, &sorted.same).await?;
    let shipments: Vec<(&Write<'_>, &Shipment)> = sorted
        .writes
        .iter()
        .filter_map(|write| match &write.normal.record {
            Record::Shipment(shipment) => Some((write, shipment)),
            _ => None,
        })
        .collect();
    if shipments.is_empty() {
        return Ok(ids);
    }
    let replaced: Vec<i64> = shipments
        .iter()
        .filter(|(w, _)| !w.new)
        .map(|(w, _)| w.id)
        .collect();
    let mut orders: BTreeSet<i64> = shipments.iter().map(|(_, one)| one.order.0).collect();
    if !replaced.is_empty() {
        let former: Vec<i64> = sqlx::query_scalar(FORMER_ORDERS)
            .bind(work.connection)
            .bind(json(&replaced))
            .fetch_all(tx.conn())
            .await?;
        orders.extend(former);
    }
    run(tx.conn(), DELETE_ITEMS, work.connection, &replaced).await?;
    let rows: Vec<_> = shipments.iter().map(|(w, one)| row(w, one)).collect();
    work.upsert(tx, UPSERT, &rows).await?;
    let items: Vec<_> = shipments
        .iter()
        .flat_map(|(_, one)| one.items.iter().map(move |item| (one.id.0, item)))
        .map(|(shipment, item)| {
            (
                shipment,
                item.id.0,
                item.item.map(|id| id.0),
                item.line.map(|id| id.0),
                item.received,
            )
        })
        .collect();
    run(tx.conn(), INSERT_ITEMS, work.connection, &items).await?;
    // Whether an order counts depends on whether anything of it arrived.
    let orders: Vec<i64> = orders.into_iter().collect();
    work.judge(tx, fan_out::JUDGE_ORDERS, &orders).await?;
    Ok(ids)
}

fn id_of(normal: &Normal) -> i64 {
    match &normal.record {
        Record::Shipment(shipment) => shipment.id.0,
        _ => 0,
    }
}

type Row = (
    i64,
    i64,
    bool,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    i64,
    String,
);

fn row(write: &Write<'_>, shipment: &Shipment) -> Row {
    (
        shipment.id.0,
        shipment.order.0,
        shipment.items.iter().any(|item| item.received > 0),
        shipment.received_at.map(millis),
        shipment.created_at.map(millis),
        shipment.changed_at.map(millis),
        write.version,
        hex(&write.normal.hash),
    )
}
