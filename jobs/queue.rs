//! The queue's workers: one per stage, each handing jobs to [`stages::advance`].

use crate::deps::Deps;
use crate::stages;
use apalis::prelude::{
    BackendExt, BoxDynError, Data, Monitor, ParallelizeExt, PollSnapshot, PollStrategy,
    WorkerBuilder,
};
use apalis_sqlite::{Config, SqliteStorage};
use futures::task::AtomicWaker;
use pipeline::Stage;
use rand::RngExt;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use storage::{JobAddress, StoreError};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Jobs of a stage at work at once. Those of one connection exclude each other by its lease, and
/// one that waits for an answer or for room costs nothing.
const JOBS_AT_ONCE: usize = 32;

/// How often it is looked which jobs are due that nobody told of: those that were put off, and those
/// of another process; and whether one that has died has left a stage behind.
const LOOK: Duration = Duration::from_secs(1);

/// How often a worker looks by itself, should everything else have failed.
const TICK: Duration = Duration::from_secs(15);

/// How long after being told of work a worker that has begun none looks once more: a look that was
/// under way when the job was committed does not see it.
const SECOND_LOOK: Duration = Duration::from_millis(30);

/// How often a worker says that it lives. The worker's lock tells more surely, and sooner.
const HEARTBEAT: Duration = Duration::from_secs(20);

/// How long jobs in hand may take to end once the process is asked to stop.
const GRACE: Duration = Duration::from_secs(25);

/// Runs the workers of all stages until `stop` is cancelled and the jobs in hand have ended.
///
/// # Errors
/// When a worker cannot be kept running.
pub async fn run(deps: &Deps, stop: CancellationToken) -> anyhow::Result<()> {
    let store = deps.store.clone();
    let mut monitor = Monitor::new()
        .shutdown_timeout(GRACE)
        .should_restart(move |_, error| {
            tracing::warn!(%error, "a worker of the queue ended and is started again");
            store.rest();
            true
        });
    for stage in Stage::ALL {
        let (deps, stop) = (deps.clone(), stop.clone());
        monitor = monitor.register(move |restarts| {
            let config = Config::default()
                .queue(stage.name())
                .batch_size(JOBS_AT_ONCE)
                .heartbeat_interval(HEARTBEAT)
                .missed_heartbeats(3)
                // Who is at a stage is told by its lease. A claimed job counts as live all the same.
                .lock_tasks(false);
            let storage: SqliteStorage<Value> =
                SqliteStorage::new(deps.store.queue_pool()).with_config(config);
            // A name is never used twice: a worker that restarts under its old name is taken for
            // one that still lives.
            let name = format!(
                "{}-{}-{restarts}-{:08x}",
                deps.owner,
                stage,
                deps.rng().random::<u32>()
            );
            let begun = Arc::new(AtomicU64::new(0));
            let wake = Wake::new(deps.store.work(stage), begun.clone(), stop.clone());
            WorkerBuilder::new(name)
                .backend(storage.poll_with_strategy(wake))
                .data(deps.clone())
                .data(Begun(begun))
                .parallelize(tokio::spawn)
                .build(handle)
        });
    }
    tokio::spawn(look(deps.clone(), stop.clone()));
    monitor
        .run_with_signal(async move {
            stop.cancelled().await;
            Ok(())
        })
        .await
        .map_err(|error| anyhow::anyhow!("the queue's workers ended: {error}"))
}

async fn look(deps: Deps, stop: CancellationToken) {
    while !stop.is_cancelled() {
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = stop.cancelled() => return,
        }
        if let Err(error) = look_once(&deps).await {
            tracing::warn!(%error, "it could not be seen which jobs are due");
        }
    }
}

/// Looks once for work that nobody told of: stages that another process left, and jobs that are due.
///
/// # Errors
/// When the database fails.
pub async fn look_once(deps: &Deps) -> Result<(), StoreError> {
    if deps.store.has_abandoned_stages(&deps.owner).await? {
        let woken = deps.store.sweep_stages().await?;
        tracing::info!(woken, "stages that another process left are taken over");
    }
    deps.store.ring_for_due().await
}

/// How many jobs a worker has begun.
#[derive(Clone, Debug)]
struct Begun(Arc<AtomicU64>);

/// A job. Whatever happens is settled in our own tables, so the queue is always told that it is
/// done: its own way of trying again would come at once and without memory.
async fn handle(job: Value, deps: Data<Deps>, begun: Data<Begun>) -> Result<(), BoxDynError> {
    let Begun(count) = &*begun;
    count.fetch_add(1, Ordering::Relaxed);
    let address: JobAddress = match serde_json::from_value(job) {
        Ok(address) => address,
        Err(error) => {
            tracing::error!(%error, "a job of another version was set aside");
            return Ok(());
        }
    };
    let deps = Deps::clone(&deps);
    // A task of its own, so that a panic is an outcome here and not the end of the worker.
    match tokio::spawn(async move { stages::advance(&deps, address).await }).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::error!(%error, "a stage could not write its outcome; the sweeper finds it")
        }
        Err(error) => tracing::error!(%error, "a stage panicked; the sweeper finds it"),
    }
    Ok(())
}

/// Wakes a worker when this process has put work of its stage into the queue, or seen that some is
/// due.
#[derive(Debug)]
struct Wake {
    waker: Arc<AtomicWaker>,
}

impl Wake {
    fn new(mut work: watch::Receiver<()>, begun: Arc<AtomicU64>, stop: CancellationToken) -> Self {
        let waker = Arc::new(AtomicWaker::new());
        let woken = waker.clone();
        tokio::spawn(async move {
            while !stop.is_cancelled() {
                let told = tokio::select! {
                    changed = work.changed() => changed.is_ok(),
                    () = tokio::time::sleep(TICK) => false,
                    () = stop.cancelled() => false,
                };
                let before = begun.load(Ordering::Relaxed);
                woken.wake();
                if told {
                    tokio::time::sleep(SECOND_LOOK).await;
                    if begun.load(Ordering::Relaxed) == before {
                        woken.wake();
                    }
                }
            }
        });
        Self { waker }
    }
}

impl PollStrategy for Wake {
    fn poll_drive(&mut self, cx: &mut Context<'_>, _: &PollSnapshot) -> Poll<Option<()>> {
        self.waker.register(cx.waker());
        Poll::Pending
    }
}
