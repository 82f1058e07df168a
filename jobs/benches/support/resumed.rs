//! How soon a backfill goes on that was killed: from the start of the process to the first page that
//! it stores.

use crate::support::source::{Plan, Source};
use crate::support::world;
use anyhow::ensure;
use pipeline::id::RunId;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use storage::Store;

/// The account that is read meanwhile.
const ACCOUNT: Plan = Plan {
    items: 500,
    sales: 20_000,
    registers: 0,
    latency_ms: 20,
    quiet_min: 0,
};

/// Times it is killed.
pub(crate) const KILLS: u32 = 5;

/// Pages between two kills.
const PAGES: i64 = 20;

/// The longest of them.
pub(crate) async fn resumed() -> anyhow::Result<Duration> {
    let folder = tempfile::tempdir()?;
    let database = folder.path().join("shop.db");
    let source = Source::start(&ACCOUNT)?;
    let deps = world::open(&database).await?;
    let (_, run) = world::connect(&deps.store, &source.served).await?;
    let mut longest = Duration::ZERO;
    for kill in 0..=KILLS {
        let began = Instant::now();
        let mut child = start(&database, run)?;
        let stored = until_stored(&deps.store, run, &mut child, 1).await?;
        if kill > 0 {
            longest = longest.max(stored - began);
        }
        until_stored(&deps.store, run, &mut child, PAGES).await?;
        child.kill()?;
        child.wait()?;
    }
    deps.store.close().await;
    source.end()?;
    Ok(longest)
}

fn start(database: &Path, run: RunId) -> anyhow::Result<Child> {
    Ok(Command::new(std::env::current_exe()?)
        .arg("drive")
        .arg(database)
        .arg(run.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?)
}

async fn pages(store: &Store, run: RunId) -> anyhow::Result<i64> {
    let (_, walks) = store.feed_runs(run).await?;
    Ok(walks.iter().map(|walk| walk.pages).sum())
}

/// Waits until so many more pages are stored, and tells when that was.
async fn until_stored(
    store: &Store,
    run: RunId,
    child: &mut Child,
    more: i64,
) -> anyhow::Result<Instant> {
    let enough = pages(store, run).await? + more;
    while pages(store, run).await? < enough {
        ensure!(
            child.try_wait()?.is_none(),
            "it ended before it was killed; take more sales"
        );
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(Instant::now())
}
