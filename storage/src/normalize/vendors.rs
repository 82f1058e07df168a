//! Vendors.

use super::asked;
use super::versions::Write;
use super::work::Work;
use crate::batch::{hex, json};
use crate::error::StoreError;
use crate::fan_out;
use crate::instant::millis;
use crate::pages::StoredPage;
use crate::store::WriteTx;
use pipeline::normalize::Normal;
use pipeline::record::Record;
use sqlx::Row as _;
use std::collections::HashMap;

const HELD: &str = "
    SELECT json_group_array(json_array(
        s.vendor_id, s.observation, s.changed_at, hex(s.hash), s.version,
        v.version, v.run_id, v.settings_version, v.loaded))
    FROM source_vendors s
    LEFT JOIN verdicts v ON v.connection_id = s.connection_id AND v.feed = 'vendors'
                        AND v.record_id = s.vendor_id
    WHERE s.connection_id = ?1 AND s.vendor_id IN (SELECT value FROM json_each(?2))";

const SAME: &str = "
    UPDATE source_vendors SET observation = ?3, missing_walks = 0,
           changed_at = coalesce(j.value ->> 1, changed_at)
    FROM json_each(?2) j
    WHERE connection_id = ?1 AND vendor_id = j.value ->> 0";

const UPSERT: &str = "
    INSERT INTO source_vendors (connection_id, vendor_id, name, archived, emails, currency,
                                changed_at, version, hash, observation, page_id,
                                first_observation)
    SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
           value ->> 6, unhex(value ->> 7), ?3, ?4, ?3
    FROM json_each(?2) WHERE true
    ON CONFLICT (connection_id, vendor_id) DO UPDATE SET
        name = excluded.name, archived = excluded.archived, emails = excluded.emails,
        currency = excluded.currency, changed_at = excluded.changed_at,
        version = excluded.version, hash = excluded.hash,
        observation = excluded.observation, page_id = excluded.page_id,
        missing_walks = 0, vanished_at = NULL";

/// What of the held versions others depend on; `back` tells a vendor that had vanished and is seen
/// again, later than the walk that missed it.
const FORMER: &str = "
    SELECT vendor_id, archived, currency, vanished_at IS NOT NULL AND observation < ?3 AS back
    FROM source_vendors
    WHERE connection_id = ?1 AND vendor_id IN (SELECT value FROM json_each(?2))";

/// What others depend on in a held version.
struct Former {
    archived: bool,
    currency: Option<String>,
    back: bool,
}

pub(super) async fn apply(
    tx: &mut WriteTx,
    work: &mut Work,
    page: &StoredPage,
    records: &[Normal],
) -> Result<Vec<i64>, StoreError> {
    let ids: Vec<i64> = records.iter().map(id_of).collect();
    let held = work.held(tx, HELD, &ids).await?;
    let former = former(tx, work, &ids).await?;
    let back = |id| former.get(&id).is_some_and(|held| held.back);
    let sorted = work.sort(records, id_of, &held, back);
    work.note_same(tx, SAME, &sorted.same).await?;
    let rows: Vec<_> = sorted.writes.iter().filter_map(row).collect();
    work.upsert(tx, UPSERT, &rows).await?;
    // Buy orders depend on whether their vendor is known at all, supplier products on its content.
    let mut orders = asked::settle(tx, work, page, &ids).await?;
    let mut pairs = Vec::new();
    for write in &sorted.writes {
        let Record::Vendor(vendor) = &write.normal.record else {
            continue;
        };
        match former.get(&write.id) {
            None => orders.push(write.id),
            Some(held) => {
                if held.back {
                    orders.push(write.id);
                }
                if held.back || held.archived != vendor.archived || held.currency != vendor.currency
                {
                    pairs.push(write.id);
                }
            }
        }
    }
    work.fan_out(tx, fan_out::ORDERS_OF_VENDORS, &orders)
        .await?;
    work.fan_out(tx, fan_out::PAIRS_OF_VENDORS, &pairs).await?;
    Ok(ids)
}

async fn former(
    tx: &mut WriteTx,
    work: &Work,
    ids: &[i64],
) -> Result<HashMap<i64, Former>, StoreError> {
    let rows = sqlx::query(FORMER)
        .bind(work.connection)
        .bind(json(ids))
        .bind(work.observation)
        .fetch_all(tx.conn())
        .await?;
    rows.iter()
        .map(|row| {
            let former = Former {
                archived: row.try_get(1)?,
                currency: row.try_get(2)?,
                back: row.try_get(3)?,
            };
            Ok((row.try_get(0)?, former))
        })
        .collect()
}

fn id_of(normal: &Normal) -> i64 {
    match &normal.record {
        Record::Vendor(vendor) => vendor.id.0,
        _ => 0,
    }
}

type Row<'a> = (
    i64,
    &'a str,
    bool,
    String,
    Option<&'a str>,
    Option<i64>,
    i64,
    String,
);

fn row<'a>(write: &Write<'a>) -> Option<Row<'a>> {
    let Record::Vendor(vendor) = &write.normal.record else {
        return None;
    };
    Some((
        vendor.id.0,
        &vendor.name,
        vendor.archived,
        json(&vendor.emails),
        vendor.currency.as_deref(),
        vendor.changed_at.map(millis),
        write.version,
        hex(&write.normal.hash),
    ))
}
