//! Refilter: stored records looked at again after the settings have changed.
//!
//! A new version of the settings and the run that carries it out are one transaction. The run walks
//! the verdicts of each feed by id and touches those of an older version; filter asks for the next
//! page of the walk whenever it has nothing else to do, so that never more than a page is touched
//! ahead of it.

use crate::batch::json;
use crate::error::StoreError;
use crate::events::event_in;
use crate::leases::Lease;
use crate::ledger::Deltas;
use crate::queue;
use crate::runs::{self, open_run, stage_rows};
use crate::settings;
use crate::store::{Store, WriteTx};
use crate::sync::Trigger;
use pipeline::id::{ConnectionId, RunId};
use pipeline::outcome::Outcome;
use pipeline::settings::Settings;
use pipeline::{Feed, Stage};
use sqlx::Row;

/// The kind of run that looks at stored records again under other settings.
pub const REFILTER: &str = "refilter";

/// Records touched in one transaction: several batches of filter.
const PAGE: i64 = 1_000;

/// Stages that a refilter has. It asks the source nothing.
const STAGES: [Stage; 2] = [Stage::Filter, Stage::Load];

/// What a change of settings came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingsChange {
    /// The version is in force, and the run that carries it out is open.
    Opened {
        /// The version.
        version: i64,
        /// The run.
        run: RunId,
    },
    /// Somebody else changed the settings meanwhile; nothing was stored.
    Overtaken,
    /// An earlier change is still being carried out; nothing was stored.
    Underway(RunId),
}

/// The walks of a run over the verdicts, one a feed, to the highest id there is now.
const PLAN_FEEDS: &str = "
    INSERT INTO feed_runs (run_id, feed, state, highest_id, started_at, done_at)
    SELECT ?2, feed, iif(top IS NULL, 'done', 'walking'), coalesce(top, 0), ?4,
           iif(top IS NULL, ?4, NULL)
    FROM (SELECT j.value AS feed, (SELECT v.record_id FROM verdicts v
                                   WHERE v.connection_id = ?1 AND v.feed = j.value AND v.record_id > 0
                                   ORDER BY v.record_id DESC LIMIT 1) AS top
          FROM json_each(?3) j)";

const PLAN_WALKS: &str = "
    INSERT INTO walks (run_id, feed, slice, lower_id, upper_id, last_id, page_limit)
    SELECT run_id, feed, 0, 1, highest_id, 0, ?2 FROM feed_runs
    WHERE run_id = ?1 AND state = 'walking'";

const WALKS: &str = "
    SELECT w.run_id, w.feed, w.last_id, w.upper_id FROM runs r
    JOIN walks w ON w.run_id = r.id AND w.done_at IS NULL
    WHERE r.connection_id = ?1 AND r.kind = 'refilter' AND r.state = 'open'";

const TOUCH: &str = "
    INSERT INTO record_touches (connection_id, feed, record_id, run_id)
    SELECT ?1, ?2, record_id, ?3 FROM verdicts
    WHERE connection_id = ?1 AND feed = ?2 AND record_id > ?4 AND record_id <= ?5
      AND settings_version < ?6
    ORDER BY record_id LIMIT ?7
    RETURNING record_id";

