//! Shops, and the products they concern when they change.

use super::versions::Write;
use super::work::Work;
use crate::batch::hex;
use crate::error::StoreError;
use crate::instant::millis;
use crate::store::WriteTx;
use pipeline::normalize::Normal;
use pipeline::record::Record;

const HELD: &str = "
    SELECT json_group_array(json_array(
        s.shop_id, s.observation, s.changed_at, hex(s.hash), s.version,
        v.version, v.run_id, v.settings_version, v.loaded))
    FROM source_shops s
    LEFT JOIN verdicts v ON v.connection_id = s.connection_id AND v.feed = 'shops'
                        AND v.record_id = s.shop_id
    WHERE s.connection_id = ?1 AND s.shop_id IN (SELECT value FROM json_each(?2))";

const SAME: &str = "
    UPDATE source_shops SET observation = ?3, changed_at = coalesce(j.value ->> 1, changed_at)
    FROM json_each(?2) j
    WHERE connection_id = ?1 AND shop_id = j.value ->> 0";

const UPSERT: &str = "
    INSERT INTO source_shops (connection_id, shop_id, name, time_zone, archived, tax, changed_at,
                              version, hash, observation, page_id)
    SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
           value ->> 6, unhex(value ->> 7), ?3, ?4
    FROM json_each(?2) WHERE true
    ON CONFLICT (connection_id, shop_id) DO UPDATE SET
        name = excluded.name, time_zone = excluded.time_zone, archived = excluded.archived,
        tax = excluded.tax, changed_at = excluded.changed_at,
        version = excluded.version, hash = excluded.hash,
        observation = excluded.observation, page_id = excluded.page_id";

/// Archived or not decides whether a shop's stock counts.
const TOUCH_STOCKED: &str = "
    INSERT INTO object_touches (connection_id, object, object_id)
    SELECT DISTINCT ?1, 'product', item_id FROM source_stock
    WHERE connection_id = ?1 AND shop_id IN (SELECT value FROM json_each(?2))";

/// The taxes of the default location decide every price. Which shop that is, is a setting; a tax
/// change is rare enough to look at all products whichever shop it befell.
const TOUCH_ALL: &str = "
    INSERT INTO object_touches (connection_id, object, object_id)
    SELECT ?1, 'product', item_id FROM source_items
    WHERE connection_id = ?1 AND json_array_length(?2) > 0";

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
    let changed: Vec<i64> = sorted.writes.iter().map(|write| write.id).collect();
    if sorted.writes.iter().any(|write| !write.new) {
        work.fan_out(tx, TOUCH_ALL, &changed).await?;
    } else {
        work.fan_out(tx, TOUCH_STOCKED, &changed).await?;
    }
    Ok(ids)
}

fn id_of(normal: &Normal) -> i64 {
    match &normal.record {
        Record::Shop(shop) => shop.id.0,
        _ => 0,
    }
}

type Row<'a> = (
    i64,
    &'a str,
    Option<&'a str>,
    bool,
    Option<String>,
    Option<i64>,
    i64,
    String,
);

fn row<'a>(write: &Write<'a>) -> Option<Row<'a>> {
    let Record::Shop(shop) = &write.normal.record else {
        return None;
    };
    Some((
        shop.id.0,
        &shop.name,
        shop.time_zone.as_deref(),
        shop.archived,
        shop.tax
            .as_ref()
            .and_then(|tax| serde_json::to_string(tax).ok()),
        shop.changed_at.map(millis),
        write.version,
        hex(&write.normal.hash),
    ))
}
