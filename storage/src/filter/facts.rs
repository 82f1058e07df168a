//! Reading the touched records and the facts that decide on them.

use super::{Facts, FilterWork, Former, Subject, purchases};
use crate::batch::json;
use crate::error::StoreError;
use crate::instant::instant;
use crate::store::Store;
use pipeline::filter::{Lifecycle, LineFact, SaleHead};
use pipeline::id::{ConnectionId, ItemId, ItemShopId, RunId, ShopId};
use pipeline::outcome::Outcome;
use pipeline::record::{ItemKind, StockRow};
use pipeline::{Feed, Reason};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use std::collections::HashMap;

/// The next touches in their sequence, each with the verdict its record had before.
const TOUCHED: &str = "
    SELECT t.seq, t.feed, t.record_id, t.run_id,
           v.run_id AS old_run, v.filtered, v.filter_reason, v.loaded, v.load_reason,
           coalesce(r.state = 'open', 0) AS run_open
    FROM (SELECT * FROM record_touches WHERE connection_id = ?1 ORDER BY seq LIMIT ?2) t
    LEFT JOIN verdicts v ON v.connection_id = ?1 AND v.feed = t.feed
                        AND v.record_id = t.record_id
    LEFT JOIN runs r ON r.id = v.run_id
    ORDER BY t.seq";

const SHOPS: &str = "
    SELECT shop_id, version FROM source_shops
    WHERE connection_id = ?1 AND shop_id IN (SELECT value FROM json_each(?2))";

/// A vendor was loaded if the model holds it; one that is archived is needed if a buy order is
/// from it.
const VENDORS: &str = "
    SELECT s.vendor_id, s.version, s.archived, s.vanished_at IS NOT NULL AS vanished,
        EXISTS (SELECT 1 FROM model_suppliers m
                WHERE m.connection_id = ?1 AND m.vendor_id = s.vendor_id) AS loaded,
        s.archived AND EXISTS (SELECT 1 FROM model_buy_orders o
                WHERE o.connection_id = ?1 AND o.vendor_id = s.vendor_id) AS needed
    FROM source_vendors s
    WHERE s.connection_id = ?1 AND s.vendor_id IN (SELECT value FROM json_each(?2))";

/// An item was loaded if the model holds it; one that is archived is needed if an order has a line
/// of it or a composition that is sent has it as a part.
const ITEMS: &str = "
    SELECT s.item_id, s.version, s.archived, s.kind, s.vanished_at IS NOT NULL AS vanished,
        EXISTS (SELECT 1 FROM model_products m
                WHERE m.connection_id = ?1 AND m.item_id = s.item_id) AS loaded,
        s.archived AND (
            EXISTS (SELECT 1 FROM model_sell_order_lines l
                    WHERE l.connection_id = ?1 AND l.item_id = s.item_id)
            OR EXISTS (SELECT 1 FROM model_buy_order_lines l
                       WHERE l.connection_id = ?1 AND l.item_id = s.item_id)
            OR EXISTS (SELECT 1 FROM model_product_compositions c
                       WHERE c.connection_id = ?1 AND c.part_item_id = s.item_id)) AS needed
    FROM source_items s
    WHERE s.connection_id = ?1 AND s.item_id IN (SELECT value FROM json_each(?2))";

const STOCK: &str = "
    SELECT row_id, version, item_id, shop_id, on_hand, reorder_point, transfer_in
    FROM source_stock
    WHERE connection_id = ?1 AND row_id IN (SELECT value FROM json_each(?2))";

const SALE_LINES: &str = "
    SELECT sale_id, item_id, shop_id, fee, quantity FROM source_sale_lines
    WHERE connection_id = ?1 AND sale_id IN (SELECT value FROM json_each(?2))";

