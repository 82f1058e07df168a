//! Supplier products of the model.

use super::credit::Written;
use super::products::{ProductFacts, facts_of_row};
use crate::batch::{hex, json, run};
use crate::error::StoreError;
use crate::store::WriteTx;
use pipeline::deliver::Key;
use pipeline::hash::content_hash;
use pipeline::id::{ItemId, VendorId};
use pipeline::load::{PairFacts, Pairs, ProductStatus, SupplierProduct, VendorFacts};
use pipeline::record::VendorNumber;
use rust_decimal::Decimal;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use std::collections::{BTreeSet, HashMap};

/// What the supplier products of an item are computed from.
#[derive(Clone, Debug)]
pub struct OfferFacts {
    product: ProductFacts,
    manufacturer_sku: String,
    default_vendor: Option<VendorId>,
    default_cost: Option<Decimal>,
    numbers: Vec<VendorNumber>,
    /// Those that the model holds.
    pub previous: Vec<SupplierProduct>,
}

impl OfferFacts {
    /// The item, as the computation takes it.
    pub fn facts(&self) -> PairFacts<'_> {
        PairFacts {
            item: self.product.item(),
            in_model: self.product.lifecycle.loaded,
            manufacturer_sku: &self.manufacturer_sku,
            default_vendor: self.default_vendor,
            default_cost: self.default_cost,
            numbers: &self.numbers,
        }
    }
}

const ITEMS: &str = "
    SELECT s.*, m.hash AS model_hash, 0 AS needed, s.vanished_at IS NOT NULL AS vanished
    FROM source_items s
    LEFT JOIN model_products m ON m.connection_id = ?1 AND m.item_id = s.item_id
    WHERE s.connection_id = ?1 AND s.item_id IN (SELECT value FROM json_each(?2))";

const NUMBERS: &str = "
    SELECT item_id, row_id, vendor_id, number, cost FROM source_item_vendors
    WHERE connection_id = ?1 AND item_id IN (SELECT value FROM json_each(?2))";

const PREVIOUS: &str = "
    SELECT item_id, vendor_id, name, sku_code, ean_code, article_code, price, preferred, status
    FROM model_supplier_products
    WHERE connection_id = ?1 AND item_id IN (SELECT value FROM json_each(?2))";

const VENDORS: &str = "
    SELECT s.vendor_id, s.archived, s.currency, s.vanished_at IS NOT NULL AS vanished,
           m.vendor_id IS NOT NULL AS in_model
    FROM source_vendors s
    LEFT JOIN model_suppliers m ON m.connection_id = ?1 AND m.vendor_id = s.vendor_id
    WHERE s.connection_id = ?1 AND s.vendor_id IN (SELECT value FROM json_each(?2))";

const UPSERT: &str = "
    INSERT INTO model_supplier_products (connection_id, item_id, vendor_id, name, sku_code,
        ean_code, article_code, price, preferred, status, hash, first_run_id, run_id)
    SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
           value ->> 6, value ->> 7, value ->> 8, unhex(value ->> 9), value ->> 10, value ->> 10
    FROM json_each(?2) WHERE true
    ON CONFLICT (connection_id, item_id, vendor_id) DO UPDATE SET
        name = excluded.name, sku_code = excluded.sku_code, ean_code = excluded.ean_code,
        article_code = excluded.article_code, price = excluded.price,
        preferred = excluded.preferred, status = excluded.status, hash = excluded.hash,
        run_id = excluded.run_id";

