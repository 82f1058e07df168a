//! How a turn begins, or is put off.

use crate::beside::gives_way_in;
use crate::error::StoreError;
use crate::instant::millis;
use crate::leases::Lease;
use crate::queue::{self, JobAddress};
use crate::store::{Store, WriteTx};
use crate::trip::Trip;
use chrono::{DateTime, Utc};
use pipeline::Stage;
use sqlx::Row;
use std::time::Duration;

/// A turn that has begun.
#[derive(Clone, Debug)]
pub struct Begun {
    /// The right to do it.
    pub lease: Lease,
    /// How often the stage failed since it last made progress.
    pub attempts: i64,
}

impl Store {
    /// Takes the lease of a job's stage and begins the turn, in one transaction. `None` when there
    /// is nothing to do: the job is of an earlier turn; or somebody else is at the stage or goes
    /// first, and the turn was put off to `again`. The sweeper would find it too; coming back by
    /// itself is only quicker.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin_turn(
        &self,
        job: &JobAddress,
        owner: &str,
        length: Duration,
        again: DateTime<Utc>,
    ) -> Result<Option<Begun>, StoreError> {
        let mut tx = self.write().await?;
        let now = self.now();
        let role = job.stage.name();
        let gives_way = job.stage == Stage::Extract
            && gives_way_in(tx.conn(), job.connection, job.run, millis(now)).await?;
        let mut trip = Trip::default();
        if !gives_way {
            Lease::take_on(&mut trip, job.connection, role, owner, length, now);
            begin_on(&mut trip, job, owner, millis(now));
        }
        let mut told = trip.make(tx.conn()).await?;
        let Some(lease) = Lease::taken(job.connection, role, owner, length, &mut told)? else {
            postpone(&mut tx, job, millis(now), again).await?;
            tx.commit().await?;
            return Ok(None);
        };
        let begun = told.next();
        // Nothing is kept of a job that comes too late, its lease included.
        let Some(row) = begun.rows.first() else {
            return Ok(None);
        };
        let attempts = row.try_get("attempts")?;
        tx.commit().await?;
        Ok(Some(Begun { lease, attempts }))
    }
}

/// Begins the turn if the lease was taken.
fn begin_on(trip: &mut Trip, job: &JobAddress, owner: &str, now: i64) {
    trip.ask(
        "UPDATE stages SET state = 'running', next_at = NULL, waits_for = NULL, updated_at = ?5
         WHERE connection_id = ?1 AND run_id = ?2 AND stage = ?3 AND turn = ?4
           AND state = 'queued'
           AND EXISTS (SELECT 1 FROM leases l
                       WHERE l.connection_id = ?1 AND l.role = ?3 AND l.owner = ?6)
         RETURNING attempts",
    )
    .bind(job.connection.0)
    .bind(job.run.0)
    .bind(job.stage.name())
    .bind(job.turn)
    .bind(now)
    .bind(owner);
    if job.stage == Stage::Extract {
        // From here on it may send: whoever asks for a run later may have come too late.
        trip.then(
            "UPDATE runs SET asked_at = ?3 WHERE id = ?2 AND asked_at IS NULL
               AND EXISTS (SELECT 1 FROM leases l WHERE l.connection_id = ?1
                           AND l.role = 'extract' AND l.owner = ?4)",
        )
        .bind(job.connection.0)
        .bind(job.run.0)
        .bind(now)
        .bind(owner);
    }
}

/// Puts a turn off that could not begin. Nothing happens when the job is of an earlier turn.
async fn postpone(
    tx: &mut WriteTx,
    job: &JobAddress,
    now: i64,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
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
    Ok(())
}
