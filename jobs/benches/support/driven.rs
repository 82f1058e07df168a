//! Runs driven in processes of their own: each begins with the memory of a program just started,
//! and nothing that was done before is counted.

use super::figures::{Cost, Meter};
use super::world;
use anyhow::ensure;
use clap::Args;
use jobs::deps::Delivery;
use pipeline::id::RunId;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Which run of which database.
#[derive(Debug, Args)]
pub(crate) struct Drive {
    database: PathBuf,
    run: i64,
}

/// What a run took.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Driven {
    wall: Duration,
    cpu: Duration,
    /// The most memory the process held.
    pub(crate) peak_kib: u64,
}

impl Driven {
    pub(crate) fn cost(&self) -> Cost {
        Cost {
            wall: self.wall,
            cpu: self.cpu,
        }
    }
}

/// Carries a run to its end and tells what it took: the child's whole life.
pub(crate) async fn drive(what: &Drive) -> anyhow::Result<()> {
    drive_with(what, Delivery::default()).await
}

/// The same with a way to deliver.
pub(crate) async fn drive_with(what: &Drive, delivery: Delivery) -> anyhow::Result<()> {
    let deps = world::open(&what.database).await?.with_delivery(delivery);
    let meter = Meter::start();
    let run = jobs::worker::drive(&deps, RunId(what.run), |_| {}).await?;
    let cost = meter.read();
    ensure!(run.state == "done", "{}: {:?}", run.state, run.reason);
    let driven = told(cost);
    deps.store.close().await;
    println!("{}", serde_json::to_string(&driven)?);
    Ok(())
}

/// What this process took so far, for its parent.
pub(crate) fn told(cost: Cost) -> Driven {
    let Cost { wall, cpu } = cost;
    Driven {
        wall,
        cpu,
        peak_kib: peak_kib(),
    }
}

/// The part that carries a run to its end.
pub(crate) const RUN: &[&str] = &["drive"];

/// Starts this program once more, as one of its parts that carry a run to its end.
pub(crate) fn start(part: &[&str], database: &Path, run: RunId) -> anyhow::Result<Driven> {
    let child = Command::new(std::env::current_exe()?)
        .args(part)
        .arg(database)
        .arg(run.to_string())
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(child.status.success(), "the run did not come to its end");
    Ok(serde_json::from_slice(&child.stdout)?)
}

/// The most memory this process held, where the system tells it as Linux does, else 0.
fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.trim().trim_end_matches("kB").trim().parse().ok())
        .unwrap_or(0)
}
