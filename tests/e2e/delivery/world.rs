//! A connection that delivers, in virtual time: both systems are in this process, and every stage
//! is advanced here, turn by turn, as the queue would.

use crate::router::InProcess;
use crate::support;
use crate::virtual_time::{TokioClock, keep_awake};
use connectors::http::Transport;
use connectors::optiply::PaceLimits;
use jobs::deps::{Delivery, Deps};
use jobs::stages;
use pipeline::id::{ConnectionId, RunId, ShopId};
use pipeline::settings::{Locations, Settings};
use rand::SeedableRng;
use rand::rngs::StdRng;
use sandbox::{Config, Limits, Sandbox, Size, tokio_now};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use storage::{JobAddress, KeySource, OpenOptions, Run, StageState, Store, Trigger};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// How long Optiply may take to show a row here.
pub(crate) const SETTLE: Duration = Duration::from_secs(60);

pub(crate) const OPTIPLY: (&str, &str) = (
    "http://127.0.0.1/v1",
    "http://127.0.0.1/api/auth/oauth/token",
);

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) deps: Deps,
    pub(crate) connection: ConnectionId,
    folder: TempDir,
}

pub(crate) fn sized(items: u32, sales: u32) -> Size {
    Size {
        shops: 1,
        vendors: 12,
        items,
        sales,
    }
}

/// A pace that keeps tests about something else short.
pub(crate) fn fast() -> Delivery {
    Delivery {
        pace: PaceLimits {
            start_per_minute: 600_000,
            most_per_minute: 600_000,
            least_per_minute: 60_000,
            start_in_flight: 32,
            most_in_flight: 32,
        },
        settle: SETTLE,
    }
}

impl World {
    /// A connection that delivers, of which nothing was read yet.
    pub(crate) async fn new(size: Size) -> Self {
        let world = Self::without_delivery(size).await;
        world.start_delivery().await;
        world
    }

    /// A connection that has no credentials of Optiply yet.
    pub(crate) async fn without_delivery(size: Size) -> Self {
        Self::over(size, |sandbox| Arc::new(InProcess(sandbox.router()))).await
    }

    /// The same over a way of the test's own.
    pub(crate) async fn over(size: Size, way: impl FnOnce(&Sandbox) -> Arc<dyn Transport>) -> Self {
        Self::limited(size, Limits::Off, Duration::ZERO, way).await
    }

    /// The same under limits, with answers that take their time.
    pub(crate) async fn limited(
        size: Size,
        limits: Limits,
        latency: Duration,
        way: impl FnOnce(&Sandbox) -> Arc<dyn Transport>,
    ) -> Self {
        let sandbox = Sandbox::new(Config {
            seed: 7,
            size,
            limits,
            latency,
            now: tokio_now(7),
        });
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
        let settings = Settings::new(Locations::All, ShopId(1));
        let urls = ("http://127.0.0.1/API/V3", "http://127.0.0.1/auth/oauth");
        let connection = support::connect_to(&store, &sandbox, urls, &settings).await;
        drop(held);
        let transport = way(&sandbox);
        let rng = StdRng::seed_from_u64(1);
        let deps = Deps::new(store, clock, transport, CancellationToken::new(), rng);
        Self {
            sandbox,
            deps: deps.with_delivery(fast()),
            connection,
            folder,
        }
    }

    /// A world made elsewhere, whose database lies in this folder.
    pub(crate) fn of(
        sandbox: Sandbox,
        deps: Deps,
        connection: ConnectionId,
        folder: TempDir,
    ) -> Self {
        Self {
            sandbox,
            deps,
            connection,
            folder,
        }
    }

    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub(crate) async fn start_delivery(&self) {
        support::connect_to_optiply(&self.deps.store, self.connection, &self.sandbox, OPTIPLY)
            .await;
    }

    /// The credentials are added to a connection whose Optiply account may hold data.
    pub(crate) async fn start_adoption(&self) {
        let (store, urls) = (&self.deps.store, OPTIPLY);
        support::give_optiply(store, self.connection, &self.sandbox, urls).await;
        let started = store.start_adoption(self.connection).await;
        assert!(started.expect("a start"));
    }

    /// What a process knows that was started anew: nothing but the database.
    pub(crate) fn restart(&mut self, seed: u64) {
        let deps = Deps::new(
            self.deps.store.clone(),
            self.deps.clock.clone(),
            self.deps.transport.clone(),
            CancellationToken::new(),
            StdRng::seed_from_u64(seed),
        );
        self.deps = deps.with_delivery(self.deps.delivery);
    }

