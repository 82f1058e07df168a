//! A first delivery to Optiply: in virtual time at the pace in force, and as fast as it goes, for
//! what it costs. The latter runs in a process of its own, as the binary would, against an account
//! that another one serves.
//!
//! `cargo bench -p stockbridge --bench deliver -- --items 5000 --sales 50000` takes another size.

#[path = "support/delivering.rs"]
mod delivering;
#[path = "support/paced.rs"]
mod paced;
mod support;
#[path = "support/unhurried.rs"]
mod unhurried;

use anyhow::ensure;
use clap::{Args, Parser, Subcommand};
use sandbox::Size as Account;
use std::time::Duration;
use storage::Trigger;
use support::driven::{self, Drive, Driven};
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

/// The larger of two accounts; the other holds a tenth.
#[derive(Clone, Copy, Debug, Args)]
struct Size {
    /// Items of the account
    #[arg(long, default_value_t = 5_000)]
    items: u32,
    /// Sales of the account
    #[arg(long, default_value_t = 50_000)]
    sales: u32,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// Serve the imitated account
    Serve(Plan),
    /// Carry a run to its end
    Drive(Drive),
    /// The same, delivery included, without sparing anybody
    Deliver(Drive),
}

/// The account that is delivered in virtual time.
const PACED: Account = Account {
    shops: 1,
    vendors: 20,
    items: 400,
    sales: 4_000,
};

const LATENCY: Duration = Duration::from_millis(50);

fn main() -> anyhow::Result<()> {
    jobs::heap::share();
    let arguments = Arguments::parse();
    if arguments.part.is_none() {
        report_paced()?;
    }
    jobs::runtime::new()?.block_on(run(arguments))
}

fn report_paced() -> anyhow::Result<()> {
    let paced = paced::measure(PACED, LATENCY)?;
    let millis = u64::try_from(paced.took.as_millis())?.max(1);
    let a_second = u64::from(paced.per_minute) / 60;
    let calls = paced.calls * 1_000 / millis;
    let figures = [
        Figure::new(
            "objects a second",
            "per_second",
            paced.objects * 1_000 / millis,
        ),
        Figure::new("calls a second", "per_second", calls),
        Figure::new("pace at the end, calls a second", "per_second", a_second),
        Figure::new("time", "ms", millis),
    ];
    let about = format!(
        "{} objects, 50 ms an answer, in virtual time",
        paced.objects
    );
    figures::print("deliver, at the pace in force", &about, &figures);
    Ok(())
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    match arguments.part {
        Some(Part::Serve(plan)) => return source::serve(&plan).await,
        Some(Part::Drive(what)) => return driven::drive(&what).await,
        Some(Part::Deliver(what)) => {
            return driven::drive_with(&what, delivering::UNPACED).await;
        }
        None => {}
    }
    let Size { items, sales } = arguments.size;
    let (few, small) = measure(items / 10, sales / 10).await?;
    let (many, large) = measure(items, sales).await?;
    let figures = [
        Figure::new("CPU an object", "ns", large.cost().cpu_each(many)),
        Figure::new(
            "objects a second",
            "per_second",
            large.cost().per_second(many),
        ),
        Figure::new("peak memory", "kib", large.peak_kib).goal("<=", 120_000),
        Figure::new("peak memory at a tenth", "kib", small.peak_kib),
        Figure::new(
            "the one / the other",
            "thousandths",
            large.peak_kib * 1_000 / small.peak_kib.max(1),
        )
        .goal("<=", 1_200),
    ];
    let about = format!("{many} objects, and {few} before");
    figures::print("deliver, unpaced", &about, &figures);
    Ok(())
}

/// Loads an account and delivers it. Returns how many calls that took, and what they cost.
async fn measure(items: u32, sales: u32) -> anyhow::Result<(u64, Driven)> {
    let folder = tempfile::tempdir()?;
    let database = folder.path().join("shop.db");
    let source = Source::start(&Plan {
        items,
        sales,
        registers: 0,
        latency_ms: 0,
        quiet_min: 0,
    })?;
    let deps = world::open(&database).await?;
    let (connection, run) = world::connect(&deps.store, &source.served).await?;
    deps.store.close().await;
    driven::start(driven::RUN, &database, run)?;
    let deps = world::open(&database).await?;
    let optiply = &source.served.optiply;
    delivering::deliver_to(&deps.store, connection, optiply).await?;
    let asked = deps.store.request_import(connection, Trigger::Manual);
    let run = asked.await?.run;
    deps.store.close().await;
    let driven = driven::start(&["deliver"], &database, run)?;
    let asked = source.end()?;
    ensure!(
        asked.made > u64::from(sales),
        "only {} were told",
        asked.made
    );
    Ok((asked.made, driven))
}
