//! Items with their vendor numbers, components and, where it was asked for, their stock.

use super::asked;
use super::stock::{self, StockWrites};
use super::versions::Write;
use super::work::Work;
use crate::batch::{hex, run};
use crate::error::StoreError;
use crate::fan_out;
use crate::instant::millis;
use crate::pages::StoredPage;
use crate::store::WriteTx;
use pipeline::id::ItemId;
use pipeline::normalize::Normal;
use pipeline::record::{Item, ItemKind, Record};
use sqlx::Row;
use std::collections::{BTreeSet, HashMap};

const HELD: &str = "
    SELECT json_group_array(json_array(
        s.item_id, s.observation, s.changed_at, hex(s.hash), s.version,
        v.version, v.run_id, v.settings_version, v.loaded))
    FROM source_items s
    LEFT JOIN verdicts v ON v.connection_id = s.connection_id AND v.feed = 'items'
                        AND v.record_id = s.item_id
    WHERE s.connection_id = ?1 AND s.item_id IN (SELECT value FROM json_each(?2))";

/// What of the held versions others depend on; `back` tells an item that had vanished and is seen
/// again, later than the walk that missed it.
const FORMER: &str = "
    SELECT item_id, kind, archived, vanished_at IS NOT NULL AND observation < ?3 AS back,
           hash, stock_seen IS NULL AS stock_unknown
    FROM source_items
    WHERE connection_id = ?1 AND item_id IN (SELECT value FROM json_each(?2))";

const SAME: &str = "
    UPDATE source_items SET observation = ?3, missing_walks = 0,
           changed_at = coalesce(j.value ->> 1, changed_at)
    FROM json_each(?2) j
    WHERE connection_id = ?1 AND item_id = j.value ->> 0";

const UPSERT: &str = "
    INSERT INTO source_items (connection_id, item_id, description, custom_sku, system_sku,
        manufacturer_sku, ean, upc, kind, serialized, archived, taxed, tax_class, price,
        default_cost, default_vendor, matrix, created_at, changed_at, version, hash,
        observation, page_id, first_observation)
    SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
           value ->> 6, value ->> 7, value ->> 8, value ->> 9, value ->> 10, value ->> 11,
           value ->> 12, value ->> 13, value ->> 14, value ->> 15, value ->> 16, value ->> 17,
           value ->> 18, unhex(value ->> 19), ?3, ?4, ?3
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
        observation = excluded.observation, page_id = excluded.page_id,
        missing_walks = 0, vanished_at = NULL";

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

/// An item whose stock was never told is asked for by its id, which tells it: no product goes out
/// before its stock is known.
const WANT_STOCK: &str = "
    INSERT INTO wanted_records (connection_id, feed, record_id, state, since_at)
    SELECT DISTINCT ?1, 'items', s.item_id, 'wanted', p.fetched_at
    FROM source_items s JOIN pages p ON p.id = ?4
    WHERE s.connection_id = ?1 AND s.item_id IN (SELECT value FROM json_each(?2))
      AND s.stock_seen IS NULL AND ?3 IS NOT NULL
    ON CONFLICT (connection_id, feed, record_id) DO UPDATE SET
        state = 'wanted', since_at = excluded.since_at, page_id = NULL";

/// What others depend on in a held version.
struct Former {
    stocked: bool,
    archived: bool,
    back: bool,
    hash: Option<Vec<u8>>,
    stock_unknown: bool,
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
    let told = stock::told(records);
    let writes = StockWrites::compare(tx, work, &told).await?;
    let sorted = work.sort(records, id_of, &held, |id| {
        // Stock of which nothing was known changes its product even if there is none.
        let told = told.contains_key(&ItemId(id));
        writes.items.contains(&id)
            || former
                .get(&id)
                .is_some_and(|held| held.back || (told && held.stock_unknown))
    });
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
    let gone = asked::settle(tx, work, page, &ids).await?;
    let untold: Vec<i64> = changed
        .iter()
        .copied()
        .filter(|id| !told.contains_key(&ItemId(*id)))
        .collect();
    work.upsert(tx, WANT_STOCK, &untold).await?;
    concerned(tx, work, &items, &former, gone).await?;
    Ok(ids)
}

/// Touches what depends on these items.
async fn concerned(
    tx: &mut WriteTx,
    work: &mut Work,
    items: &[(&Write<'_>, &Item)],
    former: &HashMap<i64, Former>,
    gone: Vec<i64>,
) -> Result<(), StoreError> {
    // Whether a line of an item counts depends on whether it is there and keeps a stock; whether
    // it can be a part, on its archive too.
    let (mut lines, mut parts, mut own) = (gone.clone(), gone, Vec::new());
    for (write, item) in items {
        let stocked = item.kind != ItemKind::NonInventory;
        let held = former.get(&write.id);
        let other_lines = held.is_none_or(|held| held.stocked != stocked || held.back);
        if other_lines {
            lines.push(write.id);
        }
        if other_lines || held.is_some_and(|held| held.archived != item.archived) {
            parts.push(write.id);
        }
        // Not for stock alone, which changes more often than all the rest.
        if held.is_some_and(|held| held.back || held.hash.as_deref() != Some(&write.normal.hash)) {
            own.push(write.id);
        }
    }
    for (sql, ids) in [
        (fan_out::SALES_OF_ITEMS, &lines),
        (fan_out::ORDERS_OF_ITEMS, &lines),
        (fan_out::PARENTS_OF_ITEMS, &parts),
        (fan_out::PAIRS_OF_ITEMS, &own),
        (fan_out::PARTS_OF_ITEMS, &own),
    ] {
        work.fan_out(tx, sql, ids).await?;
    }
    Ok(())
}

async fn former(
    tx: &mut WriteTx,
    work: &Work,
    ids: &[i64],
) -> Result<HashMap<i64, Former>, StoreError> {
    let rows = sqlx::query(FORMER)
        .bind(work.connection)
        .bind(crate::batch::json(ids))
        .bind(work.observation)
        .fetch_all(tx.conn())
        .await?;
    rows.iter()
        .map(|row| {
            let former = Former {
                stocked: ItemKind::from_name(row.try_get(1)?) != ItemKind::NonInventory,
                archived: row.try_get(2)?,
                back: row.try_get(3)?,
                hash: row.try_get(4)?,
                stock_unknown: row.try_get(5)?,
            };
            Ok((row.try_get(0)?, former))
        })
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
