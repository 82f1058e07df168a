//! Many small accounts in one database, read without sockets and without the queue.

use crate::router::InProcess;
use connectors::http::Transport;
use jobs::clock::SystemClock;
use jobs::deps::Deps;
use jobs::stages;
use pipeline::id::{ConnectionId, RunId};
use pipeline::settings::Settings;
use pipeline::{Feed, Stage, page};
use rand::SeedableRng;
use rand::rngs::StdRng;
use sandbox::{Account, Config, Limits, Sandbox, Size, View};
use std::sync::Arc;
use std::time::Duration;
use storage::{BY_ID, JobAddress, NewPage, Store};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

pub(super) use crate::support::view as view_of;

pub(super) fn view(settings: &Settings) -> View {
    view_of(settings)
}

pub(super) struct Lab {
    store: Store,
    _folder: TempDir,
}

/// One account and the connection that reads it.
pub(super) struct Life {
    sandbox: Sandbox,
    deps: Deps,
    connection: ConnectionId,
}

/// A page of a feed as the account sends it.
#[derive(Clone)]
pub(super) struct Page {
    feed: Feed,
    body: String,
}

impl Lab {
    pub(super) async fn new() -> Self {
        // In memory where there is such a place: what is looked at here is no crash.
        let memory = tempfile::tempdir_in("/dev/shm");
        let folder = memory.or_else(|_| tempfile::tempdir()).expect("a folder");
        Self {
            store: crate::support::open(&folder).await,
            _folder: folder,
        }
    }

    pub(super) async fn life(&self, account: Account, settings: &Settings) -> Life {
        let sandbox = Sandbox::new(Config {
            size: Size {
                shops: 1,
                vendors: 1,
                items: 1,
                sales: 1,
            },
            limits: Limits::Off,
            ..Config::small(account.id() - 100_000)
        });
        sandbox.mutate(|seeded| *seeded = account);
        let urls = ("http://127.0.0.1:9/API/V3", "http://127.0.0.1:9/auth/oauth");
        let name = ulid::Ulid::generate().to_string();
        let connection =
            crate::support::connect_as(&self.store, &name, &sandbox, urls, settings).await;
        let transport: Arc<dyn Transport> = Arc::new(InProcess(sandbox.router()));
        let deps = Deps::new(
            self.store.clone(),
            Arc::new(SystemClock::new()),
            transport,
            CancellationToken::new(),
            StdRng::seed_from_u64(1),
        );
        Life {
            sandbox,
            deps,
            connection,
        }
    }
}

impl Life {
    /// All pages of what a backfill walks, so many rows each.
    pub(super) fn pages(&self, rows: usize) -> Vec<Page> {
        let of = |feed: Feed| {
            let bodies = self
                .sandbox
                .inspect(|account| account.pages(feed.name(), rows));
            bodies.into_iter().map(move |body| Page {
                feed,
                body: String::from_utf8(body).expect("text"),
            })
        };
        Feed::BACKFILL.into_iter().flat_map(of).collect()
    }

    pub(super) fn becomes(&self, account: Account) {
        self.sandbox.mutate(|old| *old = account);
    }

    pub(super) async fn next_observation(&self) -> i64 {
        let run = self.run().await;
        let observed = self.deps.store.observed(self.connection, run).await;
        observed.expect("a number").expect("an open run").1 + 1
    }

    async fn run(&self) -> RunId {
        let opened = self.deps.store.open_backfill(self.connection).await;
        opened.expect("a run").0
    }

    /// Stores a page as if it had been asked for when that observation was taken.
    pub(super) async fn store(&self, page: &Page, observation: i64) {
        let store = &self.deps.store;
        let run = self.run().await;
        let lease = store
            .acquire_lease(self.connection, "extract", "lab", Duration::from_secs(30))
            .await
            .expect("a lease")
            .expect("nobody else");
        let rows = page::open(&page.body, page.feed)
            .expect("a page")
            .rows
            .len();
        let new = NewPage {
            run,
            feed: page.feed,
            slice: BY_ID,
            observation,
            server_at: None,
            request: "a page of the lab".to_owned(),
            asked: None,
            rows,
            last: None,
            page_limit: 100,
            ended: false,
            body: page.body.clone(),
            budget: None,
        };
        store.store_page(&lease, new).await.expect("a stored page");
        store.release_lease(&lease).await.expect("released");
    }

    /// Advances these stages until none of them has anything to do.
    pub(super) async fn advance(&self, wanted: &[Stage]) {
        for turn in 0.. {
            assert!(turn < 1_000, "no end");
            let stages = self
                .deps
                .store
                .stages(self.connection)
                .await
                .expect("stages");
            let next = stages
                .iter()
                .find(|stage| stage.state == "queued" && wanted.contains(&stage.stage));
            let Some(next) = next else { return };
            let job = JobAddress {
                v: 1,
                connection: self.connection,
                run: next.run,
                stage: next.stage,
                turn: next.turn,
            };
            stages::advance(&self.deps, job).await.expect("a turn");
        }
    }

    /// Reads all there is and carries it through, until the run has ended.
    pub(super) async fn finish(&self) {
        let run = self.run().await;
        self.advance(&Stage::ALL).await;
        let run = self.deps.store.run(run).await.expect("a run");
        assert_eq!(run.state, "done", "{:?}", run.reason);
    }

    pub(super) async fn dump(&self) -> Vec<String> {
        crate::support::dump(&self.deps.store, self.connection).await
    }
}
