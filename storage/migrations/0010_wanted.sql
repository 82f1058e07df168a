-- Records that others name and we do not hold: asked for by id, then held or gone. Sales and
-- orders name items, orders name vendors, arrivals name orders.
CREATE TABLE wanted_records (
    connection_id INTEGER NOT NULL,
    feed          TEXT    NOT NULL CHECK (feed IN ('items', 'vendors', 'orders')),
    record_id     INTEGER NOT NULL,
    state         TEXT    NOT NULL CHECK (state IN ('wanted', 'gone')),
    since_at      INTEGER NOT NULL,
    -- the page that did not hold it
    page_id       INTEGER,
    PRIMARY KEY (connection_id, feed, record_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX wanted_records_open ON wanted_records (connection_id, feed, record_id) WHERE state = 'wanted';

INSERT INTO wanted_records (connection_id, feed, record_id, state, since_at, page_id)
SELECT connection_id, 'items', item_id, state, since_at, page_id FROM wanted_items;
DROP TABLE wanted_items;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('wanted_records', 'wanted_records', '2000 2000 1000 1'),
    ('wanted_records', 'wanted_records_open', '100 100 50 1');
