//! Who is concerned when something changes: statements that touch objects or records, each over
//! the connection (`?1`) and a page of ids (`?2`).
//!
//! They run in the transaction of the cause, and every join goes from the few ids at hand through
//! an index to the rows of the account.

/// Sell orders with a line of these items: whether a line counts depends on what is known of its
/// item.
pub(crate) const SALES_OF_ITEMS: &str = "
    INSERT INTO object_touches (connection_id, object, object_id)
    SELECT DISTINCT ?1, 'sell_order', sale_id FROM source_sale_lines
    WHERE connection_id = ?1 AND item_id IN (SELECT value FROM json_each(?2))";

/// Buy orders with a line of these items, for the same reason.
pub(crate) const ORDERS_OF_ITEMS: &str = "
    INSERT INTO object_touches (connection_id, object, object_id)
    SELECT DISTINCT ?1, 'buy_order', order_id FROM source_order_lines
    WHERE connection_id = ?1 AND item_id IN (SELECT value FROM json_each(?2))";

/// The compositions of the items that these are parts of.
pub(crate) const PARENTS_OF_ITEMS: &str = "
    INSERT INTO object_touches (connection_id, object, object_id)
    SELECT DISTINCT ?1, 'product_compositions', item_id FROM source_item_components
    WHERE connection_id = ?1 AND part_id IN (SELECT value FROM json_each(?2))";

/// What stands under these products: their supplier products.
pub(crate) const PAIRS_OF_ITEMS: &str = "
    INSERT INTO object_touches (connection_id, object, object_id)
    SELECT ?1, 'supplier_products', j.value FROM json_each(?2) j
    WHERE EXISTS (SELECT 1 FROM model_products m
                  WHERE m.connection_id = ?1 AND m.item_id = j.value)
      AND (EXISTS (SELECT 1 FROM source_items s
                   WHERE s.connection_id = ?1 AND s.item_id = j.value
                     AND s.default_vendor IS NOT NULL)
        OR EXISTS (SELECT 1 FROM source_item_vendors v
                   WHERE v.connection_id = ?1 AND v.item_id = j.value)
        OR EXISTS (SELECT 1 FROM model_supplier_products p
                   WHERE p.connection_id = ?1 AND p.item_id = j.value))";

/// What stands under these products: their compositions.
pub(crate) const PARTS_OF_ITEMS: &str = "
    INSERT INTO object_touches (connection_id, object, object_id)
    SELECT ?1, 'product_compositions', j.value FROM json_each(?2) j
    WHERE EXISTS (SELECT 1 FROM source_item_components c
                  WHERE c.connection_id = ?1 AND c.item_id = j.value)
       OR EXISTS (SELECT 1 FROM model_product_compositions m
                  WHERE m.connection_id = ?1 AND m.item_id = j.value)";

/// Supplier products of these vendors, whether their item still names them or not.
pub(crate) const PAIRS_OF_VENDORS: &str = "
    INSERT INTO object_touches (connection_id, object, object_id)
    SELECT ?1, 'supplier_products', item_id FROM (
        SELECT item_id FROM source_items
        WHERE connection_id = ?1 AND default_vendor IN (SELECT value FROM json_each(?2))
        UNION
        SELECT item_id FROM source_item_vendors
        WHERE connection_id = ?1 AND vendor_id IN (SELECT value FROM json_each(?2))
        UNION
        SELECT item_id FROM model_supplier_products
        WHERE connection_id = ?1 AND vendor_id IN (SELECT value FROM json_each(?2))) named
    WHERE EXISTS (SELECT 1 FROM model_products m
                  WHERE m.connection_id = ?1 AND m.item_id = named.item_id)";

/// Buy orders from these vendors.
pub(crate) const ORDERS_OF_VENDORS: &str = "
    INSERT INTO object_touches (connection_id, object, object_id)
    SELECT ?1, 'buy_order', order_id FROM source_orders
    WHERE connection_id = ?1 AND vendor_id IN (SELECT value FROM json_each(?2))";

/// What arrived for these purchase orders.
pub(crate) const SHIPMENTS_OF_ORDERS: &str = "
    INSERT INTO object_touches (connection_id, object, object_id)
    SELECT ?1, 'shipment', shipment_id FROM source_shipments
    WHERE connection_id = ?1 AND order_id IN (SELECT value FROM json_each(?2))";

/// Purchase orders that filter must judge again, of those that are held.
pub(crate) const JUDGE_ORDERS: &str = "
    INSERT INTO record_touches (connection_id, feed, record_id)
    SELECT DISTINCT ?1, 'orders', j.value FROM json_each(?2) j
    WHERE EXISTS (SELECT 1 FROM source_orders o
                  WHERE o.connection_id = ?1 AND o.order_id = j.value)";

/// Items that were archived before they were ever loaded: something needs them now (DESIGN 13.6),
/// or does not any more.
pub(crate) const JUDGE_ITEMS: &str = "
    INSERT INTO record_touches (connection_id, feed, record_id)
    SELECT ?1, 'items', j.value FROM json_each(?2) j
    CROSS JOIN source_items s ON s.connection_id = ?1 AND s.item_id = j.value AND s.archived = 1
    WHERE NOT EXISTS (SELECT 1 FROM model_products m
                      WHERE m.connection_id = ?1 AND m.item_id = j.value)";

/// The same of vendors.
pub(crate) const JUDGE_VENDORS: &str = "
    INSERT INTO record_touches (connection_id, feed, record_id)
    SELECT ?1, 'vendors', j.value FROM json_each(?2) j
    CROSS JOIN source_vendors s ON s.connection_id = ?1 AND s.vendor_id = j.value AND s.archived = 1
    WHERE NOT EXISTS (SELECT 1 FROM model_suppliers m
                      WHERE m.connection_id = ?1 AND m.vendor_id = j.value)";
