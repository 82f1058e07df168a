//! Turns: which stage has work, who is at it, and how it leaves without losing a wake-up.

use crate::error::StoreError;
use crate::instant::millis;
use crate::leases::Lease;
use crate::queue::{self, JobAddress};
use crate::runs;
use crate::store::{Store, WriteTx};
use chrono::{DateTime, Utc};
use pipeline::Stage;
use pipeline::id::{ConnectionId, RunId};
use sqlx::{Row, SqliteConnection};

/// How a job leaves its stage.
#[derive(Clone, Debug)]
pub enum Leave {
    /// It did what it could; whether more is to be done is looked up.
    Settled {
        /// Whether anything was carried through, which forgets earlier failures.
        progressed: bool,
    },
    /// It must wait, by no fault of its own: for budget, or to give way.
    WaitUntil {
        /// Until when.
        at: DateTime<Utc>,
        /// For what, as shown to people.
        cause: String,
    },
    /// It failed in a way that may pass.
    RetryAt {
        /// When to try again.
        at: DateTime<Utc>,
        /// Why it failed, as shown to people.
        cause: String,
    },
    /// It failed in a way that only a person can change; the stage rests until then.
    Stop {
        /// Why, as shown to people.
        cause: String,
    },
}

/// A stage as stored.
#[derive(Clone, Debug)]
pub struct StageState {
    /// The run; 0 for stages of the connection.
    pub run: RunId,
    /// Which stage.
    pub stage: Stage,
    /// `idle`, `queued` or `running`.
    pub state: String,
    /// How often it failed since it last made progress.
    pub attempts: i64,
    /// When it is tried again, if it waits.
    pub next_at: Option<DateTime<Utc>>,
    /// What it waits for, or why it failed.
    pub cause: Option<String>,
}

impl Store {
    /// Begins a turn. `None` when the job is of an earlier turn and has nothing to do.
    ///
    /// # Errors
    /// When the database fails or the lease has moved on.
    pub async fn begin_turn(
        &self,
        lease: &Lease,
        job: &JobAddress,
    ) -> Result<Option<i64>, StoreError> {
        let mut tx = self.write_as(lease).await?;
        let row = sqlx::query(
            "UPDATE stages SET state = 'running', next_at = NULL, updated_at = ?5
             WHERE connection_id = ?1 AND run_id = ?2 AND stage = ?3 AND turn = ?4
               AND state = 'queued'
             RETURNING attempts",
        )
        .bind(job.connection.0)
        .bind(job.run.0)
        .bind(job.stage.name())
        .bind(job.turn)
        .bind(self.now_ms())
        .fetch_optional(tx.conn())
        .await?;
        tx.commit().await?;
        row.map(|row| row.try_get(0))
            .transpose()
            .map_err(StoreError::from)
    }

