//! The stages, each advanced by a job.
//!
//! [`advance`] is all a job does: take the lease, begin the turn, work until nothing is upstream or
//! the time slice is over, and leave. It never lets an expected failure out; what failed, when it
//! is tried again and why is written down by the leaving transaction.

pub(crate) mod deliver;
mod error;
mod export;
mod extract;
mod filter;
mod load;
mod normalize;

pub use error::StageError;

use crate::backoff::backoff;
use crate::deps::Deps;
use connectors::lightspeed::WRITE_LIMIT as ORDER_LIMIT;
use connectors::optiply::WRITE_LIMIT;
use pipeline::{Class, Stage};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use storage::{Begun, JobAddress, Lease, Leave, StoreError};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

/// How long a job works before it lets others have its place.
pub const TIME_SLICE: Duration = Duration::from_secs(20);

/// How long a stage's lease lasts without a sign of life. A run that was left on another host is
/// taken over so long after the last one.
const LEASE: Duration = Duration::from_secs(20);

/// The same of deliver: whoever takes over must find every call of the one before ended.
const LEASE_OF_DELIVER: Duration = Duration::from_secs(2 * WRITE_LIMIT.as_secs());

/// The same of export.
const LEASE_OF_EXPORT: Duration = Duration::from_secs(2 * ORDER_LIMIT.as_secs());

/// How often extract looks whether it may go on.
const HEED: Duration = Duration::from_millis(500);

/// How long to wait for a stage that another run of the connection is at, or goes first at.
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
    /// Cancelled when this turn shall end after the page in hand: the process stops, or a person
    /// paused the connection or gave its run up.
    pub stop: CancellationToken,
    /// When, on the monotonic clock, to make room.
    until: Duration,
    /// Whether anything was carried through; it counts even if the turn fails later.
    progressed: Arc<AtomicBool>,
}

impl Turn {
    /// Whether to stop after the page in hand.
    pub fn is_over(&self) -> bool {
        self.stop.is_cancelled() || self.deps.clock.monotonic() >= self.until
    }

    /// Notes that something was carried through.
    pub fn note_progress(&self) {
        self.progressed.store(true, Ordering::Relaxed);
    }
}

/// Advances a stage of a run: the body of every job.
///
/// # Errors
/// Only when the database fails; everything else is settled here.
pub async fn advance(deps: &Deps, job: JobAddress) -> Result<(), StoreError> {
    let run = tracing::info_span!("run", connection.id = job.connection.0, run.id = job.run.0);
    let stage =
        tracing::info_span!(parent: &run, "stage", stage = job.stage.name(), turn = job.turn);
    take(deps, job).instrument(stage).await
}

