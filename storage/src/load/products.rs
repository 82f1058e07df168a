//! Products of the model.

use super::credit::Written;
use super::needs::Needs;
use super::work::HeldObject;
use crate::batch::{hex, json, run};
use crate::error::StoreError;
use crate::instant::{instant, text};
use crate::rejections::NewRejection;
use crate::store::WriteTx;
use pipeline::deliver::Key;
use pipeline::filter::Lifecycle;
use pipeline::hash::content_hash;
use pipeline::id::{ItemId, ShopId};
use pipeline::load::{ItemFacts, Product, ProductOutcome, StockFact};
use pipeline::outcome::Outcome;
use pipeline::record::ItemKind;
use pipeline::{Feed, Reason, Stage};
use rust_decimal::Decimal;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use std::collections::{HashMap, HashSet};

/// What a product is computed from.
#[derive(Clone, Debug)]
pub struct ProductFacts {
    id: ItemId,
    description: String,
    custom_sku: String,
    system_sku: String,
    ean: String,
    upc: String,
    kind: ItemKind,
    archived: bool,
    taxed: bool,
    tax_class: Option<i64>,
    price: Option<Decimal>,
    created_at: Option<chrono::DateTime<chrono::Utc>>,
    /// Its stock by shop; `None` while its stock is not known.
    pub stock: Option<Vec<StockFact>>,
    /// Whether it was ever a product, and whether an order or an assembly needs it.
    pub lifecycle: Lifecycle,
}

impl ProductFacts {
    /// The item, as the computation takes it.
    pub fn item(&self) -> ItemFacts<'_> {
        ItemFacts {
            id: self.id,
            description: &self.description,
            custom_sku: &self.custom_sku,
            system_sku: &self.system_sku,
            ean: &self.ean,
            upc: &self.upc,
            kind: &self.kind,
            archived: self.archived,
            vanished: self.lifecycle.vanished,
            taxed: self.taxed,
            tax_class: self.tax_class,
            price: self.price,
            created_at: self.created_at,
        }
    }
}

const STOCK: &str = "
    SELECT item_id, shop_id, on_hand, reorder_point, transfer_in FROM source_stock
    WHERE connection_id = ?1 AND item_id IN (SELECT value FROM json_each(?2))";

const FACTS: &str = "
    SELECT s.*, m.hash AS model_hash, m.run_id AS model_run,
        s.vanished_at IS NOT NULL AS vanished,
        s.archived AND (
            EXISTS (SELECT 1 FROM model_sell_order_lines l
                    WHERE l.connection_id = ?1 AND l.item_id = s.item_id)
            OR EXISTS (SELECT 1 FROM model_buy_order_lines l
                       WHERE l.connection_id = ?1 AND l.item_id = s.item_id)
            OR EXISTS (SELECT 1 FROM model_product_compositions c
                       WHERE c.connection_id = ?1 AND c.part_item_id = s.item_id)) AS needed
    FROM source_items s
    LEFT JOIN model_products m ON m.connection_id = ?1 AND m.item_id = s.item_id
    WHERE s.connection_id = ?1 AND s.item_id IN (SELECT value FROM json_each(?2))";

/// Which of these rows, not yet written, tell another stock than the model.
const STOCK_MOVED: &str = "
    SELECT m.item_id FROM json_each(?2) j
    JOIN model_products m ON m.connection_id = ?1 AND m.item_id = j.value ->> 0
    WHERE m.stock_level IS NOT j.value ->> 6";

const UPSERT: &str = "
    INSERT INTO model_products (connection_id, item_id, name, sku_code, ean_code, article_code,
        price, stock_level, minimum_stock, status, assembled, created_at_remote, hash,
        first_run_id, run_id)
    SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
           value ->> 6, value ->> 7, value ->> 8, value ->> 9, value ->> 10,
           unhex(value ->> 11), value ->> 12, value ->> 12
    FROM json_each(?2) WHERE true
    ON CONFLICT (connection_id, item_id) DO UPDATE SET
        name = excluded.name, sku_code = excluded.sku_code, ean_code = excluded.ean_code,
        article_code = excluded.article_code, price = excluded.price,
        stock_level = excluded.stock_level, minimum_stock = excluded.minimum_stock,
        status = excluded.status, assembled = excluded.assembled,
        created_at_remote = excluded.created_at_remote, hash = excluded.hash,
        run_id = excluded.run_id";

