//! What was exported comes back by the import, and is known for what it is.

use super::world::{export, line, plan, stocked};
use crate::delivery::world::World;
use sandbox::{NewOrderLine, Resource};

/// The live buy orders of Optiply.
fn buy_orders(world: &World) -> Vec<i64> {
    let rows = world.sandbox.optiply().rows(Resource::BuyOrders);
    rows.into_iter()
        .filter(|row| !row.deleted)
        .map(|row| row.id)
        .collect()
}

#[tokio::test(start_paused = true)]
async fn an_exported_order_does_not_come_back_as_a_second_one() {
    let (world, shelf) = stocked(60).await;
    let lines = [
        line(shelf.items[0].1, 5, 150),
        line(shelf.items[1].1, 4, 99),
    ];
    plan(&world, shelf.vendors[0].1, &lines);
    let before = buy_orders(&world);
    export(&world).await;
    let order = world.sandbox.writes()[0].order;
    for _ in 0..2 {
        let run = world.sync().await;
        assert_eq!(run.state, "done", "{:?}", run.reason);
        assert_eq!(buy_orders(&world), before);
        // Its own change makes it be read again.
        world
            .sandbox
            .mutate(|account| account.edit_order(order, |_| {}));
    }
    world.sandbox.mutate(|account| {
        let line = account.orders()[&order].lines[0].id;
        account.receive(order, &[(line, 2)]);
        account.complete_order(order);
    });
    world.sync().await;
    assert_eq!(buy_orders(&world), before);
}

#[tokio::test(start_paused = true)]
async fn another_order_with_the_same_reference_is_an_order_of_its_own() {
    let (world, shelf) = stocked(60).await;
    let order = plan(
        &world,
        shelf.vendors[0].1,
        &[line(shelf.items[0].1, 5, 150)],
    );
    export(&world).await;
    let before = buy_orders(&world);
    world.sandbox.mutate(|account| {
        let copy = account.order(
            shelf.vendors[0].0,
            1,
            vec![NewOrderLine::of(shelf.items[0].0, 5)],
        );
        account.edit_order(copy, |held| held.reference = format!("OPT-{order}"));
        let stranger = account.order(
            shelf.vendors[0].0,
            1,
            vec![NewOrderLine::of(shelf.items[1].0, 5)],
        );
        account.edit_order(stranger, |held| held.reference = "OPT-123".to_owned());
    });
    world.sync().await;
    assert_eq!(buy_orders(&world).len(), before.len() + 2);
    export(&world).await;
    let alarms = world
        .deps
        .store
        .alarms(world.connection)
        .await
        .expect("alarms");
    assert!(
        alarms
            .iter()
            .any(|raised| raised.alarm.kind.name() == "duplicate_orders")
    );
}
