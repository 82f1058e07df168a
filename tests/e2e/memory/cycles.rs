//! A service that runs for weeks: after 1,000 cycles neither memory nor database grow any more. And
//! one that has too much to do: many connections, few connections to a database on a slow disk.

use crate::router::InProcess;
use chrono::{DateTime, TimeDelta, Utc};
use connectors::http::{Request, Response, Transport, TransportError};
use jobs::alarms;
use jobs::clock::SystemClock;
use jobs::deps::Deps;
use jobs::renewal::renew_due;
use jobs::schedule::Schedule;
use jobs::slots::PERIOD;
use jobs::worker::Working;
use pipeline::Clock;
use pipeline::id::{ConnectionId, ShopId};
use pipeline::settings::{Locations, Settings};
use rand::SeedableRng;
use rand::rngs::StdRng;
use sandbox::{Config, Limits, RandomHistory, Sandbox, Size};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};
use storage::{Keep, KeySource, OnConnect, OpenOptions, SlotKind, Store};
use tokio_util::sync::CancellationToken;

/// A test starts itself a second time, so that nobody else's memory is measured.
const ROLE: &str = "STOCKBRIDGE_TEST_CYCLES";

/// A service at work, for a while.
struct Soak {
    test: &'static str,
    /// Connections that are served side by side, as a worker does: most of a cycle is waiting.
    shops: i64,
    rounds: i64,
    /// The round by which everything that is kept for a while is as much as it will ever be.
    settled: i64,
    /// How long each commit takes more.
    slow: Duration,
    /// Connections to the database that somebody else holds.
    taken: usize,
    /// Whether it is long enough for old pages to be trimmed as fast as new ones come.
    trims: bool,
}

const WEEKS: Soak = Soak {
    test: "memory::cycles::a_thousand_cycles_leave_nothing_behind",
    shops: 4,
    rounds: 250,
    settled: 75,
    slow: Duration::ZERO,
    taken: 0,
    trims: true,
};

const OVERLOAD: Soak = Soak {
    test: "memory::cycles::too_much_to_do_is_done_in_turns",
    shops: 24,
    rounds: 10,
    settled: 4,
    slow: Duration::from_millis(2),
    taken: 2,
    trims: false,
};

/// Jobs of a connection that wait or are at work, at most: one a stage of a run, and of the import
/// and the export one run each is open and one waits.
const QUEUED: i64 = 8;

/// Half an hour passes with each round, and a day is short here.
const HOUR: Duration = Duration::from_secs(60 * 60);
const KEEP: Keep = Keep {
    pages: Duration::from_secs(6 * 60 * 60),
    jobs: HOUR,
    events: Duration::from_secs(12 * 60 * 60),
    runs: Duration::from_secs(18 * 60 * 60),
};

/// A clock that stands until it is told to move, and never comes to lie ahead of the machine's, by
/// which the queue tells what is due.
#[derive(Debug)]
struct Stepping {
    base: DateTime<Utc>,
    steps: AtomicI64,
    start: Instant,
}

impl Clock for Stepping {
    fn now(&self) -> DateTime<Utc> {
        let steps = i32::try_from(self.steps.load(Ordering::Relaxed)).expect("few steps");
        self.base + PERIOD * steps
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }
}

/// Memory and database, in KiB, and open files.
#[derive(Clone, Copy, Debug, Default)]
struct Figures {
    memory: i64,
    database: i64,
    files: i64,
}

#[test]
fn a_thousand_cycles_leave_nothing_behind() {
    soak(&WEEKS);
}

#[test]
fn too_much_to_do_is_done_in_turns() {
    soak(&OVERLOAD);
}

fn soak(soak: &Soak) {
    #[expect(
        clippy::disallowed_methods,
        reason = "how this test tells itself which part it plays"
    )]
    let child = std::env::var_os(ROLE).is_some();
    let done = format!("{} cycles", soak.shops * soak.rounds);
    if child {
        jobs::heap::share();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let (settled, end) = runtime.block_on(cycles(soak));
        let before = soak.shops * soak.settled;
        let said = format!("after {before} cycles {settled:?}, after {done} {end:?}");
        eprintln!("{said}");
        assert!(settled.memory > 0 && settled.database > 0, "{said}");
        assert!(end.memory * 10 < settled.memory * 11, "memory: {said}");
        let grown = end.database * 10 >= settled.database * 11;
        assert!(!(soak.trims && grown), "database: {said}");
        assert!(end.files <= settled.files + 2, "open files: {said}");
        return;
    }
    let test = std::env::current_exe().expect("this program");
    let ended = Command::new(test)
        .args(["--exact", soak.test, "--test-threads=1", "--nocapture"])
        .env(ROLE, "1")
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{said}");
    assert!(said.contains(&done), "it did run: {said}");
}

/// Every account at a port of its own.
#[derive(Debug)]
struct Ports(Vec<InProcess>);

#[async_trait::async_trait]
impl Transport for Ports {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let port = usize::from(request.url.port().unwrap_or_default());
        self.0[port - 1].send(request).await
    }
}

