//! An account is delivered, and then nothing more is sent.

use super::judge::{assert_delivered, held, made};
use super::world::{World, sized};
use pipeline::deliver::Entity;
use sandbox::Resource;

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
