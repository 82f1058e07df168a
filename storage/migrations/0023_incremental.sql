-- What a walk leaves out besides its range of ids: which rows it reads, and since which time.
ALTER TABLE walks ADD COLUMN reading TEXT NOT NULL DEFAULT 'all'
    CHECK (reading IN ('all', 'open', 'voids', 'lines'));
ALTER TABLE walks ADD COLUMN since_by TEXT CHECK (since_by IN ('changed', 'updated', 'completed'));
ALTER TABLE walks ADD COLUMN since_at INTEGER;

-- Up to when the source can be believed to have shown everything at a run's first request: the
-- earlier of both clocks, less the overlap. Watermarks move there.
ALTER TABLE runs ADD COLUMN safe_at INTEGER;

-- The highest id that was read, for feeds that only grow.
ALTER TABLE watermarks ADD COLUMN last_id INTEGER NOT NULL DEFAULT 0;

-- When the source refused to tell which sales were updated, and the last void that was read
-- instead.
ALTER TABLE connections ADD COLUMN updated_refused_at INTEGER;
ALTER TABLE connections ADD COLUMN last_void_id INTEGER NOT NULL DEFAULT 0;

-- Sales can be wanted too, and arrivals by their purchase order: record_id is the order's then.
CREATE TABLE wanted_more (
    connection_id INTEGER NOT NULL,
    feed          TEXT    NOT NULL CHECK (feed IN ('items', 'vendors', 'sales', 'orders', 'shipments')),
    record_id     INTEGER NOT NULL,
    state         TEXT    NOT NULL CHECK (state IN ('wanted', 'gone')),
    since_at      INTEGER NOT NULL,
    -- the page that did not hold it
    page_id       INTEGER,
    PRIMARY KEY (connection_id, feed, record_id)
) STRICT, WITHOUT ROWID;
INSERT INTO wanted_more SELECT * FROM wanted_records;
DROP TABLE wanted_records;
ALTER TABLE wanted_more RENAME TO wanted_records;
CREATE INDEX wanted_records_open ON wanted_records (connection_id, feed, record_id) WHERE state = 'wanted';

-- Purchase orders from which something is still expected.
CREATE INDEX source_orders_open ON source_orders (connection_id, order_id) WHERE complete = 0 AND archived = 0;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('wanted_records', 'wanted_records', '2000 2000 1000 1'),
    ('wanted_records', 'wanted_records_open', '100 100 50 1'),
    ('source_orders', 'source_orders_open', '200 200 1');