const SALES: &str = "
    SELECT sale_id, version, shop_id, completed, voided, archived,
           created_at, completed_at, stamped_at,
           EXISTS (SELECT 1 FROM model_sell_orders m
                   WHERE m.connection_id = ?1 AND m.sale_id = source_sales.sale_id) AS held
    FROM source_sales
    WHERE connection_id = ?1 AND sale_id IN (SELECT value FROM json_each(?2))";

impl Store {
    /// Reads the next records that filter must look at; empty when there are none.
    ///
    /// # Errors
    /// When the database fails or holds something impossible.
    pub async fn filter_work(
        &self,
        connection: ConnectionId,
        limit: i64,
    ) -> Result<FilterWork, StoreError> {
        let current = self.current_settings(connection).await?;
        let mut reader = self.read().await?;
        let conn = reader.conn();
        let rows = sqlx::query(TOUCHED)
            .bind(connection.0)
            .bind(limit)
            .fetch_all(&mut *conn)
            .await?;
        let mut subjects: Vec<Subject> = Vec::with_capacity(rows.len());
        let mut places: HashMap<(Feed, i64), usize> = HashMap::with_capacity(rows.len());
        let mut up_to = 0;
        for row in &rows {
            up_to = row.try_get("seq")?;
            let feed = feed_of(row.try_get("feed")?)?;
            let id: i64 = row.try_get("record_id")?;
            let place = match places.get(&(feed, id)) {
                Some(place) => *place,
                None => {
                    places.insert((feed, id), subjects.len());
                    let former = former(row)?;
                    subjects.push(Subject {
                        feed,
                        id,
                        facts: None,
                        version: 0,
                        credits: Vec::new(),
                        former,
                    });
                    subjects.len() - 1
                }
            };
            if let Some(run) = row.try_get::<Option<i64>, _>("run_id")? {
                subjects[place].credits.push(RunId(run));
            }
        }
        for feed in Feed::ALL {
            let ids: Vec<i64> = subjects
                .iter()
                .filter(|s| s.feed == feed)
                .map(|s| s.id)
                .collect();
            if ids.is_empty() {
                continue;
            }
            for (id, version, facts) in facts(conn, connection.0, feed, &ids).await? {
                if let Some(place) = places.get(&(feed, id)) {
                    subjects[*place].version = version;
                    subjects[*place].facts = Some(facts);
                }
            }
        }
        Ok(FilterWork {
            settings: current.settings,
            settings_version: current.version,
            up_to,
            subjects,
        })
    }
}

async fn facts(
    conn: &mut SqliteConnection,
    connection: i64,
    feed: Feed,
    ids: &[i64],
) -> Result<Vec<(i64, i64, Facts)>, StoreError> {
    let sql = match feed {
        Feed::Shops => SHOPS,
        Feed::Vendors => VENDORS,
        Feed::Items => ITEMS,
        Feed::Stock => STOCK,
        Feed::Sales => return sale_facts(conn, connection, ids).await,
        Feed::Orders => return purchases::order_facts(conn, connection, ids).await,
        Feed::Shipments => purchases::SHIPMENTS,
    };
    let rows = sqlx::query(sql)
        .bind(connection)
        .bind(json(ids))
        .fetch_all(conn)
        .await?;
    rows.iter()
        .map(|row| {
            let facts = match feed {
                Feed::Vendors => Facts::Vendor {
                    archived: row.try_get("archived")?,
                    lifecycle: lifecycle(row)?,
                },
                Feed::Items => Facts::Item {
                    kind: ItemKind::from_name(row.try_get("kind")?),
                    archived: row.try_get("archived")?,
                    lifecycle: lifecycle(row)?,
                },
                Feed::Stock => Facts::Stock(StockRow {
                    id: ItemShopId(row.try_get("row_id")?),
                    item: ItemId(row.try_get("item_id")?),
                    shop: Some(row.try_get("shop_id")?)
                        .filter(|id| *id != 0)
                        .map(ShopId),
                    on_hand: row.try_get("on_hand")?,
                    reorder_point: row.try_get("reorder_point")?,
                    transfer_in: row.try_get("transfer_in")?,
                    changed_at: None,
                }),
                Feed::Shipments => Facts::Shipment {
                    received: row.try_get("received")?,
                },
                Feed::Shops | Feed::Sales | Feed::Orders => Facts::Shop,
            };
            Ok((row.try_get(0)?, row.try_get("version")?, facts))
        })
        .collect()
}