impl Store {
    /// Puts other settings in force, if `before` is still the version in force, and opens the run
    /// that looks at every stored record again. `what` says for people what changes.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn change_settings(
        &self,
        connection: ConnectionId,
        before: i64,
        settings: &Settings,
        by: &str,
        what: &str,
    ) -> Result<SettingsChange, StoreError> {
        let mut tx = self.write().await?;
        if let Some(run) = open_run(tx.conn(), connection, REFILTER).await? {
            return Ok(SettingsChange::Underway(RunId(run)));
        }
        let now = self.now_ms();
        if !settings::put_in(tx.conn(), connection, before, settings, by, now).await? {
            return Ok(SettingsChange::Overtaken);
        }
        let run = self.open_refilter_in(&mut tx, connection, now).await?;
        let version = before + 1;
        let text = format!("version {version} of the settings, by {by}: {what}");
        event_in(
            tx.conn(),
            connection,
            Some(run),
            "settings_changed",
            &text,
            now,
        )
        .await?;
        tx.commit().await?;
        Ok(SettingsChange::Opened { version, run })
    }

    async fn open_refilter_in(
        &self,
        tx: &mut WriteTx,
        connection: ConnectionId,
        now: i64,
    ) -> Result<RunId, StoreError> {
        let run = runs::insert(tx.conn(), connection, REFILTER, Trigger::Manual, None, now).await?;
        stage_rows(tx.conn(), connection, run, &STAGES, now).await?;
        sqlx::query(PLAN_FEEDS)
            .bind(connection.0)
            .bind(run.0)
            .bind(json(&Feed::ALL.map(Feed::name)))
            .bind(now)
            .execute(tx.conn())
            .await?;
        sqlx::query(PLAN_WALKS)
            .bind(run.0)
            .bind(PAGE)
            .execute(tx.conn())
            .await?;
        end_walks(tx, run, now).await?;
        queue::wake(tx, self, connection, RunId(0), Stage::Filter).await?;
        Ok(run)
    }

    /// The refilter to go on with: the open one, or the newest one if it failed, opened again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn resume_refilter(
        &self,
        connection: ConnectionId,
    ) -> Result<Option<RunId>, StoreError> {
        let mut tx = self.write().await?;
        let run = runs::go_on(&mut tx, self, connection, REFILTER, &STAGES).await?;
        if run.is_some() {
            tx.commit().await?;
        }
        Ok(run)
    }

    /// The open run of a kind.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_run(
        &self,
        connection: ConnectionId,
        kind: &str,
    ) -> Result<Option<RunId>, StoreError> {
        let mut reader = self.read().await?;
        Ok(open_run(reader.conn(), connection, kind).await?.map(RunId))
    }

    /// Touches the next page of records of a refilter, if one is open, and moves its checkpoint.
    /// Returns whether there was anything to walk.
    ///
    /// # Errors
    /// When the database fails or the lease has moved on.
    pub async fn refilter_page(&self, lease: &Lease) -> Result<bool, StoreError> {
        // Hardly ever is a refilter open; only then is anything written.
        let walking = sqlx::query(WALKS)
            .bind(lease.connection.0)
            .fetch_optional(self.read().await?.conn())
            .await?;
        if walking.is_none() {
            return Ok(false);
        }
        let mut tx = self.write_as(lease).await?;
        let current = settings::version_in(tx.conn(), lease.connection).await?;
        let rows = sqlx::query(WALKS)
            .bind(lease.connection.0)
            .fetch_all(tx.conn())
            .await?;
        let mut walks = Vec::with_capacity(rows.len());
        for row in &rows {
            let name: String = row.try_get("feed")?;
            let feed: Feed = name.parse().map_err(|_| StoreError::Inconsistent {
                table: "walks",
                column: "feed",
                row: lease.connection.to_string(),
                found: name,
            })?;
            let upper: Option<i64> = row.try_get("upper_id")?;
            walks.push((feed, row.try_get("run_id")?, row.try_get("last_id")?, upper));
        }
        let Some((feed, run, last, upper)) = walks.into_iter().min() else {
            return Ok(false);
        };
        let touched: Vec<i64> = sqlx::query_scalar(TOUCH)
            .bind(lease.connection.0)
            .bind(feed.name())
            .bind(run)
            .bind(last)
            .bind(upper.unwrap_or(i64::MAX))
            .bind(current)
            .bind(PAGE)
            .fetch_all(tx.conn())
            .await?;
        let rows = i64::try_from(touched.len()).unwrap_or(i64::MAX);
        let now = self.now_ms();
        let done = (rows < PAGE).then_some(now);
        sqlx::query(
            "UPDATE walks SET last_id = max(last_id, ?3), rows = rows + ?4, pages = pages + 1,
                    done_at = ?5
             WHERE run_id = ?1 AND feed = ?2 AND slice = 0",
        )
        .bind(run)
        .bind(feed.name())
        .bind(touched.iter().max().copied().unwrap_or(last))
        .bind(rows)
        .bind(done)
        .execute(tx.conn())
        .await?;
        end_walks(&mut tx, RunId(run), now).await?;
        let mut deltas = Deltas::default();
        for stage in [Stage::Extract, Stage::Normalize] {
            deltas.entered(RunId(run), feed, stage, rows);
            deltas.outcome(RunId(run), feed, stage, Outcome::Passed, rows);
        }
        deltas.write(tx.conn()).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The lowest id down to which a feed was read by any backfill; `None` when none has begun.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn read_down_to(
        &self,
        connection: ConnectionId,
        feed: Feed,
    ) -> Result<Option<i64>, StoreError> {
        let mut reader = self.read().await?;
        Ok(sqlx::query_scalar(
            "SELECT min(w.lower_id) FROM runs r JOIN walks w ON w.run_id = r.id
             WHERE r.connection_id = ?1 AND r.kind = 'backfill' AND w.feed = ?2",
        )
        .bind(connection.0)
        .bind(feed.name())
        .fetch_one(reader.conn())
        .await?)
    }

    /// Records of a connection that wait for what was never read.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn wanted(&self, connection: ConnectionId) -> Result<i64, StoreError> {
        let mut reader = self.read().await?;
        Ok(sqlx::query_scalar(
            "SELECT count(*) FROM wanted_records WHERE connection_id = ?1 AND state = 'wanted'",
        )
        .bind(connection.0)
        .fetch_one(reader.conn())
        .await?)
    }
}

/// Ends the feeds whose walk has ended, and marks the run as read when its last feed ended.
async fn end_walks(tx: &mut WriteTx, run: RunId, now: i64) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE feed_runs SET state = 'done', done_at = ?2
         WHERE run_id = ?1 AND state = 'walking'
           AND NOT EXISTS (SELECT 1 FROM walks w WHERE w.run_id = ?1 AND w.feed = feed_runs.feed
                           AND w.done_at IS NULL)",
    )
    .bind(run.0)
    .bind(now)
    .execute(tx.conn())
    .await?;
    sqlx::query(
        "UPDATE runs SET extracted_at = ?2 WHERE id = ?1 AND extracted_at IS NULL AND NOT EXISTS (
             SELECT 1 FROM feed_runs f WHERE f.run_id = ?1 AND f.state = 'walking')",
    )
    .bind(run.0)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}
