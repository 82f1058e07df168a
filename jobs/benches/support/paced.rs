//! A first delivery in virtual time: the imitated account is in this process, and a paused clock
//! stands still while anybody works. What is measured is what a real account would wait for.

#[path = "../../../tests/wire/support/clock.rs"]
mod clock;
#[path = "../../../tests/wire/support/router.rs"]
mod router;

use super::delivering;
use super::support::source::Optiply;
use anyhow::{Context as _, ensure};
use connectors::optiply::PaceState;
use jobs::deps::Deps;
use jobs::stages;
use pipeline::id::{ConnectionId, RunId, ShopId};
use pipeline::settings::{Locations, Settings};
use rand::SeedableRng;
use rand::rngs::StdRng;
use router::InProcess;
use sandbox::{Config, Limits, Sandbox, Size, tokio_now};
use secrecy::SecretString;
use std::sync::Arc;
use std::time::Duration;
use storage::{
    ConnectionState, JobAddress, KeepAwake, KeySource, NewConnection, OpenOptions, Store,
    secret_kind,
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// What a first delivery came to.
pub(crate) struct Paced {
    /// Rows that were made.
    pub(crate) objects: u64,
    /// Calls that wrote.
    pub(crate) calls: u64,
    /// How long it took.
    pub(crate) took: Duration,
    /// The pace at the end, in calls a minute.
    pub(crate) per_minute: u32,
}

/// Paused time runs on whenever the runtime has nothing to do, unless something blocks a thread.
fn keep_awake() -> KeepAwake {
    Arc::new(|| {
        let (done, wait) = std::sync::mpsc::channel::<()>();
        tokio::task::spawn_blocking(move || wait.recv());
        Box::new(done)
    })
}

/// Delivers an account whose Optiply takes so long for each answer, at the pace in force.
pub(crate) fn measure(size: Size, latency: Duration) -> anyhow::Result<Paced> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()?
        .block_on(first_delivery(size, latency))
}

async fn first_delivery(size: Size, latency: Duration) -> anyhow::Result<Paced> {
    let sandbox = Sandbox::new(Config {
        seed: 7,
        size,
        limits: Limits::Off,
        latency: Duration::ZERO,
        now: tokio_now(7),
    });
    let optiply = sandbox.optiply();
    optiply.behave(|rules| rules.latency = Some(latency));
    let folder = tempfile::tempdir()?;
    let clock = clock::TokioClock::at("2026-11-01T12:00:00Z");
    let awake = keep_awake();
    // Opening it is work too.
    let held = awake();
    let store = Store::open(OpenOptions {
        url: folder.path().join("shop.db").display().to_string(),
        create: true,
        key: KeySource::File,
        clock: clock.clone(),
        keep_awake: Some(awake),
    })
    .await?;
    let connection = connect(&store, &sandbox).await?;
    drop(held);
    let deps = Deps::new(
        store,
        clock,
        Arc::new(InProcess(sandbox.router())),
        CancellationToken::new(),
        StdRng::seed_from_u64(1),
    );
    let run = deps.store.open_backfill(connection).await?.0;
    settle(&deps, connection).await?;
    let ended = deps.store.run(run).await?;
    ensure!(ended.state == "done", "{}: {:?}", ended.state, ended.reason);
    let (api, auth) = (
        "http://127.0.0.1/v1",
        "http://127.0.0.1/api/auth/oauth/token",
    );
    let given = Optiply::of(&sandbox, api.to_owned(), auth.to_owned());
    let began = Instant::now();
    delivering::deliver_to(&deps.store, connection, &given).await?;
    settle(&deps, connection).await?;
    let took = began.elapsed();
    let pace = deps.store.budget(connection, "optiply").await?;
    let pace: PaceState = serde_json::from_str(&pace.context("a pace")?)?;
    let writes = optiply.writes();
    let made = writes.iter().filter(|write| write.method == "POST");
    Ok(Paced {
        objects: u64::try_from(made.count())?,
        calls: u64::try_from(writes.len())?,
        took,
        per_minute: pace.per_minute,
    })
}

async fn connect(store: &Store, sandbox: &Sandbox) -> anyhow::Result<ConnectionId> {
    let credentials = sandbox.credentials();
    let new = NewConnection {
        name: "bench".to_owned(),
        account_id: i64::try_from(credentials.account_id)?,
        lightspeed_url: "http://127.0.0.1/API/V3".to_owned(),
        lightspeed_auth_url: "http://127.0.0.1/auth/oauth".to_owned(),
        optiply_url: None,
        optiply_auth_url: None,
    };
    let token = SecretString::from(credentials.refresh_token);
    let id = store.save_draft(&new, Some(&token)).await?;
    for (kind, secret) in [
        (secret_kind::LIGHTSPEED_CLIENT_ID, credentials.client_id),
        (
            secret_kind::LIGHTSPEED_CLIENT_SECRET,
            credentials.client_secret,
        ),
    ] {
        let secret = SecretString::from(secret);
        store.put_secret(id, kind, 1, &secret).await?;
    }
    let settings = Settings::new(Locations::All, ShopId(1));
    store.put_settings(id, &settings, "bench").await?;
    let from = [ConnectionState::Draft];
    store
        .set_connection_state(id, &from, ConnectionState::Active, None)
        .await?;
    Ok(id)
}

/// Advances whatever is due, as the queue would, until nothing is queued.
async fn settle(deps: &Deps, connection: ConnectionId) -> anyhow::Result<()> {
    loop {
        let mut queued = deps.store.stages(connection).await?;
        queued.retain(|stage| stage.state == "queued");
        queued.sort_by_key(|stage| (stage.next_at, std::cmp::Reverse(stage.stage)));
        let Some(stage) = queued.first() else {
            return Ok(());
        };
        if let Some(at) = stage.next_at {
            let wait = (at - deps.clock.now()).to_std().unwrap_or_default();
            tokio::time::sleep(wait).await;
        }
        let address = JobAddress {
            v: 1,
            connection,
            run: RunId(stage.run.0),
            stage: stage.stage,
            turn: stage.turn,
        };
        Box::pin(stages::advance(deps, address)).await?;
    }
}
