//! An account that goes on living while it is read.

use crate::router::InProcess;
use crate::support::{connect_as, dump, view};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use connectors::http::{Request, Response, Transport, TransportError};
use jobs::deps::Deps;
use jobs::stages;
use pipeline::Clock;
use pipeline::id::{ConnectionId, RunId};
use pipeline::settings::Settings;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sandbox::{Account, Before, Config, Limits, Pair, RandomHistory, Sandbox, Size, Truth};
use serde_json::Value;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use storage::{JobAddress, KeySource, OpenOptions, Requested, Store, SweepRequested, Trigger};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// The account's own time, which is also ours but for a shift.
#[derive(Debug)]
pub(super) struct OurClock {
    account_ms: Arc<AtomicI64>,
    ahead_ms: AtomicI64,
    start: Instant,
}

impl OurClock {
    /// How far ours is ahead of the account's.
    pub(super) fn set_ahead(&self, ahead: TimeDelta) {
        self.ahead_ms
            .store(ahead.num_milliseconds(), Ordering::SeqCst);
    }
}

impl Clock for OurClock {
    fn now(&self) -> DateTime<Utc> {
        instant(self.account_ms.load(Ordering::SeqCst) + self.ahead_ms.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }
}

fn instant(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis).expect("an instant")
}

/// The history and what is known of it.
pub(super) struct Past {
    history: RandomHistory,
    rng: StdRng,
    /// How often something happens between two requests: once in so many, or never.
    pub(super) meddling: Option<u32>,
    allowed: fn(&str) -> bool,
    pub(super) happened: Vec<&'static str>,
}

pub(super) struct World {
    pub(super) sandbox: Sandbox,
    pub(super) clock: Arc<OurClock>,
    past: Arc<Mutex<Past>>,
    account_ms: Arc<AtomicI64>,
    deps: Deps,
    pub(super) connection: ConnectionId,
    settings: Settings,
    _folder: TempDir,
}

/// The way out, on which time passes: small pages, and an account that changes between them.
struct Meddler {
    inner: InProcess,
    sandbox: Sandbox,
    past: Arc<Mutex<Past>>,
    account_ms: Arc<AtomicI64>,
}

impl std::fmt::Debug for Meddler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Meddler")
    }
}

#[async_trait]
impl Transport for Meddler {
    async fn send(&self, mut request: Request) -> Result<Response, TransportError> {
        let query = request.url.query().unwrap_or_default();
        let small = query.replace("limit=100", "limit=3");
        if request.url.query().is_some() {
            request.url.set_query(Some(&small));
        }
        let meddles = {
            let mut past = held(&self.past);
            let odds = past.meddling;
            odds.is_some_and(|odds| past.rng.random_ratio(1, odds))
        };
        if meddles {
            held(&self.past).history.hurry(true);
            happen(&self.past, &self.sandbox, &self.account_ms);
            held(&self.past).history.hurry(false);
        }
        self.inner.send(request).await
    }
}

fn held(past: &Mutex<Past>) -> MutexGuard<'_, Past> {
    past.lock().expect("nobody panicked")
}

/// One thing happens.
fn happen(past: &Mutex<Past>, sandbox: &Sandbox, account_ms: &AtomicI64) {
    let mut past = held(past);
    let allowed = past.allowed;
    let name = past.history.step_of(allowed);
    past.happened.push(name);
    show(&past, sandbox, account_ms);
}

fn show(past: &Past, sandbox: &Sandbox, account_ms: &AtomicI64) {
    let account = past.history.account().clone();
    account_ms.store(account.now().timestamp_millis(), Ordering::SeqCst);
    sandbox.mutate(|old| *old = account);
}

impl World {
    pub(super) async fn new(seed: u64, settings: &Settings, allowed: fn(&str) -> bool) -> Self {
        let history = RandomHistory::new(seed);
        let account_ms = Arc::new(AtomicI64::new(history.account().now().timestamp_millis()));
        let clock = Arc::new(OurClock {
            account_ms: account_ms.clone(),
            ahead_ms: AtomicI64::new(0),
            start: Instant::now(),
        });
        let of_account = account_ms.clone();
        let sandbox = Sandbox::new(Config {
            size: Size {
                shops: 1,
                vendors: 1,
                items: 1,
                sales: 1,
            },
            limits: Limits::Off,
            now: Arc::new(move || instant(of_account.load(Ordering::SeqCst))),
            ..Config::small(seed)
        });
        let past = Arc::new(Mutex::new(Past {
            history,
            rng: StdRng::seed_from_u64(seed),
            meddling: None,
            allowed,
            happened: Vec::new(),
        }));
        show(&held(&past), &sandbox, &account_ms);
        let memory = tempfile::tempdir_in("/dev/shm");
        let folder = memory.or_else(|_| tempfile::tempdir()).expect("a folder");
        let store = Store::open(OpenOptions {
            url: folder.path().join("test.db").display().to_string(),
            create: true,
            key: KeySource::File,
            clock: clock.clone(),
            keep_awake: None,
        })
        .await
        .expect("a database");
        let urls = ("http://127.0.0.1:9/API/V3", "http://127.0.0.1:9/auth/oauth");
        let connection = connect_as(&store, "shop", &sandbox, urls, settings).await;
        let transport: Arc<dyn Transport> = Arc::new(Meddler {
            inner: InProcess(sandbox.router()),
            sandbox: sandbox.clone(),
            past: past.clone(),
            account_ms: account_ms.clone(),
        });
        let deps = Deps::new(
            store,
            clock.clone(),
            transport,
            CancellationToken::new(),
            StdRng::seed_from_u64(seed),
        );
        Self {
            sandbox,
            clock,
            past,
            account_ms,
            deps,
            connection,
            settings: settings.clone(),
            _folder: folder,
        }
    }

