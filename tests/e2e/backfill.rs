//! A full historical sync against the sandbox equals the sandbox's truth.

use crate::support::{PATIENCE, World, assert_balanced, assert_same, report, small};
use pipeline::id::ShopId;
use pipeline::settings::{Locations, Settings};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backfill_equals_the_truth_and_a_second_one_changes_nothing() {
    let settings = Settings::new(Locations::All, ShopId(1));
    let world = World::with(small(), settings.clone()).await;
    let run = tokio::time::timeout(PATIENCE, world.backfill())
        .await
        .expect("in time");
    world.assert_true(&run, &settings).await;

    let again = world.backfill().await;
    assert_ne!(again.id, run.id);
    let tallies = world.tallies(again.id).await;
    assert_balanced(&tallies);
    for feed in report(&tallies).as_array().expect("feeds") {
        let rejected: i64 = feed["rejected"]
            .as_object()
            .expect("a map")
            .values()
            .filter_map(|n| n.as_i64())
            .sum();
        assert_eq!(
            feed["unchanged"].as_i64().expect("a number") + rejected,
            feed["read"].as_i64().expect("a number"),
            "{feed}"
        );
    }
    assert_same(&world.dump().await, &world.truth(&settings).dump);
}
