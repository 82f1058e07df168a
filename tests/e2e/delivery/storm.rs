//! A storm of faults over a whole account: nothing twice, nothing missing, nothing wrong.

use super::judge::assert_delivered;
use super::world::{World, sized};
use sandbox::Weather;
use std::time::Duration;

/// Makes the account of the storm larger: so many items, and ten sales for three of them.
const ITEMS: &str = "STOCKBRIDGE_STORM_ITEMS";

#[tokio::test(start_paused = true)]
async fn a_storm_doubles_loses_and_falsifies_nothing() {
    #[expect(
        clippy::disallowed_methods,
        reason = "the size of a test is no configuration of the program"
    )]
    let items = std::env::var(ITEMS).ok();
    let items: u32 = items.map_or(2_000, |items| items.parse().expect("a number"));
    let sales = items * 10 / 3;
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
    let resources = sandbox::Resource::ALL.into_iter();
    let rows: usize = resources.map(|resource| optiply.rows(resource).len()).sum();
    assert!(rows >= 20_000 || items < 2_000, "only {rows} rows");
    let tallies = world.deps.store.delivery_tallies(world.connection, run.id);
    let tallies = tallies.await.expect("tallies");
    assert!(
        tallies
            .values()
            .all(|tally| tally.balances() && tally.open == 0)
    );
}
