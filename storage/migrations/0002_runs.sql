-- Runs, the turns of their stages, how far each walk has come, and the arithmetic.

CREATE TABLE runs (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    connection_id INTEGER NOT NULL REFERENCES connections (id),
    kind          TEXT    NOT NULL CHECK (kind IN ('backfill', 'incremental', 'sweep', 'refilter', 'export')),
    state         TEXT    NOT NULL CHECK (state IN ('open', 'done', 'failed', 'cancelled')),
    reason        TEXT,
    created_at    INTEGER NOT NULL,
    ended_at      INTEGER,
    -- the source's own time at the run's first request
    server_at     INTEGER,
    extracted_at  INTEGER
) STRICT;
CREATE UNIQUE INDEX runs_open ON runs (connection_id, kind) WHERE state = 'open';
CREATE INDEX runs_by_connection ON runs (connection_id, id);

-- filter and load belong to the connection: their rows carry run 0
CREATE TABLE stages (
    connection_id INTEGER NOT NULL REFERENCES connections (id),
    run_id        INTEGER NOT NULL,
    stage         TEXT    NOT NULL,
    state         TEXT    NOT NULL CHECK (state IN ('idle', 'queued', 'running')),
    turn          INTEGER NOT NULL,
    -- normalize: the last page carried through
    position      INTEGER NOT NULL DEFAULT 0,
    attempts      INTEGER NOT NULL DEFAULT 0,
    next_at       INTEGER,
    cause         TEXT,
    updated_at    INTEGER NOT NULL,
    PRIMARY KEY (connection_id, run_id, stage)
) STRICT, WITHOUT ROWID;

CREATE TABLE feed_runs (
    run_id      INTEGER NOT NULL REFERENCES runs (id),
    feed        TEXT    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('waiting', 'walking', 'done', 'forbidden')),
    highest_id  INTEGER,
    started_at  INTEGER,
    server_at   INTEGER,
    done_at     INTEGER,
    PRIMARY KEY (run_id, feed)
) STRICT, WITHOUT ROWID;

-- The checkpoint of one slice of one feed; last_id only grows.
CREATE TABLE walks (
    run_id     INTEGER NOT NULL REFERENCES runs (id),
    feed       TEXT    NOT NULL,
    slice      INTEGER NOT NULL,
    lower_id   INTEGER NOT NULL,
    upper_id   INTEGER,
    last_id    INTEGER NOT NULL,
    page_limit INTEGER NOT NULL,
    pages      INTEGER NOT NULL DEFAULT 0,
    rows       INTEGER NOT NULL DEFAULT 0,
    done_at    INTEGER,
    PRIMARY KEY (run_id, feed, slice)
) STRICT, WITHOUT ROWID;

CREATE TABLE watermarks (
    connection_id INTEGER NOT NULL REFERENCES connections (id),
    feed          TEXT    NOT NULL,
    complete_to   INTEGER NOT NULL,
    run_id        INTEGER NOT NULL,
    proven_at     INTEGER NOT NULL,
    PRIMARY KEY (connection_id, feed)
) STRICT, WITHOUT ROWID;

-- outcome 'entered' is what came in; the others must add up to it
CREATE TABLE ledger (
    run_id  INTEGER NOT NULL REFERENCES runs (id),
    feed    TEXT    NOT NULL,
    stage   TEXT    NOT NULL,
    outcome TEXT    NOT NULL,
    reason  TEXT    NOT NULL DEFAULT '',
    n       INTEGER NOT NULL,
    PRIMARY KEY (run_id, feed, stage, outcome, reason)
) STRICT, WITHOUT ROWID;

-- Pages as received. Their id grows in the order of commits, which is the order of normalize.
CREATE TABLE pages (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    connection_id INTEGER NOT NULL REFERENCES connections (id),
    run_id        INTEGER NOT NULL REFERENCES runs (id),
    feed          TEXT    NOT NULL,
    slice         INTEGER NOT NULL,
    observation   INTEGER NOT NULL,
    fetched_at    INTEGER NOT NULL,
    server_at     INTEGER,
    request       TEXT    NOT NULL,
    -- ids asked for one by one, when the request named them (JSON array)
    asked         TEXT,
    rows          INTEGER NOT NULL,
    body_bytes    INTEGER NOT NULL,
    body          BLOB    NOT NULL
) STRICT;
CREATE INDEX pages_by_run ON pages (run_id, id);