    /// A copy of the database as it is now, made as the README tells it.
    pub(crate) async fn back_up(&self) -> PathBuf {
        let copy = self.folder.path().join("backup.db");
        let _awake = keep_awake()();
        sqlx::query("VACUUM INTO ?1")
            .bind(copy.display().to_string())
            .execute(self.deps.store.queue_pool())
            .await
            .expect("a copy");
        copy
    }

    /// Another process, over this copy of the database instead of what was there.
    pub(crate) async fn put_back(&mut self, copy: &Path, seed: u64) {
        let awake = keep_awake();
        let held = awake();
        self.deps.store.close().await;
        let path = self.deps.store.path().to_owned();
        for beside in ["-wal", "-shm"] {
            let mut name = path.clone().into_os_string();
            name.push(beside);
            // A closed database may have taken them along already.
            let _gone = std::fs::remove_file(name);
        }
        std::fs::copy(copy, &path).expect("a copy");
        self.deps.store = Store::open(OpenOptions {
            url: path.display().to_string(),
            create: false,
            key: KeySource::File,
            clock: self.deps.clock.clone(),
            keep_awake: Some(awake),
        })
        .await
        .expect("a database");
        drop(held);
        self.restart(seed);
    }

    /// Everything is read and delivered.
    pub(crate) async fn backfill(&self) -> Run {
        let opened = self.deps.store.open_backfill(self.connection).await;
        let run = opened.expect("a run").0;
        self.drive(run).await
    }

    /// What changed is read and delivered.
    pub(crate) async fn sync(&self) -> Run {
        let store = &self.deps.store;
        let asked = store.request_import(self.connection, Trigger::Manual).await;
        self.drive(asked.expect("a run").run).await
    }

    /// Advances whatever is due until the run has ended.
    pub(crate) async fn drive(&self, run: RunId) -> Run {
        loop {
            let state = self.deps.store.run(run).await.expect("the run");
            if state.ended_at.is_some() {
                return state;
            }
            self.step().await;
        }
    }

    /// Advances whatever is due until nothing is queued.
    pub(crate) async fn settle(&self) {
        while !self.queued().await.is_empty() {
            self.step().await;
        }
    }

    /// What a process does first that has become the worker.
    pub(crate) async fn take_over(&self) {
        let store = &self.deps.store;
        store.end_all_leases().await.expect("ended leases");
        store.sweep_stages().await.expect("due work");
    }

    pub(crate) async fn queued(&self) -> Vec<StageState> {
        let stages = self.deps.store.stages(self.connection).await;
        let mut queued = stages.expect("stages");
        queued.retain(|stage| stage.state == "queued");
        queued
    }

    /// One turn of the stage that is due, or the wait for it.
    pub(crate) async fn step(&self) {
        let mut queued = self.queued().await;
        queued.sort_by_key(|stage| (stage.next_at, std::cmp::Reverse(stage.stage)));
        self.take(queued.first().expect("something is queued"))
            .await;
    }

    /// A turn of this stage, once it is due.
    pub(crate) async fn take(&self, stage: &StageState) {
        if let Some(at) = stage.next_at {
            let wait = (at - self.deps.clock.now()).to_std().unwrap_or_default();
            tokio::time::sleep(wait).await;
        }
        let address = JobAddress {
            v: 1,
            connection: self.connection,
            run: stage.run,
            stage: stage.stage,
            turn: stage.turn,
        };
        let advanced = Box::pin(stages::advance(&self.deps, address)).await;
        advanced.expect("a turn");
    }

    /// The parked deliveries, each with its reason.
    pub(crate) async fn parked(&self) -> Vec<(String, String)> {
        let mut parked = Vec::new();
        for entity in pipeline::deliver::Entity::ALL {
            let rows = self
                .deps
                .store
                .deliveries_after(self.connection, entity, None, 1_000_000)
                .await
                .expect("deliveries");
            parked.extend(
                rows.into_iter()
                    .filter(|row| row.state == "parked")
                    .map(|row| {
                        let reason = row.reason.map_or("none", |reason| reason.code());
                        (row.key.to_string(), reason.to_owned())
                    }),
            );
        }
        parked
    }
}
