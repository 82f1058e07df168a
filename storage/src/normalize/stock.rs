//! Stock rows: on their own, and as children of items.

use super::versions::Write;
use super::work::Work;
use crate::batch::{hex, json, run};
use crate::error::StoreError;
use crate::instant::millis;
use crate::store::WriteTx;
use pipeline::hash::content_hash;
use pipeline::id::ItemId;
use pipeline::normalize::Normal;
use pipeline::record::{Record, StockRow};
use sqlx::Row;
use std::collections::{BTreeMap, BTreeSet};

const HELD: &str = "
    SELECT json_group_array(json_array(
        s.row_id, s.observation, s.changed_at, hex(s.hash), s.version,
        v.version, v.run_id, v.settings_version, v.loaded))
    FROM source_stock s
    LEFT JOIN verdicts v ON v.connection_id = s.connection_id AND v.feed = 'stock'
                        AND v.record_id = s.row_id
    WHERE s.connection_id = ?1 AND s.row_id IN (SELECT value FROM json_each(?2))";

const SAME: &str = "
    UPDATE source_stock SET observation = ?3, changed_at = coalesce(j.value ->> 1, changed_at)
    FROM json_each(?2) j
    WHERE connection_id = ?1 AND row_id = j.value ->> 0";

const UPSERT: &str = "
    INSERT INTO source_stock (connection_id, item_id, shop_id, row_id, on_hand, reorder_point,
                              transfer_in, changed_at, version, hash, observation, page_id)
    SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
           value ->> 6, value ->> 7, unhex(value ->> 8), ?3, ?4
    FROM json_each(?2) WHERE true
    ON CONFLICT (connection_id, item_id, shop_id) DO UPDATE SET
        row_id = excluded.row_id, on_hand = excluded.on_hand,
        reorder_point = excluded.reorder_point, transfer_in = excluded.transfer_in,
        changed_at = excluded.changed_at, version = excluded.version, hash = excluded.hash,
        observation = excluded.observation, page_id = excluded.page_id";

const HELD_OF_ITEMS: &str = "
    SELECT item_id, shop_id, row_id, observation, version, hash FROM source_stock
    WHERE connection_id = ?1 AND item_id IN (SELECT value FROM json_each(?2))";

const DELETE_ROWS: &str = "
    DELETE FROM source_stock
    WHERE (connection_id, item_id, shop_id) IN
          (SELECT ?1, value ->> 0, value ->> 1 FROM json_each(?2))";

const NOTE_ROWS: &str = "
    UPDATE source_stock SET observation = ?3
    WHERE (connection_id, item_id, shop_id) IN
          (SELECT ?1, value ->> 0, value ->> 1 FROM json_each(?2)) AND ?4 IS NOT NULL";

const BUMP_ITEMS: &str = "
    UPDATE source_items SET version = version + 1, observation = max(observation, ?3)
    WHERE connection_id = ?1 AND item_id IN (SELECT value FROM json_each(?2)) AND ?4 IS NOT NULL";

/// Stock of an item that is not held: the item is asked for by its id.
const WANT_ITEMS: &str = "
    INSERT OR IGNORE INTO wanted_records (connection_id, feed, record_id, state, since_at)
    SELECT DISTINCT ?1, 'items', value, 'wanted', ?3 FROM json_each(?2)
    WHERE NOT EXISTS (SELECT 1 FROM source_items s
                      WHERE s.connection_id = ?1 AND s.item_id = value) AND ?4 IS NOT NULL";

type Row_ = (i64, i64, i64, i64, i64, i64, Option<i64>, i64, String);

fn row(stock: &StockRow, version: i64, hash: &[u8]) -> Row_ {
    (
        stock.item.0,
        stock.shop.map_or(0, |id| id.0),
        stock.id.0,
        stock.on_hand,
        stock.reorder_point,
        stock.transfer_in,
        stock.changed_at.map(millis),
        version,
        hex(hash),
    )
}

