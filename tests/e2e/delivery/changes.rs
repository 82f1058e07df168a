//! What changes in Lightspeed changes in Optiply, and nothing else does.

use super::judge::{assert_delivered, held};
use super::world::{World, sized};
use pipeline::deliver::Entity;
use rust_decimal::Decimal;
use sandbox::{NewLine, NewOrderLine, Resource};
use serde_json::{Value, json};

/// An item that is sold and has stock.
fn an_item(world: &World) -> u64 {
    world.sandbox.inspect(|account| {
        let sold = |item: u64| {
            let mut lines = account.sales().values().flat_map(|sale| &sale.lines);
            lines.any(|line| line.item == item)
        };
        let mut plain = account
            .items()
            .values()
            .filter(|item| item.item_type == "default" && !item.archived);
        plain.find(|item| sold(item.id)).expect("an item").id
    })
}

#[tokio::test(start_paused = true)]
async fn stock_that_moved_is_one_small_call_each_with_the_newest_value() {
    let world = World::new(sized(60, 100)).await;
    world.backfill().await;
    let item = an_item(&world);
    world.sandbox.optiply().clear_history();
    world.sandbox.mutate(|account| {
        account.restock(item, 1, 5);
        account.restock(item, 1, 3);
    });
    let run = world.sync().await;
    assert_eq!(run.state, "done");
    let writes = world.sandbox.optiply().writes();
    assert_eq!(writes.len(), 1, "{writes:?}");
    let body: Value = serde_json::from_str(&writes[0].body).expect("json");
    let attributes = body["data"]["attributes"].as_object().expect("attributes");
    assert_eq!(attributes.keys().collect::<Vec<_>>(), ["stockLevel"]);
    assert_delivered(&world).await;
}

#[tokio::test(start_paused = true)]
async fn sales_that_are_edited_voided_and_returned_follow() {
    let world = World::new(sized(60, 120)).await;
    world.backfill().await;
    let item = an_item(&world);
    let (edited, voided, returned) = world.sandbox.mutate(|account| {
        let edited = account.sell(1, &[(item, 4)]);
        let voided = account.sell(1, &[(item, 2)]);
        let returned = account.sell(1, &[(item, 3)]);
        (edited, voided, returned)
    });
    world.sync().await;
    assert_delivered(&world).await;
    let before = held(&world);
    world.sandbox.mutate(|account| {
        let line = account.sales()[&edited].lines[0].id;
        account.edit_line(line, |line| line.quantity = Decimal::ONE);
        let other = *account.items().keys().next().expect("an item");
        account.add_line(edited, NewLine::of(other, 2));
        account.void(voided);
        let line = account.sales()[&returned].lines[0].id;
        account.refund(line, 3);
    });
    let run = world.sync().await;
    assert_eq!(run.state, "done", "{:?}", run.reason);
    assert_eq!(world.parked().await, []);
    assert_delivered(&world).await;
    let orders = Resource::SellOrders.name();
    assert_eq!(held(&world)[orders], before[orders] - 2);
}

#[tokio::test(start_paused = true)]
async fn purchases_follow_through_all_their_changes() {
    let world = World::new(sized(60, 100)).await;
    world.backfill().await;
    let (item, other) = (an_item(&world), an_item(&world) + 1);
    let vendors = world.sandbox.inspect(|account| {
        let live = account.vendors().values().filter(|vendor| !vendor.archived);
        live.map(|vendor| vendor.id).collect::<Vec<_>>()
    });
    let order = world.sandbox.mutate(|account| {
        let lines = vec![NewOrderLine::of(item, 10), NewOrderLine::of(other, 4)];
        account.order(vendors[0], 1, lines)
    });
    world.sync().await;
    assert_delivered(&world).await;
    world.sandbox.mutate(|account| {
        let lines: Vec<u64> = account.orders()[&order]
            .lines
            .iter()
            .map(|l| l.id)
            .collect();
        account.receive(order, &[(item, 6)]);
        account.edit_order_line(lines[1], |line| line.quantity = Decimal::from(7));
    });
    world.sync().await;
    assert_delivered(&world).await;
    // Another supplier: the order is made anew, with lines and receipts.
    world.sandbox.mutate(|account| {
        account.edit_order(order, |order| order.vendor = vendors[1]);
        account.add_order_line(order, NewOrderLine::of(item + 2, 1));
    });
    world.sync().await;
    assert_eq!(world.parked().await, []);
    assert_delivered(&world).await;
    world.sandbox.mutate(|account| {
        account.receive(order, &[(item, 4)]);
        account.complete_order(order);
    });
    let run = world.sync().await;
    assert_eq!(run.state, "done", "{:?}", run.reason);
    assert_delivered(&world).await;
    let id = i64::try_from(order).expect("an id");
    let rows = world
        .deps
        .store
        .deliveries_of(world.connection, Entity::BuyOrder, id)
        .await
        .expect("rows");
    let text = rows[0]
        .acknowledged
        .as_deref()
        .expect("an acknowledged order");
    let acknowledged: Value = serde_json::from_str(text).expect("json");
    assert_ne!(
        acknowledged["completed"],
        json!(null),
        "completed after its receipts"
    );
}
