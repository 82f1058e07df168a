-- What Optiply is known to hold of each object of the model, and what is being sent to it.

-- Since when a connection delivers; NULL as long as the model is the destination.
ALTER TABLE connections ADD COLUMN delivers_since INTEGER;

CREATE TABLE deliveries (
    connection_id    INTEGER NOT NULL,
    entity           TEXT    NOT NULL CHECK (entity IN ('product', 'supplier', 'supplier_product',
                         'composition', 'sell_order', 'sell_order_line', 'buy_order',
                         'buy_order_line', 'receipt')),
    -- item, vendor, sale or order
    object_id        INTEGER NOT NULL,
    -- vendor, part, item, order line or receipt; '' for what stands alone
    part             TEXT    NOT NULL,
    state            TEXT    NOT NULL CHECK (state IN ('pending', 'waiting', 'sending', 'ambiguous',
                         'acknowledged', 'parked')),
    -- whose turn it is: by lane, then by rank
    lane             INTEGER NOT NULL,
    rank             INTEGER NOT NULL,
    -- counts the changes of what is desired, and up to which of them it was looked at
    touched          INTEGER NOT NULL DEFAULT 1,
    looked           INTEGER NOT NULL DEFAULT 0,
    -- not before this
    next_at          INTEGER NOT NULL DEFAULT 0,
    -- what Optiply calls it; NULL for a line that came with its order and was not asked for yet
    remote_id        INTEGER,
    uuid             TEXT,
    -- the attributes that Optiply has acknowledged, as canonical JSON; NULL: it holds no such row
    acknowledged     TEXT,
    acknowledged_at  INTEGER,
    -- what it waits for: another delivery, or something named
    waits_on         TEXT,
    -- the call that was decided on before it was sent; kept until its outcome is known
    op               TEXT CHECK (op IN ('create', 'patch', 'delete')),
    intent           TEXT,
    -- which lines an order being made brings along (JSON array of parts)
    intent_parts     TEXT,
    intent_at        INTEGER,
    -- Optiply's time then, if it was known
    intent_server_at INTEGER,
    -- by what a row being made is found again
    natural_key      TEXT,
    -- Optiply's time since which nobody can be sending it any more
    doubt_since      INTEGER,
    -- reads after the settle delay that did not show it
    empty_reads      INTEGER NOT NULL DEFAULT 0,
    -- failures in a row
    attempts         INTEGER NOT NULL DEFAULT 0,
    -- how often it was made again because Optiply had lost it
    recreated        INTEGER NOT NULL DEFAULT 0,
    -- a supplier whose addresses were refused
    without_emails   INTEGER NOT NULL DEFAULT 0,
    -- why it is parked
    reason           TEXT,
    detail           TEXT,
    warning          TEXT,
    -- the run that is credited, what it was credited with ('' as long as it is open), and whether
    -- anything was sent for it
    run_id           INTEGER NOT NULL,
    counted          TEXT    NOT NULL DEFAULT '',
    sent             INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (connection_id, entity, object_id, part)
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_due ON deliveries (connection_id, lane, rank) WHERE state = 'pending';
CREATE INDEX deliveries_in_doubt ON deliveries (connection_id, next_at) WHERE state = 'ambiguous';
CREATE INDEX deliveries_sending ON deliveries (connection_id) WHERE state = 'sending';
CREATE INDEX deliveries_waiting ON deliveries (connection_id, waits_on) WHERE state = 'waiting';
CREATE INDEX deliveries_parked ON deliveries (connection_id, entity, object_id) WHERE state = 'parked';
CREATE INDEX deliveries_by_remote ON deliveries (connection_id, entity, remote_id) WHERE remote_id IS NOT NULL;
CREATE INDEX deliveries_by_natural ON deliveries (connection_id, natural_key) WHERE natural_key IS NOT NULL;
CREATE INDEX deliveries_open ON deliveries (connection_id, run_id, state) WHERE counted = '';

-- 'entered' is what came in; the others, and what is open still, must add up to it.
CREATE TABLE delivery_ledger (
    run_id  INTEGER NOT NULL,
    entity  TEXT    NOT NULL,
    outcome TEXT    NOT NULL,
    reason  TEXT    NOT NULL DEFAULT '',
    n       INTEGER NOT NULL,
    PRIMARY KEY (run_id, entity, outcome, reason)
) STRICT, WITHOUT ROWID;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('deliveries', 'deliveries', '2000000 1000000 200000 2 1'),
    ('deliveries', 'deliveries_due', '10000 5000 1000 2'),
    ('deliveries', 'deliveries_in_doubt', '100 50 2'),
    ('deliveries', 'deliveries_sending', '20 10'),
    ('deliveries', 'deliveries_waiting', '10000 5000 10'),
    ('deliveries', 'deliveries_parked', '1000 500 100 2'),
    ('deliveries', 'deliveries_by_remote', '2000000 1000000 200000 1'),
    ('deliveries', 'deliveries_by_natural', '20 10 1'),
    ('deliveries', 'deliveries_open', '20000 10000 5000 2000'),
    ('delivery_ledger', 'delivery_ledger', '5000 20 4 2 1');
