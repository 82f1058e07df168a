//! The checkpoints of extract: feeds, slices and how far each walk has come.

use crate::batch::json;
use crate::budgets;
use crate::error::StoreError;
use crate::instant::millis;
use crate::leases::Lease;
use crate::ledger::Deltas;
use crate::pages::pack;
use crate::queue;
use crate::rejections::{self, NewRejection};
use crate::store::{Store, WriteTx};
use chrono::{DateTime, Utc};
use pipeline::id::{ConnectionId, PageId, RunId};
use pipeline::outcome::Outcome;
use pipeline::{Feed, Reason, Stage};
use sqlx::Row;

/// The slice number of pages that no walk fetched: items asked for by id.
pub const BY_ID: i64 = -1;

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
}

/// A page to be stored, with the checkpoint it moves.
#[derive(Clone, Debug)]
pub struct NewPage {
    /// The run.
    pub run: RunId,
    /// The feed.
    pub feed: Feed,
    /// The slice, or [`BY_ID`].
    pub slice: i64,
    /// When its request was sent.
    pub observation: i64,
    /// The source's time.
    pub server_at: Option<DateTime<Utc>>,
    /// What was asked, without secrets.
    pub request: String,
    /// The ids asked for, if the request named them.
    pub asked: Option<Vec<i64>>,
    /// Rows in it.
    pub rows: usize,
    /// The last id in it.
    pub last: Option<i64>,
    /// Rows to ask for next.
    pub page_limit: u32,
    /// Whether the answer proved that nothing follows.
    pub ended: bool,
    /// The answer.
    pub body: String,
    /// The mirrored budget after it.
    pub budget: Option<String>,
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
                })
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        Ok((feeds, walks))
    }

    /// Cuts a feed into slices (first id, last id), once. What is planned stays planned, so that a
    /// resumed run walks the same ranges.
    ///
    /// # Errors
    /// When the database fails or the lease has moved on.
    pub async fn plan_feed(
        &self,
        lease: &Lease,
        run: RunId,
        feed: Feed,
        highest_id: i64,
        server_at: Option<DateTime<Utc>>,
        slices: &[(i64, Option<i64>)],
    ) -> Result<(), StoreError> {
        let mut tx = self.write_as(lease).await?;
        let now = self.now_ms();
        let planned = sqlx::query(
            "UPDATE feed_runs SET state = 'walking', highest_id = ?3, server_at = ?4, started_at = ?5
             WHERE run_id = ?1 AND feed = ?2 AND state = 'waiting'",
        )
        .bind(run.0)
        .bind(feed.name())
        .bind(highest_id)
        .bind(server_at.map(millis))
        .bind(now)
        .execute(tx.conn())
        .await?;
        if planned.rows_affected() == 1 {
            let rows: Vec<_> = (0i64..)
                .zip(slices)
                .map(|(n, (lower, upper))| (n, lower, upper))
                .collect();
            sqlx::query(
                "INSERT INTO walks (run_id, feed, slice, lower_id, upper_id, last_id, page_limit)
                 SELECT ?1, ?2, value ->> 0, value ->> 1, value ->> 2, (value ->> 1) - 1, 100
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

    /// Stores a page, moves its checkpoint and wakes normalize, in one transaction. Returns the
    /// page's id, or `None` when there was nothing in it worth keeping.
    ///
    /// # Errors
    /// When the database fails, the lease has moved on, or the checkpoint would move back.
    pub async fn store_page(
        &self,
        lease: &Lease,
        page: NewPage,
    ) -> Result<Option<PageId>, StoreError> {
        let packed = pack(&page.body)?;
        let now = self.now_ms();
        let mut tx = self.write_as(lease).await?;
        let kept = page.rows > 0 || page.asked.is_some();
        let id = if kept {
            Some(insert(&mut tx, lease.connection, &page, &packed, now).await?)
        } else {
            None
        };
        if page.slice != BY_ID {
            self.move_walk(&mut tx, lease.connection, &page, now)
                .await?;
        }
        sqlx::query("UPDATE connections SET observation = max(observation, ?2) WHERE id = ?1")
            .bind(lease.connection.0)
            .bind(page.observation)
            .execute(tx.conn())
            .await?;
        if let Some(state) = &page.budget {
            budgets::save_budget_in(tx.conn(), lease.connection, "lightspeed", state, now).await?;
        }
        let mut deltas = Deltas::default();
        let rows = i64::try_from(page.rows).unwrap_or(i64::MAX);
        deltas.entered(page.run, page.feed, Stage::Extract, rows);
        deltas.outcome(page.run, page.feed, Stage::Extract, Outcome::Passed, rows);
        deltas.write(tx.conn()).await?;
        if kept {
            queue::wake(&mut tx, self, lease.connection, page.run, Stage::Normalize).await?;
        }
        tx.commit().await?;
        Ok(id)
    }

    async fn move_walk(
        &self,
        tx: &mut WriteTx,
        connection: ConnectionId,
        page: &NewPage,
        now: i64,
    ) -> Result<(), StoreError> {
        let moved = sqlx::query(
            "UPDATE walks SET last_id = max(last_id, coalesce(?4, last_id)), page_limit = ?5,
                    pages = pages + 1, rows = rows + ?6, done_at = CASE WHEN ?7 THEN ?8 END
             WHERE run_id = ?1 AND feed = ?2 AND slice = ?3 AND done_at IS NULL
               AND (?4 IS NULL OR ?4 > last_id)",
        )
        .bind(page.run.0)
        .bind(page.feed.name())
        .bind(page.slice)
        .bind(page.last)
        .bind(i64::from(page.page_limit))
        .bind(i64::try_from(page.rows).unwrap_or(i64::MAX))
        .bind(page.ended)
        .bind(now)
        .execute(tx.conn())
        .await?;
        if moved.rows_affected() != 1 {
            return Err(StoreError::Inconsistent {
                table: "walks",
                column: "last_id",
                row: format!("run {} {} slice {}", page.run, page.feed, page.slice),
                found: format!(
                    "a checkpoint that would not move forward to {:?}",
                    page.last
                ),
            });
        }
        if page.ended {
            self.end_feed(tx, connection, page.run, page.feed, now)
                .await?;
        }
        Ok(())
    }

    /// Marks a feed done when its last walk ended, moves its watermark, and marks the run as
    /// extracted when its last feed ended.
    async fn end_feed(
        &self,
        tx: &mut WriteTx,
        connection: ConnectionId,
        run: RunId,
        feed: Feed,
        now: i64,
    ) -> Result<(), StoreError> {
        let ended = sqlx::query(
            "UPDATE feed_runs SET state = 'done', done_at = ?3
             WHERE run_id = ?1 AND feed = ?2 AND state = 'walking'
               AND NOT EXISTS (SELECT 1 FROM walks w
                               WHERE w.run_id = ?1 AND w.feed = ?2 AND w.done_at IS NULL)",
        )
        .bind(run.0)
        .bind(feed.name())
        .bind(now)
        .execute(tx.conn())
        .await?;
        if ended.rows_affected() == 0 {
            return Ok(());
        }
        // Stock comes with its items in a backfill, so its watermark moves with theirs.
        let feeds: &[Feed] = if feed == Feed::Items {
            &[Feed::Items, Feed::Stock]
        } else {
            &[feed]
        };
        for moved in feeds {
            sqlx::query(
                "INSERT INTO watermarks (connection_id, feed, complete_to, run_id, proven_at)
                 SELECT ?1, ?3, r.server_at - ?5, r.id, ?4 FROM runs r
                 WHERE r.id = ?2 AND r.server_at IS NOT NULL
                 ON CONFLICT (connection_id, feed) DO UPDATE SET
                     complete_to = max(complete_to, excluded.complete_to),
                     run_id = excluded.run_id, proven_at = excluded.proven_at",
            )
            .bind(connection.0)
            .bind(run.0)
            .bind(moved.name())
            .bind(now)
            .bind(OVERLAP_MS)
            .execute(tx.conn())
            .await?;
        }
        sqlx::query(
            "UPDATE runs SET extracted_at = ?2 WHERE id = ?1 AND NOT EXISTS (
                 SELECT 1 FROM feed_runs f WHERE f.run_id = ?1 AND f.state IN ('waiting', 'walking'))",
        )
        .bind(run.0)
        .bind(now)
        .execute(tx.conn())
        .await?;
        Ok(())
    }

    /// Passes a record that the source cannot deliver: it becomes a rejection and the walk goes on
    /// behind it.
    ///
    /// # Errors
    /// When the database fails or the lease has moved on.
    pub async fn pass_undeliverable(
        &self,
        lease: &Lease,
        run: RunId,
        walk: &Walk,
        id: i64,
        detail: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.write_as(lease).await?;
        let moved = sqlx::query(
            "UPDATE walks SET last_id = ?4, rows = rows + 1
             WHERE run_id = ?1 AND feed = ?2 AND slice = ?3 AND last_id < ?4",
        )
        .bind(run.0)
        .bind(walk.feed.name())
        .bind(walk.slice)
        .bind(id)
        .execute(tx.conn())
        .await?;
        if moved.rows_affected() == 1 {
            let mut deltas = Deltas::default();
            let outcome = Outcome::Rejected(Reason::Undeliverable);
            deltas.count(run, walk.feed, Stage::Extract, outcome);
            deltas.write(tx.conn()).await?;
            let rejection = NewRejection {
                stage: Stage::Extract,
                feed: walk.feed,
                id: Some(id),
                page: None,
                row: 0,
                reason: Reason::Undeliverable,
                path: String::new(),
                detail: detail.to_owned(),
                body: String::new(),
            };
            rejections::store(&mut tx, lease.connection, run, &[rejection], self.now_ms()).await?;
        }
        tx.commit().await
    }

    /// Items to be asked for by id, lowest first, from behind `after` on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn wanted_items_after(
        &self,
        connection: ConnectionId,
        after: i64,
        limit: i64,
    ) -> Result<Vec<i64>, StoreError> {
        let mut reader = self.read().await?;
        Ok(sqlx::query_scalar(
            "SELECT item_id FROM wanted_items WHERE connection_id = ?1 AND state = 'wanted'
             AND item_id > ?2 ORDER BY item_id LIMIT ?3",
        )
        .bind(connection.0)
        .bind(after)
        .bind(limit)
        .fetch_all(reader.conn())
        .await?)
    }

    /// The highest observation stored; the next request's is one more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn observation(&self, connection: ConnectionId) -> Result<i64, StoreError> {
        let mut reader = self.read().await?;
        Ok(
            sqlx::query_scalar("SELECT observation FROM connections WHERE id = ?1")
                .bind(connection.0)
                .fetch_one(reader.conn())
                .await?,
        )
    }
}

