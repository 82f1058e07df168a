//! Stored pages to the Optiply model: normalize, filter and load over pages that extract has
//! stored before, as the binary does them, in a process of their own. The imitated account is
//! served by another.
//!
//! `cargo bench -p stockbridge --bench replay -- --sales 200000 --items 20000` takes another size.

mod support;

use anyhow::ensure;
use clap::{Parser, Subcommand};
use jobs::stages;
use pipeline::Stage;
use pipeline::id::{ConnectionId, RunId};
use std::path::{Path, PathBuf};
use storage::{Backlog, JobAddress};
use support::driven::Drive;
use support::figures::{self, Cost, Figure, Meter};
use support::source::{self, Plan, Served, Source};
use support::{driven, world};

#[derive(Debug, Parser)]
struct Arguments {
    #[command(flatten)]
    plan: Plan,
    /// Replays, of which the median is told
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Said by cargo
    #[arg(long, hide = true)]
    bench: bool,
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// Serve the imitated account
    Serve(Plan),
    /// Carry a run to its end
    Drive(Drive),
}

/// The account is also read at a tenth of its sales, to tell what each sale adds.
const PART: u32 = 10;

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
    let folder = tempfile::tempdir()?;
    let plan = arguments.plan;
    let part = Plan {
        sales: plan.sales / PART,
        ..plan
    };
    let small = measure(&part, 1, &folder.path().join("small")).await?;
    let large = measure(&plan, arguments.runs.max(1), &folder.path().join("large")).await?;
    report(&small, &large);
    Ok(())
}

struct Measured {
    served: Served,
    /// The median replay.
    replay: Cost,
    stages: Vec<(Stage, Cost)>,
    /// Of all replays.
    peak_kib: u64,
    /// Size of the file with the pages alone, and with everything.
    pages: u64,
    whole: u64,
}

async fn measure(plan: &Plan, runs: usize, folder: &Path) -> anyhow::Result<Measured> {
    std::fs::create_dir_all(folder)?;
    let source = Source::start(plan)?;
    let filled = folder.join("filled.db");
    let (connection, run) = fill(&filled, &source.served).await?;
    let pages = std::fs::metadata(&filled)?.len();
    let (mut replays, mut whole) = (Vec::new(), 0);
    for _ in 0..runs {
        let copy = copy(&filled, folder)?;
        replays.push(driven::start(driven::RUN, &copy, run)?);
        whole = std::fs::metadata(&copy)?.len();
    }
    let peak_kib = replays.iter().map(|replay| replay.peak_kib).max();
    replays.sort_by_key(|replay| replay.cost().wall);
    let copy = copy(&filled, folder)?;
    let stages = stage_by_stage(&copy, connection, run).await?;
    let served = source.served.clone();
    // Items that sales name and the account no longer has were asked for during the replay.
    ensure!(source.end()?.refused == 0, "the account refused a call");
    Ok(Measured {
        served,
        replay: replays[replays.len() / 2].cost(),
        stages,
        peak_kib: peak_kib.unwrap_or(0),
        pages,
        whole,
    })
}

/// Stores every page of the account and nothing else.
async fn fill(path: &Path, served: &Served) -> anyhow::Result<(ConnectionId, RunId)> {
    let deps = world::open(path).await?;
    let (connection, run) = world::connect(&deps.store, served).await?;
    for turn in 1.. {
        advance(&deps, connection, run, Stage::Extract, turn).await?;
        let (feeds, _) = deps.store.feed_runs(run).await?;
        if feeds.iter().all(|feed| feed.state == "done") {
            break;
        }
        ensure!(turn < 100, "the account could not be read");
    }
    deps.store.close().await;
    Ok((connection, run))
}

fn copy(filled: &Path, folder: &Path) -> anyhow::Result<PathBuf> {
    let copy = folder.join("replay.db");
    std::fs::copy(filled, &copy)?;
    Ok(copy)
}

/// How much of a backlog is a stage's.
type Left = fn(Backlog) -> i64;

/// The stages one after the other, each until nothing is left to it, to tell their costs apart.
async fn stage_by_stage(
    path: &Path,
    connection: ConnectionId,
    run: RunId,
) -> anyhow::Result<Vec<(Stage, Cost)>> {
    let deps = world::open(path).await?;
    let mut costs = Vec::new();
    let left: [(Stage, RunId, Left); 3] = [
        (Stage::Normalize, run, |backlog| backlog.pages),
        (Stage::Filter, RunId(0), |backlog| backlog.records),
        (Stage::Load, RunId(0), |backlog| backlog.objects),
    ];
    for (stage, of_run, left) in left {
        let meter = Meter::start();
        for turn in 1.. {
            advance(&deps, connection, of_run, stage, turn).await?;
            if left(deps.store.backlog(connection, run).await?) == 0 {
                break;
            }
            ensure!(turn < 1_000, "{stage} does not come to an end");
        }
        costs.push((stage, meter.read()));
    }
    deps.store.close().await;
    Ok(costs)
}

/// What a job does, without the queue.
async fn advance(
    deps: &jobs::deps::Deps,
    connection: ConnectionId,
    run: RunId,
    stage: Stage,
    turn: i64,
) -> anyhow::Result<()> {
    let job = JobAddress {
        v: 1,
        connection,
        run,
        stage,
        turn,
    };
    Ok(stages::advance(deps, job).await?)
}

fn report(small: &Measured, large: &Measured) {
    let Served {
        sales,
        rows,
        records,
        ..
    } = large.served;
    let more_sales = (sales - small.served.sales).max(1);
    let each = |large: u64, small: u64| large.saturating_sub(small) / more_sales;
    let all = each(large.whole, small.whole);
    let pages = each(large.pages, small.pages);
    let mut figures = vec![
        Figure::new(
            "sales a second",
            "per_second",
            large.replay.per_second(sales),
        )
        .goal(">=", 5_000),
        Figure::new("CPU a source record", "ns", large.replay.cpu_each(records)).goal("<=", 70_000),
        Figure::new("CPU a top-level record", "ns", large.replay.cpu_each(rows)),
        Figure::new("storage a sale", "bytes", all).goal("<=", 1_500),
        Figure::new("  of it pages", "bytes", pages),
        Figure::new("  of it records, verdicts, model", "bytes", all - pages),
        Figure::new("peak memory", "kib", large.peak_kib).goal("<=", 120_000),
        Figure::new(
            "peak memory / that at a tenth of the sales",
            "thousandths",
            large.peak_kib * 1_000 / small.peak_kib.max(1),
        )
        .goal("<=", 1_200),
    ];
    for (stage, cost) in &large.stages {
        let name = format!("{stage} alone, CPU a source record");
        figures.push(Figure::new(name, "ns", cost.cpu_each(records)));
    }
    figures::print(
        "replay",
        &format!(
            "{sales} sales, {rows} rows, {records} source records with all that is nested in them"
        ),
        &figures,
    );
}
