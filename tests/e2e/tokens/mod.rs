//! A grant is never lost: the real database, the real connector and the sandbox in one process,
//! with one clock that moves as a test says.

mod corrected;
mod expiry;
mod races;
mod renewals;
mod rotation;

#[path = "../../store/clock.rs"]
mod clock;

use crate::router::InProcess;
use clock::ManualClock;
use connectors::http::{Request, Response, Transport, TransportError};
use connectors::lightspeed::{IdRange, Query, SourceError};
use jobs::deps::Deps;
use pipeline::id::{ConnectionId, ShopId};
use pipeline::settings::{Locations, Settings};
use pipeline::{Clock, Feed};
use rand::SeedableRng;
use rand::rngs::StdRng;
use sandbox::{Config, Limits, Sandbox, Size};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use storage::{ConnectionState, KeySource, OpenOptions, Store};
use tempfile::TempDir;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Longer than the refresher's lease lasts.
const LEASE_OVER: Duration = Duration::from_secs(41);

struct Shop {
    sandbox: Sandbox,
    clock: Arc<ManualClock>,
    /// What the test looks with; none of the processes.
    store: Store,
    connection: ConnectionId,
    folder: TempDir,
    /// Processes so far.
    started: AtomicU64,
}

/// One process: a database, a connector and a network of its own.
struct Process {
    deps: Deps,
    network: Arc<Network>,
}

/// What the network does to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    /// It never leaves.
    Before,
    /// It takes effect, and no answer comes.
    After,
}

/// A network that can hold calls of the token endpoint or of the API.
#[derive(Debug)]
struct Network {
    inner: InProcess,
    cut: std::sync::Mutex<Option<(bool, Cut)>>,
    /// A held call has got so far.
    held: Notify,
    /// Lets a held call go on.
    go_on: Notify,
}

#[async_trait::async_trait]
impl Transport for Network {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let token = request.url.path().ends_with("/token");
        let cut = {
            let mut cut = self.cut.lock().expect("no panic in here");
            cut.take_if(|(of_token, _)| *of_token == token)
        };
        match cut {
            None => self.inner.send(request).await,
            Some((_, Cut::Before)) => {
                self.hold().await;
                self.inner.send(request).await
            }
            Some((_, Cut::After)) => {
                let answer = self.inner.send(request).await;
                self.hold().await;
                answer
            }
        }
    }
}

impl Network {
    async fn hold(&self) {
        self.held.notify_one();
        self.go_on.notified().await;
    }

    fn hold_next(&self, token: bool, cut: Cut) {
        *self.cut.lock().expect("no panic in here") = Some((token, cut));
    }
}

impl Shop {
    async fn new() -> Self {
        let clock = Arc::new(ManualClock::new());
        let time = clock.clone();
        let sandbox = Sandbox::new(Config {
            size: Size {
                shops: 1,
                vendors: 1,
                items: 10,
                sales: 20,
            },
            limits: Limits::Off,
            now: Arc::new(move || time.now()),
            ..Config::small(7)
        });
        let folder = tempfile::tempdir().expect("a folder");
        let store = open(&folder, clock.clone()).await;
        let urls = ("http://127.0.0.1:9/API/V3", "http://127.0.0.1:9/auth/oauth");
        let settings = Settings::new(Locations::All, ShopId(1));
        let connection = crate::support::connect_to(&store, &sandbox, urls, &settings).await;
        Self {
            sandbox,
            clock,
            store,
            connection,
            folder,
            started: AtomicU64::new(0),
        }
    }

    /// Starts one more process, which knows nothing but the database.
    async fn process(&self) -> Process {
        let network = Arc::new(Network {
            inner: InProcess(self.sandbox.router()),
            cut: std::sync::Mutex::default(),
            held: Notify::new(),
            go_on: Notify::new(),
        });
        let deps = Deps::new(
            open(&self.folder, self.clock.clone()).await,
            self.clock.clone(),
            network.clone(),
            CancellationToken::new(),
            // No two processes take themselves for the same one.
            StdRng::seed_from_u64(self.started.fetch_add(1, Ordering::Relaxed)),
        );
        Process { deps, network }
    }

    async fn state(&self) -> ConnectionState {
        let connection = self.store.connection_by_id(self.connection).await;
        connection.expect("a connection").state
    }

    async fn generation(&self) -> i64 {
        let pair = self.store.tokens(self.connection).await;
        pair.expect("an answer").expect("a pair").generation
    }

    /// Calls of the token endpoint, and how many of them brought a pair.
    fn token_calls(&self) -> (usize, usize) {
        let calls = self.sandbox.history();
        let calls: Vec<_> = calls.iter().filter(|c| c.resource == "token").collect();
        let good = calls.iter().filter(|c| c.generation.is_some()).count();
        (calls.len(), good)
    }

    /// No minute ever saw more tries than are permitted, by however many processes.
    fn assert_calm(&self) {
        let calls = self.sandbox.history();
        let tries: Vec<_> = calls.iter().filter(|c| c.resource == "token").collect();
        for five in tries.windows(5) {
            let span = five[4].at - five[0].at;
            assert!(span.num_seconds() >= 60, "five tries within {span}");
        }
    }

    /// A process that has just been started reads the shop: the grant is there.
    async fn assert_alive(&self) {
        let page = self.process().await.read().await;
        let refused = page.as_ref().err().map(ToString::to_string);
        assert_eq!(refused, None, "the grant was lost");
        assert_eq!(self.state().await, ConnectionState::Active);
    }
}

impl Process {
    /// One page, as a stage would ask for it.
    async fn read(&self) -> Result<usize, SourceError> {
        let connection = self.deps.store.connections().await.expect("a connection");
        let source = self.deps.source(&connection[0]).await.expect("a source");
        let page = source
            .first(&Query::walk(Feed::Items, IdRange::ALL))
            .await?;
        Ok(page.rows)
    }

    /// Reads until the network holds a call, and is gone then: nothing is given back, as after
    /// `kill -9`.
    async fn killed_reading(self, token: bool, cut: Cut) {
        let network = self.network.clone();
        network.hold_next(token, cut);
        let mut reading = Box::pin(async move { self.read().await });
        tokio::select! {
            answer = &mut reading => panic!("it was to be held: {answer:?}"),
            () = network.held.notified() => {}
        }
        std::mem::forget(reading);
    }
}

async fn open(folder: &TempDir, clock: Arc<ManualClock>) -> Store {
    Store::open(OpenOptions {
        url: folder.path().join("test.db").display().to_string(),
        create: true,
        key: KeySource::File,
        clock,
        keep_awake: None,
    })
    .await
    .expect("a database")
}
