//! The worker as a service: stage workers, schedule, alarms, renewal of tokens, retention and the
//! HTTP API in one process, for all connections of a database.

use crate::alarms::{self, webhook};
use crate::deps::Deps;
use crate::http::{self, Api};
use crate::renewal::renew_due;
use crate::schedule::Schedule;
use crate::worker::Working;
use secrecy::SecretString;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use storage::{Keep, WorkerLock};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// How often a process that waits for its turn to be the worker asks for it.
const STAND_BY: Duration = Duration::from_millis(500);

/// How often old rows are removed.
const TRIM: Duration = Duration::from_secs(60 * 60);

/// How often alarms are judged.
const JUDGE: Duration = Duration::from_secs(5 * 60);

/// How often to look for tokens that nobody uses and that are to be renewed.
const RENEW: Duration = Duration::from_secs(60);

/// What the service is told.
#[derive(Debug, Default)]
pub struct Options {
    /// Where the HTTP API listens; none without it.
    pub listener: Option<TcpListener>,
    /// What callers of the API must show.
    pub token: Option<SecretString>,
    /// What messages to webhooks are signed with; without it none are sent.
    pub webhook_secret: Option<SecretString>,
    /// How long things are kept.
    pub keep: Keep,
}

/// Serves until this process is asked to stop. While another process is the worker, it stands by
/// and takes over when that one ends; the API answers meanwhile.
///
/// # Errors
/// When the database fails or no worker can be run.
pub async fn serve(deps: &Deps, options: Options) -> anyhow::Result<()> {
    let ready = Arc::new(AtomicBool::new(false));
    let mut beside = JoinSet::new();
    if let Some(listener) = options.listener {
        let api = Api::new(deps.clone(), options.token.as_ref(), ready.clone());
        beside.spawn(http::serve(api, listener));
    }
    let worked = match stand_by(deps).await? {
        None => Ok(()),
        Some(lock) => {
            let working = Working::start(deps).await?;
            ready.store(true, Ordering::Relaxed);
            tracing::info!("this process is the worker");
            beside.spawn(Schedule::new(deps).run());
            beside.spawn(every(deps.clone(), JUDGE, judge));
            beside.spawn(every(deps.clone(), RENEW, renew));
            beside.spawn(webhook::run(deps.clone(), options.webhook_secret));
            let keep = options.keep;
            beside.spawn(every(deps.clone(), TRIM, move |deps| trim(deps, keep)));
            tokio::select! {
                () = deps.shutdown.cancelled() => {}
                () = working.ended() => deps.shutdown.cancel(),
            }
            ready.store(false, Ordering::Relaxed);
            let ended = working.stop().await;
            drop(lock);
            ended
        }
    };
    while beside.join_next().await.is_some() {}
    worked
}

async fn stand_by(deps: &Deps) -> anyhow::Result<Option<WorkerLock>> {
    let mut told = false;
    loop {
        if let Some(lock) = WorkerLock::try_acquire(deps.store.path())? {
            return Ok(Some(lock));
        }
        if !told {
            let holder = WorkerLock::last_holder(deps.store.path()).unwrap_or_default();
            tracing::info!(holder, "another process is the worker; standing by");
            told = true;
        }
        tokio::select! {
            () = tokio::time::sleep(STAND_BY) => {}
            () = deps.shutdown.cancelled() => return Ok(None),
        }
    }
}

/// Does something at once, and then again after each pause.
async fn every<F>(deps: Deps, pause: Duration, mut act: impl FnMut(Deps) -> F)
where
    F: Future<Output = ()>,
{
    while !deps.shutdown.is_cancelled() {
        act(deps.clone()).await;
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = deps.shutdown.cancelled() => {}
        }
    }
}

async fn judge(deps: Deps) {
    if let Err(error) = alarms::judge(&deps).await {
        tracing::warn!(%error, "alarms could not be judged");
    }
}

async fn renew(deps: Deps) {
    if let Err(error) = renew_due(&deps).await {
        tracing::warn!(%error, "tokens that nobody uses could not be looked at");
    }
}

async fn trim(deps: Deps, keep: Keep) {
    let shutdown = deps.shutdown.clone();
    match deps
        .store
        .trim(&keep, move || shutdown.is_cancelled())
        .await
    {
        Ok(trimmed) => tracing::debug!(?trimmed, "old rows were removed"),
        Err(error) => tracing::warn!(%error, "old rows could not be removed"),
    }
}
