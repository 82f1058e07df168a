//! A storm of faults over a whole account: nothing twice, nothing missing, nothing wrong.

use super::judge::assert_delivered;
use super::world::{World, sized};
use sandbox::Weather;
use std::time::Duration;

async fn storm(items: u32, sales: u32) {
    let world = World::new(sized(items, sales)).await;
    let optiply = world.sandbox.optiply();
    optiply.behave(|rules| rules.visible_after = Duration::from_secs(20));
    optiply.set_weather(Weather::storm());
    let run = world.backfill().await;
    assert_eq!(run.state, "done", "{:?}", run.reason);
    let faults = optiply
        .history()
        .iter()
        .filter(|call| call.fault.is_some())
        .count();
    assert!(faults > 100, "only {faults} calls went wrong");
    assert_eq!(world.parked().await, []);
    assert_delivered(&world).await;
    let tallies = world.deps.store.delivery_tallies(world.connection, run.id);
    let tallies = tallies.await.expect("tallies");
    assert!(
        tallies
            .values()
            .all(|tally| tally.balances() && tally.open == 0)
    );
}

#[tokio::test(start_paused = true)]
async fn a_storm_doubles_loses_and_falsifies_nothing() {
    storm(300, 1_500).await;
}
