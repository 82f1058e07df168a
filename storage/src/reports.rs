//! Reading the model out.

use crate::error::StoreError;
use crate::store::Store;
use pipeline::id::ConnectionId;
use sqlx::Row;

/// How many objects a dump reads at a time; of those that stand under another, how many others.
const CHUNK: i64 = 1000;

impl Store {
    /// Writes the canonical dump of the model: one JSON line per object, kind by kind in the order
    /// of the alphabet, each by its ids.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn dump_model(
        &self,
        connection: ConnectionId,
        mut line: impl FnMut(String),
    ) -> Result<(), StoreError> {
        for sql in [
            BUY_ORDERS,
            COMPOSITIONS,
            PRODUCTS,
            RECEIPTS,
            SELL_ORDERS,
            SUPPLIERS,
            SUPPLIER_PRODUCTS,
        ] {
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

const SELL_ORDERS: &str = "
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

const BUY_ORDERS: &str = "
    SELECT o.order_id, json_object('kind', 'buy_order', 'order_id', o.order_id,
        'vendor_id', o.vendor_id, 'placed', o.placed, 'completed', o.completed,
        'expected_delivery_date', o.expected_delivery_date, 'total_value', o.total_value,
        'lines', (SELECT json_group_array(json_object('order_line_id', order_line_id,
                      'item_id', item_id, 'quantity', quantity, 'subtotal_value', subtotal_value))
                  FROM (SELECT l.order_line_id, l.item_id, l.quantity, l.subtotal_value
                        FROM model_buy_order_lines l
                        WHERE l.connection_id = ?1 AND l.order_id = o.order_id
                        ORDER BY l.order_line_id) sorted))
    FROM model_buy_orders o WHERE o.connection_id = ?1 AND o.order_id > ?2
    ORDER BY o.order_id LIMIT ?3";

const COMPOSITIONS: &str = "
    SELECT c.item_id, json_object('kind', 'composition', 'item_id', c.item_id,
        'part_item_id', c.part_item_id, 'part_quantity', c.part_quantity)
    FROM (SELECT DISTINCT item_id FROM model_product_compositions
          WHERE connection_id = ?1 AND item_id > ?2 ORDER BY item_id LIMIT ?3) next
    CROSS JOIN model_product_compositions c ON c.connection_id = ?1 AND c.item_id = next.item_id
    ORDER BY c.item_id, c.part_item_id";

const SUPPLIER_PRODUCTS: &str = "
    SELECT p.item_id, json_object('kind', 'supplier_product', 'item_id', p.item_id,
        'vendor_id', p.vendor_id, 'name', p.name, 'sku_code', p.sku_code, 'ean_code', p.ean_code,
        'article_code', p.article_code, 'price', p.price,
        'preferred', json(CASE p.preferred WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE 'null' END),
        'status', p.status)
    FROM (SELECT DISTINCT item_id FROM model_supplier_products
          WHERE connection_id = ?1 AND item_id > ?2 ORDER BY item_id LIMIT ?3) next
    CROSS JOIN model_supplier_products p ON p.connection_id = ?1 AND p.item_id = next.item_id
    ORDER BY p.item_id, p.vendor_id";

/// What was only checked in is dumped as one sum a line: in which steps it came depends on when we
/// looked.
const RECEIPTS: &str = "
    SELECT order_id, json_object('kind', 'receipt', 'order_id', order_id,
        'order_line_id', order_line_id, 'key', receipt_key, 'quantity', quantity,
        'occurred', occurred)
    FROM (SELECT r.order_id, r.order_line_id, r.receipt_key, r.quantity, r.occurred
          FROM (SELECT DISTINCT order_id FROM model_receipt_lines
                WHERE connection_id = ?1 AND order_id > ?2 ORDER BY order_id LIMIT ?3) next
          CROSS JOIN model_receipt_lines r ON r.connection_id = ?1 AND r.order_id = next.order_id
          WHERE r.shipment_id IS NOT NULL
          UNION ALL
          SELECT r.order_id, r.order_line_id, 'checked_in', sum(r.quantity), NULL
          FROM (SELECT DISTINCT order_id FROM model_receipt_lines
                WHERE connection_id = ?1 AND order_id > ?2 ORDER BY order_id LIMIT ?3) next
          CROSS JOIN model_receipt_lines r ON r.connection_id = ?1 AND r.order_id = next.order_id
          WHERE r.shipment_id IS NULL
          GROUP BY r.order_id, r.order_line_id)
    ORDER BY order_id, order_line_id, CAST(receipt_key AS INTEGER)";