pub(crate) async fn read(
    conn: &mut SqliteConnection,
    connection: i64,
    ids: &[i64],
) -> Result<(Vec<OfferFacts>, HashMap<VendorId, VendorFacts>), StoreError> {
    let ids = json(ids);
    let mut numbers: HashMap<i64, Vec<VendorNumber>> = HashMap::new();
    let mut named = BTreeSet::new();
    for row in fetch(conn, NUMBERS, connection, &ids).await? {
        let item: i64 = row.try_get(0)?;
        let vendor: Option<i64> = row.try_get(2)?;
        named.extend(vendor);
        numbers.entry(item).or_default().push(VendorNumber {
            id: row.try_get(1)?,
            vendor: vendor.map(VendorId),
            number: row.try_get(3)?,
            cost: amount(row.try_get(4)?, "source_item_vendors", "cost", item)?,
        });
    }
    let mut previous: HashMap<i64, Vec<SupplierProduct>> = HashMap::new();
    for row in fetch(conn, PREVIOUS, connection, &ids).await? {
        let pair = previous_of_row(&row)?;
        previous.entry(pair.item_id.0).or_default().push(pair);
    }
    let mut offers = Vec::new();
    for row in fetch(conn, ITEMS, connection, &ids).await? {
        let id: i64 = row.try_get("item_id")?;
        let vendor: Option<i64> = row.try_get("default_vendor")?;
        named.extend(vendor);
        offers.push(OfferFacts {
            product: facts_of_row(&row, &mut HashMap::new())?,
            manufacturer_sku: row.try_get("manufacturer_sku")?,
            default_vendor: vendor.map(VendorId),
            default_cost: amount(
                row.try_get("default_cost")?,
                "source_items",
                "default_cost",
                id,
            )?,
            numbers: numbers.remove(&id).unwrap_or_default(),
            previous: previous.remove(&id).unwrap_or_default(),
        });
    }
    let named = json(&Vec::from_iter(named));
    let vendors = fetch(conn, VENDORS, connection, &named)
        .await?
        .iter()
        .map(|row| {
            let facts = VendorFacts {
                in_model: row.try_get("in_model")?,
                archived: row.try_get("archived")?,
                vanished: row.try_get("vanished")?,
                currency: row.try_get("currency")?,
            };
            Ok((VendorId(row.try_get(0)?), facts))
        })
        .collect::<Result<_, StoreError>>()?;
    Ok((offers, vendors))
}

async fn fetch(
    conn: &mut SqliteConnection,
    sql: &'static str,
    connection: i64,
    ids: &str,
) -> Result<Vec<SqliteRow>, StoreError> {
    Ok(sqlx::query(sql)
        .bind(connection)
        .bind(ids)
        .fetch_all(conn)
        .await?)
}

fn previous_of_row(row: &SqliteRow) -> Result<SupplierProduct, StoreError> {
    let item: i64 = row.try_get("item_id")?;
    let status: String = row.try_get("status")?;
    let table = "model_supplier_products";
    Ok(SupplierProduct {
        item_id: ItemId(item),
        vendor_id: VendorId(row.try_get("vendor_id")?),
        name: row.try_get("name")?,
        sku_code: row.try_get("sku_code")?,
        ean_code: row.try_get("ean_code")?,
        article_code: row.try_get("article_code")?,
        price: amount(row.try_get("price")?, table, "price", item)?,
        preferred: row.try_get("preferred")?,
        status: ProductStatus::from_name(&status).ok_or_else(|| StoreError::Inconsistent {
            table,
            column: "status",
            row: item.to_string(),
            found: status,
        })?,
    })
}

fn amount(
    text: Option<String>,
    table: &'static str,
    column: &'static str,
    item: i64,
) -> Result<Option<Decimal>, StoreError> {
    text.map(|text| {
        text.parse().map_err(|_| StoreError::Inconsistent {
            table,
            column,
            row: item.to_string(),
            found: text,
        })
    })
    .transpose()
}

/// Writes the pairs that changed. None is ever deleted.
pub(super) async fn write(
    tx: &mut WriteTx,
    written: &mut Written<'_>,
    offers: &[(ItemId, Pairs)],
    current: i64,
) -> Result<(), StoreError> {
    let held: HashMap<ItemId, &[SupplierProduct]> = written
        .work
        .offers
        .iter()
        .map(|facts| (facts.product.item().id, facts.previous.as_slice()))
        .collect();
    let changed: Vec<_> = offers
        .iter()
        .flat_map(|(item, pairs)| {
            let held = held.get(item).copied().unwrap_or_default();
            pairs.desired.iter().filter(|pair| !held.contains(pair))
        })
        .collect();
    let rows: Vec<_> = changed.iter().map(|pair| row(pair, current)).collect();
    for pair in changed {
        let key = Key::supplier_product(pair.item_id, pair.vendor_id);
        written.deliveries.add(key, pair.item_id.0, current);
    }
    run(tx.conn(), UPSERT, written.connection.0, &rows).await?;
    Ok(())
}

/// A row as a JSON array; too wide for a tuple to read well.
fn row(pair: &SupplierProduct, current: i64) -> serde_json::Value {
    serde_json::json!([
        pair.item_id,
        pair.vendor_id,
        pair.name,
        pair.sku_code,
        pair.ean_code,
        pair.article_code,
        pair.price.map(|price| price.to_string()),
        pair.preferred,
        pair.status.name(),
        hex(&content_hash(pair)),
        current,
    ])
}
