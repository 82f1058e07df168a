-- Source records: what Lightspeed told us, newest version.
-- observation orders the versions; version counts the changes of content; page_id is the evidence.

CREATE TABLE source_shops (
    connection_id INTEGER NOT NULL,
    shop_id       INTEGER NOT NULL,
    name          TEXT    NOT NULL,
    time_zone     TEXT,
    archived      INTEGER NOT NULL,
    tax           TEXT,
    changed_at    INTEGER,
    observation   INTEGER NOT NULL,
    version       INTEGER NOT NULL,
    page_id       INTEGER NOT NULL,
    hash          BLOB,
    PRIMARY KEY (connection_id, shop_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE source_vendors (
    connection_id INTEGER NOT NULL,
    vendor_id     INTEGER NOT NULL,
    name          TEXT    NOT NULL,
    archived      INTEGER NOT NULL,
    emails        TEXT    NOT NULL,
    currency      TEXT,
    changed_at    INTEGER,
    observation   INTEGER NOT NULL,
    version       INTEGER NOT NULL,
    page_id       INTEGER NOT NULL,
    hash          BLOB,
    PRIMARY KEY (connection_id, vendor_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE source_items (
    connection_id    INTEGER NOT NULL,
    item_id          INTEGER NOT NULL,
    description      TEXT    NOT NULL,
    custom_sku       TEXT    NOT NULL,
    system_sku       TEXT    NOT NULL,
    manufacturer_sku TEXT    NOT NULL,
    ean              TEXT    NOT NULL,
    upc              TEXT    NOT NULL,
    kind             TEXT    NOT NULL,
    serialized       INTEGER NOT NULL,
    archived         INTEGER NOT NULL,
    taxed            INTEGER NOT NULL,
    tax_class        INTEGER,
    price            TEXT,
    default_cost     TEXT,
    default_vendor   INTEGER,
    matrix           INTEGER,
    created_at       INTEGER,
    changed_at       INTEGER,
    -- observation that last told its whole stock; NULL: stock is not known
    stock_seen       INTEGER,
    observation      INTEGER NOT NULL,
    version          INTEGER NOT NULL,
    page_id          INTEGER NOT NULL,
    hash             BLOB,
    PRIMARY KEY (connection_id, item_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE source_item_vendors (
    connection_id INTEGER NOT NULL,
    item_id       INTEGER NOT NULL,
    row_id        INTEGER NOT NULL,
    vendor_id     INTEGER,
    number        TEXT    NOT NULL,
    cost          TEXT,
    PRIMARY KEY (connection_id, item_id, row_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE source_item_components (
    connection_id INTEGER NOT NULL,
    item_id       INTEGER NOT NULL,
    row_id        INTEGER NOT NULL,
    assembly_id   INTEGER,
    part_id       INTEGER,
    quantity      TEXT    NOT NULL,
    grp           INTEGER NOT NULL,
    PRIMARY KEY (connection_id, item_id, row_id)
) STRICT, WITHOUT ROWID;

-- shop_id 0 is the total over all shops, kept for comparison only
CREATE TABLE source_stock (
    connection_id INTEGER NOT NULL,
    item_id       INTEGER NOT NULL,
    shop_id       INTEGER NOT NULL,
    row_id        INTEGER NOT NULL,
    on_hand       INTEGER NOT NULL,
    reorder_point INTEGER NOT NULL,
    transfer_in   INTEGER NOT NULL,
    changed_at    INTEGER,
    observation   INTEGER NOT NULL,
    version       INTEGER NOT NULL,
    page_id       INTEGER NOT NULL,
    hash          BLOB,
    PRIMARY KEY (connection_id, item_id, shop_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX source_stock_by_row ON source_stock (connection_id, row_id);

CREATE TABLE source_sales (
    connection_id INTEGER NOT NULL,
    sale_id       INTEGER NOT NULL,
    shop_id       INTEGER,
    completed     INTEGER NOT NULL,
    voided        INTEGER NOT NULL,
    archived      INTEGER NOT NULL,
    created_at    INTEGER,
    completed_at  INTEGER,
    stamped_at    INTEGER,
    updated_at    INTEGER,
    observation   INTEGER NOT NULL,
    version       INTEGER NOT NULL,
    page_id       INTEGER NOT NULL,
    -- NULL after a line moved away, so that no later version counts as the same
    hash          BLOB,
    PRIMARY KEY (connection_id, sale_id)
) STRICT, WITHOUT ROWID;

-- A line keeps its id when it moves to another sale, so the id is unique by itself.
CREATE TABLE source_sale_lines (
    connection_id INTEGER NOT NULL,
    sale_id       INTEGER NOT NULL,
    line_id       INTEGER NOT NULL,
    item_id       INTEGER,
    shop_id       INTEGER,
    parent_id     INTEGER,
    fee           INTEGER NOT NULL,
    quantity      INTEGER NOT NULL,
    value         TEXT    NOT NULL,
    changed_at    INTEGER,
    observation   INTEGER NOT NULL,
    PRIMARY KEY (connection_id, sale_id, line_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX source_sale_lines_by_line ON source_sale_lines (connection_id, line_id);
CREATE INDEX source_sale_lines_by_item ON source_sale_lines (connection_id, item_id) WHERE item_id IS NOT NULL;
CREATE INDEX source_sale_lines_by_parent ON source_sale_lines (connection_id, parent_id) WHERE parent_id IS NOT NULL;

-- Items that sales name and we do not hold: asked for by id, then held or gone.
CREATE TABLE wanted_items (
    connection_id INTEGER NOT NULL,
    item_id       INTEGER NOT NULL,
    state         TEXT    NOT NULL CHECK (state IN ('wanted', 'gone')),
    since_at      INTEGER NOT NULL,
    page_id       INTEGER,
    PRIMARY KEY (connection_id, item_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX wanted_items_open ON wanted_items (connection_id, item_id) WHERE state = 'wanted';
