//! Requests for an import: who joins which run, and which run follows when it ends.

use crate::batch::json;
use crate::beside;
use crate::error::StoreError;
use crate::events::event_in;
use crate::queue;
use crate::runs::{self, BACKFILL};
use crate::store::{Store, WriteTx};
use crate::sweep;
use crate::trip::{Answers, Trip};
use pipeline::id::{ConnectionId, RunId};
use pipeline::{Feed, Stage};
use sqlx::{Row, SqliteConnection};

/// The kind of run that reads what has changed.
pub const INCREMENTAL: &str = "incremental";

/// The kind of run that looks for what became visible too late, or vanished.
pub const SWEEP: &str = "sweep";

/// The kinds of runs that bring a connection up to date. Only one of them is opened at a time.
const IMPORTS: &str = "SELECT id, kind, asked_at IS NOT NULL FROM runs
    WHERE connection_id = ?1 AND kind IN ('incremental', 'backfill') AND state = 'open'
      AND after_run IS NULL
    ORDER BY kind DESC LIMIT 1";

/// Who asks for a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// A person, or a program on behalf of one.
    Manual,
    /// The schedule.
    Schedule,
}

impl Trigger {
    /// Its name in tables and output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Schedule => "schedule",
        }
    }
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requested {
    /// The run at work.
    pub run: RunId,
    /// Whether it was open already.
    pub joined: bool,
    /// The run that follows it directly, because what was asked for may have missed the first one.
    pub again: Option<RunId>,
}

impl Store {
    /// Asks for an import. Joins the one that is open; if that one has already sent a request, a
    /// person's wish may have come too late for it, so a fresh run is made to follow it directly,
    /// which later requests join.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn request_import(
        &self,
        connection: ConnectionId,
        trigger: Trigger,
    ) -> Result<Requested, StoreError> {
        let mut tx = self.write().await?;
        let requested = request_in(&mut tx, self, connection, trigger).await?;
        tx.commit().await?;
        Ok(requested)
    }
}

pub(crate) async fn request_in(
    tx: &mut WriteTx,
    store: &Store,
    connection: ConnectionId,
    trigger: Trigger,
) -> Result<Requested, StoreError> {
    if trigger == Trigger::Manual {
        clear_stop(tx.conn(), connection).await?;
    }
    let open = sqlx::query(IMPORTS)
        .bind(connection.0)
        .fetch_optional(tx.conn())
        .await?;
    let Some(open) = open else {
        let (run, _) = open_import(tx, store, connection, trigger).await?;
        return Ok(Requested {
            run,
            joined: false,
            again: None,
        });
    };
    let run = RunId(open.try_get(0)?);
    let asked: bool = open.try_get(2)?;
    if trigger == Trigger::Schedule
        && open.try_get::<&str, _>(1)? == BACKFILL
        && beside::has_read_something(tx.conn(), run).await?
    {
        let now = store.now_ms();
        let run = runs::insert(tx.conn(), connection, INCREMENTAL, trigger, None, now).await?;
        start(tx, store, connection, run).await?;
        return Ok(Requested {
            run,
            joined: false,
            again: None,
        });
    }
    let mut again = waiting_in(tx.conn(), connection).await?;
    if trigger == Trigger::Manual {
        runs::hurry_in(tx, store, connection).await?;
        if asked && again.is_none() {
            let now = store.now_ms();
            // Whatever it waits for, the whole will have been read by then.
            let kind = INCREMENTAL;
            let after = Some(run);
            again = Some(runs::insert(tx.conn(), connection, kind, trigger, after, now).await?);
        }
    }
    Ok(Requested {
        run,
        joined: true,
        again,
    })
}

/// Opens the import that is due: an incremental run once the whole history was read, else the
/// backfill. The flag tells whether it goes on with one that had failed.
async fn open_import(
    tx: &mut WriteTx,
    store: &Store,
    connection: ConnectionId,
    trigger: Trigger,
) -> Result<(RunId, bool), StoreError> {
    let kind = kind_of_import(tx.conn(), connection).await?;
    if kind == BACKFILL {
        return runs::open_backfill_in(tx, store, connection, trigger).await;
    }
    let now = store.now_ms();
    let run = runs::insert(tx.conn(), connection, kind, trigger, None, now).await?;
    start(tx, store, connection, run).await?;
    Ok((run, false))
}

/// What an import is for a connection now.
async fn kind_of_import(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
) -> Result<&'static str, StoreError> {
    let whole = has_history(conn, connection).await?;
    Ok(if whole { INCREMENTAL } else { BACKFILL })
}

