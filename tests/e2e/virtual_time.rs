//! The whole permitted rate and no avoidable refusal, in virtual time.
//!
//! The source is in this process and its time, ours and the runtime's are one paused clock, which
//! stands still while the database works. What is measured is what a real account would wait for.

#[path = "../wire/support/clock.rs"]
mod clock;

use crate::router::InProcess;
use crate::uneven::Uneven;
pub(crate) use clock::TokioClock;
use connectors::http::Transport;
use jobs::deps::Deps;
use jobs::stages;
use pipeline::Stage;
use pipeline::id::{ConnectionId, RunId, ShopId};
use pipeline::settings::{Locations, Settings};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use sandbox::{Config, Fault, Limited, Limits, Sandbox, Size, tokio_now};
use std::sync::Arc;
use std::time::Duration;
use storage::{JobAddress, KeepAwake, KeySource, OpenOptions, StageState, Store};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Paused time runs on whenever the runtime has nothing to do, unless something blocks a thread.
pub(crate) fn keep_awake() -> KeepAwake {
    Arc::new(|| {
        let (done, wait) = std::sync::mpsc::channel::<()>();
        tokio::task::spawn_blocking(move || wait.recv());
        Box::new(done)
    })
}

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) deps: Deps,
    pub(crate) connection: ConnectionId,
    _folder: tempfile::TempDir,
}

impl World {
    pub(crate) async fn new(registers: u32, size: Size, latency: Duration) -> Self {
        let config = Config {
            seed: 7,
            size,
            limits: Limits::Model2026 { registers },
            latency,
            now: tokio_now(7),
        };
        let sandbox = Sandbox::new(config);
        let folder = tempfile::tempdir().expect("a folder");
        let clock = TokioClock::at("2026-11-01T12:00:00Z");
        let awake = keep_awake();
        let held = awake();
        let store = Store::open(OpenOptions {
            url: folder.path().join("test.db").display().to_string(),
            create: true,
            key: KeySource::File,
            clock: clock.clone(),
            keep_awake: Some(awake),
        })
        .await
        .expect("a database");
        let urls = ("http://127.0.0.1:9/API/V3", "http://127.0.0.1:9/auth/oauth");
        let settings = Settings::new(Locations::All, ShopId(1));
        let connection = crate::support::connect_to(&store, &sandbox, urls, &settings).await;
        drop(held);
        let transport: Arc<dyn Transport> = Arc::new(Uneven {
            inner: InProcess(sandbox.router()),
            most: Duration::from_millis(40),
            rng: std::sync::Mutex::new(StdRng::seed_from_u64(3)),
        });
        let deps = Deps::new(
            store,
            clock,
            transport,
            CancellationToken::new(),
            StdRng::seed_from_u64(1),
        );
        Self {
            sandbox,
            deps,
            connection,
            _folder: folder,
        }
    }

    pub(crate) async fn open(&self) -> RunId {
        let opened = self.deps.store.open_backfill(self.connection).await;
        opened.expect("a run").0
    }

    /// Advances extract, turn after turn, until everything is read; tells how long it took.
    pub(crate) async fn extract(&self) -> Duration {
        let run = self.open().await;
        let start = Instant::now();
        self.extract_rest(run).await;
        start.elapsed()
    }

    pub(crate) async fn extract_rest(&self, run: RunId) {
        let store = &self.deps.store;
        while store.run(run).await.expect("a run").extracted_at.is_none() {
            let stage = self.extract_stage(run).await;
            assert_eq!(stage.state, "queued", "{stage:?}");
            if let Some(at) = stage.next_at {
                let wait = (at - self.deps.clock.now()).to_std().unwrap_or_default();
                tokio::time::sleep(wait).await;
            }
            self.advance(run).await;
        }
    }

    /// One turn of extract.
    pub(crate) async fn advance(&self, run: RunId) {
        let turn = self.extract_stage(run).await.turn;
        let advanced = stages::advance(&self.deps, self.address(run, turn)).await;
        advanced.expect("a turn");
    }

