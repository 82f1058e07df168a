//! Vendors.

use super::versions::Write;
use super::work::Work;
use crate::batch::hex;
use crate::error::StoreError;
use crate::instant::millis;
use crate::store::WriteTx;
use pipeline::normalize::Normal;
use pipeline::record::Record;

const HELD: &str = "
    SELECT s.vendor_id AS id, s.observation, s.changed_at, s.hash, s.version,
           v.version AS decided, v.run_id AS decided_by,
           v.settings_version AS settings, v.loaded
    FROM source_vendors s
    LEFT JOIN verdicts v ON v.connection_id = s.connection_id AND v.feed = 'vendors'
                        AND v.record_id = s.vendor_id
    WHERE s.connection_id = ?1 AND s.vendor_id IN (SELECT value FROM json_each(?2))";

const SAME: &str = "
    UPDATE source_vendors SET observation = ?3, changed_at = coalesce(j.value ->> 1, changed_at)
    FROM json_each(?2) j
    WHERE connection_id = ?1 AND vendor_id = j.value ->> 0";

const UPSERT: &str = "
    INSERT INTO source_vendors (connection_id, vendor_id, name, archived, emails, currency,
                                changed_at, version, hash, observation, page_id)
    SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
           value ->> 6, unhex(value ->> 7), ?3, ?4
    FROM json_each(?2) WHERE true
    ON CONFLICT (connection_id, vendor_id) DO UPDATE SET
        name = excluded.name, archived = excluded.archived, emails = excluded.emails,
        currency = excluded.currency, changed_at = excluded.changed_at,
        version = excluded.version, hash = excluded.hash,
        observation = excluded.observation, page_id = excluded.page_id";

pub(super) async fn apply(
    tx: &mut WriteTx,
    work: &mut Work,
    records: &[Normal],
) -> Result<Vec<i64>, StoreError> {
    let ids: Vec<i64> = records.iter().map(id_of).collect();
    let held = work.held(tx, HELD, &ids).await?;
    let sorted = work.sort(records, id_of, &held, |_| false);
    work.note_same(tx, SAME, &sorted.same).await?;
    let rows: Vec<_> = sorted.writes.iter().filter_map(row).collect();
    work.upsert(tx, UPSERT, &rows).await?;
    Ok(ids)
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
        crate::batch::json(&vendor.emails),
        vendor.currency.as_deref(),
        vendor.changed_at.map(millis),
        write.version,
        hex(&write.normal.hash),
    ))
}
