//! Products, suppliers and pairs: told by what they are called.

use crate::deliver::{park_unmatched, row_of_key};
use crate::error::StoreError;
use crate::leases::Lease;
use crate::store::{Store, WriteTx};
use pipeline::adopt::Rule;
use pipeline::deliver::{Entity, Key};
use pipeline::id::ConnectionId;
use serde::Serialize;
use sqlx::Row;

/// A delivery and the row that it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matched {
    /// What we call it.
    pub key: Key,
    /// What Optiply calls it.
    pub remote_id: i64,
    /// What Optiply shows of it, as canonical JSON.
    pub shown: String,
}

/// Candidates of products, by the rules in their order.
const PRODUCTS: [(Rule, &str); 5] = [
    (
        Rule::ArticleCodeIsId,
        "INSERT OR IGNORE INTO remote_candidates (connection_id, entity, rule, object_id, remote_id)
         SELECT ?1, 'product', 1, d.object_id, r.remote_id FROM deliveries d
         JOIN remote_rows r ON r.connection_id = ?1 AND r.entity = 'product'
             AND r.article_code = CAST(d.object_id AS TEXT)
         WHERE d.connection_id = ?1 AND d.entity = 'product' AND d.acknowledged IS NULL",
    ),
    (
        Rule::ArticleCode,
        "INSERT OR IGNORE INTO remote_candidates (connection_id, entity, rule, object_id, remote_id)
         SELECT ?1, 'product', 2, d.object_id, r.remote_id FROM deliveries d
         JOIN model_products m ON m.connection_id = ?1 AND m.item_id = d.object_id
         JOIN remote_rows r ON r.connection_id = ?1 AND r.entity = 'product'
             AND r.article_code = m.article_code
         WHERE d.connection_id = ?1 AND d.entity = 'product' AND d.acknowledged IS NULL",
    ),
    (
        Rule::Sku,
        "INSERT OR IGNORE INTO remote_candidates (connection_id, entity, rule, object_id, remote_id)
         SELECT ?1, 'product', 3, d.object_id, r.remote_id FROM deliveries d
         JOIN model_products m ON m.connection_id = ?1 AND m.item_id = d.object_id
         JOIN remote_rows r ON r.connection_id = ?1 AND r.entity = 'product'
             AND r.sku_code = m.sku_code
         WHERE d.connection_id = ?1 AND d.entity = 'product' AND d.acknowledged IS NULL",
    ),
    (
        Rule::Ean,
        "INSERT OR IGNORE INTO remote_candidates (connection_id, entity, rule, object_id, remote_id)
         SELECT ?1, 'product', 4, d.object_id, r.remote_id FROM deliveries d
         JOIN model_products m ON m.connection_id = ?1 AND m.item_id = d.object_id
         JOIN remote_rows r ON r.connection_id = ?1 AND r.entity = 'product'
             AND r.ean_code = m.ean_code
         WHERE d.connection_id = ?1 AND d.entity = 'product' AND d.acknowledged IS NULL",
    ),
    (
        Rule::Name,
        "INSERT OR IGNORE INTO remote_candidates (connection_id, entity, rule, object_id, remote_id)
         SELECT ?1, 'product', 5, d.object_id, r.remote_id FROM deliveries d
         JOIN model_products m ON m.connection_id = ?1 AND m.item_id = d.object_id
         JOIN remote_rows r ON r.connection_id = ?1 AND r.entity = 'product' AND r.name = m.name
             AND coalesce(r.sku_code = m.sku_code, 1) AND coalesce(r.ean_code = m.ean_code, 1)
             AND coalesce(r.article_code = m.article_code, 1)
         WHERE d.connection_id = ?1 AND d.entity = 'product' AND d.acknowledged IS NULL",
    ),
];

const SUPPLIERS: &str = "
    INSERT OR IGNORE INTO remote_candidates (connection_id, entity, rule, object_id, remote_id)
    SELECT ?1, 'supplier', 5, d.object_id, r.remote_id FROM deliveries d
    JOIN model_suppliers m ON m.connection_id = ?1 AND m.vendor_id = d.object_id
    JOIN remote_rows r ON r.connection_id = ?1 AND r.entity = 'supplier' AND r.name = m.name
    WHERE d.connection_id = ?1 AND d.entity = 'supplier' AND d.acknowledged IS NULL";

/// What a rule says of exactly one object and exactly one row is so. What a person must look at stays
/// so until they have.
const DECIDE: &str = "
    UPDATE deliveries SET remote_id = c.remote_id
    FROM (SELECT object_id, remote_id,
                 count(*) OVER (PARTITION BY object_id) AS rows_of_object,
                 count(*) OVER (PARTITION BY remote_id) AS objects_of_row
          FROM remote_candidates k
          WHERE k.connection_id = ?1 AND k.entity = ?2 AND k.rule = ?3
            AND NOT EXISTS (SELECT 1 FROM deliveries t WHERE t.connection_id = ?1
                            AND t.entity = ?2 AND t.remote_id = k.remote_id)
            AND EXISTS (SELECT 1 FROM deliveries t WHERE t.connection_id = ?1 AND t.entity = ?2
                        AND t.object_id = k.object_id AND t.part = ''
                        AND t.remote_id IS NULL)) c
    WHERE deliveries.connection_id = ?1 AND deliveries.entity = ?2
      AND deliveries.object_id = c.object_id AND deliveries.part = ''
      AND deliveries.acknowledged IS NULL AND deliveries.remote_id IS NULL
      AND deliveries.state IN ('pending', 'waiting')
      AND c.rows_of_object = 1 AND c.objects_of_row = 1";

