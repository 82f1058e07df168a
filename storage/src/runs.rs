//! Runs: opened once per kind, ended when nothing of them is left at any stage.

use crate::batch::json;
use crate::error::StoreError;
use crate::extract::forbidden;
use crate::instant::instant;
use crate::queue::{self, JobAddress};
use crate::store::{Store, WriteTx};
use crate::sync::{self, Trigger};
use crate::trip::Trip;
use crate::vanished;
use chrono::{DateTime, Utc};
use pipeline::Stage;
use pipeline::id::{ConnectionId, RunId};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

/// A run as stored.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// The connection.
    pub connection: ConnectionId,
    /// `backfill` and its like.
    pub kind: String,
    /// `waiting` (for the end of another), `open`, `done`, `failed` or `cancelled`.
    pub state: String,
    /// Who asked for it: `manual` or `schedule`.
    pub requested_by: String,
    /// The run it waits, or waited in vain, for.
    pub after: Option<RunId>,
    /// Why it failed.
    pub reason: Option<String>,
    /// When it was opened.
    pub created_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// When extract had read everything with proof.
    pub extracted_at: Option<DateTime<Utc>>,
}

/// The kind of run that a full historical sync is.
pub const BACKFILL: &str = "backfill";

impl Store {
    /// Opens a backfill, or joins the one that is open. One that failed is opened again and goes on
    /// from its checkpoints: whoever repeats the command has changed what stopped it. The flag
    /// tells whether there was one to go on with.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_backfill(
        &self,
        connection: ConnectionId,
    ) -> Result<(RunId, bool), StoreError> {
        let mut tx = self.write().await?;
        sync::clear_stop(tx.conn(), connection).await?;
        let opened = match open_run(tx.conn(), connection, BACKFILL).await? {
            Some(id) => (RunId(id), true),
            None => open_backfill_in(&mut tx, self, connection, Trigger::Manual).await?,
        };
        tx.commit().await?;
        Ok(opened)
    }

    /// A run.
    ///
    /// # Errors
    /// When there is none with this id, or the database fails.
    pub async fn run(&self, id: RunId) -> Result<Run, StoreError> {
        let mut reader = self.read().await?;
        let row = sqlx::query("SELECT * FROM runs WHERE id = ?1")
            .bind(id.0)
            .fetch_optional(reader.conn())
            .await?
            .ok_or(StoreError::NotFound {
                what: "run",
                name: id.to_string(),
            })?;
        run_of_row(&row)
    }

    /// The newest runs of a connection, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn runs(&self, connection: ConnectionId, limit: i64) -> Result<Vec<Run>, StoreError> {
        let mut reader = self.read().await?;
        let rows =
            sqlx::query("SELECT * FROM runs WHERE connection_id = ?1 ORDER BY id DESC LIMIT ?2")
                .bind(connection.0)
                .bind(limit)
                .fetch_all(reader.conn())
                .await?;
        rows.iter().map(run_of_row).collect()
    }

    /// Lets failed stages of an open run try again at once: what a person's repeated command means.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn hurry(&self, connection: ConnectionId) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        hurry_in(&mut tx, self, connection).await?;
        tx.commit().await
    }
}

/// Opens a backfill, when none is open: the newest one again if it failed. The flag tells whether
/// it goes on with that one.
pub(crate) async fn open_backfill_in(
    tx: &mut WriteTx,
    store: &Store,
    connection: ConnectionId,
    trigger: Trigger,
) -> Result<(RunId, bool), StoreError> {
    if let Some(run) = reopen(tx.conn(), connection, BACKFILL).await? {
        forbidden::try_again(tx.conn(), run).await?;
        sync::start(tx, store, connection, run).await?;
        for stage in Stage::ALL {
            queue::wake(tx, store, connection, run_of_stage(stage, run), stage).await?;
        }
        return Ok((run, true));
    }
    let now = store.now_ms();
    let run = insert(tx.conn(), connection, BACKFILL, trigger, None, now).await?;
    sync::start(tx, store, connection, run).await?;
    Ok((run, false))
}

/// Writes an open run down; one that waits for another is not yet to be put to work.
pub(crate) async fn insert(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
    kind: &str,
    trigger: Trigger,
    after: Option<RunId>,
    now: i64,
) -> Result<RunId, StoreError> {
    let id: i64 = sqlx::query_scalar(
        "INSERT INTO runs (connection_id, kind, state, created_at, requested_by, after_run)
         VALUES (?1, ?2, 'open', ?3, ?4, ?5) RETURNING id",
    )
    .bind(connection.0)
    .bind(kind)
    .bind(now)
    .bind(trigger.name())
    .bind(after.map(|run| run.0))
    .fetch_one(conn)
    .await?;
    Ok(RunId(id))
}

