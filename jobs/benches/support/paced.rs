//! A first delivery in virtual time.

use super::delivering;
use super::support::source::Optiply;
use super::unhurried::{self, World};
use anyhow::{Context as _, ensure};
use connectors::optiply::PaceState;
use jobs::deps::Deps;
use jobs::stages;
use pipeline::id::{ConnectionId, RunId};
use sandbox::{Limits, Size};
use std::time::Duration;
use storage::JobAddress;
use tokio::time::Instant;

/// What a first delivery came to.
pub(crate) struct Paced {
    /// Rows that were made.
    pub(crate) objects: u64,
    /// Calls that wrote.
    pub(crate) calls: u64,
    /// How long it took.
    pub(crate) took: Duration,
    /// The pace at the end, in calls a minute.
    pub(crate) per_minute: u32,
}

/// Delivers an account whose Optiply takes so long for each answer, at the pace in force.
pub(crate) fn measure(size: Size, latency: Duration) -> anyhow::Result<Paced> {
    unhurried::run(first_delivery(size, latency))
}

async fn first_delivery(size: Size, latency: Duration) -> anyhow::Result<Paced> {
    let config = unhurried::config(size, Limits::Off, Duration::ZERO);
    let world = World::new(config).await?;
    let (deps, connection) = (&world.deps, world.connection);
    let optiply = world.sandbox.optiply();
    optiply.behave(|rules| rules.latency = Some(latency));
    let run = deps.store.open_backfill(connection).await?.0;
    settle(deps, connection).await?;
    let ended = deps.store.run(run).await?;
    ensure!(ended.state == "done", "{}: {:?}", ended.state, ended.reason);
    let (api, auth) = (
        "http://127.0.0.1/v1",
        "http://127.0.0.1/api/auth/oauth/token",
    );
    let given = Optiply::of(&world.sandbox, api.to_owned(), auth.to_owned());
    let began = Instant::now();
    delivering::deliver_to(&deps.store, connection, &given).await?;
    settle(deps, connection).await?;
    let took = began.elapsed();
    let pace = deps.store.budget(connection, "optiply").await?;
    let pace: PaceState = serde_json::from_str(&pace.context("a pace")?)?;
    let writes = optiply.writes();
    let made = writes.iter().filter(|write| write.method == "POST");
    Ok(Paced {
        objects: u64::try_from(made.count())?,
        calls: u64::try_from(writes.len())?,
        took,
        per_minute: pace.per_minute,
    })
}

/// Advances whatever is due, as the queue would, until nothing is queued.
async fn settle(deps: &Deps, connection: ConnectionId) -> anyhow::Result<()> {
    loop {
        let mut queued = deps.store.stages(connection).await?;
        queued.retain(|stage| stage.state == "queued");
        queued.sort_by_key(|stage| (stage.next_at, std::cmp::Reverse(stage.stage)));
        let Some(stage) = queued.first() else {
            return Ok(());
        };
        if let Some(at) = stage.next_at {
            let wait = (at - deps.clock.now()).to_std().unwrap_or_default();
            tokio::time::sleep(wait).await;
        }
        let address = JobAddress {
            v: 1,
            connection,
            run: RunId(stage.run.0),
            stage: stage.stage,
            turn: stage.turn,
        };
        Box::pin(stages::advance(deps, address)).await?;
    }
}
