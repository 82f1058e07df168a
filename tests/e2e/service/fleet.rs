//! Many connections in one process: every slot exactly once, however often the process is killed,
//! and nobody waits for another's storm.

use super::until;
use crate::support::connect_as;
use chrono::{DateTime, TimeDelta, Utc};
use connectors::http::{Options as Http, ReqwestTransport};
use jobs::deps::Deps;
use jobs::service::{Options, serve};
use jobs::slots::PERIOD;
use pipeline::Clock;
use pipeline::id::{ConnectionId, ShopId};
use pipeline::settings::{Locations, Settings};
use rand::SeedableRng;
use rand::rngs::StdRng;
use sandbox::{Config, Fault, Limits, Sandbox, Served, Size};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};
use storage::{KeySource, OpenOptions, SlotKind, Store, Trigger};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// A clock that stands some hours back, and moves on as a test says: however long a slow machine
/// takes for a cycle, no slot becomes due but those the test means. It never comes to lie ahead of
/// the machine's, by which the queue tells what is due.
#[derive(Debug)]
struct Shifted {
    start: Instant,
    runs: bool,
    base: DateTime<Utc>,
    shift_ms: AtomicI64,
}

impl Shifted {
    fn standing(behind: TimeDelta) -> Arc<Self> {
        Self::new(behind, false)
    }

    /// At nine in the morning of the last day on which that was some hours ago: no night, with its
    /// sweeps, lies within the hours after it.
    fn standing_at_nine(behind: TimeDelta) -> Arc<Self> {
        let now = jobs::clock::SystemClock::new().now();
        let nine = |days: i64| {
            (now - TimeDelta::days(days))
                .date_naive()
                .and_hms_opt(9, 0, 0)
        };
        let mornings = (0..3).filter_map(nine).map(|at| now - at.and_utc());
        let ago = mornings.filter(|ago| *ago >= behind).min();
        Self::new(ago.expect("a morning"), false)
    }

    /// The machine's clock itself.
    fn running() -> Arc<Self> {
        Self::new(TimeDelta::zero(), true)
    }

    fn new(behind: TimeDelta, runs: bool) -> Arc<Self> {
        Arc::new(Self {
            start: Instant::now(),
            runs,
            base: jobs::clock::SystemClock::new().now() - behind,
            shift_ms: AtomicI64::new(0),
        })
    }

    fn advance(&self, by: TimeDelta) {
        self.shift_ms
            .fetch_add(by.num_milliseconds(), Ordering::Relaxed);
    }
}

impl Clock for Shifted {
    fn now(&self) -> DateTime<Utc> {
        let passed = if self.runs {
            TimeDelta::from_std(self.start.elapsed()).expect("a short test")
        } else {
            TimeDelta::zero()
        };
        self.base + passed + TimeDelta::milliseconds(self.shift_ms.load(Ordering::Relaxed))
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }
}

struct Fleet {
    folder: TempDir,
    clock: Arc<Shifted>,
    sandboxes: Vec<(Sandbox, Served)>,
    connections: Vec<ConnectionId>,
    /// The view of the test, which is not the process under test.
    store: Store,
}

/// A process that can be killed: a runtime of its own, of which nothing is left when it goes.
struct Process {
    runtime: Option<tokio::runtime::Runtime>,
}

impl Fleet {
    async fn new(count: usize, clock: Arc<Shifted>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = open(&folder, clock.clone()).await;
        let mut fleet = Self {
            folder,
            clock,
            sandboxes: Vec::new(),
            connections: Vec::new(),
            store,
        };
        for n in 0..count {
            fleet.add(n).await;
        }
        fleet
    }

    async fn add(&mut self, n: usize) {
        let clock = self.clock.clone();
        let sandbox = Sandbox::new(Config {
            size: Size {
                shops: 1,
                vendors: 1,
                items: 10,
                sales: 20,
            },
            limits: Limits::Off,
            now: Arc::new(move || clock.now()),
            ..Config::small(u64::try_from(n).expect("a number"))
        });
        let served = sandbox.serve(([127, 0, 0, 1], 0).into()).await;
        let served = served.expect("a free port");
        let settings = Settings::new(Locations::All, ShopId(1));
        let urls = (served.api_base(), served.auth_base());
        let name = format!("shop-{n}");
        let urls = (urls.0.as_str(), urls.1.as_str());
        let id = connect_as(&self.store, &name, &sandbox, urls, &settings).await;
        self.connections.push(id);
        self.sandboxes.push((sandbox, served));
    }

    /// Starts the worker as a process of its own would be.
    fn start(&self) -> Process {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let (path, clock) = (self.folder.path().join("test.db"), self.clock.clone());
        runtime.spawn(async move {
            let store = open_at(path.display().to_string(), clock.clone()).await;
            let transport = ReqwestTransport::new(Http::default()).expect("a transport");
            let deps = Deps::new(
                store,
                clock,
                Arc::new(transport),
                CancellationToken::new(),
                StdRng::seed_from_u64(1),
            );
            serve(&deps, Options::default()).await
        });
        Process {
            runtime: Some(runtime),
        }
    }

