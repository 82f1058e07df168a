//! Reading the touched objects and the records they are made of.

use super::work::{HeldObject, LoadWork, RecordState, Touch, feed_of, object};
use super::{assemblies, offers, order_facts, products, purchase_facts, suppliers};
use crate::batch::json;
use crate::error::StoreError;
use crate::store::Store;
use pipeline::Feed;
use pipeline::Reason;
use pipeline::hash::ContentHash;
use pipeline::id::{ConnectionId, RunId, SaleId, ShopId};
use pipeline::load::{ShopBook, ShopFacts};
use pipeline::outcome::Outcome;
use pipeline::record::TaxCategory;
use sqlx::{Row, SqliteConnection};
use std::collections::{BTreeSet, HashMap, HashSet};

const TOUCHES: &str = "
    SELECT seq, object, object_id, feed, record_id, run_id FROM object_touches
    WHERE connection_id = ?1 ORDER BY seq LIMIT ?2";

const STATES: &str = "
    SELECT v.feed, v.record_id, v.run_id, v.loaded, v.load_reason,
           coalesce(r.state = 'open', 0) AS run_open
    FROM json_each(?2) j
    CROSS JOIN verdicts v ON v.connection_id = ?1 AND v.feed = j.value ->> 0
                   AND v.record_id = j.value ->> 1
    LEFT JOIN runs r ON r.id = v.run_id";

impl Store {
    /// Reads the next objects that load must compute.
    ///
    /// # Errors
    /// When the database fails or holds something impossible.
    pub async fn load_work(
        &self,
        connection: ConnectionId,
        limit: i64,
    ) -> Result<LoadWork, StoreError> {
        let current = self.current_settings(connection).await?;
        let mut reader = self.read().await?;
        let conn = reader.conn();
        let (touches, up_to) = touches(conn, connection.0, limit).await?;
        let ids = |object: &str| -> Vec<i64> {
            let ids: BTreeSet<i64> = touches
                .iter()
                .filter(|t| t.object == object)
                .map(|t| t.id)
                .collect();
            ids.into_iter().collect()
        };
        let (product_ids, supplier_ids, sale_ids) =
            (ids("product"), ids("supplier"), ids("sell_order"));
        let (order_ids, shipment_ids) = (ids("buy_order"), ids("shipment"));
        let (offer_ids, assembly_ids) = (ids("supplier_products"), ids("product_compositions"));
        let mut held: HashMap<(&'static str, i64), ContentHash> = HashMap::new();
        let credited: HashSet<(&str, i64)> = touches
            .iter()
            .filter(|t| t.credit.is_some())
            .map(|t| (t.object, t.id))
            .collect();
        let mut keep = |object: &'static str, hashes: Vec<HeldObject>| {
            for HeldObject { id, run, hash } in hashes {
                // Written by fan-out, before its own record's touch was consumed: to that record
                // it is new.
                if run == 0 && credited.contains(&(object, id)) {
                    continue;
                }
                if let Ok(hash) = ContentHash::try_from(hash.as_slice()) {
                    held.insert((object, id), hash);
                }
            }
        };
        let mut work = LoadWork {
            settings: current.settings,
            shops: ShopBook::default(),
            products: Vec::new(),
            suppliers: Vec::new(),
            offers: Vec::new(),
            vendors: HashMap::new(),
            currency: None,
            assemblies: Vec::new(),
            parts: HashMap::new(),
            purchases: Vec::new(),
            orphans: Vec::new(),
            wanted_sales: sale_ids.iter().copied().map(SaleId).collect(),
            sales: Vec::new(),
            items: HashMap::new(),
            settings_version: current.version,
            up_to,
            empty: touches.is_empty(),
            held: HashMap::new(),
            states: HashMap::new(),
            touches,
        };
        let mut named = BTreeSet::new();
        if !product_ids.is_empty() {
            work.shops = shops(conn, connection.0).await?;
            let (facts, hashes) = products::read(conn, connection.0, &product_ids).await?;
            work.products = facts;
            keep("product", hashes);
        }
        if !supplier_ids.is_empty() {
            let (facts, hashes) = suppliers::read(conn, connection.0, &supplier_ids).await?;
            work.suppliers = facts;
            keep("supplier", hashes);
        }
        if !sale_ids.is_empty() {
            let read = order_facts::read(conn, connection.0, &sale_ids).await?;
            work.sales = read.sales;
            named = read.named;
            keep("sell_order", read.held);
        }
        if !offer_ids.is_empty() {
            let sql = "SELECT account_currency FROM connections WHERE id = ?1";
            let currency = sqlx::query_scalar(sql).bind(connection.0);
            work.currency = currency.fetch_one(&mut *conn).await?;
            (work.offers, work.vendors) = offers::read(conn, connection.0, &offer_ids).await?;
        }
        if !assembly_ids.is_empty() {
            (work.assemblies, work.parts) =
                assemblies::read(conn, connection.0, &assembly_ids).await?;
        }
        if !order_ids.is_empty() || !shipment_ids.is_empty() {
            let read = purchase_facts::read(conn, connection.0, &order_ids, &shipment_ids).await?;
            keep("buy_order", read.held);
            named.extend(read.named);
            work.purchases = read.purchases;
            work.orphans = read.orphans;
            let also = drawn_in(&work);
            work.touches.extend(also);
        }
        work.items = order_facts::items(conn, connection.0, named).await?;
        work.states = states(conn, connection.0, &work.touches).await?;
        work.held = held;
        Ok(work)
    }
}