/// What became of a record before, from a row that says so.
pub(crate) fn lifecycle(row: &SqliteRow) -> Result<Lifecycle, sqlx::Error> {
    Ok(Lifecycle {
        loaded: row.try_get("loaded")?,
        needed: row.try_get("needed")?,
        vanished: row.try_get("vanished")?,
    })
}

async fn sale_facts(
    conn: &mut SqliteConnection,
    connection: i64,
    ids: &[i64],
) -> Result<Vec<(i64, i64, Facts)>, StoreError> {
    let ids = json(ids);
    let mut lines: HashMap<i64, Vec<LineFact>> = HashMap::new();
    let rows = sqlx::query(SALE_LINES)
        .bind(connection)
        .bind(&ids)
        .fetch_all(&mut *conn)
        .await?;
    for row in rows {
        lines.entry(row.try_get(0)?).or_default().push(LineFact {
            item: row.try_get::<Option<i64>, _>(1)?.map(ItemId),
            shop: row.try_get::<Option<i64>, _>(2)?.map(ShopId),
            fee: row.try_get(3)?,
            quantity: row.try_get(4)?,
        });
    }
    let heads = sqlx::query(SALES)
        .bind(connection)
        .bind(&ids)
        .fetch_all(conn)
        .await?;
    heads
        .iter()
        .map(|row| {
            let id: i64 = row.try_get(0)?;
            let lines = lines.remove(&id).unwrap_or_default();
            Ok((
                id,
                row.try_get("version")?,
                Facts::Sale {
                    head: sale_head(row)?,
                    lines,
                },
            ))
        })
        .collect()
}

/// The head of a sale from a row that holds its columns.
pub(crate) fn sale_head(row: &SqliteRow) -> Result<SaleHead, StoreError> {
    let at = |column: &str| -> Result<Option<_>, sqlx::Error> {
        Ok(row.try_get::<Option<i64>, _>(column)?.map(instant))
    };
    let completed: bool = row.try_get("completed")?;
    let (created, done, stamped) = (at("created_at")?, at("completed_at")?, at("stamped_at")?);
    Ok(SaleHead {
        shop: row.try_get::<Option<i64>, _>("shop_id")?.map(ShopId),
        completed,
        voided: row.try_get("voided")?,
        archived: row.try_get("archived")?,
        placed: pipeline::record::placed(completed, created, done, stamped),
        held: row.try_get("held")?,
    })
}

fn former(row: &SqliteRow) -> Result<Option<Former>, StoreError> {
    let Some(run) = row.try_get::<Option<i64>, _>("old_run")? else {
        return Ok(None);
    };
    let reason = |column: &str| -> Result<Option<Reason>, sqlx::Error> {
        Ok(row
            .try_get::<Option<&str>, _>(column)?
            .and_then(Reason::from_code))
    };
    let loaded: Option<String> = row.try_get("loaded")?;
    let load_reason = reason("load_reason")?;
    Ok(Some(Former {
        run: RunId(run),
        run_open: row.try_get("run_open")?,
        kept: row.try_get::<&str, _>("filtered")? == "keep",
        reason: reason("filter_reason")?,
        loaded: loaded.and_then(|name| Outcome::from_parts(&name, load_reason)),
    }))
}

fn feed_of(name: String) -> Result<Feed, StoreError> {
    name.parse().map_err(|_| StoreError::Inconsistent {
        table: "record_touches",
        column: "feed",
        row: String::new(),
        found: name,
    })
}
