-- Who asked for a run, when it sent its first request, and the run that waits for its end.
ALTER TABLE runs ADD COLUMN requested_by TEXT NOT NULL DEFAULT 'manual';
ALTER TABLE runs ADD COLUMN asked_at INTEGER;
-- An open run that has not begun: it follows that one directly.
ALTER TABLE runs ADD COLUMN after_run INTEGER;
DROP INDEX runs_open;
CREATE UNIQUE INDEX runs_open ON runs (connection_id, kind) WHERE state = 'open' AND after_run IS NULL;
CREATE UNIQUE INDEX runs_waiting ON runs (connection_id) WHERE state = 'open' AND after_run IS NOT NULL;

-- A slot of the schedule is its due time. Its row is made once, by whoever serves it.
CREATE TABLE slots (
    connection_id INTEGER NOT NULL REFERENCES connections (id),
    kind          TEXT    NOT NULL,
    due_at        INTEGER NOT NULL,
    served_at     INTEGER NOT NULL,
    run_id        INTEGER,
    PRIMARY KEY (connection_id, kind, due_at)
) STRICT, WITHOUT ROWID;

-- A fault that only a person can mend stops the schedule of a connection until somebody asks again.
ALTER TABLE connections ADD COLUMN stopped_at INTEGER;
ALTER TABLE connections ADD COLUMN stopped_cause TEXT;

-- What a stage that is put off waits for: 'budget' (it was told to), or 'retry' (it failed).
ALTER TABLE stages ADD COLUMN waits_for TEXT;

-- How long each stage of a run was at work.
CREATE TABLE stage_times (
    run_id  INTEGER NOT NULL REFERENCES runs (id),
    stage   TEXT    NOT NULL,
    turns   INTEGER NOT NULL,
    busy_ms INTEGER NOT NULL,
    PRIMARY KEY (run_id, stage)
) STRICT, WITHOUT ROWID;

-- What is trimmed is found by its age.
CREATE INDEX pages_by_age ON pages (fetched_at);
CREATE INDEX events_by_age ON events (at);
CREATE INDEX slots_by_age ON slots (served_at);
CREATE INDEX runs_by_age ON runs (ended_at);