/// An account of a few records.
fn account(seed: u64, clock: &Arc<Stepping>) -> Sandbox {
    let time = clock.clone();
    let sandbox = Sandbox::new(Config {
        size: Size {
            shops: 1,
            vendors: 1,
            items: 1,
            sales: 1,
        },
        limits: Limits::Off,
        now: Arc::new(move || time.now()),
        ..Config::small(seed)
    });
    sandbox.mutate(|account| *account = RandomHistory::account_after(seed, 0));
    sandbox
}

/// A database whose commits take their time.
async fn open(url: String, clock: Arc<Stepping>, slow: Duration) -> Store {
    let options = OpenOptions {
        url,
        create: true,
        key: KeySource::File,
        clock,
        keep_awake: None,
    };
    let on_connect: OnConnect = Arc::new(move |conn| {
        Box::pin(async move {
            let mut handle = conn.lock_handle().await?;
            handle.set_commit_hook(move || {
                std::thread::sleep(slow);
                true
            });
            Ok(())
        })
    });
    let slow = (!slow.is_zero()).then_some(on_connect);
    let store = Store::open_with(options, slow).await;
    store.expect("a database")
}

async fn cycles(soak: &Soak) -> (Figures, Figures) {
    let days = TimeDelta::minutes(30 * soak.rounds) + TimeDelta::days(1);
    let clock = Arc::new(Stepping {
        base: SystemClock::new().now() - days,
        steps: AtomicI64::new(0),
        start: Instant::now(),
    });
    let memory = tempfile::tempdir_in("/dev/shm");
    let folder = memory.or_else(|_| tempfile::tempdir()).expect("a folder");
    let url = folder.path().join("test.db").display().to_string();
    let store = open(url, clock.clone(), soak.slow).await;
    let mut taken = Vec::new();
    let (mut sandboxes, mut connections) = (Vec::new(), Vec::new());
    for n in 1..=soak.shops {
        let sandbox = account(u64::try_from(n).expect("a number"), &clock);
        let base = format!("http://127.0.0.1:{n}");
        let urls = (format!("{base}/API/V3"), format!("{base}/auth/oauth"));
        let urls = (urls.0.as_str(), urls.1.as_str());
        let settings = Settings::new(Locations::All, ShopId(1));
        let name = format!("shop-{n}");
        let id = crate::support::connect_as(&store, &name, &sandbox, urls, &settings).await;
        connections.push(id);
        sandboxes.push(sandbox);
    }
    let ports = sandboxes.iter().map(|sandbox| InProcess(sandbox.router()));
    let deps = Deps::new(
        store.clone(),
        clock.clone(),
        Arc::new(Ports(ports.collect())),
        CancellationToken::new(),
        StdRng::seed_from_u64(1),
    );
    let working = Working::start(&deps).await.expect("a worker");
    let mut schedule = Schedule::new(&deps);
    let mut settled = Figures::default();
    for _ in 0..soak.taken {
        taken.push(store.reading_pool().acquire().await.expect("a connection"));
    }
    for round in 1..=soak.rounds {
        clock.steps.fetch_add(1, Ordering::Relaxed);
        for sandbox in &sandboxes {
            // Something changes, and nothing is added.
            sandbox.mutate(|account| {
                let item = account.items().keys().next().copied().expect("an item");
                account.set_stock(item, 1, round % 7);
            });
            sandbox.clear_history();
        }
        schedule.tick().await.expect("a slot");
        for id in &connections {
            ended(&store, *id, round).await;
        }
        let queued = queued(&store).await;
        assert!(
            queued <= QUEUED * soak.shops,
            "round {round}: {queued} jobs"
        );
        if round % 10 == 0 {
            alarms::judge(&deps).await.expect("a judgement");
            renew_due(&deps).await.expect("a look");
            store.trim(&KEEP, || false).await.expect("a trim");
            // The queue goes by the machine's clock.
            let ahead = days.num_milliseconds();
            store.trim_jobs(-ahead).await.expect("a trim");
        }
        if round == soak.settled {
            settled = figures(&store).await;
        }
    }
    let end = figures(&store).await;
    for id in &connections {
        let slots = store.slots(*id, SlotKind::Import).await.expect("slots");
        assert!(slots.iter().all(|(_, run)| run.is_some()), "{slots:?}");
    }
    working.stop().await.expect("a clean end");
    (settled, end)
}

/// Waits until the run of this round is done.
async fn ended(store: &Store, id: ConnectionId, round: i64) {
    for _ in 0..12_000 {
        let newest = &store.runs(id, 1).await.expect("runs")[0];
        if newest.ended_at.is_some() {
            assert_eq!(newest.state, "done", "round {round}: {:?}", newest.reason);
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("round {round} has no end");
}

/// Jobs that wait or are at work.
async fn queued(store: &Store) -> i64 {
    let counted = sqlx::query_scalar(
        "SELECT count(*) FROM Jobs WHERE status IN ('Pending', 'Queued', 'Running')",
    )
    .fetch_one(store.queue_pool());
    counted.await.expect("a count")
}

async fn figures(store: &Store) -> Figures {
    let status = std::fs::read_to_string("/proc/self/status").expect("figures");
    let held = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let held = held.and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok());
    let bytes = store.pulse().await.expect("figures").bytes;
    let files = std::fs::read_dir("/proc/self/fd").expect("files").count();
    Figures {
        memory: held.expect("a figure"),
        database: bytes / 1024,
        files: i64::try_from(files).expect("few"),
    }
}
