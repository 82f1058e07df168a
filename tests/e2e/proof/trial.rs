//! A trial: an account, a database, and processes that come and go.

use super::account::{Past, SEED};
use super::endure::Part;
use super::fate::{self, Fate, Life};
use super::hooks::watching;
use super::wire::{Told, Wire};
use crate::delivery::world::{OPTIPLY, SETTLE, World};
use crate::router::InProcess;
use crate::support;
use crate::virtual_time::{TokioClock, keep_awake};
use chrono::TimeDelta;
use connectors::optiply::PaceLimits;
use jobs::deps::{Delivery, Deps};
use pipeline::Clock;
use pipeline::id::{ConnectionId, ShopId};
use pipeline::settings::{Locations, Settings};
use rand::SeedableRng;
use rand::rngs::StdRng;
use sandbox::{Config, Fault, Limits, Sandbox};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use storage::{KeySource, OnConnect, OpenOptions, Store};
use tempfile::TempDir;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

const NOW: &str = "2026-11-01T12:00:00Z";
const LIGHTSPEED: (&str, &str) = ("http://127.0.0.1/API/V3", "http://127.0.0.1/auth/oauth");

/// A few calls at once, and no waits that only cost time.
const fn delivery(in_flight: u32) -> Delivery {
    Delivery {
        pace: PaceLimits {
            start_per_minute: 600_000,
            most_per_minute: 600_000,
            least_per_minute: 60_000,
            start_in_flight: in_flight,
            most_in_flight: in_flight,
        },
        settle: SETTLE,
    }
}

/// Under which a cycle is lived.
#[derive(Clone, Copy, Debug)]
pub(super) struct Conditions {
    /// The one thing that goes wrong.
    fault: Option<(fate::Fault, u64)>,
    /// Decides how the systems misbehave.
    pub(super) hostile: Option<u64>,
    /// Rows on a page.
    page: u32,
    latency: Duration,
    limits: Limits,
    /// Calls to Optiply on their way at once.
    in_flight: u32,
}

impl Conditions {
    /// One fault, or none, in a world that loses no time.
    pub(super) fn of(fault: Option<(fate::Fault, u64)>) -> Self {
        Self {
            fault,
            hostile: None,
            page: 100,
            latency: Duration::ZERO,
            limits: Limits::Off,
            in_flight: 2,
        }
    }

    /// Systems that answer as real ones do, page by page; hostile ones with a seed.
    pub(super) fn real(hostile: Option<u64>) -> Self {
        Self {
            fault: None,
            hostile,
            page: 3,
            latency: Duration::from_millis(250),
            limits: Limits::Model2026 { registers: 1 },
            // The pace that was learnt from refusals shall not count as a delay.
            in_flight: 1,
        }
    }
}

pub(super) struct Trial {
    pub(super) world: World,
    pub(super) conditions: Conditions,
    pub(super) fate: Fate,
    pub(super) life: Arc<Life>,
    /// How the parts went.
    pub(super) parts: Vec<Part>,
    pub(super) told: Told,
    /// What the test looks with; none of the processes.
    pub(super) look: Option<Store>,
    began: Instant,
    clock: Arc<dyn Clock>,
    /// Processes so far.
    lives: u64,
}

impl Trial {
    /// A connected account of which nothing was read yet, and a process.
    pub(super) async fn under(conditions: Conditions) -> Self {
        let began = Instant::now();
        let sandbox = account(&conditions);
        let (folder, connection) = Template::of_all().copy();
        let clock: Arc<dyn Clock> = TokioClock::at(NOW);
        let fate = Fate::of(conditions.fault);
        let life = Life::new(&fate);
        let told = Told::default();
        let wire = wire(&sandbox, &life, &told, conditions);
        let deps = process(folder.path(), &clock, wire, (1, conditions)).await;
        let look = match conditions.hostile {
            None => None,
            Some(_) => Some(open(folder.path(), &clock, None).await),
        };
        Self {
            world: World::of(sandbox, deps, connection, folder),
            conditions,
            fate,
            life,
            parts: Vec::new(),
            told,
            look,
            began,
            clock,
            lives: 1,
        }
    }

    /// The next process, which knows nothing but the database, once the one before is gone.
    pub(super) async fn start_anew(&mut self) {
        let awake = keep_awake()();
        self.world.deps.store.close().await;
        drop(awake);
        self.start_beside().await;
        self.world.take_over().await;
    }