/// How far below the source's time a watermark stays (DESIGN 5).
const OVERLAP_MS: i64 = 15 * 60 * 1000;

async fn insert(
    tx: &mut WriteTx,
    connection: ConnectionId,
    page: &NewPage,
    packed: &[u8],
    now: i64,
) -> Result<PageId, StoreError> {
    let id: i64 = sqlx::query_scalar(
        "INSERT INTO pages (connection_id, run_id, feed, slice, observation, fetched_at, server_at,
                            request, asked, rows, body_bytes, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) RETURNING id",
    )
    .bind(connection.0)
    .bind(page.run.0)
    .bind(page.feed.name())
    .bind(page.slice)
    .bind(page.observation)
    .bind(now)
    .bind(page.server_at.map(millis))
    .bind(&page.request)
    .bind(page.asked.as_ref().map(|ids| json(ids)))
    .bind(i64::try_from(page.rows).unwrap_or(i64::MAX))
    .bind(i64::try_from(page.body.len()).unwrap_or(i64::MAX))
    .bind(packed)
    .fetch_one(tx.conn())
    .await?;
    Ok(PageId(id))
}

fn feed_of(name: String, table: &'static str, run: RunId) -> Result<Feed, StoreError> {
    name.parse().map_err(|_| StoreError::Inconsistent {
        table,
        column: "feed",
        row: format!("run {run}"),
        found: name,
    })
}
