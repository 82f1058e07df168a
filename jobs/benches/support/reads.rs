//! Reads in virtual time: as long as they take if only the source takes time; and how soon one goes
//! on whose worker died on another host, where nothing tells that it is gone, so that its lease must
//! run out.

use crate::support::source::Plan;
use crate::unhurried::{self, World};
use anyhow::{Context as _, ensure};
use jobs::deps::Deps;
use jobs::{queue, stages};
use pipeline::Stage;
use pipeline::id::{ConnectionId, RunId};
use rand::SeedableRng;
use rand::rngs::StdRng;
use sandbox::{Config, Limits, Size, tokio_now};
use std::time::Duration;
use storage::{JobAddress, StageState};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The account of which a read is left.
const LEFT: Size = Size {
    shops: 3,
    vendors: 12,
    items: 500,
    sales: 20_000,
};

/// When the worker dies, after its run began. Each dies at another moment of its lease.
pub(crate) const DEATHS: [u64; 5] = [30, 43, 56, 69, 82];

/// How often it is looked, as the queue does.
const LOOK: Duration = Duration::from_secs(1);

/// How long a backfill reads if nothing takes time but the source.
pub(crate) fn alone(plan: &Plan) -> anyhow::Result<Duration> {
    let config = Config {
        now: tokio_now(7),
        ..plan.config()
    };
    unhurried::run(async {
        let world = World::new(config).await?;
        let (deps, connection) = (&world.deps, world.connection);
        let run = deps.store.open_backfill(connection).await?.0;
        let began = Instant::now();
        while deps.store.run(run).await?.extracted_at.is_none() {
            advance(deps, connection, run).await?;
        }
        Ok(began.elapsed())
    })
}

/// From a death to the first call of whoever takes over: the longest of them.
pub(crate) fn longest_takeover() -> anyhow::Result<Duration> {
    let mut longest = Duration::ZERO;
    for death in DEATHS {
        longest = longest.max(unhurried::run(after(Duration::from_secs(death)))?);
    }
    Ok(longest)
}

async fn after(death: Duration) -> anyhow::Result<Duration> {
    let limits = Limits::Model2026 { registers: 1 };
    let latency = Duration::from_millis(250);
    let world = World::new(unhurried::config(LEFT, limits, latency)).await?;
    let (deps, connection) = (&world.deps, world.connection);
    let run = deps.store.open_backfill(connection).await?.0;
    let works = async {
        loop {
            if let Err(error) = advance(deps, connection, run).await {
                break error;
            }
        }
    };
    if let Ok(error) = tokio::time::timeout(death, works).await {
        return Err(error);
    }
    let (died, asked) = (Instant::now(), world.sandbox.history().len());
    let state = extract(deps, connection, run).await?.state;
    ensure!(state == "running", "it died between two turns: {state}");
    let other = Deps::new(
        deps.store.clone(),
        deps.clock.clone(),
        deps.transport.clone(),
        CancellationToken::new(),
        StdRng::seed_from_u64(2),
    );
    while extract(&other, connection, run).await?.state == "running" {
        tokio::time::sleep(LOOK).await;
        queue::look_once(&other).await?;
    }
    let called = async {
        while world.sandbox.history().len() == asked {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        died.elapsed()
    };
    tokio::select! {
        ended = advance(&other, connection, run) => {
            ended?;
            anyhow::bail!("a turn without a call")
        }
        took = called => Ok(took),
    }
}

async fn extract(deps: &Deps, connection: ConnectionId, run: RunId) -> anyhow::Result<StageState> {
    let stages = deps.store.stages(connection).await?;
    let mut stages = stages.into_iter();
    stages
        .find(|stage| stage.run == run && stage.stage == Stage::Extract)
        .context("the stage that reads")
}

/// One turn of extract.
async fn advance(deps: &Deps, connection: ConnectionId, run: RunId) -> anyhow::Result<()> {
    let stage = extract(deps, connection, run).await?;
    if let Some(at) = stage.next_at {
        let wait = (at - deps.clock.now()).to_std().unwrap_or_default();
        tokio::time::sleep(wait).await;
    }
    let address = JobAddress {
        v: 1,
        connection,
        run,
        stage: Stage::Extract,
        turn: stage.turn,
    };
    Ok(Box::pin(stages::advance(deps, address)).await?)
}
