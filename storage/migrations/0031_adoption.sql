-- What an Optiply account held before the first delivery is taken over, so that nothing is made
-- twice.

-- 'pending': nothing is sent before everything that is there was matched.
ALTER TABLE connections ADD COLUMN adoption TEXT CHECK (adoption IN ('pending', 'done'));

-- Why a delivery must not be made: what Optiply already held may be it. Cleared when a person has
-- it matched again.
ALTER TABLE deliveries ADD COLUMN unmatched TEXT;

-- Rows as Optiply shows them, read page by page to be compared with ours; gone when that is done.
CREATE TABLE remote_rows (
    connection_id INTEGER NOT NULL,
    entity        TEXT    NOT NULL,
    remote_id     INTEGER NOT NULL,
    from_api      INTEGER,
    created_at    INTEGER,
    -- the attributes that are ours, as canonical JSON
    shown         TEXT    NOT NULL,
    -- of those: what it hangs on, what it is found by, and what it comes to
    parent_id     INTEGER,
    other_id      INTEGER,
    article_code  TEXT,
    sku_code      TEXT,
    ean_code      TEXT,
    name          TEXT,
    at            INTEGER,
    PRIMARY KEY (connection_id, entity, remote_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX remote_rows_by_parent ON remote_rows (connection_id, entity, parent_id, other_id) WHERE parent_id IS NOT NULL;
CREATE INDEX remote_rows_by_article ON remote_rows (connection_id, entity, article_code) WHERE article_code IS NOT NULL;
CREATE INDEX remote_rows_by_sku ON remote_rows (connection_id, entity, sku_code) WHERE sku_code IS NOT NULL;
CREATE INDEX remote_rows_by_ean ON remote_rows (connection_id, entity, ean_code) WHERE ean_code IS NOT NULL;
CREATE INDEX remote_rows_by_name ON remote_rows (connection_id, entity, name) WHERE name IS NOT NULL;
CREATE INDEX remote_rows_by_at ON remote_rows (connection_id, entity, at) WHERE at IS NOT NULL;

-- How far the rows of a kind were read, and what came of it.
CREATE TABLE remote_reads (
    connection_id INTEGER NOT NULL,
    entity        TEXT    NOT NULL,
    position      INTEGER NOT NULL DEFAULT 0,
    held          INTEGER NOT NULL DEFAULT 0,
    ended         INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (connection_id, entity)
) STRICT, WITHOUT ROWID;

-- Rows that may be a product or a supplier of ours, by the rule that says so.
CREATE TABLE remote_candidates (
    connection_id INTEGER NOT NULL,
    entity        TEXT    NOT NULL,
    rule          INTEGER NOT NULL,
    object_id     INTEGER NOT NULL,
    remote_id     INTEGER NOT NULL,
    PRIMARY KEY (connection_id, entity, rule, object_id, remote_id)
) STRICT, WITHOUT ROWID;

-- What adoption came to, by kind; kept.
CREATE TABLE adoption_report (
    connection_id INTEGER NOT NULL,
    entity        TEXT    NOT NULL,
    held          INTEGER NOT NULL,
    adopted       INTEGER NOT NULL,
    ambiguous     INTEGER NOT NULL,
    to_make       INTEGER NOT NULL,
    PRIMARY KEY (connection_id, entity)
) STRICT, WITHOUT ROWID;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('remote_rows', 'remote_rows', '2000000 1000000 200000 1'),
    ('remote_rows', 'remote_rows_by_parent', '1500000 750000 200000 3 1'),
    ('remote_rows', 'remote_rows_by_article', '100000 50000 50000 1'),
    ('remote_rows', 'remote_rows_by_sku', '100000 50000 50000 1'),
    ('remote_rows', 'remote_rows_by_ean', '100000 50000 50000 1'),
    ('remote_rows', 'remote_rows_by_name', '100000 50000 50000 1'),
    ('remote_rows', 'remote_rows_by_at', '1000000 500000 300000 1'),
    ('remote_reads', 'remote_reads', '20 9 1'),
    ('remote_candidates', 'remote_candidates', '10000 10000 5000 2000 1 1'),
    ('adoption_report', 'adoption_report', '20 9 1');
