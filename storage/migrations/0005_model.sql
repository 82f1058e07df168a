-- The Optiply model: what Optiply should hold. Columns are named as Optiply names them.
-- Instants are RFC 3339 text in UTC here, because people query these tables.

CREATE TABLE model_products (
    connection_id     INTEGER NOT NULL,
    item_id           INTEGER NOT NULL,
    name              TEXT    NOT NULL,
    sku_code          TEXT,
    ean_code          TEXT,
    article_code      TEXT,
    price             TEXT,
    -- NULL until the stock of the item is known
    stock_level       INTEGER,
    minimum_stock     INTEGER,
    unlimited_stock   INTEGER NOT NULL DEFAULT 0,
    status            TEXT    NOT NULL CHECK (status IN ('enabled', 'disabled')),
    assembled         INTEGER NOT NULL,
    created_at_remote TEXT,
    hash              BLOB    NOT NULL,
    first_run_id      INTEGER NOT NULL,
    run_id            INTEGER NOT NULL,
    PRIMARY KEY (connection_id, item_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE model_suppliers (
    connection_id INTEGER NOT NULL,
    vendor_id     INTEGER NOT NULL,
    name          TEXT    NOT NULL,
    emails        TEXT    NOT NULL,
    ignored       INTEGER NOT NULL,
    hash          BLOB    NOT NULL,
    first_run_id  INTEGER NOT NULL,
    run_id        INTEGER NOT NULL,
    PRIMARY KEY (connection_id, vendor_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE model_sell_orders (
    connection_id INTEGER NOT NULL,
    sale_id       INTEGER NOT NULL,
    placed        TEXT    NOT NULL,
    completed     TEXT,
    total_value   TEXT    NOT NULL,
    hash          BLOB    NOT NULL,
    first_run_id  INTEGER NOT NULL,
    run_id        INTEGER NOT NULL,
    PRIMARY KEY (connection_id, sale_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE model_sell_order_lines (
    connection_id  INTEGER NOT NULL,
    sale_id        INTEGER NOT NULL,
    item_id        INTEGER NOT NULL,
    quantity       INTEGER NOT NULL,
    subtotal_value TEXT    NOT NULL,
    PRIMARY KEY (connection_id, sale_id, item_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX model_sell_order_lines_by_item ON model_sell_order_lines (connection_id, item_id);
