//! What comes to light after the match, and was made before us all the same.

use super::SIZE;
use super::left::made_again;
use crate::delivery::world::World;
use sandbox::{Left, Resource, SaleTimes};
use storage::Adoption;

/// A world whose account was taken over, and an item that was archived then, so that it was not
/// loaded although the predecessor had made it.
async fn taken_over() -> (World, Left, u64) {
    let world = World::without_delivery(SIZE()).await;
    let item = world
        .sandbox
        .mutate(|account| account.add_item("Bell of brass", rust_decimal::Decimal::TEN));
    let left = world.sandbox.fill_as_predecessor(SaleTimes::True);
    world.sandbox.mutate(|account| account.archive_item(item));
    tokio::time::sleep(std::time::Duration::from_secs(86_400)).await;
    world.start_adoption().await;
    world.backfill().await;
    world.settle().await;
    assert_eq!(made_again(&world.sandbox, &left), Vec::<String>::new());
    world.sandbox.optiply().clear_history();
    (world, left, item)
}

#[tokio::test(start_paused = true)]
async fn an_item_that_comes_back_is_found_where_it_was() {
    let (world, left, item) = taken_over().await;
    assert_eq!(world.sandbox.optiply().history(), []);
    world.sandbox.mutate(|account| {
        account.unarchive_item(item);
        account.restock(item, 1, 4);
    });
    let run = world.sync().await;
    assert_eq!(run.state, "done", "{:?}", run.reason);
    assert_eq!(made_again(&world.sandbox, &left), Vec::<String>::new());
    let optiply = world.sandbox.optiply();
    let rows = optiply.rows(Resource::Products);
    let row = rows.iter().find(|row| row.id == left.products[&item][0]);
    assert_eq!(row.expect("the row").int("stockLevel"), Some(4));
    let read: Vec<String> = optiply
        .history()
        .into_iter()
        .filter(|call| call.method == "GET")
        .map(|call| call.resource)
        .collect();
    assert!(
        read.iter().all(|resource| resource == "products"),
        "only that kind is read: {read:?}"
    );
    optiply.clear_history();
    world.sync().await;
    assert_eq!(optiply.history(), []);
}

#[tokio::test(start_paused = true)]
async fn what_is_younger_than_the_match_is_made_without_a_look() {
    let (world, ..) = taken_over().await;
    let item = world.sandbox.mutate(|account| {
        let item = account.add_item("Quite new", rust_decimal::Decimal::TEN);
        // The clocks of this test stand in different years.
        account.edit_item(item, |item| {
            item.created = "2026-12-01T00:00:00Z".parse().expect("an instant");
        });
        account.restock(item, 1, 2);
        item
    });
    let run = world.sync().await;
    assert_eq!(run.state, "done", "{:?}", run.reason);
    let calls = world.sandbox.optiply().history();
    assert!(calls.iter().all(|call| call.method != "GET"), "{calls:?}");
    let made = world.sandbox.optiply().writes();
    assert!(
        made.iter().any(|write| write.body.contains("Quite new")),
        "{item}"
    );
    let adoption = world.deps.store.adoption(world.connection).await;
    assert_eq!(adoption.expect("a state"), Adoption::Done);
}
