-- Tokens of connections that are at rest are renewed now and then, so that the grant does not lapse.
-- How often that was tried for the pair that is in force, and when it may be tried again. Written
-- before the call, so that a process that dies over it does not try again at once.
CREATE TABLE renewals (
    connection_id INTEGER PRIMARY KEY REFERENCES connections (id),
    generation    INTEGER NOT NULL,
    attempts      INTEGER NOT NULL,
    next_at       INTEGER NOT NULL
) STRICT;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('renewals', NULL, '100');