async fn take(deps: &Deps, job: JobAddress) -> Result<(), StoreError> {
    let store = &deps.store;
    let owner = format!("{}/{}/{}", deps.owner, job.run, job.turn);
    let again = deps.clock.now() + HELD_ELSEWHERE;
    let begun = store
        .begin_turn(&job, &owner, lease_of(job.stage), again)
        .await?;
    let Some(Begun { lease, attempts }) = begun else {
        return Ok(());
    };
    let turn = Turn {
        deps: deps.clone(),
        until: deps.clock.monotonic() + TIME_SLICE,
        job: job.clone(),
        lease: lease.clone(),
        stop: deps.shutdown.child_token(),
        progressed: Arc::default(),
    };
    let worked = tokio::select! {
        worked = work(&turn) => worked,
        lost = keep(deps, &lease) => Err(StageError::Store(lost)),
        never = heed(&turn) => match never {},
    };
    let progressed = turn.progressed.load(Ordering::Relaxed);
    let leave = match worked {
        Ok(worked) => Leave::Settled {
            progressed: worked || progressed,
        },
        Err(StageError::Store(StoreError::Fenced { role })) => {
            tracing::info!(role, "another worker has taken over");
            return Ok(());
        }
        Err(error) if turn.stop.is_cancelled() && !deps.shutdown.is_cancelled() => {
            // Whatever was under way was told to end; that it did is no fault.
            tracing::debug!(error = error.chain(), "ended as asked");
            Leave::Settled { progressed }
        }
        Err(error) => settle(deps, &error, attempts, progressed),
    };
    store.leave_turn(&lease, &job, leave).await
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
            stop: deps.shutdown.child_token(),
            until: Duration::ZERO,
            progressed: Arc::default(),
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

/// The right to do something of a connection that is no job: none while somebody else has it.
///
/// # Errors
/// When the database fails.
pub(crate) async fn turn_of(
    deps: &Deps,
    connection: pipeline::id::ConnectionId,
    role: &str,
) -> Result<Option<Turn>, StoreError> {
    let lasts = lease_of(Stage::Deliver);
    let lease = deps
        .store
        .acquire_lease(connection, role, &deps.owner, lasts)
        .await?;
    Ok(lease.map(|lease| Turn {
        deps: deps.clone(),
        job: JobAddress {
            v: 1,
            connection,
            run: pipeline::id::RunId(0),
            stage: Stage::Deliver,
            turn: 0,
        },
        lease,
        stop: deps.shutdown.child_token(),
        until: Duration::MAX,
        progressed: Arc::default(),
    }))
}

/// Does something of such a turn, and keeps its lease meanwhile.
pub(crate) async fn holding<T>(
    turn: &Turn,
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    tokio::select! {
        done = work => done,
        lost = keep(&turn.deps, &turn.lease) => Err(lost.into()),
    }
}

/// Matches what an Optiply account holds, under the lease of deliver, or waits for whoever is at it.
/// Comes back when it is done, or cannot be done now.
///
/// # Errors
/// When the database or Optiply fails.
pub(crate) async fn adopt_here(
    deps: &Deps,
    connection: &storage::Connection,
) -> anyhow::Result<()> {
    let (store, id) = (&deps.store, connection.id);
    while store.adoption(id).await? == storage::Adoption::Ready && !deps.shutdown.is_cancelled() {
        let Some(turn) = turn_of(deps, id, Stage::Deliver.name()).await? else {
            tokio::time::sleep(HEED).await;
            continue;
        };
        let client = deps.target(connection).await?;
        let work = async { Ok(crate::adopt::advance(&turn, &client).await?) };
        let adopted = holding(&turn, work).await;
        store.release_lease(&turn.lease).await?;
        adopted?;
    }
    Ok(())
}

const fn lease_of(stage: Stage) -> Duration {
    match stage {
        Stage::Deliver => LEASE_OF_DELIVER,
        Stage::Export => LEASE_OF_EXPORT,
        Stage::Extract | Stage::Normalize | Stage::Filter | Stage::Load => LEASE,
    }
}

async fn work(turn: &Turn) -> Result<bool, StageError> {
    match turn.job.stage {
        Stage::Extract => extract::advance(turn).await,
        Stage::Normalize => normalize::advance(turn).await,
        Stage::Filter => filter::advance(turn).await,
        Stage::Load => load::advance(turn).await,
        Stage::Deliver => Box::pin(deliver::advance(turn)).await,
        Stage::Export => Box::pin(export::advance(turn)).await,
    }
}

/// Ends the turn of extract and of deliver when a person, perhaps through another process, pauses
/// the connection, and that of extract when the run is given up or one that goes first has work to
/// do. The other stages carry through what is stored, whatever happens.
async fn heed(turn: &Turn) -> std::convert::Infallible {
    if matches!(
        turn.job.stage,
        Stage::Extract | Stage::Deliver | Stage::Export
    ) {
        let (store, job) = (&turn.deps.store, &turn.job);
        if job.stage != Stage::Export {
            // These look by themselves before they begin.
            tokio::time::sleep(HEED).await;
        }
        loop {
            let may = match job.stage {
                Stage::Deliver | Stage::Export => store.may_deliver(job.connection).await,
                _ => may_read(turn).await,
            };
            match may {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => tracing::debug!(%error, "looking whether to go on"),
            }
            tokio::time::sleep(HEED).await;
        }
        turn.stop.cancel();
    }
    std::future::pending().await
}

async fn may_read(turn: &Turn) -> Result<bool, StoreError> {
    let (store, job) = (&turn.deps.store, &turn.job);
    Ok(store.may_extract(job.connection, job.run).await?
        && !store.gives_way(job.connection, job.run).await?)
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
fn settle(deps: &Deps, error: &StageError, attempts: i64, progressed: bool) -> Leave {
    let cause = error.chain();
    let now = deps.clock.now();
    match error.class() {
        Class::Retry => {
            let failures = if progressed { 0 } else { attempts };
            let wait = backoff(failures, &mut deps.rng());
            tracing::warn!(cause, wait_s = wait.as_secs(), "failed; it is tried again");
            Leave::RetryAt {
                at: now + wait,
                cause,
                progressed,
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
