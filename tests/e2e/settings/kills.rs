//! A refilter by the real binary, killed at many moments and started again by the same command.

use super::first;
use crate::support::{World, assert_balanced, assert_same, sized};
use pipeline::settings::{Locations, Settings};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use storage::REFILTER;

const KILLS: usize = 8;

fn start(world: &World) -> Child {
    Command::new(env!("CARGO_BIN_EXE_stockbridge"))
        .args([
            "settings",
            "shop",
            "--set",
            "get-data-from=one",
            "--yes",
            "--json",
            "--database",
        ])
        .arg(world.deps.store.path())
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs")
}

/// The write-ahead log changes with each commit.
fn log(world: &World) -> Option<(u64, std::time::SystemTime)> {
    let meta = std::fs::metadata(format!("{}-wal", world.deps.store.path().display())).ok()?;
    Some((meta.len(), meta.modified().ok()?))
}

/// Waits for so many commits; tells whether the process ended by itself.
async fn commits(world: &World, child: &mut Child, n: usize) -> bool {
    let (mut last, mut seen) = (log(world), 0);
    let until = Instant::now() + Duration::from_secs(60);
    while seen < n {
        assert!(Instant::now() < until, "it stands still");
        if child.try_wait().expect("a child").is_some() {
            return true;
        }
        let now = log(world);
        seen += usize::from(now != last);
        last = now;
        tokio::time::sleep(Duration::from_micros(300)).await;
    }
    false
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_anywhere_a_refilter_is_resumed_by_the_same_command() {
    let one = Settings {
        locations: Locations::One,
        ..first()
    };
    let (world, undisturbed) = (
        World::new(sized(900, 6_000)).await,
        World::new(sized(900, 6_000)).await,
    );
    world.backfill().await;
    undisturbed.backfill().await;
    super::change(&undisturbed, &one).await;
    let asked = world.sandbox.history().len();
    let mut rng = StdRng::seed_from_u64(8);
    let mut kills = 0;
    while kills < KILLS {
        let mut child = start(&world);
        if commits(&world, &mut child, rng.random_range(1..30)).await {
            break;
        }
        tokio::time::sleep(Duration::from_micros(rng.random_range(0..4_000))).await;
        child.kill().expect("a kill");
        child.wait().expect("an end");
        kills += 1;
    }
    assert!(kills > 3, "only {kills} kills fell into it");
    let ended = start(&world).wait().expect("an end");
    assert_eq!(
        ended.code(),
        Some(3),
        "with the one record that is rejected"
    );
    let store = &world.deps.store;
    let runs = store.runs(world.connection, 10).await.expect("runs");
    let refilters: Vec<_> = runs.iter().filter(|run| run.kind == REFILTER).collect();
    assert_eq!(refilters.len(), 1);
    assert_eq!(refilters[0].state, "done", "{:?}", refilters[0].reason);
    assert_balanced(&world.tallies(refilters[0].id).await);
    let current = store.current_settings(world.connection).await;
    assert_eq!(current.expect("settings").version, 2);
    assert_same(&world.dump().await, &undisturbed.dump().await);
    assert_eq!(world.sandbox.history().len(), asked, "nothing was asked");
}
