-- The queue's own tables come from its migrations, which run before these. Three of its indexes
-- lead the planner to scan every job ever locked when one job is acknowledged; without them the
-- acknowledgement finds its job by id and the rate stays flat as the table grows.
DROP INDEX IF EXISTS LIdx;
DROP INDEX IF EXISTS idx_jobs_status_run_at;
DROP INDEX IF EXISTS idx_jobs_claimable;
