//! Turns: which stage has work, who is at it, and how it leaves without losing a wake-up.

mod begin;
mod sweep;
mod times;

pub use begin::Begun;
pub use times::StageTime;

use crate::adoption;
use crate::backlog::{is_upstream, upstream_on};
use crate::deliver;
use crate::error::StoreError;
use crate::export;
use crate::instant::millis;
use crate::leases::Lease;
use crate::queue::{self, JobAddress};
use crate::runs;
use crate::store::{Store, WriteTx};
use crate::trip::{Answers, Trip};
use chrono::{DateTime, Utc};
use pipeline::Stage;
use pipeline::id::{ConnectionId, RunId};
use sqlx::Row;

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
        /// Whether anything was carried through before, which forgets earlier failures.
        progressed: bool,
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
    /// The turn it is at; grows with each job.
    pub turn: i64,
    /// How often it failed since it last made progress.
    pub attempts: i64,
    /// When it is tried again, if it waits.
    pub next_at: Option<DateTime<Utc>>,
    /// What it waits for, or why it failed.
    pub cause: Option<String>,
    /// `budget` if it was told to wait, `retry` if it failed.
    pub waits_for: Option<String>,
}

impl Store {
    /// Leaves a stage: one transaction looks upstream again, so that work which arrived meanwhile
    /// gets a successor, ends the runs that have nothing left, and gives the lease back, so that
    /// the successor finds it free.
    ///
    /// # Errors
    /// When the database fails or the lease has moved on.
    pub async fn leave_turn(
        &self,
        lease: &Lease,
        job: &JobAddress,
        leave: Leave,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let now = self.now_ms();
        let mut trip = Trip::default();
        lease.check_on(&mut trip, self.now());
        upstream_on(&mut trip, job);
        times::note(&mut trip, job, now);
        let mut told = trip.make(tx.conn()).await?;
        lease.checked(&mut told)?;
        let more = is_upstream(tx.conn(), job, &mut told).await?;
        let progressed = matches!(
            leave,
            Leave::Settled { progressed: true }
                | Leave::RetryAt {
                    progressed: true,
                    ..
                }
        );
        let waits_for = match leave {
            Leave::WaitUntil { .. } => Some("budget"),
            Leave::RetryAt { .. } => Some("retry"),
            Leave::Settled { .. } | Leave::Stop { .. } => None,
        };
        let (state, due, failed, cause) = match leave {
            Leave::Settled { .. } if more => {
                // Deliver and export may have to wait for the time at which something is to be looked at.
                let due = match job.stage {
                    Stage::Deliver => deliver::next_at(tx.conn(), job.connection).await?,
                    Stage::Export => export::next_at(tx.conn(), job.connection).await?,
                    _ => None,
                };
                ("queued", due.unwrap_or(now).max(now), false, None)
            }
            Leave::Settled { .. } => ("idle", now, false, None),
            Leave::WaitUntil { at, cause } => ("queued", millis(at), false, Some(cause)),
            Leave::RetryAt { at, cause, .. } => ("queued", millis(at), true, Some(cause)),
            Leave::Stop { cause } => {
                runs::fail(tx.conn(), job, &cause, now).await?;
                ("idle", now, true, Some(cause))
            }
        };
        let mut trip = Trip::default();
        trip.ask(
            "UPDATE stages SET state = ?5, turn = turn + (?5 = 'queued'),
                    attempts = iif(?7, 0, attempts) + ?6,
                    next_at = ?8, cause = ?9, updated_at = ?10, waits_for = ?11
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
        .bind(waits_for);
        lease.release_on(&mut trip);
        let rests = state == "idle";
        if rests && job.stage == Stage::Normalize {
            wanted_on(&mut trip, job);
        }
        if rests && job.stage != Stage::Deliver {
            adoption::ready_on(&mut trip, job.connection);
        }
        let mut told = trip.make(tx.conn()).await?;
        if let (Some(row), false) = (told.next().rows.first(), rests) {
            let next = JobAddress {
                turn: row.try_get(0)?,
                ..job.clone()
            };
            queue::push(tx.conn(), &next, now, due).await?;
            tx.wakes(self, job.stage);
        }
        if rests && job.stage == Stage::Normalize {
            wake_for_wanted(&mut tx, self, job, &mut told).await?;
        }
        if rests && job.stage != Stage::Deliver {
            adoption::wake_when_ready(&mut tx, self, job.connection, &mut told).await?;
        }
        if rests {
            runs::finish_drained(&mut tx, self, job.connection).await?;
        }
        tx.commit().await
    }

    /// The stages of a connection and its open runs.
    ///
    /// # Errors
    /// When the database fails or holds a stage of another version.
    pub async fn stages(&self, connection: ConnectionId) -> Result<Vec<StageState>, StoreError> {
        let mut reader = self.read().await?;
        let rows = sqlx::query(
            "SELECT s.run_id, s.stage, s.state, s.turn, s.attempts, s.next_at, s.cause, s.waits_for
             FROM stages s
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
                    turn: row.try_get("turn")?,
                    attempts: row.try_get("attempts")?,
                    next_at: row
                        .try_get::<Option<i64>, _>("next_at")?
                        .map(crate::instant::instant),
                    cause: row.try_get("cause")?,
                    waits_for: row.try_get("waits_for")?,
                })
            })
            .collect()
    }
}

fn extract_of(job: &JobAddress) -> JobAddress {
    JobAddress {
        stage: Stage::Extract,
        ..job.clone()
    }
}

/// Asks what [`wake_for_wanted`] goes by, as part of a trip.
fn wanted_on(trip: &mut Trip, job: &JobAddress) {
    trip.ask("SELECT EXISTS (SELECT 1 FROM runs WHERE id = ?1 AND extracted_at IS NOT NULL)")
        .bind(job.run.0);
    upstream_on(trip, &extract_of(job));
}

/// Extract asks for what is wanted once no page is left that may hold it.
async fn wake_for_wanted(
    tx: &mut WriteTx,
    store: &Store,
    job: &JobAddress,
    told: &mut Answers,
) -> Result<(), StoreError> {
    let extracted = told.next().flag()?;
    if is_upstream(tx.conn(), &extract_of(job), told).await? && extracted {
        queue::wake(tx, store, job.connection, job.run, Stage::Extract).await?;
    }
    Ok(())
}
