//! How many there are on our side, and the list by which a cut-over is accepted.

use crate::error::StoreError;
use crate::store::Store;
use pipeline::deliver::Entity;
use pipeline::id::ConnectionId;
use serde::Serialize;
use sqlx::Row;
use std::collections::BTreeMap;

/// How many objects of each kind Optiply should hold: those of the model, and the buy orders that
/// were exported, which stand beside it.
pub type ModelCounts = BTreeMap<Entity, i64>;

/// By what a cut-over is accepted, as far as the model alone tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Checklist {
    /// Enabled products without a supplier product: nobody could buy them.
    pub products_without_supplier: i64,
    /// Products of items of type non-inventory that are not disabled.
    pub non_inventory_enabled: i64,
    /// Items whose stock over all shops is not what Lightspeed itself tells as their total.
    pub stock_totals_differ: i64,
}

const COUNTS: [(Entity, &str); 9] = [
    (
        Entity::Product,
        "SELECT count(*) FROM model_products WHERE connection_id = ?1",
    ),
    (
        Entity::Supplier,
        "SELECT count(*) FROM model_suppliers WHERE connection_id = ?1",
    ),
    (
        Entity::SupplierProduct,
        "SELECT count(*) FROM model_supplier_products WHERE connection_id = ?1",
    ),
    (
        Entity::Composition,
        "SELECT count(*) FROM model_product_compositions WHERE connection_id = ?1",
    ),
    (
        Entity::SellOrder,
        "SELECT count(*) FROM model_sell_orders WHERE connection_id = ?1",
    ),
    (
        Entity::SellOrderLine,
        "SELECT count(*) FROM model_sell_order_lines WHERE connection_id = ?1",
    ),
    (
        Entity::BuyOrder,
        "SELECT (SELECT count(*) FROM model_buy_orders WHERE connection_id = ?1)
              + (SELECT count(*) FROM echo_buy_orders WHERE connection_id = ?1)",
    ),
    (
        Entity::BuyOrderLine,
        "SELECT (SELECT count(*) FROM model_buy_order_lines WHERE connection_id = ?1)
              + (SELECT count(*) FROM echo_buy_order_lines WHERE connection_id = ?1)",
    ),
    (
        Entity::Receipt,
        "SELECT count(*) FROM model_receipt_lines WHERE connection_id = ?1",
    ),
];

const CHECKLIST: &str = "
    SELECT coalesce(sum(m.status = 'enabled' AND NOT EXISTS (
               SELECT 1 FROM model_supplier_products p
               WHERE p.connection_id = ?1 AND p.item_id = m.item_id)), 0),
           coalesce(sum(m.status = 'enabled' AND s.kind = 'non_inventory'), 0)
    FROM model_products m
    LEFT JOIN source_items s ON s.connection_id = ?1 AND s.item_id = m.item_id
    WHERE m.connection_id = ?1";

const TOTALS: &str = "
    SELECT count(*) FROM (
        SELECT sum(iif(shop_id = 0, 0, on_hand)) AS summed,
               sum(iif(shop_id = 0, on_hand, 0)) AS told
        FROM source_stock WHERE connection_id = ?1
        GROUP BY item_id HAVING min(shop_id) = 0)
    WHERE summed <> told";

impl Store {
    /// How many objects of each kind Optiply should hold.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn model_counts(&self, connection: ConnectionId) -> Result<ModelCounts, StoreError> {
        let mut reader = self.read().await?;
        let mut counts = ModelCounts::new();
        for (entity, sql) in COUNTS {
            let n = sqlx::query_scalar(sql)
                .bind(connection.0)
                .fetch_one(reader.conn())
                .await?;
            counts.insert(entity, n);
        }
        Ok(counts)
    }

    /// By what a cut-over is accepted.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn checklist(&self, connection: ConnectionId) -> Result<Checklist, StoreError> {
        let mut reader = self.read().await?;
        let row = sqlx::query(CHECKLIST)
            .bind(connection.0)
            .fetch_one(reader.conn())
            .await?;
        let totals = sqlx::query_scalar(TOTALS)
            .bind(connection.0)
            .fetch_one(reader.conn())
            .await?;
        Ok(Checklist {
            products_without_supplier: row.try_get(0)?,
            non_inventory_enabled: row.try_get(1)?,
            stock_totals_differ: totals,
        })
    }
}