/// Lets the stages that were put off try at once.
pub(crate) async fn hurry_in(
    tx: &mut WriteTx,
    store: &Store,
    connection: ConnectionId,
) -> Result<(), StoreError> {
    let now = store.now_ms();
    let rows = sqlx::query(
        "UPDATE stages SET turn = turn + 1, next_at = NULL, waits_for = NULL, updated_at = ?2
         WHERE connection_id = ?1 AND state = 'queued' AND next_at > ?2
         RETURNING run_id, stage, turn",
    )
    .bind(connection.0)
    .bind(now)
    .fetch_all(tx.conn())
    .await?;
    for row in rows {
        let Ok(stage) = row.try_get::<String, _>("stage")?.parse::<Stage>() else {
            continue;
        };
        let address = JobAddress {
            v: 1,
            connection,
            run: RunId(row.try_get("run_id")?),
            stage,
            turn: row.try_get("turn")?,
        };
        queue::push(tx.conn(), &address, now, now).await?;
        tx.wakes(store, stage);
    }
    Ok(())
}

/// Filter, load and deliver work on touches, which belong to the connection and not to a run.
pub(crate) fn run_of_stage(stage: Stage, run: RunId) -> RunId {
    match stage {
        Stage::Extract | Stage::Normalize | Stage::Export => run,
        Stage::Filter | Stage::Load | Stage::Deliver => RunId(0),
    }
}

/// The stages that a run has, at rest.
pub(crate) async fn stage_rows(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
    run: RunId,
    stages: &[Stage],
    now: i64,
) -> Result<(), StoreError> {
    let rows: Vec<_> = stages
        .iter()
        .map(|stage| (run_of_stage(*stage, run).0, stage.name()))
        .collect();
    sqlx::query(
        "INSERT OR IGNORE INTO stages (connection_id, run_id, stage, state, turn, updated_at)
         SELECT ?1, value ->> 0, value ->> 1, 'idle', 0, ?3 FROM json_each(?2)",
    )
    .bind(connection.0)
    .bind(json(&rows))
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// The open run of a kind to go on with, or the newest one if it failed, opened again; its stages
/// are woken.
pub(crate) async fn go_on(
    tx: &mut WriteTx,
    store: &Store,
    connection: ConnectionId,
    kind: &str,
    stages: &[Stage],
) -> Result<Option<RunId>, StoreError> {
    let run = match open_run(tx.conn(), connection, kind).await? {
        Some(run) => Some(RunId(run)),
        None => reopen(tx.conn(), connection, kind).await?,
    };
    if let Some(run) = run {
        for stage in stages {
            queue::wake(tx, store, connection, run_of_stage(*stage, run), *stage).await?;
        }
    }
    Ok(run)
}

/// Opens the newest run of a kind again, if it failed.
pub(crate) async fn reopen(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
    kind: &str,
) -> Result<Option<RunId>, StoreError> {
    let id: Option<i64> = sqlx::query_scalar(
        "UPDATE runs SET state = 'open', reason = NULL, ended_at = NULL, after_run = NULL
         WHERE state = 'failed' AND id = (
             SELECT max(id) FROM runs WHERE connection_id = ?1 AND kind = ?2)
         RETURNING id",
    )
    .bind(connection.0)
    .bind(kind)
    .fetch_optional(conn)
    .await?;
    Ok(id.map(RunId))
}

pub(crate) async fn open_run(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
    kind: &str,
) -> Result<Option<i64>, StoreError> {
    Ok(sqlx::query_scalar(
        "SELECT id FROM runs
         WHERE connection_id = ?1 AND kind = ?2 AND state = 'open' AND after_run IS NULL",
    )
    .bind(connection.0)
    .bind(kind)
    .fetch_optional(conn)
    .await?)
}

/// Ends the run of a stage that only a person can help.
pub(crate) async fn fail(
    conn: &mut SqliteConnection,
    job: &JobAddress,
    cause: &str,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE runs SET state = 'failed', reason = ?3, ended_at = ?4
         WHERE connection_id = ?1 AND state = 'open' AND (id = ?2 OR after_run = ?2 OR ?2 = 0)",
    )
    .bind(job.connection.0)
    .bind(job.run.0)
    .bind(cause)
    .bind(now)
    .execute(&mut *conn)
    .await?;
    // An export that cannot go on stops no import.
    if job.stage != Stage::Export {
        sync::stop(conn, job.connection, cause, now).await?;
    }
    crate::events::event_in(
        conn,
        job.connection,
        Some(job.run),
        "run_failed",
        cause,
        now,
    )
    .await
}

