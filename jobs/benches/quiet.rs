//! Cycles in which nothing has changed: what it costs the worker to look. Of a small account, which
//! the goal is about (DESIGN 12), and of a larger one, whose open purchase orders fill further pages.
//!
//! `cargo bench -p stockbridge --bench quiet -- --sales 50000 --items 5000` takes another size.

mod support;

use anyhow::ensure;
use clap::{Args, Parser, Subcommand};
use jobs::worker::Working;
use std::path::Path;
use std::time::Duration;
use storage::Trigger;
use support::driven::{self, Drive, Driven};
use support::figures::{self, Cost, Figure, Meter};
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
    /// Items of the larger account
    #[arg(long, default_value_t = 2_000)]
    items: u32,
    /// Sales of the larger account
    #[arg(long, default_value_t = 20_000)]
    sales: u32,
}

/// A small account.
const SMALL: Size = Size {
    items: 200,
    sales: 2_000,
};

#[derive(Debug, Subcommand)]
enum Part {
    /// Serve the imitated account
    Serve(Plan),
    /// Carry a run to its end
    Drive(Drive),
}

/// Cycles that are measured together, since the kernel counts in hundredths of a second.
const CYCLES: u32 = 100;

/// Minutes since the last change of the account: more than any overlap reaches back.
const QUIET_MIN: u32 = 60;

/// How often to see whether a cycle has ended.
const LOOK: Duration = Duration::from_millis(50);

fn main() -> anyhow::Result<()> {
    jobs::heap::share();
    jobs::runtime::new()?.block_on(run())
}

async fn run() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    match arguments.part {
        Some(Part::Serve(plan)) => return source::serve(&plan).await,
        Some(Part::Drive(what)) => return driven::drive(&what).await,
        None => {}
    }
    report("quiet", SMALL, Some(20_000_000)).await?;
    report("quiet, larger", arguments.size, None).await
}

async fn report(bench: &str, size: Size, goal: Option<u64>) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (backfill, cost) = measure(size, &folder.path().join("shop.db")).await?;
    let about = format!(
        "{CYCLES} cycles after {} sales and {} items",
        size.sales, size.items
    );
    let each = cost.cpu_each(CYCLES.into());
    let cpu = Figure::new("CPU a quiet cycle", "ns", each);
    let figures = [
        match goal {
            Some(goal) => cpu.goal("<=", goal),
            None => cpu,
        },
        Figure::new(
            "cycles a second",
            "per_second",
            cost.per_second(CYCLES.into()),
        ),
        Figure::new(
            "CPU a sale, the backfill before",
            "ns",
            backfill.cost().cpu_each(size.sales.into()),
        ),
    ];
    figures::print(bench, &about, &figures);
    Ok(())
}

async fn measure(size: Size, database: &Path) -> anyhow::Result<(Driven, Cost)> {
    let source = Source::start(&Plan {
        items: size.items,
        sales: size.sales,
        registers: 0,
        latency_ms: 0,
        quiet_min: QUIET_MIN,
    })?;
    let deps = world::open(database).await?;
    let (connection, run) = world::connect(&deps.store, &source.served).await?;
    deps.store.close().await;
    let backfill = driven::start(driven::RUN, database, run)?;
    let deps = world::open(database).await?;
    // The first one still reads what its overlap with the backfill holds.
    let working = Working::start(&deps).await?;
    let mut meter = Meter::start();
    for cycle in 0..=CYCLES {
        if cycle == 1 {
            meter = Meter::start();
        }
        let asked = deps.store.request_import(connection, Trigger::Schedule);
        let run = asked.await?.run;
        let run = loop {
            let run = deps.store.run(run).await?;
            if run.ended_at.is_some() {
                break run;
            }
            tokio::time::sleep(LOOK).await;
        };
        ensure!(run.kind == "incremental", "a {}", run.kind);
        ensure!(run.state == "done", "{}: {:?}", run.state, run.reason);
    }
    let cost = meter.read();
    working.stop().await?;
    deps.store.close().await;
    source.end()?;
    Ok((backfill, cost))
}
