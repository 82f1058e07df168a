-- What the planner should know of a large account. Without statistics it takes the connection,
-- the first column of nearly every key, for selective, and walks whole tables of a connection
-- where the rest of the key would find one row. Each line says: rows, then rows per distinct
-- value of the first column, of the first two, and so on. An ANALYZE over real data may replace
-- them.
ANALYZE;
DELETE FROM sqlite_stat1 WHERE tbl GLOB 'source_*' OR tbl GLOB 'model_*' OR tbl IN (
    'verdicts', 'record_touches', 'object_touches', 'rejections', 'wanted_items', 'pages', 'ledger');
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('source_shops', 'source_shops', '20 20 1'),
    ('source_vendors', 'source_vendors', '1000 1000 1'),
    ('source_items', 'source_items', '100000 100000 1'),
    ('source_item_vendors', 'source_item_vendors', '100000 100000 1 1'),
    ('source_item_components', 'source_item_components', '10000 10000 2 1'),
    ('source_stock', 'source_stock', '500000 500000 5 1'),
    ('source_stock', 'source_stock_by_row', '500000 500000 1'),
    ('source_sales', 'source_sales', '1000000 1000000 1'),
    ('source_sale_lines', 'source_sale_lines', '3000000 3000000 3 1'),
    ('source_sale_lines', 'source_sale_lines_by_line', '3000000 3000000 1'),
    ('source_sale_lines', 'source_sale_lines_by_item', '3000000 3000000 30'),
    ('source_sale_lines', 'source_sale_lines_by_parent', '100000 100000 1'),
    ('wanted_items', 'wanted_items', '1000 1000 1'),
    ('wanted_items', 'wanted_items_open', '100 100 1'),
    ('verdicts', 'verdicts', '1500000 1500000 500000 1'),
    ('record_touches', 'record_touches_by_connection', '100000 100000'),
    ('object_touches', 'object_touches_by_connection', '100000 100000'),
    ('rejections', 'rejections_by_record', '10000 10000 5000 2000 1'),
    ('rejections', 'rejections_open', '10000 10000 1'),
    ('rejections', 'rejections_by_page', '10000 2'),
    ('pages', 'pages_by_run', '20000 20000 1'),
    ('ledger', 'ledger', '20000 60 15 4 2 1'),
    ('model_products', 'model_products', '100000 100000 1'),
    ('model_suppliers', 'model_suppliers', '1000 1000 1'),
    ('model_sell_orders', 'model_sell_orders', '1000000 1000000 1'),
    ('model_sell_order_lines', 'model_sell_order_lines', '2000000 2000000 2 1'),
    ('model_sell_order_lines', 'model_sell_order_lines_by_item', '2000000 2000000 20');
