//! Items with their vendor numbers, components and, where it was asked for, their stock.

use super::stock::{self, StockWrites};
use super::versions::Write;
use super::work::Work;
use crate::batch::{hex, run};
use crate::error::StoreError;
use crate::instant::millis;
use crate::pages::StoredPage;
use crate::store::WriteTx;
use pipeline::normalize::Normal;
use pipeline::record::{Item, ItemKind, Record};
use sqlx::Row;
use std::collections::{BTreeSet, HashMap};

const HELD: &str = "
    SELECT s.item_id AS id, s.observation, s.changed_at, s.hash, s.version,
           v.version AS decided, v.run_id AS decided_by,
           v.settings_version AS settings, v.loaded
    FROM source_items s
    LEFT JOIN verdicts v ON v.connection_id = s.connection_id AND v.feed = 'items'
                        AND v.record_id = s.item_id
    WHERE s.connection_id = ?1 AND s.item_id IN (SELECT value FROM json_each(?2))";

const KINDS: &str = "
    SELECT item_id, kind FROM source_items
    WHERE connection_id = ?1 AND item_id IN (SELECT value FROM json_each(?2))";

const SAME: &str = "
    UPDATE source_items SET observation = ?3, changed_at = coalesce(j.value ->> 1, changed_at)
    FROM json_each(?2) j
    WHERE connection_id = ?1 AND item_id = j.value ->> 0";

const UPSERT: &str = "
    INSERT INTO source_items (connection_id, item_id, description, custom_sku, system_sku,
        manufacturer_sku, ean, upc, kind, serialized, archived, taxed, tax_class, price,
        default_cost, default_vendor, matrix, created_at, changed_at, version, hash,
        observation, page_id)
    SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
           value ->> 6, value ->> 7, value ->> 8, value ->> 9, value ->> 10, value ->> 11,
           value ->> 12, value ->> 13, value ->> 14, value ->> 15, value ->> 16, value ->> 17,
           value ->> 18, unhex(value ->> 19), ?3, ?4
    FROM json_each(?2) WHERE true
    ON CONFLICT (connection_id, item_id) DO UPDATE SET
        description = excluded.description, custom_sku = excluded.custom_sku,
        system_sku = excluded.system_sku, manufacturer_sku = excluded.manufacturer_sku,
        ean = excluded.ean, upc = excluded.upc, kind = excluded.kind,
        serialized = excluded.serialized, archived = excluded.archived, taxed = excluded.taxed,
        tax_class = excluded.tax_class, price = excluded.price,
        default_cost = excluded.default_cost, default_vendor = excluded.default_vendor,
        matrix = excluded.matrix, created_at = excluded.created_at,
        changed_at = excluded.changed_at, version = excluded.version, hash = excluded.hash,
        observation = excluded.observation, page_id = excluded.page_id";

const DELETE_VENDORS: &str = "
    DELETE FROM source_item_vendors
    WHERE connection_id = ?1 AND item_id IN (SELECT value FROM json_each(?2))";

const INSERT_VENDORS: &str = "
    INSERT OR REPLACE INTO source_item_vendors
        (connection_id, item_id, row_id, vendor_id, number, cost)
    SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?2)";

const DELETE_COMPONENTS: &str = "
    DELETE FROM source_item_components
    WHERE connection_id = ?1 AND item_id IN (SELECT value FROM json_each(?2))";

const INSERT_COMPONENTS: &str = "
    INSERT OR REPLACE INTO source_item_components
        (connection_id, item_id, row_id, assembly_id, part_id, quantity, grp)
    SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
    FROM json_each(?2)";

const STOCK_SEEN: &str = "
    UPDATE source_items SET stock_seen = max(coalesce(stock_seen, 0), ?3)
    WHERE connection_id = ?1 AND item_id IN (SELECT value FROM json_each(?2)) AND ?4 IS NOT NULL";

const NO_LONGER_WANTED: &str = "
    DELETE FROM wanted_items
    WHERE connection_id = ?1 AND item_id IN (SELECT value FROM json_each(?2))";

const GONE: &str = "
    UPDATE wanted_items SET state = 'gone', page_id = ?4
    WHERE connection_id = ?1 AND item_id IN (SELECT value FROM json_each(?2))
      AND state = 'wanted' AND ?3 IS NOT NULL";

/// Whether a line counts depends on its item: that it is known, and of which type it is.
const TOUCH_SALES: &str = "
    INSERT INTO object_touches (connection_id, object, object_id)
    SELECT DISTINCT ?1, 'sell_order', sale_id FROM source_sale_lines
    WHERE connection_id = ?1 AND item_id IN (SELECT value FROM json_each(?2))";