    /// How many slots were served, and of how many runs the last has ended.
    async fn served(&self) -> (usize, usize) {
        let (mut slots, mut ended) = (0, 0);
        for id in &self.connections {
            let of_one = self
                .store
                .slots(*id, SlotKind::Import)
                .await
                .expect("slots");
            if let Some((_, Some(run))) = of_one.last() {
                let run = self.store.run(*run).await.expect("a run");
                ended += usize::from(run.ended_at.is_some());
            }
            slots += of_one.len();
        }
        (slots, ended)
    }
}

impl Process {
    /// As `kill -9` does: every task stops where it stands. What the database was told to do
    /// before may still be under way then, which it could not be if the process were gone.
    async fn kill(mut self) {
        if let Some(runtime) = self.runtime.take() {
            let ended = tokio::task::spawn_blocking(move || {
                runtime.shutdown_timeout(Duration::from_secs(5));
            });
            ended.await.expect("no panic");
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn open(folder: &TempDir, clock: Arc<Shifted>) -> Store {
    open_at(folder.path().join("test.db").display().to_string(), clock).await
}

async fn open_at(url: String, clock: Arc<Shifted>) -> Store {
    Store::open(OpenOptions {
        url,
        create: true,
        key: KeySource::File,
        clock,
        keep_awake: None,
    })
    .await
    .expect("a database")
}

const SHOPS: usize = 50;
const CYCLES: usize = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_slot_is_served_once_over_three_kills() {
    let fleet = Fleet::new(SHOPS, Shifted::standing_at_nine(TimeDelta::hours(8))).await;
    let mut process = fleet.start();
    for cycle in 1..=CYCLES {
        fleet.clock.advance(PERIOD);
        if [3, 5, 8].contains(&cycle) {
            // Killed in the middle of the cycle, when some slots are served and some are not done.
            until("some are served", || async {
                let (slots, ended) = fleet.served().await;
                slots > SHOPS * (cycle - 1) && ended < SHOPS
            })
            .await;
            process.kill().await;
            process = fleet.start();
        }
        until("all are served and done", || async {
            fleet.served().await == (SHOPS * cycle, SHOPS)
        })
        .await;
    }
    process.kill().await;
    for (id, (sandbox, _)) in fleet.connections.iter().zip(&fleet.sandboxes) {
        let slots = fleet
            .store
            .slots(*id, SlotKind::Import)
            .await
            .expect("slots");
        assert_eq!(slots.len(), CYCLES);
        for pair in slots.windows(2) {
            assert_eq!(pair[1].0 - pair[0].0, PERIOD, "none is left out");
        }
        let of_slots: BTreeSet<_> = slots.iter().filter_map(|(_, run)| *run).collect();
        let runs = fleet.store.runs(*id, 100).await.expect("runs");
        assert_eq!((of_slots.len(), runs.len()), (CYCLES, CYCLES));
        assert!(runs.iter().all(|run| run.state == "done"), "{runs:?}");
        assert!(runs.iter().all(|run| run.requested_by == "schedule"));
        let shops = sandbox.history();
        assert!(shops.iter().filter(|call| call.resource == "Shop").count() >= CYCLES);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn downtime_is_caught_up_with_once() {
    let fleet = Fleet::new(2, Shifted::standing(TimeDelta::days(4))).await;
    let process = fleet.start();
    fleet.clock.advance(PERIOD);
    until("both are done", || async { fleet.served().await == (2, 2) }).await;
    process.kill().await;
    fleet.clock.advance(TimeDelta::days(3));
    let _process = fleet.start();
    until("both are done again", || async {
        fleet.served().await == (4, 2)
    })
    .await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(fleet.served().await.0, 4, "one for three days");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_on_one_account_delays_no_other() {
    let fleet = Fleet::new(12, Shifted::running()).await;
    for (sandbox, _) in &fleet.sandboxes[..2] {
        sandbox.set_fault(Fault::Storm429 {
            calls: u32::MAX,
            retry_after: Some(60),
        });
    }
    let _process = fleet.start();
    for id in &fleet.connections {
        let asked = fleet.store.request_import(*id, Trigger::Manual).await;
        asked.expect("a run");
    }
    let done = || async {
        let mut done = 0;
        for id in &fleet.connections {
            let run = fleet.store.last_done(*id).await.expect("runs");
            done += usize::from(run.is_some());
        }
        done
    };
    until("the others are done", || async { done().await == 10 }).await;
    // They would be done long before the storms let their accounts go on.
    assert_eq!(done().await, 10);
    for id in &fleet.connections[..2] {
        let runs = fleet.store.runs(*id, 1).await.expect("runs");
        assert_eq!(runs[0].state, "open", "to be told to wait is no failure");
    }
}
