//! Replay: stored pages carried through normalize once more, after a parser was mended.
//!
//! Each page keeps its observation, so what an old page says never wins against a newer one. A
//! retry is a replay of the pages that hold rejected records.

use crate::batch::json;
use crate::deliver;
use crate::error::StoreError;
use crate::instant::millis;
use crate::pages::pack;
use crate::queue;
use crate::runs::{self, open_run, stage_rows};
use crate::store::{Store, WriteTx};
use crate::sync::Trigger;
use chrono::{DateTime, Utc};
use pipeline::id::{ConnectionId, RunId};
use pipeline::page::payload_key;
use pipeline::{Feed, Stage};
use serde_json::value::RawValue;
use sqlx::Row;
use std::collections::BTreeMap;

/// The kind of run that carries stored pages through again.
pub const REPLAY: &str = "replay";

/// Stages that a replay has. It asks the source nothing.
const STAGES: [Stage; 3] = [Stage::Normalize, Stage::Filter, Stage::Load];

/// What a retry came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retried {
    /// The run that carries it out; `None` when there was nothing it could carry through.
    pub run: Option<RunId>,
    /// The rejections that are tried again.
    pub tried: Vec<i64>,
    /// Those of which nothing is stored that could be read again.
    pub beyond: Vec<i64>,
}

/// Pages are few beside records, and each of them is to be read.
const SELECT_PAGES: &str = "
    INSERT INTO replay_pages (run_id, page_id)
    SELECT ?2, id FROM pages
    WHERE connection_id = ?1 AND (?3 IS NULL OR feed = ?3) AND (?4 IS NULL OR fetched_at >= ?4)";

/// What comes in is known beforehand.
const ENTER: &str = "
    INSERT INTO ledger (run_id, feed, stage, outcome, n)
    SELECT ?1, p.feed, 'extract', o.value, sum(p.rows)
    FROM replay_pages r JOIN pages p ON p.id = r.page_id
    CROSS JOIN json_each('[\"entered\",\"passed\"]') o
    WHERE r.run_id = ?1 GROUP BY p.feed, o.value
    ON CONFLICT (run_id, feed, stage, outcome, reason) DO UPDATE SET n = n + excluded.n";

const OPEN_REJECTIONS: &str = "
    SELECT x.id, x.stage, x.feed, x.record_id, x.body, x.observation, p.id AS page
    FROM rejections x LEFT JOIN pages p ON p.id = x.page_id
    WHERE x.connection_id = ?1 AND x.resolved_at IS NULL
      AND (?2 IS NULL OR x.id IN (SELECT value FROM json_each(?2)))
    ORDER BY x.id";

