-- What Optiply should hold of the buy orders that were exported: what it held then, with what has
-- happened to their purchase orders since. Beside the model, because they are Optiply's own.

CREATE TABLE echo_buy_orders (
    connection_id          INTEGER NOT NULL,
    order_id               INTEGER NOT NULL,
    buy_order_id           INTEGER NOT NULL,
    vendor_id              INTEGER NOT NULL,
    placed                 TEXT    NOT NULL,
    completed              TEXT,
    expected_delivery_date TEXT,
    -- as Optiply held it, and as it should be now
    own_value              TEXT    NOT NULL,
    total_value            TEXT    NOT NULL,
    PRIMARY KEY (connection_id, order_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE echo_buy_order_lines (
    connection_id  INTEGER NOT NULL,
    order_id       INTEGER NOT NULL,
    order_line_id  INTEGER NOT NULL,
    item_id        INTEGER NOT NULL,
    -- pieces that were ordered in Lightspeed, and at which unit cost
    ordered        INTEGER NOT NULL,
    price          TEXT    NOT NULL,
    -- the line as Optiply held it, and as it should be now
    own_quantity   INTEGER NOT NULL,
    own_value      TEXT    NOT NULL,
    quantity       INTEGER NOT NULL,
    subtotal_value TEXT    NOT NULL,
    PRIMARY KEY (connection_id, order_id, order_line_id)
) STRICT, WITHOUT ROWID;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('echo_buy_orders', 'echo_buy_orders', '50000 50000 1'),
    ('echo_buy_order_lines', 'echo_buy_order_lines', '500000 500000 10 1');
