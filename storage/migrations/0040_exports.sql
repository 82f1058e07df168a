-- Buy orders of Optiply on their way to Lightspeed, each with what is known of its purchase order.

CREATE TABLE exports (
    connection_id INTEGER NOT NULL,
    buy_order_id  INTEGER NOT NULL,
    -- due: to be read and decided on; working: being ordered; left: not to be ordered any more
    state         TEXT    NOT NULL CHECK (state IN ('due', 'working', 'parked', 'exported', 'left')),
    step          TEXT    NOT NULL DEFAULT 'look'
                  CHECK (step IN ('look', 'fill', 'check', 'place', 'drop', 'done')),
    -- Optiply's change time when it was last seen, and the run that saw it
    changed_at    INTEGER,
    seen_run      INTEGER NOT NULL,
    first_seen_at INTEGER NOT NULL,
    -- what is to be ordered, without its lines (JSON); frozen before the first call
    intent        TEXT,
    -- the buy order that it was decided on (JSON)
    candidate     TEXT,
    begun_at      INTEGER,
    -- the purchase order
    order_id      INTEGER,
    lines_total   INTEGER NOT NULL DEFAULT 0,
    -- the call that was decided on before it was sent; kept until its outcome is known
    op            TEXT CHECK (op IN ('make', 'line', 'remove', 'place', 'archive')),
    op_item       INTEGER,
    op_fence      INTEGER,
    op_at         INTEGER,
    -- since when nobody can be sending it any more
    op_over_at    INTEGER,
    -- looks that did not show what it may have done
    looks         INTEGER NOT NULL DEFAULT 0,
    -- not before this
    next_at       INTEGER NOT NULL DEFAULT 0,
    attempts      INTEGER NOT NULL DEFAULT 0,
    -- why it is parked or left, and what it was told
    reason        TEXT,
    detail        TEXT,
    -- whether it is tried again with every run, or only when it changed or a person asks
    retries       INTEGER NOT NULL DEFAULT 1,
    warning       TEXT,
    exported_at   INTEGER,
    updated_at    INTEGER NOT NULL,
    PRIMARY KEY (connection_id, buy_order_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX exports_at_work ON exports (connection_id, next_at) WHERE state IN ('due', 'working');
CREATE INDEX exports_parked ON exports (connection_id, buy_order_id) WHERE state = 'parked';
CREATE UNIQUE INDEX exports_by_order ON exports (connection_id, order_id) WHERE order_id IS NOT NULL;

-- The lines of what is ordered, each item once.
CREATE TABLE export_lines (
    connection_id INTEGER NOT NULL,
    buy_order_id  INTEGER NOT NULL,
    item_id       INTEGER NOT NULL,
    quantity      INTEGER NOT NULL,
    price         TEXT    NOT NULL,
    -- the lines of the buy order behind it (JSON array of their ids)
    buy_lines     TEXT    NOT NULL,
    -- the line of the purchase order, once it is known to be there
    order_line_id INTEGER,
    PRIMARY KEY (connection_id, buy_order_id, item_id)
) STRICT, WITHOUT ROWID;

-- Up to which change time, by Optiply's clock, its buy orders were seen in full.
CREATE TABLE export_marks (
    connection_id INTEGER NOT NULL PRIMARY KEY,
    complete_to   INTEGER NOT NULL,
    last_id       INTEGER NOT NULL,
    run_id        INTEGER NOT NULL
) STRICT;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('exports', 'exports', '50000 50000 1'),
    ('exports', 'exports_at_work', '100 50 2'),
    ('exports', 'exports_parked', '100 50 1'),
    ('exports', 'exports_by_order', '50000 50000 1'),
    ('export_lines', 'export_lines', '500000 500000 10 1');

-- Purchase orders that bear a reference of ours.
CREATE INDEX source_orders_by_reference ON source_orders (connection_id, reference) WHERE reference GLOB 'OPT-*';
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('source_orders', 'source_orders_by_reference', '50000 50000 1');