    pub(crate) async fn extract_stage(&self, run: RunId) -> StageState {
        let stages = self.deps.store.stages(self.connection).await;
        let mut stages = stages.expect("stages").into_iter();
        stages
            .find(|stage| stage.run == run && stage.stage == Stage::Extract)
            .expect("the stage")
    }

    /// What a process knows that was started anew: nothing but the database.
    pub(crate) fn restart(&mut self) {
        self.deps = Deps::new(
            self.deps.store.clone(),
            self.deps.clock.clone(),
            self.deps.transport.clone(),
            CancellationToken::new(),
            StdRng::seed_from_u64(2),
        );
    }

    fn address(&self, run: RunId, turn: i64) -> JobAddress {
        JobAddress {
            v: 1,
            connection: self.connection,
            run,
            stage: Stage::Extract,
            turn,
        }
    }

    fn refusals(&self) -> Vec<Option<Limited>> {
        let history = self.sandbox.history();
        history
            .iter()
            .filter(|call| call.status == 429)
            .map(|call| call.limited)
            .collect()
    }
}

/// The least time that whole pages of every row take: what they cost, less what the empty bucket
/// takes in, at the rate it drips.
fn minimum(registers: u32, size: &Size, purchases: [usize; 2]) -> Duration {
    let pages = |rows: u32| Decimal::from(rows.div_ceil(100));
    let bought = purchases.map(|rows| Decimal::from(rows.div_ceil(100)));
    let cost = pages(size.shops) * Decimal::new(16, 1)
        + pages(size.vendors) * Decimal::new(12, 1)
        + pages(size.items) * Decimal::new(22, 1)
        + (pages(size.sales) + bought[0] + bought[1]) * Decimal::new(14, 1);
    let extra = Decimal::from(registers - 1);
    let bucket = Decimal::from(90) + Decimal::from(10) * extra;
    let drip = Decimal::ONE + Decimal::new(5, 1) * extra;
    let millis = ((cost - bucket) / drip * Decimal::from(1000))
        .to_u64()
        .expect("some time");
    Duration::from_millis(millis)
}

async fn assert_rate(registers: u32, size: Size) {
    let world = World::new(registers, size, Duration::from_millis(250)).await;
    let purchases = world
        .sandbox
        .inspect(|account| [account.orders().len(), account.shipments().len()]);
    let minimum = minimum(registers, &size, purchases);
    let took = world.extract().await;
    assert_eq!(world.refusals(), vec![], "no refusal was unavoidable");
    let permille = took.as_millis() * 1000 / minimum.as_millis();
    eprintln!("{registers} registers: {took:?} against {minimum:?}: {permille} permille");
    assert!(permille <= 1100, "{took:?} against {minimum:?}");
}

#[tokio::test(start_paused = true)]
async fn one_register_is_read_at_the_permitted_rate() {
    assert_rate(
        1,
        Size {
            shops: 3,
            vendors: 40,
            items: 2_000,
            sales: 36_500,
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn five_registers_are_read_at_the_permitted_rate() {
    assert_rate(
        5,
        Size {
            shops: 3,
            vendors: 40,
            items: 2_000,
            sales: 60_000,
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn twenty_registers_are_read_at_the_permitted_rate() {
    assert_rate(
        20,
        Size {
            shops: 3,
            vendors: 40,
            items: 5_000,
            sales: 150_000,
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_storm_of_refusals_is_waited_out_and_fails_nothing() {
    let size = Size {
        shops: 3,
        vendors: 12,
        items: 200,
        sales: 2_000,
    };
    let world = World::new(5, size, Duration::from_millis(100)).await;
    world.sandbox.set_fault(Fault::Storm429 {
        calls: 20,
        retry_after: Some(30),
    });
    world.extract().await;
    let refusals = world.refusals();
    assert!(refusals.len() >= 5, "the storm was met: {}", refusals.len());
    let run = world.deps.store.run(RunId(1)).await.expect("the run");
    assert_eq!((run.state.as_str(), run.reason), ("open", None));
}
