//! Records that could not be used: kept with their evidence, counted, shown, retried.

use crate::batch::json;
use crate::error::StoreError;
use crate::instant::{instant, millis};
use crate::pages::StoredPage;
use crate::store::{Store, WriteTx};
use crate::trip::Trip;
use chrono::{DateTime, Utc};
use pipeline::id::{ConnectionId, PageId, RunId};
use pipeline::normalize;
use pipeline::{Feed, Reason, Stage};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

/// A rejection to be stored.
#[derive(Clone, Debug)]
pub(crate) struct NewRejection {
    pub(crate) stage: Stage,
    pub(crate) feed: Feed,
    pub(crate) id: Option<i64>,
    pub(crate) page: Option<PageId>,
    pub(crate) row: usize,
    pub(crate) reason: Reason,
    pub(crate) path: String,
    pub(crate) detail: String,
    pub(crate) body: String,
}

impl NewRejection {
    pub(crate) fn of_row(page: &StoredPage, rejection: normalize::Rejection) -> Self {
        Self {
            stage: Stage::Normalize,
            feed: page.feed,
            id: rejection.id,
            page: Some(page.id),
            row: rejection.row,
            reason: rejection.reason,
            path: rejection.path,
            detail: rejection.detail,
            body: rejection.body,
        }
    }
}

/// A rejection as stored.
#[derive(Clone, Debug)]
pub struct Rejection {
    /// Its id, by which it can be named.
    pub id: i64,
    /// The run that met it last.
    pub run: RunId,
    /// Where it was refused.
    pub stage: String,
    /// The feed.
    pub feed: String,
    /// The record's id, if that much was readable.
    pub record: Option<i64>,
    /// The page that holds the evidence.
    pub page: Option<PageId>,
    /// The row in that page.
    pub row: i64,
    /// Why.
    pub reason: Option<Reason>,
    /// Where in the record.
    pub path: String,
    /// What was found there.
    pub detail: String,
    /// When it was first met.
    pub first_at: DateTime<Utc>,
    /// When it was last met.
    pub last_at: DateTime<Utc>,
}

pub(crate) async fn store(
    tx: &mut WriteTx,
    connection: ConnectionId,
    run: RunId,
    rejections: &[NewRejection],
    now: i64,
) -> Result<(), StoreError> {
    let mut trip = Trip::default();
    store_on(&mut trip, connection, run, rejections, now);
    trip.make(tx.conn()).await?;
    Ok(())
}

/// The same as part of a trip, where there are any. Nothing is to be told of it.
pub(crate) fn store_on(
    trip: &mut Trip,
    connection: ConnectionId,
    run: RunId,
    rejections: &[NewRejection],
    now: i64,
) {
    if rejections.is_empty() {
        return;
    }
    let rows: Vec<_> = rejections
        .iter()
        .map(|r| {
            (
                r.stage.name(),
                r.feed.name(),
                r.id,
                r.page.map(|id| id.0),
                r.row,
                r.reason.code(),
                &r.path,
                &r.detail,
                &r.body,
            )
        })
        .collect();
    trip.then(
        "INSERT INTO rejections (connection_id, run_id, stage, feed, record_id, page_id, row, reason,
                                 path, detail, body, first_at, last_at, observation)
         SELECT ?1, ?3, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4,
                value ->> 5, value ->> 6, value ->> 7, value ->> 8, ?4, ?4,
                (SELECT p.observation FROM pages p WHERE p.id = value ->> 3)
         FROM json_each(?2) WHERE true
         ON CONFLICT (connection_id, stage, feed, record_id) WHERE record_id IS NOT NULL
         DO UPDATE SET run_id = excluded.run_id, page_id = excluded.page_id, row = excluded.row,
             reason = excluded.reason, path = excluded.path, detail = excluded.detail,
             body = excluded.body, last_at = excluded.last_at, resolved_at = NULL,
             observation = excluded.observation
         WHERE coalesce(excluded.observation, 0) >= coalesce(observation, 0)
         ON CONFLICT (page_id, stage, row) WHERE record_id IS NULL
         DO UPDATE SET run_id = excluded.run_id, reason = excluded.reason, path = excluded.path,
             detail = excluded.detail, body = excluded.body, last_at = excluded.last_at,
             resolved_at = NULL",
    )
    .bind(connection.0)
    .bind(json(&rows))
    .bind(run.0)
    .bind(now);
}

