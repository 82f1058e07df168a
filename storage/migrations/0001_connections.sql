-- Connections, their settings and secrets, and who holds what.
-- Conventions of all tables: *_at columns are unix milliseconds in UTC; booleans are 0 or 1;
-- money is decimal text; every row belongs to a connection.

CREATE TABLE connections (
    id                  INTEGER PRIMARY KEY,
    name                TEXT    NOT NULL UNIQUE,
    state               TEXT    NOT NULL CHECK (state IN ('draft', 'active', 'paused', 'needs_reconnect', 'disabled')),
    state_reason        TEXT,
    account_id          INTEGER NOT NULL,
    account_name        TEXT,
    lightspeed_url      TEXT    NOT NULL,
    lightspeed_auth_url TEXT    NOT NULL,
    optiply_url         TEXT,
    optiply_auth_url    TEXT,
    -- keyed hash of the refresh token a person supplied, so that a corrected connect continues
    supplied_token      BLOB,
    settings_version    INTEGER NOT NULL DEFAULT 0,
    -- highest observation stored with a page
    observation         INTEGER NOT NULL DEFAULT 0,
    clock_offset_ms     INTEGER,
    created_at          INTEGER NOT NULL
) STRICT;

CREATE TABLE settings_versions (
    connection_id INTEGER NOT NULL REFERENCES connections (id),
    version       INTEGER NOT NULL,
    changed_at    INTEGER NOT NULL,
    changed_by    TEXT    NOT NULL,
    settings      TEXT    NOT NULL,
    PRIMARY KEY (connection_id, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE secrets (
    connection_id INTEGER NOT NULL REFERENCES connections (id),
    kind          TEXT    NOT NULL,
    generation    INTEGER NOT NULL,
    sealed        BLOB    NOT NULL,
    stored_at     INTEGER NOT NULL,
    PRIMARY KEY (connection_id, kind, generation)
) STRICT, WITHOUT ROWID;

-- one row: tells whether the key at hand is the key of this database
CREATE TABLE sealing (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    sealed BLOB NOT NULL
) STRICT;

CREATE TABLE token_tries (
    connection_id INTEGER NOT NULL REFERENCES connections (id),
    tried_at      INTEGER NOT NULL,
    n             INTEGER NOT NULL,
    PRIMARY KEY (connection_id, tried_at, n)
) STRICT, WITHOUT ROWID;

-- The fence grows with each new holder; a write that names an older fence is refused.
CREATE TABLE leases (
    connection_id INTEGER NOT NULL,
    role          TEXT    NOT NULL,
    owner         TEXT    NOT NULL,
    host          TEXT    NOT NULL,
    fence         INTEGER NOT NULL,
    until_at      INTEGER NOT NULL,
    PRIMARY KEY (connection_id, role)
) STRICT, WITHOUT ROWID;

CREATE TABLE budgets (
    connection_id INTEGER NOT NULL REFERENCES connections (id),
    api           TEXT    NOT NULL,
    state         TEXT    NOT NULL,
    stored_at     INTEGER NOT NULL,
    PRIMARY KEY (connection_id, api)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    connection_id INTEGER NOT NULL REFERENCES connections (id),
    run_id        INTEGER,
    at            INTEGER NOT NULL,
    code          TEXT    NOT NULL,
    text          TEXT    NOT NULL
) STRICT;
CREATE INDEX events_by_connection ON events (connection_id, id);
