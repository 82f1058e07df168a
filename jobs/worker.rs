//! Being the worker of a database, or following the one there is.

use crate::deps::Deps;
use crate::progress::{Progress, Watcher};
use crate::queue;
use anyhow::Context as _;
use pipeline::id::{ConnectionId, RunId};
use std::time::Duration;
use storage::{Backlog, Run, WorkerLock};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How often the sweeper derives due work from state.
const SWEEP: Duration = Duration::from_secs(60);

/// How often the end of a run is looked for.
const LOOK: Duration = Duration::from_millis(100);

/// How often progress is told.
const TELL: Duration = Duration::from_millis(500);

/// Finished jobs are kept for a day.
const KEEP_JOBS_MS: i64 = 24 * 60 * 60 * 1000;

/// Carries a run to its end: as the worker, or by following the process that is it. Returns early,
/// with the run still open, when this process is asked to stop or the connection is paused.
///
/// # Errors
/// When the database fails or no worker can be run.
pub async fn drive(
    deps: &Deps,
    run: RunId,
    mut tell: impl FnMut(&Progress),
) -> anyhow::Result<Run> {
    let mut watcher = Watcher::new(deps, run).await?;
    loop {
        match WorkerLock::try_acquire(deps.store.path())? {
            Some(lock) => {
                let ended = work(deps, run, &mut watcher, &mut tell).await;
                drop(lock);
                return ended;
            }
            None => {
                let state = deps.store.run(run).await?;
                if over(deps, &state).await? {
                    return Ok(state);
                }
                tell(&watcher.look().await?);
                wait(deps, TELL).await;
            }
        }
    }
}

/// Carries through what is stored and touched of a connection, without reading anything: as the
/// worker, or by following the process that is it. Returns whether it came to the end; it does not
/// when this process is asked to stop.
///
/// # Errors
/// When the database fails or no worker can be run.
pub async fn carry_through(deps: &Deps, connection: ConnectionId) -> anyhow::Result<bool> {
    let done = async || -> anyhow::Result<bool> {
        let left = deps.store.backlog(connection, RunId(0)).await?;
        Ok(left == Backlog::default())
    };
    while !done().await? && !deps.shutdown.is_cancelled() {
        let Some(lock) = WorkerLock::try_acquire(deps.store.path())? else {
            wait(deps, TELL).await;
            continue;
        };
        let working = Working::start(deps).await?;
        while !done().await? && !deps.shutdown.is_cancelled() {
            wait(deps, LOOK).await;
        }
        working.stop().await?;
        drop(lock);
    }
    done().await
}

async fn wait(deps: &Deps, time: Duration) {
    tokio::select! {
        () = tokio::time::sleep(time) => {}
        () = deps.shutdown.cancelled() => {}
    }
}

/// Works as the worker until the run has ended or the process is asked to stop.
async fn work(
    deps: &Deps,
    run: RunId,
    watcher: &mut Watcher,
    tell: &mut impl FnMut(&Progress),
) -> anyhow::Result<Run> {
    let working = Working::start(deps).await?;
    let ended = until_ended(deps, run, watcher, tell).await;
    working.stop().await?;
    ended
}

/// The workers of all stages at work. Only for whoever holds the worker's lock.
#[derive(Debug)]
pub struct Working {
    stop: CancellationToken,
    workers: JoinHandle<anyhow::Result<()>>,
    sweeper: JoinHandle<()>,
}

impl Working {
    /// Takes over from whoever worked before, and starts to work.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn start(deps: &Deps) -> anyhow::Result<Self> {
        take_over(deps).await?;
        let stop = CancellationToken::new();
        let workers = tokio::spawn({
            let (deps, stop) = (deps.clone(), stop.clone());
            async move { queue::run(&deps, stop).await }
        });
        let sweeper = tokio::spawn(sweep(deps.clone()));
        Ok(Self {
            stop,
            workers,
            sweeper,
        })
    }

    /// Waits until the workers end although nobody stopped them.
    pub async fn ended(&self) {
        while !self.workers.is_finished() {
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Stops, once the jobs in hand have ended.
    ///
    /// # Errors
    /// When a worker could not be kept running.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.sweeper.abort();
        self.stop.cancel();
        self.workers.await.context("the queue's workers")?
    }
}

/// Whether there is nothing to wait for: the run has ended, this process shall stop, or the
/// connection was paused and all that was read is carried through.
async fn over(deps: &Deps, run: &Run) -> anyhow::Result<bool> {
    if run.ended_at.is_some() || deps.shutdown.is_cancelled() {
        return Ok(true);
    }
    let store = &deps.store;
    Ok(!store.may_extract(run.connection, run.id).await?
        && store.run(run.id).await?.ended_at.is_none()
        && carried_through(&store.backlog(run.connection, run.id).await?))
}

/// Whether nothing is left up to the model. Nothing is delivered while a connection is paused.
fn carried_through(backlog: &Backlog) -> bool {
    let up_to_the_model = Backlog {
        deliveries: 0,
        ..*backlog
    };
    up_to_the_model == Backlog::default()
}

async fn until_ended(
    deps: &Deps,
    run: RunId,
    watcher: &mut Watcher,
    tell: &mut impl FnMut(&Progress),
) -> anyhow::Result<Run> {
    let mut told = deps.clock.monotonic();
    loop {
        let state = deps.store.run(run).await?;
        if over(deps, &state).await? {
            tell(&watcher.look().await?);
            return Ok(state);
        }
        if deps.clock.monotonic().saturating_sub(told) >= TELL {
            told = deps.clock.monotonic();
            tell(&watcher.look().await?);
        }
        wait(deps, LOOK).await;
    }
}

/// Whoever gains the lock knows that the workers before are gone: their leases end and their jobs
/// return at once, and what no job points to any more is found again.
async fn take_over(deps: &Deps) -> anyhow::Result<()> {
    deps.store.end_all_leases().await?;
    deps.store.return_claimed_jobs().await?;
    let woken = deps.store.sweep_stages().await?;
    tracing::debug!(woken, "this process is the worker now");
    Ok(())
}

async fn sweep(deps: Deps) {
    loop {
        tokio::time::sleep(SWEEP).await;
        if let Err(error) = deps.store.sweep_stages().await {
            tracing::warn!(%error, "the sweeper could not look for due work");
        }
        if let Err(error) = deps.store.trim_jobs(KEEP_JOBS_MS).await {
            tracing::warn!(%error, "finished jobs could not be trimmed");
        }
    }
}
