//! Changed settings over stored records: a refilter of an account that was read before, as the
//! binary does it, in a process of its own; and the preview that comes before it, which must say
//! exactly what then happens.
//!
//! `cargo bench -p stockbridge --bench refilter -- --sales 20000 --items 2000` takes another size.

mod support;
#[path = "support/differences.rs"]
mod told_apart;

use anyhow::{Context as _, ensure};
use clap::{Args, Parser, Subcommand};
use jobs::preview::preview;
use pipeline::id::ShopId;
use pipeline::settings::{Locations, Settings};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;
use storage::SettingsChange;
use support::driven::{Drive, Driven};
use support::figures::{self, Figure};
use support::source::{self, Plan, Served, Source};
use support::{driven, world};
use told_apart::{Counts, differences, model};

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
    /// Items of the account
    #[arg(long, default_value_t = 20_000)]
    items: u32,
    /// Sales of the account
    #[arg(long, default_value_t = 200_000)]
    sales: u32,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// Serve the imitated account
    Serve(Plan),
    /// Carry a run to its end
    Drive(Drive),
    /// Preview the change
    Preview {
        /// Where the account was read into
        database: PathBuf,
    },
}

/// The account is also taken at a tenth of its sales, to tell what each sale adds to the memory.
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
        Some(Part::Preview { database }) => return previewed(&database).await,
        None => {}
    }
    let folder = tempfile::tempdir()?;
    let Size { items, sales } = arguments.size;
    let small = measure(items, sales / PART, &folder.path().join("small")).await?;
    let large = measure(items, sales, &folder.path().join("large")).await?;
    report(&small, &large);
    Ok(())
}

struct Measured {
    served: Served,
    preview: Driven,
    refilter: Driven,
    /// What the preview said, and what then happened.
    said: Counts,
    happened: Counts,
}

/// Half of the shops: many orders go, many products change.
fn other() -> Settings {
    Settings::new(Locations::Multiple(vec![ShopId(1), ShopId(2)]), ShopId(1))
}

async fn measure(items: u32, sales: u32, folder: &Path) -> anyhow::Result<Measured> {
    std::fs::create_dir_all(folder)?;
    let database = folder.join("shop.db");
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
    let begun = Instant::now();
    driven::start(driven::RUN, &database, run)?;
    eprintln!("read {sales} sales in {} s", begun.elapsed().as_secs());
    let served = source.served.clone();
    // From here on there is nobody to ask.
    source.end()?;
    let (preview, said) = child(&database)?;
    let deps = world::open(&database).await?;
    let begun_with = model(&deps.store, connection).await?;
    let before = deps.store.current_settings(connection).await?.version;
    let change = deps
        .store
        .change_settings(connection, before, &other(), "bench", "half of the shops")
        .await?;
    let SettingsChange::Opened { run, .. } = change else {
        anyhow::bail!("{change:?}");
    };
    deps.store.close().await;
    let refilter = driven::start(driven::RUN, &database, run)?;
    let deps = world::open(&database).await?;
    let happened = differences(&begun_with, &model(&deps.store, connection).await?);
    deps.store.close().await;
    ensure!(
        said == happened,
        "the preview said {said:?}, and then happened {happened:?}"
    );
    Ok(Measured {
        served,
        preview,
        refilter,
        said,
        happened,
    })
}

/// The preview, in a process of its own: the child's whole life.
async fn previewed(database: &Path) -> anyhow::Result<()> {
    let deps = world::open(database).await?;
    let connection = deps.store.connection("bench").await?;
    let meter = figures::Meter::start();
    let found = preview(&deps, connection.id, &other()).await?;
    ensure!(!found.is_empty(), "the change does nothing");
    println!("{}", serde_json::to_string(&driven::told(meter.read()))?);
    let said: Counts = found
        .entities
        .iter()
        .map(|e| {
            let counts = [e.created, e.changed, e.disabled, e.removed];
            (e.entity.to_owned(), counts)
        })
        .filter(|(_, counts)| counts.iter().any(|n| *n > 0))
        .collect();
    println!("{}", serde_json::to_string(&said)?);
    deps.store.close().await;
    Ok(())
}

fn child(database: &Path) -> anyhow::Result<(Driven, Counts)> {
    let child = Command::new(std::env::current_exe()?)
        .arg("preview")
        .arg(database)
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(child.status.success(), "the preview failed");
    let told = String::from_utf8(child.stdout)?;
    let (took, said) = told.split_once('\n').context("what the preview said")?;
    Ok((serde_json::from_str(took)?, serde_json::from_str(said)?))
}

fn report(small: &Measured, large: &Measured) {
    let Served { sales, rows, .. } = large.served;
    let flat = |large: &Driven, small: &Driven| large.peak_kib * 1_000 / small.peak_kib.max(1);
    let figures = [
        Figure::new(
            "sales a second",
            "per_second",
            large.refilter.cost().per_second(sales),
        )
        .goal(">=", 5_000),
        Figure::new(
            "CPU a top-level record",
            "ns",
            large.refilter.cost().cpu_each(rows),
        ),
        Figure::new("peak memory", "kib", large.refilter.peak_kib).goal("<=", 120_000),
        Figure::new(
            "peak memory / that at a tenth of the sales",
            "thousandths",
            flat(&large.refilter, &small.refilter),
        )
        .goal("<=", 1_200),
        Figure::new(
            "preview, sales a second",
            "per_second",
            large.preview.cost().per_second(sales),
        ),
        Figure::new("preview, peak memory", "kib", large.preview.peak_kib).goal("<=", 120_000),
        Figure::new(
            "preview, peak memory / that at a tenth of the sales",
            "thousandths",
            flat(&large.preview, &small.preview),
        )
        .goal("<=", 1_200),
    ];
    eprintln!(
        "created, changed, disabled, removed: previewed {:?}, happened {:?}",
        large.said, large.happened
    );
    figures::print(
        "refilter",
        &format!("{sales} sales, {rows} rows, read before; nothing is asked of the source"),
        &figures,
    );
}
