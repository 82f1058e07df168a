-- What a walk that read all there is did not return. first_observation tells whether a record was
-- known before the walk began, missing_walks how many such walks in a row did not return it.
ALTER TABLE source_items ADD COLUMN first_observation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE source_items ADD COLUMN missing_walks INTEGER NOT NULL DEFAULT 0;
ALTER TABLE source_items ADD COLUMN vanished_at INTEGER;
ALTER TABLE source_vendors ADD COLUMN first_observation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE source_vendors ADD COLUMN missing_walks INTEGER NOT NULL DEFAULT 0;
ALTER TABLE source_vendors ADD COLUMN vanished_at INTEGER;

-- The last observation before the walk of the feed began, and when it was looked through for what
-- it did not return.
ALTER TABLE feed_runs ADD COLUMN after_observation INTEGER;
ALTER TABLE feed_runs ADD COLUMN judged_at INTEGER;

-- So much was missing that a person must agree first.
CREATE TABLE missing_guards (
    connection_id INTEGER NOT NULL,
    feed          TEXT    NOT NULL,
    run_id        INTEGER NOT NULL,
    -- complete walks in a row that found too much missing
    walks         INTEGER NOT NULL,
    known         INTEGER NOT NULL,
    -- records that every one of these walks did not return
    missing       INTEGER NOT NULL,
    since_at      INTEGER NOT NULL,
    PRIMARY KEY (connection_id, feed)
) STRICT, WITHOUT ROWID;

-- The code of the account's own currency, once asked for.
ALTER TABLE connections ADD COLUMN account_currency TEXT;

-- Items by their vendors and by what they are parts of: who is concerned when a vendor or a part
-- changes.
CREATE INDEX source_items_by_vendor ON source_items (connection_id, default_vendor) WHERE default_vendor IS NOT NULL;
CREATE INDEX source_item_vendors_by_vendor ON source_item_vendors (connection_id, vendor_id) WHERE vendor_id IS NOT NULL;
CREATE INDEX source_item_components_by_part ON source_item_components (connection_id, part_id) WHERE part_id IS NOT NULL;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('source_items', 'source_items_by_vendor', '100000 100000 100'),
    ('source_item_vendors', 'source_item_vendors_by_vendor', '100000 100000 100'),
    ('source_item_components', 'source_item_components_by_part', '10000 10000 2'),
    ('missing_guards', 'missing_guards', '20 2 1');