/// Ends imports of which nothing is left.
const END_IMPORTS: &str = "
    UPDATE runs SET state = 'done', ended_at = ?2
    WHERE connection_id = ?1 AND state = 'open' AND after_run IS NULL
      AND extracted_at IS NOT NULL AND kind <> 'export'
      AND (kind IN ('refilter', 'replay')
           OR NOT EXISTS (SELECT 1 FROM wanted_records w
                          WHERE w.connection_id = ?1 AND w.state = 'wanted'
                            AND NOT EXISTS (SELECT 1 FROM feed_runs f
                                            WHERE f.run_id = runs.id AND f.feed = w.feed
                                              AND f.state = 'forbidden')))
      AND NOT EXISTS (SELECT 1 FROM stages s JOIN pages p
                      ON p.run_id = s.run_id AND p.id > s.position
                      WHERE s.connection_id = ?1 AND s.run_id = runs.id
                        AND s.stage = 'normalize')
      AND NOT EXISTS (SELECT 1 FROM stages s JOIN replay_pages p
                      ON p.run_id = s.run_id AND p.page_id > s.position
                      WHERE s.connection_id = ?1 AND s.run_id = runs.id
                        AND s.stage = 'normalize')
      AND NOT EXISTS (SELECT 1 FROM record_touches t WHERE t.connection_id = ?1
                      AND (t.run_id = runs.id OR t.run_id IS NULL))
      AND NOT EXISTS (SELECT 1 FROM object_touches t WHERE t.connection_id = ?1
                      AND (t.run_id = runs.id OR t.run_id IS NULL))
      AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.connection_id = ?1
                      AND d.counted = '' AND d.run_id IN (runs.id, 0)
                      AND (d.state IN ('pending', 'sending', 'ambiguous')
                           OR (d.state = 'waiting' AND d.waits_on = 'adoption'
                               AND NOT EXISTS (SELECT 1 FROM runs b
                                   WHERE b.connection_id = ?1 AND b.kind = 'backfill'
                                     AND b.state = 'open' AND b.extracted_at IS NULL))))
      AND NOT (EXISTS (SELECT 1 FROM deliveries d WHERE d.connection_id = ?1
                       AND d.counted = '' AND d.run_id = runs.id AND d.state = 'waiting')
               AND EXISTS (SELECT 1 FROM deliveries d WHERE d.connection_id = ?1
                           AND d.counted = ''
                           AND d.state IN ('pending', 'sending', 'ambiguous')))";

/// Ends exports that have read everything and have nothing on its way.
const END_EXPORTS: &str = "
    UPDATE runs SET state = 'done', ended_at = ?2
    WHERE connection_id = ?1 AND kind = 'export' AND state = 'open' AND after_run IS NULL
      AND extracted_at IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM exports e WHERE e.connection_id = ?1
                      AND e.state IN ('due', 'working'))
      AND NOT EXISTS (SELECT 1 FROM exports e WHERE e.connection_id = ?1
                      AND e.look > 0 AND e.look = 2)";

/// Ends the open runs of which nothing is left at any stage.
///
/// Touches without a run are fan-out of somebody's records, so a run does not end over them. A run
/// that reads nothing from the source does not wait for what only the source can tell: what waits
/// then is told in its report. Nor does it end over what is still to be delivered, or matched before;
/// but a match that must wait for a backfill holds up nobody. An export ends once it has read
/// everything and nothing is on its way.
pub(crate) async fn finish_drained(
    tx: &mut WriteTx,
    store: &Store,
    connection: ConnectionId,
) -> Result<(), StoreError> {
    vanished::look_through(tx, store, connection).await?;
    let now = store.now_ms();
    let mut trip = Trip::default();
    trip.then(END_IMPORTS).bind(connection.0).bind(now);
    trip.then(END_EXPORTS).bind(connection.0).bind(now);
    sync::next_on(&mut trip, connection);
    let mut told = trip.make(tx.conn()).await?;
    sync::promote(tx, store, connection, &mut told).await
}

fn run_of_row(row: &SqliteRow) -> Result<Run, StoreError> {
    let at = |column: &str| -> Result<Option<DateTime<Utc>>, sqlx::Error> {
        Ok(row.try_get::<Option<i64>, _>(column)?.map(instant))
    };
    let after: Option<i64> = row.try_get("after_run")?;
    let mut state: String = row.try_get("state")?;
    if after.is_some() && state == "open" {
        "waiting".clone_into(&mut state);
    }
    Ok(Run {
        id: RunId(row.try_get("id")?),
        connection: ConnectionId(row.try_get("connection_id")?),
        kind: row.try_get("kind")?,
        state,
        requested_by: row.try_get("requested_by")?,
        after: after.map(RunId),
        reason: row.try_get("reason")?,
        created_at: instant(row.try_get("created_at")?),
        ended_at: at("ended_at")?,
        extracted_at: at("extracted_at")?,
    })
}
