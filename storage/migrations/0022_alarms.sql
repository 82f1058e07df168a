-- What a person should look at. One row per thing; cleared_at is NULL as long as it lasts.
CREATE TABLE alarms (
    connection_id INTEGER NOT NULL REFERENCES connections (id),
    kind          TEXT    NOT NULL,
    subject       TEXT    NOT NULL,
    text          TEXT    NOT NULL,
    remedy        TEXT    NOT NULL,
    raised_at     INTEGER NOT NULL,
    seen_at       INTEGER NOT NULL,
    cleared_at    INTEGER,
    PRIMARY KEY (connection_id, kind, subject)
) STRICT, WITHOUT ROWID;

-- Messages to webhooks: written with what they tell of, sent later, until they arrive.
CREATE TABLE webhook_outbox (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    connection_id INTEGER NOT NULL,
    body          TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    attempts      INTEGER NOT NULL DEFAULT 0,
    next_at       INTEGER NOT NULL,
    ended_at      INTEGER,
    -- NULL while it is to be sent, then 'delivered' or 'given_up'
    outcome       TEXT,
    cause         TEXT
) STRICT;
CREATE INDEX webhook_due ON webhook_outbox (next_at) WHERE ended_at IS NULL;
CREATE INDEX webhook_ended ON webhook_outbox (ended_at) WHERE ended_at IS NOT NULL;