    /// Puts a turn off that could not begin because the lease is held. Nothing happens when the
    /// job is of an earlier turn.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn postpone(&self, job: &JobAddress, at: DateTime<Utc>) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let now = self.now_ms();
        let turn: Option<i64> = sqlx::query_scalar(
            "UPDATE stages SET turn = turn + 1, updated_at = ?5
             WHERE connection_id = ?1 AND run_id = ?2 AND stage = ?3 AND turn = ?4
               AND state = 'queued'
             RETURNING turn",
        )
        .bind(job.connection.0)
        .bind(job.run.0)
        .bind(job.stage.name())
        .bind(job.turn)
        .bind(now)
        .fetch_optional(tx.conn())
        .await?;
        if let Some(turn) = turn {
            let next = JobAddress {
                turn,
                ..job.clone()
            };
            queue::push(tx.conn(), &next, now, millis(at)).await?;
        }
        tx.commit().await
    }

    /// Leaves a stage: one transaction looks upstream again, so that work which arrived meanwhile
    /// gets a successor, and ends the runs that have nothing left.
    ///
    /// # Errors
    /// When the database fails or the lease has moved on.
    pub async fn leave_turn(
        &self,
        lease: &Lease,
        job: &JobAddress,
        leave: Leave,
    ) -> Result<(), StoreError> {
        let mut tx = self.write_as(lease).await?;
        let now = self.now_ms();
        let more = upstream(tx.conn(), job).await?;
        let progressed = matches!(leave, Leave::Settled { progressed: true });
        let (state, due, failed, cause) = match leave {
            Leave::Settled { .. } if more => ("queued", now, false, None),
            Leave::Settled { .. } => ("idle", now, false, None),
            Leave::WaitUntil { at, cause } => ("queued", millis(at), false, Some(cause)),
            Leave::RetryAt { at, cause } => ("queued", millis(at), true, Some(cause)),
            Leave::Stop { cause } => {
                runs::fail(tx.conn(), job, &cause, now).await?;
                ("idle", now, true, Some(cause))
            }
        };
        let row = sqlx::query(
            "UPDATE stages SET state = ?5, turn = turn + (?5 = 'queued'),
                    attempts = CASE WHEN ?6 THEN attempts + 1 WHEN ?7 THEN 0 ELSE attempts END,
                    next_at = ?8, cause = ?9, updated_at = ?10
             WHERE connection_id = ?1 AND run_id = ?2 AND stage = ?3 AND turn = ?4
               AND state = 'running'
             RETURNING turn",
        )
        .bind(job.connection.0)
        .bind(job.run.0)
        .bind(job.stage.name())
        .bind(job.turn)
        .bind(state)
        .bind(failed)
        .bind(progressed)
        .bind((state == "queued" && due > now).then_some(due))
        .bind(cause)
        .bind(now)
        .fetch_optional(tx.conn())
        .await?;
        if let (Some(row), "queued") = (row, state) {
            let next = JobAddress {
                turn: row.try_get(0)?,
                ..job.clone()
            };
            queue::push(tx.conn(), &next, now, due).await?;
            tx.wakes(self);
        }
        if state == "idle" {
            runs::finish_drained(&mut tx, self, job.connection).await?;
        }
        tx.commit().await
    }

    /// Derives due work from state and gives it a new turn: covers every way in which a job can
    /// be lost. Run at start and every minute by whoever holds the worker lock.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sweep_stages(&self) -> Result<usize, StoreError> {
        let mut tx = self.write().await?;
        let now = self.now_ms();
        let rows = sqlx::query(
            "SELECT s.connection_id, s.run_id, s.stage, s.turn, s.state, s.next_at,
                    EXISTS (SELECT 1 FROM leases l WHERE l.connection_id = s.connection_id
                            AND l.role = s.stage AND l.until_at > ?1) AS held,
                    EXISTS (SELECT 1 FROM Jobs j WHERE j.job_type = s.stage
                            AND j.idempotency_key = s.connection_id || ':' || s.run_id || ':' ||
                                                    s.stage || ':' || s.turn
                            AND j.status IN ('Pending', 'Queued', 'Running')) AS live
             FROM stages s
             JOIN connections c ON c.id = s.connection_id
             LEFT JOIN runs r ON r.id = s.run_id
             WHERE s.run_id = 0 OR r.state = 'open' OR s.stage <> 'extract'",
        )
        .bind(now)
        .fetch_all(tx.conn())
        .await?;
        let mut woken = 0;
        for row in rows {
            let stage: String = row.try_get("stage")?;
            let Ok(stage) = stage.parse::<Stage>() else {
                continue;
            };
            let address = JobAddress {
                v: 1,
                connection: ConnectionId(row.try_get("connection_id")?),
                run: RunId(row.try_get("run_id")?),
                stage,
                turn: row.try_get("turn")?,
            };
            let state: String = row.try_get("state")?;
            let due = match state.as_str() {
                "running" => !row.try_get::<bool, _>("held")?,
                "queued" => !row.try_get::<bool, _>("live")?,
                _ => upstream(tx.conn(), &address).await?,
            };
            if due {
                let at = row
                    .try_get::<Option<i64>, _>("next_at")?
                    .unwrap_or(now)
                    .max(now);
                requeue(&mut tx, self, &address, at).await?;
                woken += 1;
            }
        }
        let connections: Vec<i64> = sqlx::query_scalar("SELECT id FROM connections")
            .fetch_all(tx.conn())
            .await?;
        for connection in connections {
            runs::finish_drained(&mut tx, self, ConnectionId(connection)).await?;
        }
        tx.commit().await?;
        Ok(woken)
    }

    /// The stages of a connection and its open runs.
    ///
    /// # Errors
    /// When the database fails or holds a stage of another version.
    pub async fn stages(&self, connection: ConnectionId) -> Result<Vec<StageState>, StoreError> {
        let mut reader = self.read().await?;
        let rows = sqlx::query(
            "SELECT s.run_id, s.stage, s.state, s.attempts, s.next_at, s.cause FROM stages s
             LEFT JOIN runs r ON r.id = s.run_id
             WHERE s.connection_id = ?1 AND (s.run_id = 0 OR r.state = 'open')
             ORDER BY s.run_id, s.stage",
        )
        .bind(connection.0)
        .fetch_all(reader.conn())
        .await?;
        rows.iter()
            .map(|row| {
                let stage: String = row.try_get("stage")?;
                Ok(StageState {
                    run: RunId(row.try_get("run_id")?),
                    stage: stage.parse().map_err(|_| StoreError::Inconsistent {
                        table: "stages",
                        column: "stage",
                        row: connection.to_string(),
                        found: stage,
                    })?,
                    state: row.try_get("state")?,
                    attempts: row.try_get("attempts")?,
                    next_at: row
                        .try_get::<Option<i64>, _>("next_at")?
                        .map(crate::instant::instant),
                    cause: row.try_get("cause")?,
                })
            })
            .collect()
    }
}

