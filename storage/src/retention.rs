//! What is kept how long, trimmed in small batches so that nobody waits for it.

use crate::error::StoreError;
use crate::store::Store;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Rows that one transaction removes. Pages are large, and a writer must not be kept long.
const BATCH: i64 = 200;

/// How long things are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Pages, from the end of their run on.
    pub pages: Duration,
    /// Finished jobs of the queue.
    pub jobs: Duration,
    /// Events, served slots and sent messages.
    pub events: Duration,
    /// Runs with their arithmetic, from their end on.
    pub runs: Duration,
}

impl Default for Keep {
    fn default() -> Self {
        Self {
            pages: DAY * 30,
            jobs: DAY,
            events: DAY * 90,
            runs: DAY * 400,
        }
    }
}

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trimmed {
    /// Pages.
    pub pages: u64,
    /// Jobs.
    pub jobs: u64,
    /// Events, slots and messages.
    pub events: u64,
    /// Runs.
    pub runs: u64,
}

/// Pages of runs that ended long ago, were carried through by every stage, and to which no open
/// rejection refers. A run that is done has been carried through; of another one, what its stages
/// have still to do is looked up.
const PAGES: &str = "
    DELETE FROM pages WHERE id IN (
        SELECT p.id FROM pages p JOIN runs r ON r.id = p.run_id
        WHERE p.fetched_at < ?1 AND r.ended_at < ?1
          AND NOT EXISTS (SELECT 1 FROM rejections j
                          WHERE j.page_id = p.id AND j.resolved_at IS NULL)
          AND NOT EXISTS (SELECT 1 FROM stages s
                          WHERE s.connection_id = p.connection_id AND s.run_id = p.run_id
                            AND s.stage = 'normalize' AND s.position < p.id)
          AND (r.state = 'done' OR NOT EXISTS (
              SELECT 1 FROM record_touches t WHERE t.connection_id = p.connection_id
              UNION ALL
              SELECT 1 FROM object_touches t WHERE t.connection_id = p.connection_id))
        LIMIT ?2)";

/// Stages of runs that ended long ago and hold no page any more.
const STAGES: &str = "
    DELETE FROM stages WHERE state = 'idle' AND run_id > 0 AND run_id IN (
        SELECT r.id FROM runs r WHERE r.ended_at < ?1
          AND EXISTS (SELECT 1 FROM stages s
                      WHERE s.connection_id = r.connection_id AND s.run_id = r.id)
          AND NOT EXISTS (SELECT 1 FROM pages p WHERE p.run_id = r.id)
        LIMIT ?2)";

const EVENTS: &str =
    "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE at < ?1 LIMIT ?2)";

const SLOTS: &str = "
    DELETE FROM slots WHERE (connection_id, kind, due_at) IN (
        SELECT connection_id, kind, due_at FROM slots WHERE served_at < ?1 LIMIT ?2)";

const MESSAGES: &str = "
    DELETE FROM webhook_outbox WHERE id IN (
        SELECT id FROM webhook_outbox WHERE ended_at < ?1 LIMIT ?2)";

/// Runs that may go: ended long ago, without pages, and not the last word on anything. The newest
/// of each kind and outcome stays, since it tells whether the history was ever read in full.
const OLD_RUNS: &str = "
    SELECT json_group_array(id) FROM (
        SELECT r.id FROM runs r WHERE r.ended_at < ?1
          AND NOT EXISTS (SELECT 1 FROM pages p WHERE p.run_id = r.id)
          AND EXISTS (SELECT 1 FROM runs n WHERE n.connection_id = r.connection_id
                      AND n.kind = r.kind AND n.state = r.state AND n.id > r.id)
        LIMIT ?2)";

/// What goes with a run, children first.
const OF_RUNS: [&str; 7] = [
    "DELETE FROM ledger WHERE run_id IN (SELECT value FROM json_each(?1))",
    "DELETE FROM delivery_ledger WHERE run_id IN (SELECT value FROM json_each(?1))",
    "DELETE FROM walks WHERE run_id IN (SELECT value FROM json_each(?1))",
    "DELETE FROM feed_runs WHERE run_id IN (SELECT value FROM json_each(?1))",
    "DELETE FROM stage_times WHERE run_id IN (SELECT value FROM json_each(?1))",
    "DELETE FROM stages WHERE (connection_id, run_id) IN (
         SELECT connection_id, id FROM runs WHERE id IN (SELECT value FROM json_each(?1)))",
    "DELETE FROM runs WHERE id IN (SELECT value FROM json_each(?1))",
];

impl Store {
    /// Removes what is older than it is kept, in small batches, until nothing is left to remove or
    /// `stop` says to make room for others.
    ///
    /// # Errors
    /// When the database fails; what was removed before stays removed.
    pub async fn trim(
        &self,
        keep: &Keep,
        stop: impl Fn() -> bool + Send,
    ) -> Result<Trimmed, StoreError> {
        let mut trimmed = Trimmed::default();
        loop {
            let n = self.trim_jobs(millis(keep.jobs)).await?;
            trimmed.jobs += n;
            if n == 0 || stop() {
                break;
            }
        }
        let (pages, events) = (keep.pages, keep.events);
        trimmed.pages = self.trim_by(PAGES, pages, &stop).await?;
        self.trim_by(STAGES, pages, &stop).await?;
        for sql in [EVENTS, SLOTS, MESSAGES] {
            trimmed.events += self.trim_by(sql, events, &stop).await?;
        }
        trimmed.runs = self.trim_runs(keep.runs, &stop).await?;
        Ok(trimmed)
    }

    /// Runs a statement that removes a batch of what is older than an age, until it finds nothing.
    async fn trim_by(
        &self,
        sql: &'static str,
        age: Duration,
        stop: &(impl Fn() -> bool + Send),
    ) -> Result<u64, StoreError> {
        let before = self.now_ms().saturating_sub(millis(age));
        let mut removed = 0;
        while !stop() {
            let mut tx = self.write().await?;
            let done = sqlx::query(sql)
                .bind(before)
                .bind(BATCH)
                .execute(tx.conn())
                .await?;
            tx.commit().await?;
            removed += done.rows_affected();
            if done.rows_affected() == 0 {
                break;
            }
        }
        Ok(removed)
    }

    async fn trim_runs(
        &self,
        age: Duration,
        stop: &(impl Fn() -> bool + Send),
    ) -> Result<u64, StoreError> {
        let before = self.now_ms().saturating_sub(millis(age));
        let mut removed = 0;
        while !stop() {
            let mut tx = self.write().await?;
            let ids: String = sqlx::query_scalar(OLD_RUNS)
                .bind(before)
                .bind(BATCH)
                .fetch_one(tx.conn())
                .await?;
            if ids == "[]" {
                break;
            }
            let mut last = 0;
            for sql in OF_RUNS {
                let done = sqlx::query(sql).bind(&ids).execute(tx.conn()).await?;
                last = done.rows_affected();
            }
            tx.commit().await?;
            removed += last;
        }
        Ok(removed)
    }
}

fn millis(age: Duration) -> i64 {
    i64::try_from(age.as_millis()).unwrap_or(i64::MAX)
}
