-- What must be looked at again, what was decided, and what could not be used.

-- A record of a feed that filter must look at; run_id is the run to credit, NULL for fan-out.
CREATE TABLE record_touches (
    seq           INTEGER PRIMARY KEY AUTOINCREMENT,
    connection_id INTEGER NOT NULL,
    feed          TEXT    NOT NULL,
    record_id     INTEGER NOT NULL,
    run_id        INTEGER
) STRICT;
CREATE INDEX record_touches_by_connection ON record_touches (connection_id);

-- An object that load must compute again, and the record whose outcome it decides, if any.
CREATE TABLE object_touches (
    seq           INTEGER PRIMARY KEY AUTOINCREMENT,
    connection_id INTEGER NOT NULL,
    object        TEXT    NOT NULL,
    object_id     INTEGER NOT NULL,
    feed          TEXT,
    record_id     INTEGER,
    run_id        INTEGER
) STRICT;
CREATE INDEX object_touches_by_connection ON object_touches (connection_id);

-- The newest decision on a record: by which settings, on which version of it, for which run.
CREATE TABLE verdicts (
    connection_id    INTEGER NOT NULL,
    feed             TEXT    NOT NULL,
    record_id        INTEGER NOT NULL,
    version          INTEGER NOT NULL,
    settings_version INTEGER NOT NULL,
    run_id           INTEGER NOT NULL,
    filtered         TEXT    NOT NULL,
    filter_reason    TEXT,
    loaded           TEXT,
    load_reason      TEXT,
    decided_at       INTEGER NOT NULL,
    PRIMARY KEY (connection_id, feed, record_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE rejections (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    connection_id INTEGER NOT NULL,
    run_id        INTEGER NOT NULL,
    stage         TEXT    NOT NULL,
    feed          TEXT    NOT NULL,
    -- NULL when the row has no usable id; such a rejection belongs to its page and row
    record_id     INTEGER,
    page_id       INTEGER,
    row           INTEGER NOT NULL,
    reason        TEXT    NOT NULL,
    path          TEXT    NOT NULL,
    detail        TEXT    NOT NULL,
    body          TEXT    NOT NULL,
    first_at      INTEGER NOT NULL,
    last_at       INTEGER NOT NULL,
    resolved_at   INTEGER
) STRICT;
CREATE UNIQUE INDEX rejections_by_record ON rejections (connection_id, stage, feed, record_id) WHERE record_id IS NOT NULL;
CREATE INDEX rejections_open ON rejections (connection_id, id) WHERE resolved_at IS NULL;
CREATE INDEX rejections_by_page ON rejections (page_id);
