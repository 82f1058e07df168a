//! Sales with their lines, and the sales they bear on.

use super::asked;
use super::moves::{Arriving, Moves};
use super::versions::Write;
use super::work::Work;
use crate::batch::{hex, json, run};
use crate::error::StoreError;
use crate::instant::millis;
use crate::pages::StoredPage;
use crate::store::WriteTx;
use pipeline::normalize::Normal;
use pipeline::record::{Record, Sale, SaleLine};
use std::collections::{BTreeMap, BTreeSet};

const HELD: &str = "
    SELECT json_group_array(json_array(
        s.sale_id, s.observation, s.updated_at, hex(s.hash), s.version,
        v.version, v.run_id, v.settings_version, v.loaded))
    FROM source_sales s
    LEFT JOIN verdicts v ON v.connection_id = s.connection_id AND v.feed = 'sales'
                        AND v.record_id = s.sale_id
    WHERE s.connection_id = ?1 AND s.sale_id IN (SELECT value FROM json_each(?2))";

const SAME: &str = "
    UPDATE source_sales SET observation = ?3, updated_at = coalesce(j.value ->> 1, updated_at)
    FROM json_each(?2) j
    WHERE connection_id = ?1 AND sale_id = j.value ->> 0";

const UPSERT: &str = "
    INSERT INTO source_sales (connection_id, sale_id, shop_id, completed, voided, archived,
                              created_at, completed_at, stamped_at, updated_at, version, hash,
                              observation, page_id)
    SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
           value ->> 6, value ->> 7, value ->> 8, value ->> 9, unhex(value ->> 10), ?3, ?4
    FROM json_each(?2) WHERE true
    ON CONFLICT (connection_id, sale_id) DO UPDATE SET
        shop_id = excluded.shop_id, completed = excluded.completed, voided = excluded.voided,
        archived = excluded.archived, created_at = excluded.created_at,
        completed_at = excluded.completed_at, stamped_at = excluded.stamped_at,
        updated_at = excluded.updated_at, version = excluded.version, hash = excluded.hash,
        observation = excluded.observation, page_id = excluded.page_id";

/// Lines that arrive and are held already, wherever they are held.
const HELD_LINES: &str = "
    SELECT line_id, sale_id, observation, changed_at FROM source_sale_lines
    WHERE connection_id = ?1 AND line_id IN (SELECT value FROM json_each(?2))";

/// The sales that the lines about to be replaced bear on: those they refer to, and those whose
/// lines refer to them. What replaces the lines may no longer tell.
const FORMER_RELATIONS: &str = "
    WITH mine AS (SELECT line_id, parent_id FROM source_sale_lines
                  WHERE connection_id = ?1 AND sale_id IN (SELECT value FROM json_each(?2)))
    SELECT p.sale_id FROM mine m CROSS JOIN source_sale_lines p
        ON p.connection_id = ?1 AND p.line_id = m.parent_id
    UNION
    SELECT c.sale_id FROM mine m CROSS JOIN source_sale_lines c
        ON c.connection_id = ?1 AND c.parent_id = m.line_id AND c.parent_id IS NOT NULL";

const DELETE_LINES: &str = "
    DELETE FROM source_sale_lines
    WHERE connection_id = ?1 AND sale_id IN (SELECT value FROM json_each(?2))";

const DELETE_MOVED: &str = "
    DELETE FROM source_sale_lines
    WHERE (connection_id, sale_id, line_id) IN
          (SELECT ?1, value ->> 0, value ->> 1 FROM json_each(?2))";

/// A sale that lost a line, or did not get one that another sale holds in a newer version: no
/// later version of it may count as the same.
const FORGET_HASH: &str = "
    UPDATE source_sales SET hash = NULL, version = version + 1
    WHERE connection_id = ?1 AND sale_id IN (SELECT value FROM json_each(?2))";

const INSERT_LINES: &str = "
    INSERT INTO source_sale_lines (connection_id, sale_id, line_id, item_id, shop_id, parent_id,
                                   fee, quantity, value, changed_at, observation)
    SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
           value ->> 6, value ->> 7, value ->> 8, ?3
    FROM json_each(?2) WHERE ?4 IS NOT NULL";