    /// The same while the one before is still there.
    pub(super) async fn start_beside(&mut self) {
        self.lives += 1;
        self.life = Life::new(&self.fate);
        let wire = wire(&self.world.sandbox, &self.life, &self.told, self.conditions);
        let folder = self.world.folder().to_owned();
        let which = (self.lives, self.conditions);
        self.world.deps = process(&folder, &self.clock, wire, which).await;
    }

    /// Sleeps until so long after the beginning: things of the world happen at the same moments in
    /// every trial, whatever was delayed.
    pub(super) async fn until(&self, after: Duration) {
        assert!(
            self.began.elapsed() < after,
            "late: {:?}",
            self.began.elapsed()
        );
        tokio::time::sleep_until(self.began + after).await;
    }
}

/// The account, whose time is that of the runtime.
fn account(conditions: &Conditions) -> Sandbox {
    let before = &Past::of_all().before;
    let (base, began) = (before.now(), Instant::now());
    let sandbox = Sandbox::new(Config {
        limits: conditions.limits,
        latency: conditions.latency,
        now: Arc::new(move || base + TimeDelta::from_std(began.elapsed()).expect("a short test")),
        ..Config::small(SEED)
    });
    sandbox.mutate(|account| *account = before.clone());
    // The harder way: whoever looks for an order at once does not find it.
    sandbox.set_fault(Fault::SlowOrders { seconds: 20 });
    let optiply = sandbox.optiply();
    optiply.behave(|rules| rules.visible_after = Duration::from_secs(20));
    sandbox
}

fn wire(sandbox: &Sandbox, life: &Arc<Life>, told: &Told, conditions: Conditions) -> Wire {
    Wire {
        inner: InProcess(sandbox.router()),
        life: life.clone(),
        page: conditions.page,
        told: told.clone(),
    }
}

async fn process(
    folder: &Path,
    clock: &Arc<dyn Clock>,
    wire: Wire,
    (number, conditions): (u64, Conditions),
) -> Deps {
    let store = open(folder, clock, Some(watching(&wire.life))).await;
    let rng = StdRng::seed_from_u64(number);
    let stop = CancellationToken::new();
    Deps::new(store, clock.clone(), Arc::new(wire), stop, rng)
        .with_delivery(delivery(conditions.in_flight))
}

async fn open(folder: &Path, clock: &Arc<dyn Clock>, on_connect: Option<OnConnect>) -> Store {
    let awake = keep_awake();
    let _held = awake();
    let options = OpenOptions {
        url: folder.join("test.db").display().to_string(),
        create: true,
        key: KeySource::File,
        clock: clock.clone(),
        keep_awake: Some(awake),
    };
    let opened = Store::open_with(options, on_connect).await;
    opened.expect("a database")
}

/// A database with the connection in it, made once and copied for each trial.
struct Template {
    folder: TempDir,
    connection: ConnectionId,
}

impl Template {
    fn of_all() -> &'static Self {
        static TEMPLATE: OnceLock<Template> = OnceLock::new();
        // On a thread of its own, because the caller is within a runtime already.
        TEMPLATE.get_or_init(|| {
            let made = std::thread::spawn(|| super::runtime().block_on(Self::make()));
            made.join().expect("a template")
        })
    }

    async fn make() -> Self {
        let folder = memory();
        let clock: Arc<dyn Clock> = TokioClock::at(NOW);
        let store = open(folder.path(), &clock, None).await;
        let sandbox = account(&Conditions::of(None));
        let awake = keep_awake()();
        let mut settings = Settings::new(Locations::All, ShopId(1));
        // The clocks of the two systems are months apart here.
        settings.export_since = "2020-01-01T00:00:00Z".parse().ok();
        let connection = support::connect_to(&store, &sandbox, LIGHTSPEED, &settings).await;
        support::connect_to_optiply(&store, connection, &sandbox, OPTIPLY).await;
        store.close().await;
        drop(awake);
        Self { folder, connection }
    }

    fn copy(&self) -> (TempDir, ConnectionId) {
        let folder = memory();
        for name in ["test.db", "test.db.key"] {
            let copied = std::fs::copy(self.folder.path().join(name), folder.path().join(name));
            copied.expect("a copy");
        }
        (folder, self.connection)
    }
}

/// A folder in memory where there is one: a trial writes a great deal, and keeps nothing.
fn memory() -> TempDir {
    let memory = tempfile::tempdir_in("/dev/shm");
    memory.or_else(|_| tempfile::tempdir()).expect("a folder")
}