/// An order and all its arrivals are computed together: those that nobody touched follow too.
fn drawn_in(work: &LoadWork) -> Vec<Touch> {
    let touch = |object, id| Touch {
        object,
        id,
        credit: None,
    };
    work.purchases
        .iter()
        .flat_map(|facts| {
            let arrivals = facts.shipments.iter();
            arrivals
                .map(move |one| touch("shipment", one.id.0))
                .chain([touch("buy_order", facts.order.id.0)])
        })
        .collect()
}

async fn touches(
    conn: &mut SqliteConnection,
    connection: i64,
    limit: i64,
) -> Result<(Vec<Touch>, i64), StoreError> {
    let rows = sqlx::query(TOUCHES)
        .bind(connection)
        .bind(limit)
        .fetch_all(conn)
        .await?;
    let mut up_to = 0;
    let mut touches = Vec::with_capacity(rows.len());
    for row in rows {
        up_to = row.try_get(0)?;
        let name: &str = row.try_get(1)?;
        let Some(object) = object(name) else {
            return Err(StoreError::Inconsistent {
                table: "object_touches",
                column: "object",
                row: up_to.to_string(),
                found: name.to_owned(),
            });
        };
        let feed: Option<&str> = row.try_get(3)?;
        let (record, run): (Option<i64>, Option<i64>) = (row.try_get(4)?, row.try_get(5)?);
        let credit = match (feed.and_then(|feed| feed.parse::<Feed>().ok()), record, run) {
            (Some(feed), Some(record), Some(run)) => Some((feed, record, RunId(run))),
            _ => None,
        };
        touches.push(Touch {
            object,
            id: row.try_get(2)?,
            credit,
        });
    }
    Ok((touches, up_to))
}

/// The outcomes so far of the records whose objects are touched.
async fn states(
    conn: &mut SqliteConnection,
    connection: i64,
    touches: &[Touch],
) -> Result<HashMap<(Feed, i64), RecordState>, StoreError> {
    let keys: Vec<(&'static str, i64)> = touches
        .iter()
        .filter_map(|touch| match (touch.credit, touch.object) {
            (Some((feed, record, _)), _) => Some((feed.name(), record)),
            (None, object) => Some((feed_of(object)?.name(), touch.id)),
        })
        .collect();
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sqlx::query(STATES)
        .bind(connection)
        .bind(json(&keys))
        .fetch_all(conn)
        .await?;
    let mut states = HashMap::with_capacity(rows.len());
    for row in rows {
        let Ok(feed) = row.try_get::<&str, _>("feed")?.parse::<Feed>() else {
            continue;
        };
        let reason = row
            .try_get::<Option<&str>, _>("load_reason")?
            .and_then(Reason::from_code);
        let loaded = row
            .try_get::<Option<&str>, _>("loaded")?
            .and_then(|name| Outcome::from_parts(name, reason));
        states.insert(
            (feed, row.try_get("record_id")?),
            RecordState {
                run: RunId(row.try_get("run_id")?),
                run_open: row.try_get("run_open")?,
                loaded,
            },
        );
    }
    Ok(states)
}

async fn shops(conn: &mut SqliteConnection, connection: i64) -> Result<ShopBook, StoreError> {
    let rows =
        sqlx::query("SELECT shop_id, archived, tax FROM source_shops WHERE connection_id = ?1")
            .bind(connection)
            .fetch_all(conn)
            .await?;
    rows.iter()
        .map(|row| {
            let id: i64 = row.try_get(0)?;
            let tax: Option<TaxCategory> = row
                .try_get::<Option<String>, _>(2)?
                .map(|text| {
                    serde_json::from_str(&text).map_err(|_| StoreError::Inconsistent {
                        table: "source_shops",
                        column: "tax",
                        row: id.to_string(),
                        found: text,
                    })
                })
                .transpose()?;
            Ok((
                ShopId(id),
                ShopFacts {
                    archived: row.try_get(1)?,
                    tax,
                },
            ))
        })
        .collect()
}
