//! The feeds of a run, cut into slices that are walked on their own.

use super::slices::{self, Reading, Since, Slice};
use super::start;
use crate::batch::json;
use crate::error::StoreError;
use crate::instant::millis;
use crate::leases::Lease;
use crate::store::Store;
use crate::trip::Trip;
use chrono::{DateTime, Utc};
use pipeline::Feed;
use pipeline::id::RunId;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

/// How far a feed has come in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedRun {
    /// The feed.
    pub feed: Feed,
    /// `waiting`, `walking`, `done` or `forbidden`.
    pub state: String,
    /// The highest id when it was sized: what progress is measured by.
    pub highest_id: Option<i64>,
}

/// The checkpoint of one walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walk {
    /// The feed.
    pub feed: Feed,
    /// Which slice of it.
    pub slice: i64,
    /// First id of the slice.
    pub lower: i64,
    /// Last id of the slice; `None` for the one that ends where the feed ends.
    pub upper: Option<i64>,
    /// The last id received; `lower - 1` before the first page.
    pub last: i64,
    /// Rows asked for at a time, as found to work.
    pub page_limit: u32,
    /// Pages received.
    pub pages: i64,
    /// Rows received.
    pub rows: i64,
    /// Whether its end was proven.
    pub done: bool,
    /// Which rows it reads.
    pub reading: Reading,
    /// From which time on.
    pub since: Option<Since>,
}

/// How a feed is to be walked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeedPlan {
    /// The highest id.
    pub highest_id: i64,
    /// The source's time when it was sized.
    pub server_at: Option<DateTime<Utc>>,
    /// Lower than the observation of any request of these walks, and not lower than that of any
    /// before: what was seen up to there and is not seen by these walks is missing.
    pub after_observation: i64,
    /// What each walk reads.
    pub slices: Vec<Slice>,
}

impl Store {
    /// The feeds of a run and their walks.
    ///
    /// # Errors
    /// When the database fails or holds a feed of another version.
    pub async fn feed_runs(&self, run: RunId) -> Result<(Vec<FeedRun>, Vec<Walk>), StoreError> {
        let mut reader = self.read().await?;
        let rows = sqlx::query(
            "SELECT f.feed, f.state, f.highest_id, w.slice, w.lower_id, w.upper_id, w.last_id,
                    w.page_limit, w.pages, w.rows, w.done_at, w.reading, w.since_by, w.since_at
             FROM feed_runs f LEFT JOIN walks w ON w.run_id = f.run_id AND w.feed = f.feed
             WHERE f.run_id = ?1 ORDER BY f.feed, w.slice",
        )
        .bind(run.0)
        .fetch_all(reader.conn())
        .await?;
        let (mut feeds, mut walks) = (Vec::<FeedRun>::new(), Vec::new());
        for row in &rows {
            let feed = feed_of(row.try_get("feed")?, "feed_runs", run)?;
            if feeds.last().is_none_or(|last| last.feed != feed) {
                feeds.push(FeedRun {
                    feed,
                    state: row.try_get("state")?,
                    highest_id: row.try_get("highest_id")?,
                });
            }
            if let Some(slice) = row.try_get("slice")? {
                walks.push(walk_of(row, run, feed, slice)?);
            }
        }
        Ok((feeds, walks))
    }

    /// Cuts feeds into slices, each once. What is planned stays planned, so that a resumed run walks
    /// the same ranges.
    ///
    /// # Errors
    /// When the database fails or the lease has moved on.
    pub async fn plan_feeds(
        &self,
        lease: &Lease,
        run: RunId,
        plans: &[(Feed, FeedPlan)],
    ) -> Result<(), StoreError> {
        let now = self.now_ms();
        let mut trip = Trip::default();
        lease.check_on(&mut trip, self.now());
        if let Some(at) = plans.iter().find_map(|(_, plan)| plan.server_at) {
            start::note_server_time(&mut trip, run, at, now);
        }
        let walks: Vec<_> = plans
            .iter()
            .flat_map(|(feed, plan)| {
                (0i64..).zip(&plan.slices).map(|(n, slice)| {
                    let (reading, by, at) = slice.stored();
                    (feed.name(), n, slice.lower, slice.upper, reading, by, at)
                })
            })
            .collect();
        trip.then(
            "INSERT INTO walks (run_id, feed, slice, lower_id, upper_id, last_id, page_limit,
                                reading, since_by, since_at)
             SELECT ?1, p.value ->> 0, p.value ->> 1, p.value ->> 2, p.value ->> 3,
                    (p.value ->> 2) - 1, 100, p.value ->> 4, p.value ->> 5, p.value ->> 6
             FROM json_each(?2) p JOIN feed_runs f
               ON f.run_id = ?1 AND f.feed = p.value ->> 0 AND f.state = 'waiting'",
        )
        .bind(run.0)
        .bind(json(&walks));
        let feeds: Vec<_> = plans
            .iter()
            .map(|(feed, plan)| {
                let server_at = plan.server_at.map(millis);
                let after = plan.after_observation;
                (feed.name(), plan.highest_id, server_at, after)
            })
            .collect();
        trip.then(
            "UPDATE feed_runs SET state = 'walking', started_at = ?3, highest_id = p.value ->> 1,
                    server_at = p.value ->> 2, after_observation = p.value ->> 3
             FROM json_each(?2) p
             WHERE run_id = ?1 AND feed = p.value ->> 0 AND state = 'waiting'",
        )
        .bind(run.0)
        .bind(json(&feeds))
        .bind(now);
        let mut tx = self.write().await?;
        lease.checked(&mut trip.make(tx.conn()).await?)?;
        tx.commit().await
    }
}

fn walk_of(row: &SqliteRow, run: RunId, feed: Feed, slice: i64) -> Result<Walk, StoreError> {
    Ok(Walk {
        feed,
        slice,
        lower: row.try_get("lower_id")?,
        upper: row.try_get("upper_id")?,
        last: row.try_get("last_id")?,
        page_limit: u32::try_from(row.try_get::<i64, _>("page_limit")?).unwrap_or(100),
        pages: row.try_get("pages")?,
        rows: row.try_get("rows")?,
        done: row.try_get::<Option<i64>, _>("done_at")?.is_some(),
        reading: slices::reading_of(row, run)?,
        since: slices::since_of(row, run)?,
    })
}

fn feed_of(name: String, table: &'static str, run: RunId) -> Result<Feed, StoreError> {
    name.parse().map_err(|_| StoreError::Inconsistent {
        table,
        column: "feed",
        row: format!("run {run}"),
        found: name,
    })
}
