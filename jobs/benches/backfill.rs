//! A whole backfill against the imitated account: as fast as it goes, at the permitted rate, killed
//! now and then, and left on another host.
//! It runs in a process of its own, as the binary would. The account is served by another, which is
//! not counted but takes its share of the same machine.

#[path = "support/reads.rs"]
mod reads;
#[path = "support/resumed.rs"]
mod resumed;
mod support;
#[path = "support/unhurried.rs"]
mod unhurried;

use clap::{Parser, Subcommand};
use std::time::Duration;
use support::driven::{Drive, Driven};
use support::figures::{self, Cost, Figure};
use support::source::{self, Asked, Plan, Served, Source};
use support::{driven, world};

#[derive(Debug, Parser)]
struct Arguments {
    #[command(flatten)]
    plan: Plan,
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

/// The account that is read at the permitted rate; most of it fits into the bucket.
const LIMITED: Plan = Plan {
    items: 2_000,
    sales: 25_000,
    registers: 20,
    latency_ms: 100,
    quiet_min: 0,
};

/// The same where the source alone decides how long it takes.
const BOUND: Plan = Plan {
    registers: 5,
    ..LIMITED
};

fn main() -> anyhow::Result<()> {
    jobs::heap::share();
    let arguments = Arguments::parse();
    let whole = arguments.part.is_none();
    jobs::runtime::new()?.block_on(run(arguments))?;
    if whole {
        let millis = u64::try_from(reads::longest_takeover()?.as_millis())?;
        figures::print(
            "backfill-left",
            &format!(
                "its worker dies on another host, {} times, in virtual time",
                reads::DEATHS.len()
            ),
            &[Figure::new("death to the next call, at most", "ms", millis).goal("<=", 30_000)],
        );
    }
    Ok(())
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    match arguments.part {
        Some(Part::Serve(plan)) => return source::serve(&plan).await,
        Some(Part::Drive(what)) => return driven::drive(&what).await,
        None => {}
    }
    let free = backfill(&arguments.plan, driven::RUN).await?;
    report_free(&free);
    let limited = backfill(&LIMITED, driven::RUN).await?;
    report_limited(&limited);
    let bound = backfill(&BOUND, driven::RUN).await?;
    let alone = tokio::task::spawn_blocking(|| reads::alone(&BOUND)).await??;
    report_bound(&bound, alone);
    let resumed = resumed::resumed().await?;
    let millis = u64::try_from(resumed.as_millis())?;
    figures::print(
        "backfill-killed",
        &format!("killed {} times, 20 ms an answer", resumed::KILLS),
        &[Figure::new("start to the first page stored, at most", "ms", millis).goal("<=", 2_000)],
    );
    Ok(())
}

struct Measured {
    served: Served,
    asked: Asked,
    driven: Driven,
}

async fn backfill(plan: &Plan, part: &[&str]) -> anyhow::Result<Measured> {
    let folder = tempfile::tempdir()?;
    let database = folder.path().join("bench.db");
    let source = Source::start(plan)?;
    let deps = world::open(&database).await?;
    let (_, run) = world::connect(&deps.store, &source.served).await?;
    deps.store.close().await;
    let driven = driven::start(part, &database, run)?;
    Ok(Measured {
        served: source.served.clone(),
        asked: source.end()?,
        driven,
    })
}

fn millis(cost: Cost) -> u64 {
    u64::try_from(cost.wall.as_millis()).unwrap_or(u64::MAX)
}

fn thousandths(part: Duration, whole: Duration) -> u64 {
    u64::try_from(part.as_micros() * 1_000 / whole.as_micros().max(1)).unwrap_or(u64::MAX)
}

fn report_free(measured: &Measured) {
    let Measured { served, driven, .. } = measured;
    let cost = driven.cost();
    figures::print(
        "backfill",
        &format!(
            "{} sales, {} rows, {} source records, without limits and without latency",
            served.sales, served.rows, served.records
        ),
        &[
            Figure::new("wall time", "ms", millis(cost)),
            Figure::new(
                "source records a second",
                "per_second",
                cost.per_second(served.records),
            ),
            Figure::new("rows a second", "per_second", cost.per_second(served.rows)),
            Figure::new("CPU a source record", "ns", cost.cpu_each(served.records))
                .goal("<=", 70_000),
            Figure::new("CPU a row", "ns", cost.cpu_each(served.rows)),
            Figure::new("peak memory", "kib", driven.peak_kib).goal("<=", 120_000),
            Figure::new("calls", "count", measured.asked.calls),
        ],
    );
}

fn report_bound(measured: &Measured, alone: Duration) {
    let wall = measured.driven.cost().wall;
    figures::print(
        "backfill-bound",
        &format!(
            "{} sales, the bucket of {} registers, {} ms an answer",
            measured.served.sales, BOUND.registers, BOUND.latency_ms
        ),
        &[
            Figure::new("wall time", "ms", millis(measured.driven.cost())),
            Figure::new(
                "  wall / if nothing took time but the API",
                "thousandths",
                thousandths(wall, alone),
            )
            .goal("<=", 1_020),
        ],
    );
}

fn report_limited(measured: &Measured) {
    let Measured {
        served,
        asked,
        driven,
    } = measured;
    let cost = driven.cost();
    // In thousandths, as documented for the bucket of 2026.
    let more = u64::from(LIMITED.registers) - 1;
    let (size, drip) = (90_000 + 10_000 * more, 1_000 + 500 * more);
    // The bucket may be filled once and then drips; an import may fill four fifths of it.
    let least = asked.least.saturating_sub(size * 8 / 10) * 1_000 / drip;
    let least_of_all = asked.least.saturating_sub(size) * 1_000 / drip;
    let ratio = |least: u64| millis(cost) * 1_000 / least.max(1);
    figures::print(
        "backfill-limited",
        &format!(
            "{} sales, {} rows, {} source records, the bucket of {} registers, {} ms an answer",
            served.sales, served.rows, served.records, LIMITED.registers, LIMITED.latency_ms
        ),
        &[
            Figure::new("wall time", "ms", millis(cost)),
            Figure::new("  least, with an import's share of the bucket", "ms", least),
            Figure::new("  wall / least", "thousandths", ratio(least)).goal("<=", 1_050),
            Figure::new("  least, with the whole bucket", "ms", least_of_all),
            Figure::new(
                "  wall / least with the whole bucket",
                "thousandths",
                ratio(least_of_all),
            ),
            Figure::new("calls refused for going too fast", "count", asked.refused).goal("<=", 0),
            Figure::new("drips a hundred sales", "thousandths", asked.hundred_sales)
                .goal("<=", 1_450),
            Figure::new(
                "drips a hundred items with stock",
                "thousandths",
                asked.hundred_items,
            )
            .goal("<=", 2_300),
            Figure::new(
                "drips spent / those of full pages",
                "thousandths",
                asked.spent * 1_000 / asked.least.max(1),
            ),
            Figure::new(
                "source records a second",
                "per_second",
                cost.per_second(served.records),
            ),
            Figure::new("CPU a source record", "ns", cost.cpu_each(served.records)),
            Figure::new("peak memory", "kib", driven.peak_kib).goal("<=", 120_000),
        ],
    );
}