/// Whether the whole history was read once.
pub(crate) async fn has_history(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM runs
             WHERE connection_id = ?1 AND kind = 'backfill' AND state = 'done')",
    )
    .bind(connection.0)
    .fetch_one(conn)
    .await?)
}

/// The feeds that a run of a kind reads.
fn feeds_of(kind: &str) -> &'static [Feed] {
    match kind {
        INCREMENTAL => &Feed::ALL,
        SWEEP => &sweep::FEEDS,
        _ => &Feed::BACKFILL,
    }
}

/// Puts an open run to work. Does nothing twice.
pub(crate) async fn start(
    tx: &mut WriteTx,
    store: &Store,
    connection: ConnectionId,
    run: RunId,
) -> Result<(), StoreError> {
    let now = store.now_ms();
    let kind: String = sqlx::query_scalar("SELECT kind FROM runs WHERE id = ?1")
        .bind(run.0)
        .fetch_one(tx.conn())
        .await?;
    runs::stage_rows(tx.conn(), connection, run, &Stage::IMPORT, now).await?;
    let idle = match kind.as_str() {
        SWEEP => sweep::not_yet(tx.conn(), connection, run, now).await?,
        _ => None,
    };
    let unread = match kind.as_str() {
        INCREMENTAL => beside::unread(tx.conn(), connection).await?,
        _ => Vec::new(),
    };
    let read = |feed: &&Feed| idle != Some(**feed) && !unread.contains(*feed);
    let feeds = feeds_of(&kind).iter().filter(read).map(|feed| feed.name());
    let feeds: Vec<&str> = feeds.collect();
    sqlx::query(
        "INSERT OR IGNORE INTO feed_runs (run_id, feed, state)
         SELECT ?1, value, 'waiting' FROM json_each(?2)",
    )
    .bind(run.0)
    .bind(json(&feeds))
    .execute(tx.conn())
    .await?;
    queue::wake(tx, store, connection, RunId(0), Stage::Deliver).await?;
    queue::wake(tx, store, connection, run, Stage::Extract).await
}

/// Asks for the waiting run whose time has come, as part of a trip; the answer is for [`promote`].
pub(crate) fn next_on(trip: &mut Trip, connection: ConnectionId) {
    trip.ask(
        "SELECT w.id FROM runs w WHERE w.connection_id = ?1 AND w.state = 'open'
           AND w.after_run IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.id = w.after_run AND r.state = 'open')
           AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.connection_id = ?1 AND r.state = 'open'
                           AND r.after_run IS NULL AND r.kind IN ('incremental', 'backfill'))",
    )
    .bind(connection.0);
}

/// Puts the waiting run to work if the one it waits for has ended.
pub(crate) async fn promote(
    tx: &mut WriteTx,
    store: &Store,
    connection: ConnectionId,
    told: &mut Answers,
) -> Result<(), StoreError> {
    let answer = told.next();
    let Some(row) = answer.rows.first() else {
        return Ok(());
    };
    let run = RunId(row.try_get(0)?);
    let kind = kind_of_import(tx.conn(), connection).await?;
    sqlx::query("UPDATE runs SET after_run = NULL, kind = ?2 WHERE id = ?1")
        .bind(run.0)
        .bind(kind)
        .execute(tx.conn())
        .await?;
    start(tx, store, connection, run).await
}

async fn waiting_in(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
) -> Result<Option<RunId>, StoreError> {
    let id: Option<i64> = sqlx::query_scalar(
        "SELECT id FROM runs
         WHERE connection_id = ?1 AND state = 'open' AND after_run IS NOT NULL",
    )
    .bind(connection.0)
    .fetch_optional(conn)
    .await?;
    Ok(id.map(RunId))
}

/// A lasting fault: the schedule rests until somebody asks again or connects anew.
pub(crate) async fn stop(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
    cause: &str,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE connections SET stopped_at = ?2, stopped_cause = ?3 WHERE id = ?1")
        .bind(connection.0)
        .bind(now)
        .bind(cause)
        .execute(&mut *conn)
        .await?;
    event_in(conn, connection, None, "stopped", cause, now).await
}

/// Whoever asks again has changed what stopped it.
pub(crate) async fn clear_stop(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE connections SET stopped_at = NULL, stopped_cause = NULL
         WHERE id = ?1 AND stopped_at IS NOT NULL",
    )
    .bind(connection.0)
    .execute(conn)
    .await?;
    Ok(())
}