pub(super) async fn read(
    conn: &mut SqliteConnection,
    connection: i64,
    ids: &[i64],
) -> Result<(Vec<ProductFacts>, Vec<HeldObject>), StoreError> {
    let ids = json(ids);
    let mut stock: HashMap<i64, Vec<StockFact>> = HashMap::new();
    let rows = sqlx::query(STOCK)
        .bind(connection)
        .bind(&ids)
        .fetch_all(&mut *conn)
        .await?;
    for row in rows {
        let shop: i64 = row.try_get(1)?;
        stock.entry(row.try_get(0)?).or_default().push(StockFact {
            shop: (shop != 0).then_some(ShopId(shop)),
            on_hand: row.try_get(2)?,
            reorder_point: row.try_get(3)?,
            transfer_in: row.try_get(4)?,
        });
    }
    let rows = sqlx::query(FACTS)
        .bind(connection)
        .bind(&ids)
        .fetch_all(conn)
        .await?;
    let mut held = Vec::new();
    let mut facts = Vec::with_capacity(rows.len());
    for row in &rows {
        let item = facts_of_row(row, &mut stock)?;
        if let Some(hash) = row.try_get("model_hash")? {
            held.push(HeldObject {
                id: item.id.0,
                run: row.try_get("model_run")?,
                hash,
            });
        }
        facts.push(item);
    }
    Ok((facts, held))
}

pub(super) fn facts_of_row(
    row: &SqliteRow,
    stock: &mut HashMap<i64, Vec<StockFact>>,
) -> Result<ProductFacts, StoreError> {
    let id: i64 = row.try_get("item_id")?;
    let price: Option<String> = row.try_get("price")?;
    let known = row.try_get::<Option<i64>, _>("stock_seen")?.is_some();
    Ok(ProductFacts {
        id: ItemId(id),
        description: row.try_get("description")?,
        custom_sku: row.try_get("custom_sku")?,
        system_sku: row.try_get("system_sku")?,
        ean: row.try_get("ean")?,
        upc: row.try_get("upc")?,
        kind: ItemKind::from_name(row.try_get("kind")?),
        archived: row.try_get("archived")?,
        taxed: row.try_get("taxed")?,
        tax_class: row.try_get("tax_class")?,
        price: price
            .map(|text| {
                text.parse().map_err(|_| StoreError::Inconsistent {
                    table: "source_items",
                    column: "price",
                    row: id.to_string(),
                    found: text,
                })
            })
            .transpose()?,
        created_at: row.try_get::<Option<i64>, _>("created_at")?.map(instant),
        stock: known.then(|| stock.remove(&id).unwrap_or_default()),
        lifecycle: Lifecycle {
            loaded: row.try_get::<Option<&[u8]>, _>("model_hash")?.is_some(),
            needed: row.try_get("needed")?,
            vanished: row.try_get("vanished")?,
        },
    })
}

pub(super) async fn write(
    tx: &mut WriteTx,
    written: &mut Written<'_>,
    products: &[(ItemId, Result<ProductOutcome, Reason>)],
    rejections: &mut Vec<NewRejection>,
    needs: &mut Needs,
) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    let held = written.work.products.iter();
    let loaded: HashSet<ItemId> = held
        .filter(|facts| facts.lifecycle.loaded)
        .map(|facts| facts.id)
        .collect();
    for (id, product) in products {
        let outcome = match product {
            Err(reason) => Outcome::Dropped(*reason),
            Ok(ProductOutcome::Rejected(reason)) => {
                rejections.push(out_of_range(*id, *reason));
                Outcome::Rejected(*reason)
            }
            Ok(ProductOutcome::Desired(product)) => {
                let hash = content_hash(product);
                if written.work.held.get(&("product", id.0)) == Some(&hash) {
                    Outcome::Unchanged
                } else {
                    if !loaded.contains(id) {
                        needs.new_products.push(id.0);
                    }
                    let run = written.run_of("product", id.0);
                    written.deliveries.add(Key::product(*id), id.0, run);
                    rows.push(row(product, &hash, run));
                    Outcome::Loaded
                }
            }
        };
        written.outcomes.insert(("product", id.0), outcome);
    }
    if rows.is_empty() {
        return Ok(());
    }
    let moved: Vec<i64> = sqlx::query_scalar(STOCK_MOVED)
        .bind(written.connection.0)
        .bind(json(&rows))
        .fetch_all(tx.conn())
        .await?;
    written.deliveries.stock_moved(moved);
    run(tx.conn(), UPSERT, written.connection.0, &rows).await?;
    Ok(())
}

/// A row as a JSON array; too wide for a tuple to read well.
fn row(product: &Product, hash: &[u8], run: i64) -> serde_json::Value {
    serde_json::json!([
        product.item_id,
        product.name,
        product.sku_code,
        product.ean_code,
        product.article_code,
        product.price.map(|price| price.to_string()),
        product.stock_level,
        product.minimum_stock,
        product.status.name(),
        product.assembled,
        product.created_at_remote.map(text),
        hex(hash),
        run,
    ])
}

fn out_of_range(item: ItemId, reason: Reason) -> NewRejection {
    NewRejection {
        stage: Stage::Load,
        feed: Feed::Items,
        id: Some(item.0),
        page: None,
        row: 0,
        reason,
        path: String::new(),
        detail: "the stock, the floor or the price of the item is beyond what Optiply takes"
            .to_owned(),
        body: String::new(),
    }
}