pub(super) async fn apply(
    tx: &mut WriteTx,
    work: &mut Work,
    records: &[Normal],
) -> Result<Vec<i64>, StoreError> {
    let ids: Vec<i64> = records.iter().map(id_of).collect();
    let held = work.held(tx, HELD, &ids).await?;
    let sorted = work.sort(records, id_of, &held, |_| false);
    work.note_same(tx, SAME, &sorted.same).await?;
    let rows: Vec<_> = sorted.writes.iter().filter_map(row_of).collect();
    work.upsert(tx, UPSERT, &rows).await?;
    let items: Vec<i64> = rows.iter().map(|row| row.0).collect();
    work.upsert(tx, WANT_ITEMS, &items).await?;
    Ok(ids)
}

fn id_of(normal: &Normal) -> i64 {
    match &normal.record {
        Record::Stock(row) => row.id.0,
        _ => 0,
    }
}

fn row_of(write: &Write<'_>) -> Option<Row_> {
    let Record::Stock(stock) = &write.normal.record else {
        return None;
    };
    Some(row(stock, write.version, &content(stock)))
}

/// The content of a row without its change time, the same for both ways it arrives.
fn content(stock: &StockRow) -> [u8; 16] {
    content_hash(&Record::Stock(StockRow {
        changed_at: None,
        ..stock.clone()
    }))
}

/// The items of a page that told their whole stock, each with its rows; the last telling counts.
pub(super) fn told(records: &[Normal]) -> BTreeMap<ItemId, &[StockRow]> {
    records
        .iter()
        .filter_map(|normal| match &normal.record {
            Record::Item(item) => Some((item.id, item.stock.as_deref()?)),
            _ => None,
        })
        .collect()
}

/// What the stock told with items changes of what is held.
#[derive(Default)]
pub(super) struct StockWrites {
    /// Items of which any row changes.
    pub(super) items: BTreeSet<i64>,
    rows: Vec<Row_>,
    same: Vec<(i64, i64)>,
    gone: Vec<(i64, i64)>,
}

impl StockWrites {
    /// Compares row by row: a row that the stock feed told later stays, whatever is told here.
    pub(super) async fn compare(
        tx: &mut WriteTx,
        work: &Work,
        told: &BTreeMap<ItemId, &[StockRow]>,
    ) -> Result<Self, StoreError> {
        let ids: Vec<i64> = told.keys().map(|id| id.0).collect();
        let held_rows = sqlx::query(HELD_OF_ITEMS)
            .bind(work.connection)
            .bind(json(&ids))
            .fetch_all(tx.conn())
            .await?;
        let mut held = BTreeMap::new();
        for row in held_rows {
            let key: (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
            let (observation, version): (i64, i64) = (row.try_get(3)?, row.try_get(4)?);
            held.insert(
                key,
                (observation, version, row.try_get::<Option<Vec<u8>>, _>(5)?),
            );
        }
        let mut writes = Self::default();
        for (item, rows) in told {
            // A shop told twice counts once, as told last.
            let by_shop: BTreeMap<i64, &StockRow> = rows
                .iter()
                .map(|stock| (stock.shop.map_or(0, |id| id.0), stock))
                .collect();
            for (shop, stock) in by_shop {
                let key = (item.0, shop);
                let hash = content(stock);
                match held.remove(&key) {
                    None => writes.changed(row(stock, 1, &hash)),
                    Some((observation, ..)) if observation > work.observation => {}
                    Some((_, _, held)) if held.as_deref() == Some(&hash[..]) => {
                        writes.same.push(key)
                    }
                    Some((_, version, _)) => writes.changed(row(stock, version + 1, &hash)),
                }
            }
        }
        for (key, (observation, ..)) in held {
            if observation <= work.observation {
                writes.gone.push(key);
                writes.items.insert(key.0);
            }
        }
        Ok(writes)
    }

    fn changed(&mut self, row: Row_) {
        self.items.insert(row.0);
        self.rows.push(row);
    }

    /// Writes the rows. Items that changed in nothing else become a new version by their stock;
    /// `replaced` are those that are written anyway.
    pub(super) async fn write(
        self,
        tx: &mut WriteTx,
        work: &Work,
        replaced: &BTreeSet<i64>,
    ) -> Result<(), StoreError> {
        work.upsert(tx, UPSERT, &self.rows).await?;
        work.upsert(tx, NOTE_ROWS, &self.same).await?;
        run(tx.conn(), DELETE_ROWS, work.connection, &self.gone).await?;
        let only_stock: Vec<i64> = self.items.difference(replaced).copied().collect();
        work.upsert(tx, BUMP_ITEMS, &only_stock).await
    }
}
