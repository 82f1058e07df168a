//! An account as another integration left it, which names things and tells sales in its own way.

use super::left::{assert_planners_kept, made_again};
use super::{SIZE, posts};
use crate::delivery::world::World;
use pipeline::deliver::Entity;
use sandbox::{Left, Resource, SaleTimes, Writer};

/// A world with its history loaded, whose Optiply account the predecessor has filled.
async fn taken_over(times: SaleTimes) -> (World, Left) {
    let world = World::without_delivery(SIZE()).await;
    let left = world.sandbox.fill_as_predecessor(times);
    world.backfill().await;
    // What is there is old when we come.
    tokio::time::sleep(std::time::Duration::from_secs(86_400)).await;
    world.sandbox.optiply().clear_history();
    world.start_adoption().await;
    (world, left)
}

#[tokio::test(start_paused = true)]
async fn what_another_integration_left_is_adopted_without_a_duplicate() {
    let (world, left) = taken_over(SaleTimes::True).await;
    let optiply = world.sandbox.optiply();
    world.settle().await;
    assert_eq!(made_again(&world.sandbox, &left), Vec::<String>::new());
    assert_planners_kept(&world.sandbox, &left);
    let twice: Vec<u64> = left
        .products
        .iter()
        .filter(|(_, rows)| rows.len() > 1)
        .map(|(item, _)| *item)
        .collect();
    assert!(!twice.is_empty() && left.suppliers.values().any(|rows| rows.len() > 1));
    let rejected = world
        .deps
        .store
        .rejections(world.connection, 0, 1_000)
        .await;
    let listed: Vec<_> = rejected
        .expect("rejections")
        .into_iter()
        .filter(|one| {
            one.reason
                .is_some_and(|why| why.code() == "several_in_optiply")
        })
        .collect();
    for item in &twice {
        let id = i64::try_from(*item).expect("an id");
        let of_item = |one: &&storage::Rejection| {
            one.path == format!("product:{item}:") && one.record == Some(id)
        };
        let told = listed.iter().find(of_item).expect("it is listed");
        for row in &left.products[item] {
            assert!(told.detail.contains(&row.to_string()), "{told:?}");
        }
    }
    let report = world.deps.store.adoption_report(world.connection).await;
    let report = report.expect("a report");
    let of = |entity: Entity| {
        let of = report.iter().find(|of| of.entity == entity);
        of.expect("every kind is told of")
    };
    let products = of(Entity::Product);
    assert!(products.adopted > products.held * 3 / 4, "{products:?}");
    let orders = of(Entity::SellOrder);
    assert!(orders.adopted > orders.held * 3 / 4, "{orders:?}");
    assert!(orders.to_make > 0, "the last sales were never told");

    // A person decides: the copies go, and what is left is taken over.
    optiply.clear_history();
    optiply.mutate(Writer::Planner, |editor| {
        for item in &twice {
            let copy = left.products[item][1];
            editor.delete(Resource::Products, copy).expect("gone");
        }
    });
    let ids: Vec<i64> = listed.iter().map(|one| one.id).collect();
    let store = &world.deps.store;
    let retried = store.retry_rejections(world.connection, Some(&ids)).await;
    retried.expect("a retry");
    world.settle().await;
    assert!(!posts(&world).contains_key("products"));
    let parked = world.parked().await;
    for item in &twice {
        let key = format!("product:{item}:");
        assert!(parked.iter().all(|(of, _)| *of != key), "{parked:?}");
    }
    assert_eq!(made_again(&world.sandbox, &left), Vec::<String>::new());

    optiply.clear_history();
    world.sync().await;
    assert_eq!(optiply.history(), [], "a second run makes no call");
}

#[tokio::test(start_paused = true)]
async fn sales_told_at_other_times_are_not_told_again() {
    let (world, left) = taken_over(SaleTimes::Shifted).await;
    world.settle().await;
    assert_eq!(made_again(&world.sandbox, &left), Vec::<String>::new());
    let of_sales = |(of, _): &&(String, String)| of.starts_with("sell_order:");
    let parked = world.parked().await;
    let set_aside = parked.iter().filter(of_sales).count();
    assert!(
        set_aside > left.sell_orders.len() / 2,
        "{set_aside} of {}",
        left.sell_orders.len()
    );
}
