-- A replay is a kind of run of its own: the list of kinds is part of the column.
DROP INDEX runs_open;
ALTER TABLE runs ADD COLUMN kind_of_run TEXT NOT NULL DEFAULT 'backfill'
    CHECK (kind_of_run IN ('backfill', 'incremental', 'sweep', 'refilter', 'replay', 'export'));
UPDATE runs SET kind_of_run = kind;
ALTER TABLE runs DROP COLUMN kind;
ALTER TABLE runs RENAME COLUMN kind_of_run TO kind;
CREATE UNIQUE INDEX runs_open ON runs (connection_id, kind) WHERE state = 'open';

-- The stored pages that a replay carries through normalize again.
CREATE TABLE replay_pages (
    run_id  INTEGER NOT NULL REFERENCES runs (id),
    page_id INTEGER NOT NULL,
    PRIMARY KEY (run_id, page_id)
) STRICT, WITHOUT ROWID;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('replay_pages', 'replay_pages', '20000 20000 1');

-- The observation of the page that last told about the record, fit or unfit: what an older page
-- says of it later counts no more.
ALTER TABLE rejections ADD COLUMN observation INTEGER;
UPDATE rejections SET observation = (SELECT p.observation FROM pages p WHERE p.id = rejections.page_id);

-- A row without an id is told apart by its page, so that reading the page again finds it.
DELETE FROM rejections WHERE record_id IS NULL AND page_id IS NOT NULL AND id NOT IN (
    SELECT max(id) FROM rejections WHERE record_id IS NULL GROUP BY stage, page_id, row);
CREATE UNIQUE INDEX rejections_by_row ON rejections (page_id, stage, row) WHERE record_id IS NULL;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('rejections', 'rejections_by_row', '1000 2 2 1');
