//! Feeds that the connected employee may not read: left out of a run, the others go on.

use super::checkpoints::end_extract;
use crate::alarms::{self, Alarm, AlarmKind};
use crate::error::StoreError;
use crate::leases::Lease;
use crate::store::Store;
use pipeline::Feed;
use pipeline::id::RunId;
use sqlx::SqliteConnection;

impl Store {
    /// Leaves a feed out of a run, and raises an alarm that lasts until a later run may read it.
    /// Says whether any feed is left that may be read.
    ///
    /// # Errors
    /// When the database fails or the lease has moved on.
    pub async fn forbid_feed(
        &self,
        lease: &Lease,
        run: RunId,
        feed: Feed,
        cause: &str,
    ) -> Result<bool, StoreError> {
        let now = self.now_ms();
        let mut tx = self.write_as(lease).await?;
        sqlx::query(
            "UPDATE feed_runs SET state = 'forbidden', done_at = ?3
             WHERE run_id = ?1 AND feed = ?2 AND state <> 'forbidden'",
        )
        .bind(run.0)
        .bind(feed.name())
        .bind(now)
        .execute(tx.conn())
        .await?;
        let alarm = Alarm::new(
            AlarmKind::RightsLost,
            feed.name(),
            format!("{feed} cannot be read: {cause}"),
            "grant the employee the right in Lightspeed; the next run reads the feed again",
        );
        alarms::raise_in(&mut tx, self, lease.connection, &alarm).await?;
        let left: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM feed_runs WHERE run_id = ?1 AND state <> 'forbidden')",
        )
        .bind(run.0)
        .fetch_one(tx.conn())
        .await?;
        if left {
            end_extract(&mut tx, run, now).await?;
        }
        tx.commit().await?;
        Ok(left)
    }
}

/// Lets a run that is opened again ask once more for what it was refused.
pub(crate) async fn try_again(conn: &mut SqliteConnection, run: RunId) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE feed_runs SET done_at = NULL, state = (
             SELECT CASE WHEN count(*) = 0 THEN 'waiting'
                         WHEN count(*) > count(w.done_at) THEN 'walking' ELSE 'done' END
             FROM walks w WHERE w.run_id = feed_runs.run_id AND w.feed = feed_runs.feed)
         WHERE run_id = ?1 AND state = 'forbidden'",
    )
    .bind(run.0)
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "UPDATE runs SET extracted_at = NULL WHERE id = ?1 AND EXISTS (
             SELECT 1 FROM feed_runs f WHERE f.run_id = ?1 AND f.state IN ('waiting', 'walking'))",
    )
    .bind(run.0)
    .execute(conn)
    .await?;
    Ok(())
}