/// Records that are fine now end their rejections.
pub(crate) async fn resolve(
    tx: &mut WriteTx,
    connection: ConnectionId,
    stage: Stage,
    feed: Feed,
    ids: &[i64],
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE rejections SET resolved_at = ?5
         WHERE connection_id = ?1 AND stage = ?2 AND feed = ?3 AND resolved_at IS NULL
           AND record_id IN (SELECT value FROM json_each(?4))",
    )
    .bind(connection.0)
    .bind(stage.name())
    .bind(feed.name())
    .bind(json(ids))
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What was rejected before and is fine now.
const RESOLVED: &str = "
    UPDATE rejections SET resolved_at = coalesce(resolved_at, ?4), observation = ?5
    WHERE connection_id = ?1 AND stage = 'normalize' AND feed = ?2
      AND record_id IN (SELECT value FROM json_each(?3)) AND coalesce(observation, 0) <= ?5";

/// What the source could not deliver and has delivered, where what it told before does not count.
const DELIVERED: &str = "
    UPDATE rejections SET resolved_at = ?4
    WHERE connection_id = ?1 AND stage = 'extract' AND feed = ?2 AND resolved_at IS NULL
      AND record_id IN (SELECT value FROM json_each(?3)) AND last_at <= ?5";

/// Rows of a page that bear no id and are fine now.
const RESOLVED_ROWS: &str = "
    UPDATE rejections SET resolved_at = ?2
    WHERE page_id = ?3 AND connection_id = ?1 AND stage = 'normalize' AND record_id IS NULL
      AND resolved_at IS NULL AND row NOT IN (SELECT value FROM json_each(?4))";

/// What a page tells of earlier rejections: its fine records end theirs, unless a later page has
/// refused them since; rows of it that could not be told apart end theirs when they are no longer
/// refused.
pub(crate) fn resolve_by_page(
    trip: &mut Trip,
    connection: ConnectionId,
    page: &StoredPage,
    fine: &[i64],
    refused: &[usize],
    now: i64,
) {
    let (fine, feed) = (json(fine), page.feed.name());
    trip.then(RESOLVED)
        .bind(connection.0)
        .bind(feed)
        .bind(&fine)
        .bind(now)
        .bind(page.observation);
    trip.then(DELIVERED)
        .bind(connection.0)
        .bind(feed)
        .bind(&fine)
        .bind(now)
        .bind(millis(page.fetched_at));
    trip.then(RESOLVED_ROWS)
        .bind(connection.0)
        .bind(now)
        .bind(page.id.0)
        .bind(json(refused));
}

/// The open rejections of one record.
pub(crate) async fn of_record(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
    feed: Feed,
    id: i64,
) -> Result<Vec<Rejection>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, run_id, stage, feed, record_id, page_id, row, reason, path, detail,
                first_at, last_at
         FROM rejections
         WHERE connection_id = ?1 AND stage IN ('extract', 'normalize', 'filter', 'load')
           AND feed = ?2 AND record_id = ?3 AND resolved_at IS NULL
         ORDER BY id",
    )
    .bind(connection.0)
    .bind(feed.name())
    .bind(id)
    .fetch_all(conn)
    .await?;
    rows.iter().map(of_row).collect()
}

fn of_row(row: &SqliteRow) -> Result<Rejection, StoreError> {
    Ok(Rejection {
        id: row.try_get("id")?,
        run: RunId(row.try_get("run_id")?),
        stage: row.try_get("stage")?,
        feed: row.try_get("feed")?,
        record: row.try_get("record_id")?,
        page: row.try_get::<Option<i64>, _>("page_id")?.map(PageId),
        row: row.try_get("row")?,
        reason: Reason::from_code(row.try_get("reason")?),
        path: row.try_get("path")?,
        detail: row.try_get("detail")?,
        first_at: instant(row.try_get("first_at")?),
        last_at: instant(row.try_get("last_at")?),
    })
}

impl Store {
    /// Open rejections of a connection, oldest first, from `after` on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rejections(
        &self,
        connection: ConnectionId,
        after: i64,
        limit: i64,
    ) -> Result<Vec<Rejection>, StoreError> {
        let mut reader = self.read().await?;
        let rows = sqlx::query(
            "SELECT id, run_id, stage, feed, record_id, page_id, row, reason, path, detail,
                    first_at, last_at
             FROM rejections WHERE connection_id = ?1 AND resolved_at IS NULL AND id > ?2
             ORDER BY id LIMIT ?3",
        )
        .bind(connection.0)
        .bind(after)
        .bind(limit)
        .fetch_all(reader.conn())
        .await?;
        rows.iter().map(of_row).collect()
    }

    /// How many rejections of a connection are open.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_rejections(&self, connection: ConnectionId) -> Result<i64, StoreError> {
        let mut reader = self.read().await?;
        Ok(sqlx::query_scalar(
            "SELECT count(*) FROM rejections WHERE connection_id = ?1 AND resolved_at IS NULL",
        )
        .bind(connection.0)
        .fetch_one(reader.conn())
        .await?)
    }
}
