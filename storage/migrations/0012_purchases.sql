-- The rest of the Optiply model: who sells what, what is made of what, what was ordered and what
-- came.

CREATE TABLE model_supplier_products (
    connection_id INTEGER NOT NULL,
    item_id       INTEGER NOT NULL,
    vendor_id     INTEGER NOT NULL,
    name          TEXT    NOT NULL,
    sku_code      TEXT,
    ean_code      TEXT,
    article_code  TEXT,
    price         TEXT,
    -- NULL leaves the planner's choice alone
    preferred     INTEGER,
    status        TEXT    NOT NULL CHECK (status IN ('enabled', 'disabled')),
    hash          BLOB    NOT NULL,
    first_run_id  INTEGER NOT NULL,
    run_id        INTEGER NOT NULL,
    PRIMARY KEY (connection_id, item_id, vendor_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX model_supplier_products_by_vendor ON model_supplier_products (connection_id, vendor_id);

CREATE TABLE model_product_compositions (
    connection_id INTEGER NOT NULL,
    item_id       INTEGER NOT NULL,
    part_item_id  INTEGER NOT NULL,
    part_quantity INTEGER NOT NULL,
    first_run_id  INTEGER NOT NULL,
    run_id        INTEGER NOT NULL,
    PRIMARY KEY (connection_id, item_id, part_item_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX model_product_compositions_by_part ON model_product_compositions (connection_id, part_item_id);

CREATE TABLE model_buy_orders (
    connection_id          INTEGER NOT NULL,
    order_id               INTEGER NOT NULL,
    vendor_id              INTEGER NOT NULL,
    placed                 TEXT    NOT NULL,
    completed              TEXT,
    expected_delivery_date TEXT,
    total_value            TEXT    NOT NULL,
    hash                   BLOB    NOT NULL,
    first_run_id           INTEGER NOT NULL,
    run_id                 INTEGER NOT NULL,
    PRIMARY KEY (connection_id, order_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX model_buy_orders_by_vendor ON model_buy_orders (connection_id, vendor_id);

CREATE TABLE model_buy_order_lines (
    connection_id  INTEGER NOT NULL,
    order_id       INTEGER NOT NULL,
    order_line_id  INTEGER NOT NULL,
    item_id        INTEGER NOT NULL,
    quantity       INTEGER NOT NULL,
    subtotal_value TEXT    NOT NULL,
    PRIMARY KEY (connection_id, order_id, order_line_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX model_buy_order_lines_by_item ON model_buy_order_lines (connection_id, item_id);

CREATE TABLE model_receipt_lines (
    connection_id INTEGER NOT NULL,
    order_id      INTEGER NOT NULL,
    receipt_key   TEXT    NOT NULL,
    order_line_id INTEGER NOT NULL,
    -- NULL for goods that were checked in without a record of their arrival
    shipment_id   INTEGER,
    quantity      INTEGER NOT NULL,
    occurred      TEXT    NOT NULL,
    first_run_id  INTEGER NOT NULL,
    run_id        INTEGER NOT NULL,
    PRIMARY KEY (connection_id, order_id, receipt_key)
) STRICT, WITHOUT ROWID;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('model_supplier_products', 'model_supplier_products', '100000 100000 1 1'),
    ('model_supplier_products', 'model_supplier_products_by_vendor', '100000 100000 100'),
    ('model_product_compositions', 'model_product_compositions', '10000 10000 3 1'),
    ('model_product_compositions', 'model_product_compositions_by_part', '10000 10000 3'),
    ('model_buy_orders', 'model_buy_orders', '50000 50000 1'),
    ('model_buy_orders', 'model_buy_orders_by_vendor', '50000 50000 50'),
    ('model_buy_order_lines', 'model_buy_order_lines', '500000 500000 10 1'),
    ('model_buy_order_lines', 'model_buy_order_lines_by_item', '500000 500000 5'),
    ('model_receipt_lines', 'model_receipt_lines', '500000 500000 10 1');
