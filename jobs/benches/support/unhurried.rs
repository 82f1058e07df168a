//! An account in this process, and a clock that stands still while anybody works: what is measured
//! is what a real account would wait for.

#[path = "../../../tests/wire/support/clock.rs"]
mod clock;
#[path = "../../../tests/wire/support/router.rs"]
mod router;

use jobs::deps::Deps;
use pipeline::id::{ConnectionId, ShopId};
use pipeline::settings::{Locations, Settings};
use rand::SeedableRng;
use rand::rngs::StdRng;
use router::InProcess;
use sandbox::{Config, Sandbox, tokio_now};
use secrecy::SecretString;
use std::sync::Arc;
use std::time::Duration;
use storage::{
    ConnectionState, KeepAwake, KeySource, NewConnection, OpenOptions, Store, secret_kind,
};
use tokio_util::sync::CancellationToken;

/// Runs a future in virtual time.
pub(crate) fn run<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()?
        .block_on(future)
}

/// An imitated account, and a database with a connection to it.
pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) deps: Deps,
    pub(crate) connection: ConnectionId,
    _folder: tempfile::TempDir,
}

impl World {
    pub(crate) async fn new(config: Config) -> anyhow::Result<Self> {
        let sandbox = Sandbox::new(config);
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
        Ok(Self {
            sandbox,
            deps,
            connection,
            _folder: folder,
        })
    }
}

/// An account of this seed, size and speed.
pub(crate) fn config(size: sandbox::Size, limits: sandbox::Limits, latency: Duration) -> Config {
    Config {
        seed: 7,
        size,
        limits,
        latency,
        now: tokio_now(7),
    }
}

/// Paused time runs on whenever the runtime has nothing to do, unless something blocks a thread.
fn keep_awake() -> KeepAwake {
    Arc::new(|| {
        let (done, wait) = std::sync::mpsc::channel::<()>();
        tokio::task::spawn_blocking(move || wait.recv());
        Box::new(done)
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