    pub(super) fn past(&self) -> MutexGuard<'_, Past> {
        held(&self.past)
    }

    /// How far the source's clock is told to be ahead of ours.
    pub(super) async fn clock_offset(&self) -> TimeDelta {
        let connection = self.deps.store.connection_by_id(self.connection).await;
        let offset = connection.expect("a connection").clock_offset_ms;
        TimeDelta::milliseconds(offset.expect("an offset"))
    }

    pub(super) fn happen(&self) {
        happen(&self.past, &self.sandbox, &self.account_ms);
    }

    /// Changes the account itself, at its present time.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut RandomHistory) -> T) -> T {
        let mut past = held(&self.past);
        let changed = change(&mut past.history);
        show(&past, &self.sandbox, &self.account_ms);
        changed
    }

    pub(super) fn pass(&self, time: TimeDelta) {
        self.change(|history| history.wait(time));
    }

    pub(super) fn account(&self) -> Account {
        held(&self.past).history.account().clone()
    }

    /// An import, carried through, and whatever follows it.
    pub(super) async fn import(&self) -> RunId {
        let asked = self
            .deps
            .store
            .request_import(self.connection, Trigger::Schedule);
        let Requested { run, .. } = asked.await.expect("a run");
        self.carry(run).await;
        run
    }

    pub(super) async fn sweep(&self) {
        let asked = self
            .deps
            .store
            .request_sweep(self.connection, Trigger::Schedule);
        match asked.await.expect("an answer") {
            SweepRequested::Run(requested) => self.carry(requested.run).await,
            refused => panic!("{refused:?}"),
        }
    }

    async fn carry(&self, run: RunId) {
        for turn in 0.. {
            assert!(turn < 1_000, "no end");
            let stages = self.deps.store.stages(self.connection).await;
            let stages = stages.expect("stages");
            let Some(next) = stages.iter().find(|stage| stage.state == "queued") else {
                break;
            };
            let job = JobAddress {
                v: 1,
                connection: self.connection,
                run: next.run,
                stage: next.stage,
                turn: next.turn,
            };
            stages::advance(&self.deps, job).await.expect("a turn");
        }
        let run = self.deps.store.run(run).await.expect("a run");
        assert_eq!(run.state, "done", "{:?}", run.reason);
        let tallies = self.deps.store.tallies(run.id).await.expect("tallies");
        crate::support::assert_balanced(&tallies);
    }

    pub(super) async fn dump(&self) -> Vec<String> {
        dump(&self.deps.store, self.connection).await
    }

    /// What the account's own rules demand of a connector that has in its model what ours has:
    /// what is there stays, disabled if need be.
    pub(super) async fn truth(&self) -> Truth {
        let lines = self.dump().await;
        let lines: Vec<Value> = lines
            .iter()
            .map(|line| serde_json::from_str(line).expect("json"))
            .collect();
        Truth::of(&self.account(), &view(&self.settings), &before(&lines))
    }
}

/// What a connector has in its model, as the account's own rules ask for it.
pub(crate) fn before(lines: &[Value]) -> Before {
    let mut before = Before::default();
    for line in lines {
        let id = |key: &str| line[key].as_u64().expect("an id");
        let text = |key: &str| line[key].as_str().map(str::to_owned);
        match line["kind"].as_str() {
            Some("product") => drop(before.items.insert(id("item_id"))),
            Some("supplier") => drop(before.vendors.insert(id("vendor_id"))),
            Some("buy_order") => drop(before.orders.insert(id("order_id"))),
            Some("supplier_product") => {
                let pair = Pair {
                    name: text("name").unwrap_or_default(),
                    sku_code: text("sku_code"),
                    ean_code: text("ean_code"),
                    article_code: text("article_code"),
                    price: text("price"),
                };
                before.pairs.insert((id("item_id"), id("vendor_id")), pair);
            }
            _ => {}
        }
    }
    before
}
