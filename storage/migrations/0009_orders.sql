-- Purchase orders and what arrived for them, and the little about them that no record tells again.

CREATE TABLE source_orders (
    connection_id INTEGER NOT NULL,
    order_id      INTEGER NOT NULL,
    vendor_id     INTEGER,
    shop_id       INTEGER,
    reference     TEXT    NOT NULL,
    ordered_at    INTEGER,
    expected_at   INTEGER,
    received_at   INTEGER,
    complete      INTEGER NOT NULL,
    archived      INTEGER NOT NULL,
    has_shipments INTEGER NOT NULL,
    created_at    INTEGER,
    changed_at    INTEGER,
    -- when the page that brought this version was stored
    seen_at       INTEGER NOT NULL,
    observation   INTEGER NOT NULL,
    version       INTEGER NOT NULL,
    page_id       INTEGER NOT NULL,
    -- NULL after a line moved away, so that no later version counts as the same
    hash          BLOB,
    PRIMARY KEY (connection_id, order_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX source_orders_by_vendor ON source_orders (connection_id, vendor_id) WHERE vendor_id IS NOT NULL;

-- A line may move to another order, so its id is unique by itself, as that of a sale's line is.
CREATE TABLE source_order_lines (
    connection_id INTEGER NOT NULL,
    order_id      INTEGER NOT NULL,
    line_id       INTEGER NOT NULL,
    item_id       INTEGER,
    quantity      INTEGER NOT NULL,
    value         TEXT    NOT NULL,
    checked_in    INTEGER NOT NULL,
    changed_at    INTEGER,
    observation   INTEGER NOT NULL,
    PRIMARY KEY (connection_id, order_id, line_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX source_order_lines_by_line ON source_order_lines (connection_id, line_id);
CREATE INDEX source_order_lines_by_item ON source_order_lines (connection_id, item_id) WHERE item_id IS NOT NULL;

CREATE TABLE source_shipments (
    connection_id INTEGER NOT NULL,
    shipment_id   INTEGER NOT NULL,
    order_id      INTEGER NOT NULL,
    -- whether any of its items holds received pieces
    received      INTEGER NOT NULL,
    received_at   INTEGER,
    created_at    INTEGER,
    changed_at    INTEGER,
    observation   INTEGER NOT NULL,
    version       INTEGER NOT NULL,
    page_id       INTEGER NOT NULL,
    hash          BLOB,
    PRIMARY KEY (connection_id, shipment_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX source_shipments_by_order ON source_shipments (connection_id, order_id);

CREATE TABLE source_shipment_items (
    connection_id    INTEGER NOT NULL,
    shipment_id      INTEGER NOT NULL,
    shipment_item_id INTEGER NOT NULL,
    item_id          INTEGER,
    line_id          INTEGER,
    received         INTEGER NOT NULL,
    PRIMARY KEY (connection_id, shipment_id, shipment_item_id)
) STRICT, WITHOUT ROWID;

-- Lifecycle: the steps in which an order line's checked-in count grew, and when an order was first
-- seen complete. The source tells only how things are now.
CREATE TABLE checked_in_steps (
    connection_id INTEGER NOT NULL,
    line_id       INTEGER NOT NULL,
    cumulative    INTEGER NOT NULL,
    occurred_at   INTEGER NOT NULL,
    PRIMARY KEY (connection_id, line_id, cumulative)
) STRICT, WITHOUT ROWID;

CREATE TABLE complete_orders (
    connection_id INTEGER NOT NULL,
    order_id      INTEGER NOT NULL,
    since_at      INTEGER NOT NULL,
    PRIMARY KEY (connection_id, order_id)
) STRICT, WITHOUT ROWID;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('source_orders', 'source_orders', '50000 50000 1'),
    ('source_orders', 'source_orders_by_vendor', '50000 50000 50'),
    ('source_order_lines', 'source_order_lines', '500000 500000 10 1'),
    ('source_order_lines', 'source_order_lines_by_line', '500000 500000 1'),
    ('source_order_lines', 'source_order_lines_by_item', '500000 500000 5'),
    ('source_shipments', 'source_shipments', '60000 60000 1'),
    ('source_shipments', 'source_shipments_by_order', '60000 60000 2'),
    ('source_shipment_items', 'source_shipment_items', '500000 500000 10 1'),
    ('checked_in_steps', 'checked_in_steps', '100000 100000 2 1'),
    ('complete_orders', 'complete_orders', '50000 50000 1');
