//! How soon a backfill goes on that was killed: from the start of the process to the first page that
//! it stores.

mod support;

use anyhow::ensure;
use clap::{Args, Parser, Subcommand};
use pipeline::id::RunId;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use storage::Store;
use support::driven::{self, Drive};
use support::figures::{self, Figure};
use support::source::{self, Plan, Source};
use support::world;

#[derive(Debug, Parser)]
struct Arguments {
    #[command(flatten)]
    size: Size,
    /// Said by cargo
    #[arg(long, hide = true)]
    bench: bool,
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Clone, Copy, Debug, Args)]
struct Size {
    /// Sales of the account
    #[arg(long, default_value_t = 20_000)]
    sales: u32,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// Serve the imitated account
    Serve(Plan),
    /// Carry a run to its end
    Drive(Drive),
}

/// Times it is killed.
const KILLS: u32 = 5;

/// Pages between two kills.
const PAGES: i64 = 20;

fn main() -> anyhow::Result<()> {
    jobs::heap::share();
    run()
}

#[tokio::main]
async fn run() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    match arguments.part {
        Some(Part::Serve(plan)) => return source::serve(&plan).await,
        Some(Part::Drive(what)) => return driven::drive(&what).await,
        None => {}
    }
    let folder = tempfile::tempdir()?;
    let database = folder.path().join("shop.db");
    let source = Source::start(&Plan {
        items: 500,
        sales: arguments.size.sales,
        registers: 0,
        latency_ms: 20,
    })?;
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
    figures::print(
        "resume",
        &format!(
            "a backfill of {} sales, killed {KILLS} times, 20 ms an answer",
            arguments.size.sales
        ),
        &[Figure::new(
            "start to the first page stored, at most",
            "ms",
            u64::try_from(longest.as_millis())?,
        )
        .goal("<=", 2_000)],
    );
    Ok(())
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