impl Store {
    /// Opens a replay of the stored pages, of one feed or all, fetched since an instant or ever; or
    /// joins the one that is open or failed, whatever it was opened for. The flag tells which.
    /// `None` when no such page is stored.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_replay(
        &self,
        connection: ConnectionId,
        feed: Option<Feed>,
        since: Option<DateTime<Utc>>,
    ) -> Result<Option<(RunId, bool)>, StoreError> {
        let mut tx = self.write().await?;
        if let Some(run) = runs::go_on(&mut tx, self, connection, REPLAY, &STAGES).await? {
            tx.commit().await?;
            return Ok(Some((run, true)));
        }
        let run = self.new_replay(&mut tx, connection).await?;
        let pages = sqlx::query(SELECT_PAGES)
            .bind(connection.0)
            .bind(run.0)
            .bind(feed.map(Feed::name))
            .bind(since.map(millis))
            .execute(tx.conn())
            .await?;
        if pages.rows_affected() == 0 {
            return Ok(None);
        }
        enter(&mut tx, run).await?;
        queue::wake(&mut tx, self, connection, run, Stage::Normalize).await?;
        tx.commit().await?;
        Ok(Some((run, false)))
    }

    /// Opens a replay of what is stored of open rejections: all of them, or those named. `None`
    /// when a replay is under way, which must end first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn retry_rejections(
        &self,
        connection: ConnectionId,
        ids: Option<&[i64]>,
    ) -> Result<Option<Retried>, StoreError> {
        let mut tx = self.write().await?;
        if open_run(tx.conn(), connection, REPLAY).await?.is_some() {
            return Ok(None);
        }
        let rows = sqlx::query(OPEN_REJECTIONS)
            .bind(connection.0)
            .bind(ids.map(json))
            .fetch_all(tx.conn())
            .await?;
        let run = self.new_replay(&mut tx, connection).await?;
        let mut retried = Retried::default();
        let mut touched: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        let mut parked = Vec::new();
        for row in rows {
            let (id, stage): (i64, String) = (row.try_get("id")?, row.try_get("stage")?);
            let record: Option<i64> = row.try_get("record_id")?;
            let page: Option<i64> = row.try_get("page")?;
            let body: &str = row.try_get("body")?;
            let feed: String = row.try_get("feed")?;
            let page = match (stage.as_str(), page) {
                ("normalize", Some(page)) => Some(page),
                ("normalize", None) => match feed.parse::<Feed>() {
                    Ok(feed) => {
                        let observation: Option<i64> = row.try_get("observation")?;
                        self.page_of_body(&mut tx, (connection, run), feed, id, body, observation)
                            .await?
                    }
                    Err(_) => None,
                },
                ("deliver", _) => {
                    if let (Some(record), Ok(feed)) = (record, feed.parse::<Feed>()) {
                        parked.push((feed, record));
                        retried.tried.push(id);
                        continue;
                    }
                    None
                }
                ("filter" | "load", _) => {
                    if let Some(record) = record {
                        touched.entry(feed).or_default().push(record);
                        retried.tried.push(id);
                        continue;
                    }
                    None
                }
                _ => None,
            };
            match page {
                Some(page) => {
                    sqlx::query(
                        "INSERT OR IGNORE INTO replay_pages (run_id, page_id) VALUES (?1, ?2)",
                    )
                    .bind(run.0)
                    .bind(page)
                    .execute(tx.conn())
                    .await?;
                    retried.tried.push(id);
                }
                None => retried.beyond.push(id),
            }
        }
        if retried.tried.is_empty() {
            return Ok(Some(retried));
        }
        enter(&mut tx, run).await?;
        for (feed, records) in &touched {
            touch(&mut tx, connection, run, feed, records).await?;
        }
        deliver::retry(&mut tx, self, (connection, run), &parked).await?;
        queue::wake(&mut tx, self, connection, run, Stage::Normalize).await?;
        queue::wake(&mut tx, self, connection, RunId(0), Stage::Filter).await?;
        tx.commit().await?;
        retried.run = Some(run);
        Ok(Some(retried))
    }

    /// Which of these rejections are open still.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn still_open(&self, ids: &[i64]) -> Result<Vec<i64>, StoreError> {
        let mut reader = self.read().await?;
        Ok(sqlx::query_scalar(
            "SELECT id FROM rejections WHERE resolved_at IS NULL
             AND id IN (SELECT value FROM json_each(?1)) ORDER BY id",
        )
        .bind(json(ids))
        .fetch_all(reader.conn())
        .await?)
    }

    async fn new_replay(
        &self,
        tx: &mut WriteTx,
        connection: ConnectionId,
    ) -> Result<RunId, StoreError> {
        let now = self.now_ms();
        // What earlier replays read is no longer of use.
        sqlx::query(
            "DELETE FROM replay_pages WHERE run_id IN (
                 SELECT id FROM runs WHERE connection_id = ?1 AND kind = 'replay'
                 AND state IN ('done', 'cancelled'))",
        )
        .bind(connection.0)
        .execute(tx.conn())
        .await?;
        let run = runs::insert(tx.conn(), connection, REPLAY, Trigger::Manual, None, now).await?;
        // What it reads is stored already.
        sqlx::query("UPDATE runs SET extracted_at = ?2 WHERE id = ?1")
            .bind(run.0)
            .bind(now)
            .execute(tx.conn())
            .await?;
        stage_rows(tx.conn(), connection, run, &STAGES, now).await?;
        Ok(run)
    }

    /// Where its page is gone, the rejected row itself becomes a page, with the observation of the
    /// page it came from. `None` when not all of the row was kept.
    async fn page_of_body(
        &self,
        tx: &mut WriteTx,
        (connection, run): (ConnectionId, RunId),
        feed: Feed,
        rejection: i64,
        body: &str,
        observation: Option<i64>,
    ) -> Result<Option<i64>, StoreError> {
        let Ok(fields) = serde_json::from_str::<BTreeMap<String, &RawValue>>(body) else {
            return Ok(None);
        };
        // A request names the relations it asks for; these are the ones that were answered.
        let told: Vec<String> = fields.into_keys().collect();
        let request = format!("kept with rejection {rejection}: {}", told.join(" "));
        let key = payload_key(feed);
        let body = format!("{{\"@attributes\":{{\"next\":\"\"}},\"{key}\":[{body}]}}");
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO pages (connection_id, run_id, feed, slice, observation, fetched_at, request,
                                rows, body_bytes, body)
             VALUES (?1, ?2, ?3, -1, ?4, ?5, ?6, 1, ?7, ?8) RETURNING id",
        )
        .bind(connection.0)
        .bind(run.0)
        .bind(feed.name())
        .bind(observation.unwrap_or(0))
        .bind(self.now_ms())
        .bind(request)
        .bind(i64::try_from(body.len()).unwrap_or(i64::MAX))
        .bind(pack(&body)?)
        .fetch_one(tx.conn())
        .await?;
        Ok(Some(id))
    }
}

async fn enter(tx: &mut WriteTx, run: RunId) -> Result<(), StoreError> {
    sqlx::query(ENTER).bind(run.0).execute(tx.conn()).await?;
    Ok(())
}

/// Records that were read well and refused later are decided on once more.
async fn touch(
    tx: &mut WriteTx,
    connection: ConnectionId,
    run: RunId,
    feed: &str,
    records: &[i64],
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO record_touches (connection_id, feed, record_id, run_id)
         SELECT ?1, ?3, value, ?4 FROM json_each(?2)",
    )
    .bind(connection.0)
    .bind(json(records))
    .bind(feed)
    .bind(run.0)
    .execute(tx.conn())
    .await?;
    sqlx::query(
        "INSERT INTO ledger (run_id, feed, stage, outcome, n)
         SELECT ?1, ?2, s.value, o.value, ?3
         FROM json_each('[\"extract\",\"normalize\"]') s
         CROSS JOIN json_each('[\"entered\",\"passed\"]') o WHERE true
         ON CONFLICT (run_id, feed, stage, outcome, reason) DO UPDATE SET n = n + excluded.n",
    )
    .bind(run.0)
    .bind(feed)
    .bind(i64::try_from(records.len()).unwrap_or(i64::MAX))
    .execute(tx.conn())
    .await?;
    Ok(())
}