pub(super) async fn apply(
    tx: &mut WriteTx,
    work: &mut Work,
    page: &StoredPage,
    records: &[Normal],
) -> Result<Vec<i64>, StoreError> {
    let ids: Vec<i64> = records.iter().map(id_of).collect();
    if page.asked.is_some() {
        asked::settle(tx, work, page, &ids).await?;
    }
    let held = work.held(tx, HELD, &ids).await?;
    let sorted = work.sort(records, id_of, &held, |_| false);
    work.note_same(tx, SAME, &sorted.same).await?;
    let sales: Vec<(&Write<'_>, &Sale)> = sorted
        .writes
        .iter()
        .filter_map(|write| match &write.normal.record {
            Record::Sale(sale) => Some((write, sale)),
            _ => None,
        })
        .collect();
    if sales.is_empty() {
        return Ok(ids);
    }
    let replaced: Vec<i64> = sales
        .iter()
        .filter(|(w, _)| !w.new)
        .map(|(w, _)| w.id)
        .collect();
    let related = former_relations(tx, work.connection, &replaced).await?;
    let arriving: Vec<Arriving> = sales
        .iter()
        .flat_map(|(_, sale)| {
            sale.lines
                .iter()
                .map(|line| (sale.id.0, line.id.0, line.changed_at.map(millis)))
        })
        .collect();
    let written: BTreeSet<i64> = sales.iter().map(|(write, _)| write.id).collect();
    let moves = Moves::of(tx, work, HELD_LINES, &arriving, &written).await?;
    run(tx.conn(), DELETE_LINES, work.connection, &replaced).await?;
    run(tx.conn(), DELETE_MOVED, work.connection, &moves.left).await?;
    let rows: Vec<_> = sales.iter().map(|(write, sale)| row(write, sale)).collect();
    work.upsert(tx, UPSERT, &rows).await?;
    let placed: BTreeMap<i64, (&Sale, &SaleLine)> = sales
        .iter()
        .flat_map(|(_, sale)| {
            sale.lines
                .iter()
                .map(move |line| (line.id.0, (*sale, line)))
        })
        .filter(|(line, _)| !moves.elsewhere.contains(line))
        .collect();
    let lines: Vec<_> = placed
        .into_values()
        .map(|(sale, line)| {
            (
                sale.id.0,
                line.id.0,
                line.item.map(|id| id.0),
                line.shop.map(|id| id.0),
                line.parent.map(|id| id.0),
                line.fee,
                line.quantity,
                line.value.to_string(),
                line.changed_at.map(millis),
            )
        })
        .collect();
    work.upsert(tx, INSERT_LINES, &lines).await?;
    let incomplete: Vec<i64> = moves.incomplete.into_iter().collect();
    run(tx.conn(), FORGET_HASH, work.connection, &incomplete).await?;
    // The page's own records come first in the sequence: when a relation is looked at, they are
    // already decided.
    let mut touched: BTreeSet<i64> = related.into_iter().chain(incomplete).collect();
    for (write, _) in &sales {
        touched.remove(&write.id);
    }
    work.touches
        .extend(touched.into_iter().map(|id| (id, None)));
    Ok(ids)
}

async fn former_relations(
    tx: &mut WriteTx,
    connection: i64,
    replaced: &[i64],
) -> Result<Vec<i64>, StoreError> {
    if replaced.is_empty() {
        return Ok(Vec::new());
    }
    Ok(sqlx::query_scalar(FORMER_RELATIONS)
        .bind(connection)
        .bind(json(replaced))
        .fetch_all(tx.conn())
        .await?)
}

fn id_of(normal: &Normal) -> i64 {
    match &normal.record {
        Record::Sale(sale) => sale.id.0,
        _ => 0,
    }
}

type SaleRow = (
    i64,
    Option<i64>,
    bool,
    bool,
    bool,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    i64,
    String,
);

fn row(write: &Write<'_>, sale: &Sale) -> SaleRow {
    (
        sale.id.0,
        sale.shop.map(|id| id.0),
        sale.completed,
        sale.voided,
        sale.archived,
        sale.created_at.map(millis),
        sale.completed_at.map(millis),
        sale.stamped_at.map(millis),
        sale.updated_at.map(millis),
        write.version,
        hex(&write.normal.hash),
    )
}