pub(super) async fn apply(
    tx: &mut WriteTx,
    work: &mut Work,
    page: &StoredPage,
    records: &[Normal],
) -> Result<Vec<i64>, StoreError> {
    let ids: Vec<i64> = records.iter().map(id_of).collect();
    let held = work.held(tx, HELD, &ids).await?;
    let kinds = kinds(tx, work, &ids).await?;
    let told = stock::told(records);
    let writes = StockWrites::compare(tx, work, &told).await?;
    let sorted = work.sort(records, id_of, &held, |id| writes.items.contains(&id));
    work.note_same(tx, SAME, &sorted.same).await?;
    let items: Vec<(&Write<'_>, &Item)> = sorted
        .writes
        .iter()
        .filter_map(|write| match &write.normal.record {
            Record::Item(item) => Some((write, item)),
            _ => None,
        })
        .collect();
    let rows: Vec<_> = items.iter().map(|(write, item)| row(write, item)).collect();
    work.upsert(tx, UPSERT, &rows).await?;
    children(tx, work, &items).await?;
    let changed: BTreeSet<i64> = items.iter().map(|(write, _)| write.id).collect();
    writes.write(tx, work, &changed).await?;
    let seen: Vec<i64> = told.keys().map(|item| item.0).collect();
    work.upsert(tx, STOCK_SEEN, &seen).await?;
    run(tx.conn(), NO_LONGER_WANTED, work.connection, &ids).await?;
    let mut concerns: Vec<i64> = items
        .iter()
        .filter(|(write, item)| {
            let was = kinds
                .get(&write.id)
                .map(|kind| *kind == ItemKind::NonInventory);
            was != Some(item.kind == ItemKind::NonInventory)
        })
        .map(|(write, _)| write.id)
        .collect();
    concerns.extend(gone(tx, work, page, &ids).await?);
    work.fan_out(tx, TOUCH_SALES, &concerns).await?;
    Ok(ids)
}

/// Items asked for by id and not returned, or not in a form that can be used, are gone.
async fn gone(
    tx: &mut WriteTx,
    work: &Work,
    page: &StoredPage,
    returned: &[i64],
) -> Result<Vec<i64>, StoreError> {
    let missing: Vec<i64> = page
        .asked
        .iter()
        .flatten()
        .copied()
        .filter(|id| !returned.contains(id))
        .collect();
    work.upsert(tx, GONE, &missing).await?;
    Ok(missing)
}

async fn kinds(
    tx: &mut WriteTx,
    work: &Work,
    ids: &[i64],
) -> Result<HashMap<i64, ItemKind>, StoreError> {
    let rows = sqlx::query(KINDS)
        .bind(work.connection)
        .bind(crate::batch::json(ids))
        .fetch_all(tx.conn())
        .await?;
    rows.iter()
        .map(|row| Ok((row.try_get(0)?, ItemKind::from_name(row.try_get(1)?))))
        .collect()
}

async fn children(
    tx: &mut WriteTx,
    work: &Work,
    items: &[(&Write<'_>, &Item)],
) -> Result<(), StoreError> {
    let replaced: Vec<i64> = items
        .iter()
        .filter(|(w, _)| !w.new)
        .map(|(w, _)| w.id)
        .collect();
    run(tx.conn(), DELETE_VENDORS, work.connection, &replaced).await?;
    run(tx.conn(), DELETE_COMPONENTS, work.connection, &replaced).await?;
    let vendors: Vec<_> = items
        .iter()
        .flat_map(|(_, item)| item.vendor_numbers.iter().map(move |row| (item.id.0, row)))
        .map(|(item, row)| {
            (
                item,
                row.id,
                row.vendor.map(|id| id.0),
                &row.number,
                row.cost.map(|c| c.to_string()),
            )
        })
        .collect();
    run(tx.conn(), INSERT_VENDORS, work.connection, &vendors).await?;
    let components: Vec<_> = items
        .iter()
        .flat_map(|(_, item)| item.components.iter().map(move |row| (item.id.0, row)))
        .map(|(item, row)| {
            let (assembly, part) = (row.assembly.map(|id| id.0), row.part.map(|id| id.0));
            (
                item,
                row.id,
                assembly,
                part,
                row.quantity.to_string(),
                row.group,
            )
        })
        .collect();
    run(tx.conn(), INSERT_COMPONENTS, work.connection, &components).await?;
    Ok(())
}

fn id_of(normal: &Normal) -> i64 {
    match &normal.record {
        Record::Item(item) => item.id.0,
        _ => 0,
    }
}

/// A row as a JSON array; too wide for a tuple.
fn row(write: &Write<'_>, item: &Item) -> serde_json::Value {
    serde_json::json!([
        item.id,
        item.description,
        item.custom_sku,
        item.system_sku,
        item.manufacturer_sku,
        item.ean,
        item.upc,
        item.kind.name(),
        item.serialized,
        item.archived,
        item.taxed,
        item.tax_class,
        item.price.map(|price| price.to_string()),
        item.default_cost.map(|cost| cost.to_string()),
        item.default_vendor,
        item.matrix,
        item.created_at.map(millis),
        item.changed_at.map(millis),
        write.version,
        hex(&write.normal.hash),
    ])
}
