//! The real binary, killed with SIGKILL while it delivers and started again with the same command:
//! every row is made once, and both sides agree.

use crate::support::{World, give_optiply};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sandbox::{Config, Limits, Resource, Size};
use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const KILLS: usize = 6;

fn account() -> Config {
    Config {
        size: Size {
            shops: 1,
            vendors: 12,
            items: 60,
            sales: 250,
        },
        limits: Limits::Off,
        latency: Duration::from_millis(4),
        ..Config::small(7)
    }
}

fn command(world: &World, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stockbridge"));
    command
        .args(args)
        .args(["shop", "--json", "--database"])
        .arg(world.deps.store.path())
        .env_clear()
        .env("STOCKBRIDGE_OPTIPLY_PACE", "500")
        .env("STOCKBRIDGE_OPTIPLY_SETTLE", "1")
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn start(world: &World) -> Child {
    let mut command = command(world, &["backfill"]);
    command
        .stdout(Stdio::null())
        .spawn()
        .expect("the binary runs")
}

/// Waits until so many more writes have taken effect; tells whether the process ended by itself.
async fn writes(world: &World, child: &mut Child, more: usize) -> bool {
    let optiply = world.sandbox.optiply();
    let enough = optiply.writes().len() + more;
    let until = Instant::now() + Duration::from_secs(60);
    while optiply.writes().len() < enough {
        assert!(Instant::now() < until, "it stands still");
        if child.try_wait().expect("a child").is_some() {
            return true;
        }
        tokio::time::sleep(Duration::from_micros(500)).await;
    }
    false
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_it_delivers_the_binary_makes_nothing_twice() {
    let world = World::new(account()).await;
    let served = world.optiply_urls();
    let store = &world.deps.store;
    give_optiply(
        store,
        world.connection,
        &world.sandbox,
        (&served.0, &served.1),
    )
    .await;
    assert!(
        store
            .start_adoption(world.connection)
            .await
            .expect("a start")
    );
    let optiply = world.sandbox.optiply();
    optiply.behave(|rules| rules.visible_after = Duration::from_millis(300));
    let mut rng = StdRng::seed_from_u64(6);
    let mut child = start(&world);
    for kill in 0..KILLS {
        let ended = writes(&world, &mut child, rng.random_range(5..70)).await;
        assert!(!ended, "only {kill} kills fell into the delivery");
        tokio::time::sleep(Duration::from_micros(rng.random_range(0..5_000))).await;
        child.kill().expect("a kill");
        child.wait().expect("an end");
        child = start(&world);
    }
    let code = child.wait().expect("an end").code();
    assert_eq!(code, Some(3), "with the one record that is rejected");

    let mut made: BTreeMap<Resource, usize> = BTreeMap::new();
    for write in optiply.writes() {
        assert_ne!(write.method, "DELETE", "{write:?}");
        *made.entry(write.resource).or_default() += usize::from(write.method == "POST");
    }
    for (resource, made) in made {
        let rows = optiply.rows(resource);
        // The lines of orders come with them.
        let alone = !matches!(resource, Resource::SellOrderLines | Resource::BuyOrderLines);
        if alone {
            assert_eq!(rows.len(), made, "{resource:?}");
        }
    }
    // What was made last would be shown only in a moment.
    let content = optiply.save().expect("a text");
    optiply.restore(&content).expect("the same rows");
    let told = command(&world, &["reconcile"])
        .output()
        .expect("the binary runs");
    assert_eq!(
        told.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&told.stdout)
    );
    optiply.clear_history();
    let again = command(&world, &["sync"])
        .output()
        .expect("the binary runs");
    assert!(again.status.code().is_some());
    assert_eq!(optiply.writes(), []);
}
