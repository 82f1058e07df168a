//! The feeds of a run, cut into slices that are walked on their own.

use super::slices::{self, Reading, Since, Slice};
use crate::batch::json;
use crate::error::StoreError;
use crate::instant::millis;
use crate::leases::Lease;
use crate::store::Store;
use chrono::{DateTime, Utc};
use pipeline::Feed;
use pipeline::id::RunId;
use sqlx::Row;

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
        let feeds = sqlx::query("SELECT feed, state, highest_id FROM feed_runs WHERE run_id = ?1")
            .bind(run.0)
            .fetch_all(reader.conn())
            .await?
            .iter()
            .map(|row| {
                Ok(FeedRun {
                    feed: feed_of(row.try_get("feed")?, "feed_runs", run)?,
                    state: row.try_get("state")?,
                    highest_id: row.try_get("highest_id")?,
                })
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        let walks = sqlx::query("SELECT * FROM walks WHERE run_id = ?1 ORDER BY feed, slice")
            .bind(run.0)
            .fetch_all(reader.conn())
            .await?
            .iter()
            .map(|row| {
                Ok(Walk {
                    feed: feed_of(row.try_get("feed")?, "walks", run)?,
                    slice: row.try_get("slice")?,
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
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        Ok((feeds, walks))
    }

    /// Cuts a feed into slices, once. What is planned stays planned, so that a resumed run walks
    /// the same ranges.
    ///
    /// # Errors
    /// When the database fails or the lease has moved on.
    pub async fn plan_feed(
        &self,
        lease: &Lease,
        run: RunId,
        feed: Feed,
        plan: &FeedPlan,
    ) -> Result<(), StoreError> {
        let mut tx = self.write_as(lease).await?;
        let now = self.now_ms();
        let planned = sqlx::query(
            "UPDATE feed_runs SET state = 'walking', highest_id = ?3, server_at = ?4, started_at = ?5,
                    after_observation = ?6
             WHERE run_id = ?1 AND feed = ?2 AND state = 'waiting'",
        )
        .bind(run.0)
        .bind(feed.name())
        .bind(plan.highest_id)
        .bind(plan.server_at.map(millis))
        .bind(now)
        .bind(plan.after_observation)
        .execute(tx.conn())
        .await?;
        if planned.rows_affected() == 1 {
            let rows: Vec<_> = (0i64..)
                .zip(&plan.slices)
                .map(|(n, slice)| {
                    let (reading, by, at) = slice.stored();
                    (n, slice.lower, slice.upper, reading, by, at)
                })
                .collect();
            sqlx::query(
                "INSERT INTO walks (run_id, feed, slice, lower_id, upper_id, last_id, page_limit,
                                    reading, since_by, since_at)
                 SELECT ?1, ?2, value ->> 0, value ->> 1, value ->> 2, (value ->> 1) - 1, 100,
                        value ->> 3, value ->> 4, value ->> 5
                 FROM json_each(?3)",
            )
            .bind(run.0)
            .bind(feed.name())
            .bind(json(&rows))
            .execute(tx.conn())
            .await?;
        }
        tx.commit().await
    }
}

fn feed_of(name: String, table: &'static str, run: RunId) -> Result<Feed, StoreError> {
    name.parse().map_err(|_| StoreError::Inconsistent {
        table,
        column: "feed",
        row: format!("run {run}"),
        found: name,
    })
}
