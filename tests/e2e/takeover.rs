//! A run that was left on another host: nothing there tells that its worker is gone, so that its
//! lease must run out first.

use crate::virtual_time::World;
use jobs::queue;
use pipeline::id::RunId;
use pipeline::{Feed, Stage};
use sandbox::Size;
use std::time::Duration;
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn a_run_left_on_another_host_is_taken_over_within_thirty_seconds() {
    let size = Size {
        shops: 3,
        vendors: 12,
        items: 500,
        sales: 12_000,
    };
    let mut world = World::new(1, size, Duration::from_millis(250)).await;
    let run = world.open().await;
    // Dropped where it stands, in the middle of a turn.
    assert!(
        tokio::time::timeout(Duration::from_secs(50), world.extract_rest(run))
            .await
            .is_err()
    );
    let died = Instant::now();
    let asked = world.sandbox.history().len();
    assert_eq!(world.extract_stage(run).await.state, "running");
    world.restart();
    taken_over(&world, run).await;
    let seen = died.elapsed();
    assert!(
        seen > Duration::from_secs(10),
        "it may still live: {seen:?}"
    );
    let asks = async {
        while world.sandbox.history().len() == asked {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        died.elapsed()
    };
    let ((), took) = tokio::join!(world.advance(run), asks);
    assert!(took <= Duration::from_secs(30), "{took:?}");
    world.extract_rest(run).await;
    let tallies = world.deps.store.tallies(run).await.expect("tallies");
    let sales = (Feed::Sales, Stage::Extract);
    assert_eq!(tallies[&sales].entered, 12_000, "each once");
}

/// Waits until the turn of whoever is gone is seen to be over.
async fn taken_over(world: &World, run: RunId) {
    for _ in 0..120 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        queue::look_once(&world.deps).await.expect("a look");
        if world.extract_stage(run).await.state != "running" {
            return;
        }
    }
    panic!("nobody took over within two minutes");
}
