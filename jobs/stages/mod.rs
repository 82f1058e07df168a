//! The stages, each advanced by a job.
//!
//! [`advance`] is all a job does: take the lease, begin the turn, work until nothing is upstream or
//! the time slice is over, and leave. It never lets an expected failure out; what failed, when it
//! is tried again and why is written down by the leaving transaction.

mod error;
mod extract;
mod filter;
mod load;
mod normalize;

pub use error::StageError;

use crate::backoff::backoff;
use crate::deps::Deps;
use pipeline::{Class, Stage};
use std::time::Duration;
use storage::{JobAddress, Lease, Leave, StoreError};
use tracing::Instrument;

/// How long a job works before it lets others have its place.
pub const TIME_SLICE: Duration = Duration::from_secs(20);

/// How long a stage's lease lasts without a sign of life.
const LEASE: Duration = Duration::from_secs(30);

/// How long to wait for a stage that another run of the connection is at.
const HELD_ELSEWHERE: chrono::TimeDelta = chrono::TimeDelta::seconds(2);

/// What a stage is told.
#[derive(Clone, Debug)]
pub struct Turn {
    /// Everything from outside.
    pub deps: Deps,
    /// What to advance.
    pub job: JobAddress,
    /// The right to do so.
    pub lease: Lease,
    /// When, on the monotonic clock, to make room.
    until: Duration,
}

impl Turn {
    /// Whether to stop after the page in hand.
    pub fn is_over(&self) -> bool {
        self.deps.shutdown.is_cancelled() || self.deps.clock.monotonic() >= self.until
    }
}

/// Advances a stage of a run: the body of every job.
///
/// # Errors
/// Only when the database fails; everything else is settled here.
pub async fn advance(deps: &Deps, job: JobAddress) -> Result<(), StoreError> {
    let span = tracing::info_span!(
        "stage",
        stage = job.stage.name(),
        connection.id = job.connection.0,
        run.id = job.run.0,
        turn = job.turn
    );
    take(deps, job).instrument(span).await
}

async fn take(deps: &Deps, job: JobAddress) -> Result<(), StoreError> {
    let store = &deps.store;
    let owner = format!("{}/{}/{}", deps.owner, job.run, job.turn);
    let role = job.stage.name();
    let Some(lease) = store
        .acquire_lease(job.connection, role, &owner, LEASE)
        .await?
    else {
        // Another run's job is at it. The sweeper would find this stage too; coming back by
        // ourselves is only quicker.
        return store
            .postpone(&job, deps.clock.now() + HELD_ELSEWHERE)
            .await;
    };
    let Some(attempts) = store.begin_turn(&lease, &job).await? else {
        return store.release_lease(&lease).await;
    };
    let turn = Turn {
        deps: deps.clone(),
        until: deps.clock.monotonic() + TIME_SLICE,
        job: job.clone(),
        lease: lease.clone(),
    };
    let worked = tokio::select! {
        worked = work(&turn) => worked,
        lost = keep(deps, &lease) => Err(StageError::Store(lost)),
    };
    let leave = match worked {
        Ok(progressed) => Leave::Settled { progressed },
        Err(StageError::Store(StoreError::Fenced { role })) => {
            tracing::info!(role, "another worker has taken over");
            return Ok(());
        }
        Err(error) => settle(deps, &error, attempts),
    };
    store.leave_turn(&lease, &job, leave).await?;
    store.release_lease(&lease).await
}

/// Filters and loads what is touched until nothing is left or the process is asked to stop: for a
/// copy of the database that no worker knows of. Returns whether it came to the end.
///
/// # Errors
/// When the database fails.
pub(crate) async fn settle_copy(
    deps: &Deps,
    connection: pipeline::id::ConnectionId,
) -> Result<bool, StageError> {
    /// Long enough to be worth it, and short enough that neither stage runs far ahead.
    const SLICE: Duration = Duration::from_millis(200);
    let mut turns = Vec::new();
    for stage in [Stage::Filter, Stage::Load] {
        let lease = deps
            .store
            .acquire_lease(connection, stage.name(), &deps.owner, LEASE)
            .await?;
        turns.extend(lease.map(|lease| Turn {
            deps: deps.clone(),
            job: JobAddress {
                v: 1,
                connection,
                run: pipeline::id::RunId(0),
                stage,
                turn: 0,
            },
            lease,
            until: Duration::ZERO,
        }));
    }
    loop {
        let mut progressed = false;
        for turn in &mut turns {
            turn.until = deps.clock.monotonic() + SLICE;
            progressed |= work(turn).await?;
        }
        if deps.shutdown.is_cancelled() {
            return Ok(false);
        }
        if !progressed {
            return Ok(true);
        }
    }
}

async fn work(turn: &Turn) -> Result<bool, StageError> {
    match turn.job.stage {
        Stage::Extract => extract::advance(turn).await,
        Stage::Normalize => normalize::advance(turn).await,
        Stage::Filter => filter::advance(turn).await,
        Stage::Load => load::advance(turn).await,
    }
}

/// Renews the lease while the stage waits for an answer or for room; ends only when it is lost.
async fn keep(deps: &Deps, lease: &Lease) -> StoreError {
    loop {
        tokio::time::sleep(LEASE / 3).await;
        match deps.store.renew_lease(lease).await {
            Ok(()) => {}
            Err(lost @ StoreError::Fenced { .. }) => return lost,
            Err(error) => tracing::warn!(%error, "the lease could not be renewed yet"),
        }
    }
}

/// What becomes of a stage that failed.
fn settle(deps: &Deps, error: &StageError, attempts: i64) -> Leave {
    let cause = error.chain();
    let now = deps.clock.now();
    match error.class() {
        Class::Retry => {
            let wait = backoff(attempts, &mut deps.rng());
            tracing::warn!(cause, wait_s = wait.as_secs(), "failed; it is tried again");
            Leave::RetryAt {
                at: now + wait,
                cause,
            }
        }
        Class::RetryAfter(wait) => {
            tracing::info!(cause, wait_s = wait.as_secs(), "waiting as asked");
            Leave::WaitUntil {
                at: now + wait,
                cause,
            }
        }
        Class::Reauthorize | Class::Fail => {
            tracing::error!(cause, "stopped until somebody changes something");
            Leave::Stop { cause }
        }
    }
}
