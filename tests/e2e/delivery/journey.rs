//! An account is delivered, and then nothing more is sent.

use super::judge::{assert_delivered, held, made};
use super::world::{World, sized};
use pipeline::deliver::Entity;
use sandbox::Resource;
use serde_json::Value;

#[tokio::test(start_paused = true)]
async fn every_object_is_made_once_and_a_second_run_sends_nothing() {
    let world = World::new(sized(150, 600)).await;
    let run = world.backfill().await;
    assert_eq!(run.state, "done", "{:?}", run.reason);
    assert_eq!(world.parked().await, []);
    assert_delivered(&world).await;
    let mut made = made(&world);
    made.remove(Resource::ReceiptLines.name());
    assert_eq!(made, held(&world), "each row was made by one call");
    let writes = world.sandbox.optiply().writes();
    assert!(writes.iter().all(|write| write.method != "DELETE"));

    let tallies = world.deps.store.delivery_tallies(world.connection, run.id);
    let tallies = tallies.await.expect("tallies");
    assert!(
        tallies
            .values()
            .all(|tally| tally.balances() && tally.open == 0)
    );
    let products = &tallies[&Entity::Product];
    assert_eq!(products.entered, products.acknowledged);
    assert_eq!(
        products.entered,
        i64::try_from(held(&world)["products"]).expect("a number")
    );

    world.sandbox.optiply().clear_history();
    let second = world.sync().await;
    assert_eq!(second.state, "done", "{:?}", second.reason);
    assert_eq!(world.sandbox.optiply().history(), []);
}

#[tokio::test(start_paused = true)]
async fn without_credentials_nothing_is_sent_and_with_them_everything_is() {
    let world = World::without_delivery(sized(60, 120)).await;
    let run = world.backfill().await;
    assert_eq!(run.state, "done", "{:?}", run.reason);
    assert_eq!(world.sandbox.optiply().history(), []);
    let counts = world.deps.store.delivery_counts(world.connection).await;
    assert!(counts.expect("counts").is_empty());

    world.start_delivery().await;
    let run = world.sync().await;
    assert_eq!(run.state, "done", "{:?}", run.reason);
    assert_eq!(world.parked().await, []);
    assert_delivered(&world).await;

    let writes = world.sandbox.optiply().writes();
    let made = |resource: Resource| {
        let made = writes.iter().enumerate();
        made.filter(move |(_, write)| write.resource == resource && write.method == "POST")
    };
    let last = |resource| made(resource).next_back().expect("a write").0;
    let first = |resource| made(resource).next().expect("a write").0;
    // What others name goes first, and demand before purchases.
    assert!(last(Resource::Products) < first(Resource::SellOrders));
    assert!(first(Resource::SupplierProducts) < first(Resource::SellOrders));
    assert!(last(Resource::SellOrders) < first(Resource::BuyOrders));
    assert!(last(Resource::BuyOrders) < last(Resource::ReceiptLines));
    let placed: Vec<String> = made(Resource::SellOrders)
        .map(|(_, write)| {
            let body: Value = serde_json::from_str(&write.body).expect("json");
            let placed = &body["data"]["attributes"]["placed"];
            placed.as_str().expect("an instant").to_owned()
        })
        .collect();
    // One that waits for the last products lets others go ahead, and so does one that cannot be
    // told from another on its way.
    let newest = placed.iter().max();
    let place = placed.iter().position(|placed| Some(placed) == newest);
    assert!(place.expect("the newest") < placed.len() / 5, "{placed:?}");
    let overtaken = placed.windows(2).filter(|pair| pair[0] < pair[1]).count();
    assert!(
        overtaken * 10 < placed.len(),
        "{overtaken} of {}",
        placed.len()
    );
}