async fn requeue(
    tx: &mut WriteTx,
    store: &Store,
    address: &JobAddress,
    at: i64,
) -> Result<(), StoreError> {
    let now = store.now_ms();
    let turn: i64 = sqlx::query_scalar(
        "UPDATE stages SET state = 'queued', turn = turn + 1, updated_at = ?4
         WHERE connection_id = ?1 AND run_id = ?2 AND stage = ?3
         RETURNING turn",
    )
    .bind(address.connection.0)
    .bind(address.run.0)
    .bind(address.stage.name())
    .bind(now)
    .fetch_one(tx.conn())
    .await?;
    queue::push(
        tx.conn(),
        &JobAddress {
            turn,
            ..address.clone()
        },
        now,
        at,
    )
    .await?;
    tx.wakes(store);
    Ok(())
}

/// Whether a stage has something to do, from the tables and nothing else.
async fn upstream(conn: &mut SqliteConnection, job: &JobAddress) -> Result<bool, StoreError> {
    let sql = match job.stage {
        Stage::Extract => {
            "SELECT EXISTS (SELECT 1 FROM runs r WHERE r.id = ?2 AND r.connection_id = ?1
                 AND r.state = 'open' AND (r.extracted_at IS NULL OR EXISTS (
                     SELECT 1 FROM wanted_items w
                     WHERE w.connection_id = ?1 AND w.state = 'wanted')))"
        }
        Stage::Normalize => {
            "SELECT EXISTS (SELECT 1 FROM stages s JOIN pages p ON p.run_id = s.run_id
                 AND p.id > s.position
                 WHERE s.connection_id = ?1 AND s.run_id = ?2 AND s.stage = 'normalize')"
        }
        Stage::Filter => {
            "SELECT EXISTS (SELECT 1 FROM record_touches WHERE connection_id = ?1), ?2"
        }
        Stage::Load => "SELECT EXISTS (SELECT 1 FROM object_touches WHERE connection_id = ?1), ?2",
    };
    let row = sqlx::query(sql)
        .bind(job.connection.0)
        .bind(job.run.0)
        .fetch_one(conn)
        .await?;
    Ok(row.try_get(0)?)
}
