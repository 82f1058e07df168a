//! How long each stage of a run was at work.

use crate::error::StoreError;
use crate::queue::JobAddress;
use crate::store::Store;
use crate::trip::Trip;
use pipeline::Stage;
use pipeline::id::RunId;
use sqlx::Row;
use std::time::Duration;

/// The time a stage of a run was at work, its waits for answers included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StageTime {
    /// The stage.
    pub stage: Stage,
    /// Turns it took.
    pub turns: i64,
    /// How long they lasted together.
    pub busy: Duration,
}

impl Store {
    /// How long each stage of a run was at work.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stage_times(&self, run: RunId) -> Result<Vec<StageTime>, StoreError> {
        let mut reader = self.read().await?;
        let rows = sqlx::query("SELECT stage, turns, busy_ms FROM stage_times WHERE run_id = ?1")
            .bind(run.0)
            .fetch_all(reader.conn())
            .await?;
        let mut times = Vec::new();
        for row in rows {
            let name: String = row.try_get(0)?;
            let Ok(stage) = name.parse::<Stage>() else {
                continue;
            };
            let busy: i64 = row.try_get(2)?;
            times.push(StageTime {
                stage,
                turns: row.try_get(1)?,
                busy: Duration::from_millis(u64::try_from(busy).unwrap_or(0)),
            });
        }
        times.sort_by_key(|time| Stage::ALL.iter().position(|stage| *stage == time.stage));
        Ok(times)
    }
}

/// Adds a turn that ends now. What filter and load do for a connection counts for its newest open
/// run.
pub(super) fn note(trip: &mut Trip, job: &JobAddress, now: i64) {
    trip.then(
        "INSERT INTO stage_times (run_id, stage, turns, busy_ms)
         SELECT r.id, s.stage, 1, max(0, ?5 - s.updated_at)
         FROM stages s JOIN runs r ON r.id = iif(?2 > 0, ?2, (
             SELECT max(id) FROM runs
             WHERE connection_id = ?1 AND state = 'open' AND after_run IS NULL))
         WHERE s.connection_id = ?1 AND s.run_id = ?2 AND s.stage = ?3 AND s.turn = ?4
           AND s.state = 'running'
         ON CONFLICT (run_id, stage) DO UPDATE SET
             turns = turns + 1, busy_ms = busy_ms + excluded.busy_ms",
    )
    .bind(job.connection.0)
    .bind(job.run.0)
    .bind(job.stage.name())
    .bind(job.turn)
    .bind(now);
}