/// What may be a row that is nobody's yet is for a person to decide.
const AMBIGUOUS: &str = "
    SELECT k.object_id, group_concat(DISTINCT k.remote_id) AS ids FROM remote_candidates k
    JOIN deliveries d ON d.connection_id = ?1 AND d.entity = ?2 AND d.object_id = k.object_id
        AND d.part = '' AND d.acknowledged IS NULL AND d.remote_id IS NULL
    WHERE k.connection_id = ?1 AND k.entity = ?2
      AND NOT EXISTS (SELECT 1 FROM deliveries t WHERE t.connection_id = ?1
                      AND t.entity = ?2 AND t.remote_id = k.remote_id)
    GROUP BY k.object_id";

const MATCHED: &str = "
    SELECT d.object_id, d.part, r.remote_id, r.shown FROM deliveries d
    JOIN remote_rows r ON r.connection_id = ?1 AND r.entity = d.entity
        AND r.remote_id = d.remote_id
    WHERE d.connection_id = ?1 AND d.entity = ?2 AND (d.object_id, d.part) > (?3, ?4)
      AND d.acknowledged IS NULL
    ORDER BY d.object_id, d.part LIMIT ?5";

/// A pair is the row of its two parents.
const PAIRS: &str = "
    SELECT d.object_id, d.part, r.remote_id, r.shown FROM deliveries d
    JOIN deliveries a ON a.connection_id = ?1 AND a.entity = 'product'
        AND a.object_id = d.object_id AND a.part = '' AND a.acknowledged IS NOT NULL
    JOIN deliveries b ON b.connection_id = ?1
        AND b.entity = iif(?2 = 'supplier_product', 'supplier', 'product')
        AND b.object_id = CAST(d.part AS INTEGER) AND b.part = '' AND b.acknowledged IS NOT NULL
    JOIN remote_rows r ON r.connection_id = ?1 AND r.entity = ?2
        AND r.parent_id = a.remote_id AND r.other_id = b.remote_id
    WHERE d.connection_id = ?1 AND d.entity = ?2 AND (d.object_id, d.part) > (?3, ?4)
      AND d.acknowledged IS NULL
    ORDER BY d.object_id, d.part LIMIT ?5";

impl Store {
    /// Matches the products or the suppliers. What is ambiguous is set aside.
    ///
    /// # Errors
    /// When the database fails or the lease has moved on.
    pub async fn match_named(&self, lease: &Lease, entity: Entity) -> Result<(), StoreError> {
        let mut tx = self.write_as(lease).await?;
        let connection = lease.connection;
        let rules: &[(Rule, &'static str)] = match entity {
            Entity::Supplier => &[(Rule::Name, SUPPLIERS)],
            _ => &PRODUCTS,
        };
        for (_, sql) in rules {
            sqlx::query(*sql)
                .bind(connection.0)
                .execute(tx.conn())
                .await?;
        }
        // What one rule decides may be what another could not tell apart.
        loop {
            let mut decided = 0;
            for (rule, _) in rules {
                let done = sqlx::query(DECIDE)
                    .bind(connection.0)
                    .bind(entity.name())
                    .bind(*rule as i64)
                    .execute(tx.conn())
                    .await?;
                decided += done.rows_affected();
            }
            if decided == 0 {
                break;
            }
        }
        set_aside(&mut tx, self, connection, entity).await?;
        tx.commit().await
    }

    /// Deliveries that are a row of Optiply's and not acknowledged yet, after this one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn matched(
        &self,
        connection: ConnectionId,
        entity: Entity,
        after: Option<&Key>,
        most: i64,
    ) -> Result<Vec<Matched>, StoreError> {
        let sql = match entity {
            Entity::SupplierProduct | Entity::Composition => PAIRS,
            _ => MATCHED,
        };
        let mut reader = self.read().await?;
        let rows = sqlx::query(sql)
            .bind(connection.0)
            .bind(entity.name())
            .bind(after.map_or(i64::MIN, |key| key.object))
            .bind(after.map_or("", |key| key.part.as_str()))
            .bind(most)
            .fetch_all(reader.conn())
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Matched {
                    key: Key::new(entity, row.try_get(0)?, row.try_get::<String, _>(1)?),
                    remote_id: row.try_get(2)?,
                    shown: row.try_get(3)?,
                })
            })
            .collect()
    }
}

async fn set_aside(
    tx: &mut WriteTx,
    store: &Store,
    connection: ConnectionId,
    entity: Entity,
) -> Result<(), StoreError> {
    let rows = sqlx::query(AMBIGUOUS)
        .bind(connection.0)
        .bind(entity.name())
        .fetch_all(tx.conn())
        .await?;
    let mut unmatched = Vec::with_capacity(rows.len());
    for row in &rows {
        let (object, ids): (i64, String) = (row.try_get(0)?, row.try_get(1)?);
        unmatched.push((
            Key::new(entity, object, ""),
            format!("rows {} may be it", ids.replace(',', ", ")),
        ));
    }
    park_unmatched(tx, store, connection, &unmatched).await
}

/// Keys as statements take them, each with a text.
pub(super) fn rows<'a, T: Serialize>(
    of: impl Iterator<Item = (&'a Key, T)>,
) -> Vec<(&'static str, i64, &'a str, T)> {
    of.map(|(key, value)| {
        let (entity, object, part) = row_of_key(key);
        (entity, object, part, value)
    })
    .collect()
}
