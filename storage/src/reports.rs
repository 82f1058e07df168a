//! Reading the model out.

use crate::error::StoreError;
use crate::store::Store;
use pipeline::id::ConnectionId;
use sqlx::Row;

/// How many rows a dump reads at a time.
const CHUNK: i64 = 1000;

impl Store {
    /// Writes the canonical dump of the model: one JSON line per object, products, then sell
    /// orders, then suppliers, each by id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn dump_model(
        &self,
        connection: ConnectionId,
        mut line: impl FnMut(String),
    ) -> Result<(), StoreError> {
        for sql in [PRODUCTS, ORDERS, SUPPLIERS] {
            let mut after = i64::MIN;
            loop {
                let mut reader = self.read().await?;
                let rows = sqlx::query(sql)
                    .bind(connection.0)
                    .bind(after)
                    .bind(CHUNK)
                    .fetch_all(reader.conn())
                    .await?;
                let Some(last) = rows.last() else { break };
                after = last.try_get(0)?;
                for row in &rows {
                    line(row.try_get(1)?);
                }
            }
        }
        Ok(())
    }
}

const PRODUCTS: &str = "
    SELECT item_id, json_object('kind', 'product', 'item_id', item_id, 'name', name,
        'sku_code', sku_code, 'ean_code', ean_code, 'article_code', article_code, 'price', price,
        'stock_level', stock_level, 'minimum_stock', minimum_stock, 'status', status,
        'assembled', json(iif(assembled, 'true', 'false')),
        'created_at_remote', created_at_remote)
    FROM model_products WHERE connection_id = ?1 AND item_id > ?2 ORDER BY item_id LIMIT ?3";

const ORDERS: &str = "
    SELECT o.sale_id, json_object('kind', 'sell_order', 'sale_id', o.sale_id, 'placed', o.placed,
        'completed', o.completed, 'total_value', o.total_value,
        'lines', (SELECT json_group_array(json_object('item_id', item_id, 'quantity', quantity,
                                                      'subtotal_value', subtotal_value))
                  FROM (SELECT l.item_id, l.quantity, l.subtotal_value FROM model_sell_order_lines l
                        WHERE l.connection_id = ?1 AND l.sale_id = o.sale_id
                        ORDER BY l.item_id) sorted))
    FROM model_sell_orders o WHERE o.connection_id = ?1 AND o.sale_id > ?2
    ORDER BY o.sale_id LIMIT ?3";

const SUPPLIERS: &str = "
    SELECT vendor_id, json_object('kind', 'supplier', 'vendor_id', vendor_id, 'name', name,
        'emails', json(emails), 'ignored', json(iif(ignored, 'true', 'false')))
    FROM model_suppliers WHERE connection_id = ?1 AND vendor_id > ?2 ORDER BY vendor_id LIMIT ?3";
