//! What was exported comes back by the import, and is known for what it is.

use super::world::{export, line, plan, stocked};
use crate::delivery::world::World;
use pipeline::id::BuyOrderId;
use sandbox::{NewOrderLine, Resource};
use std::collections::BTreeMap;

/// The live buy orders of Optiply.
pub(super) fn buy_orders(world: &World) -> Vec<i64> {
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
    let mut model = Vec::new();
    let store = &world.deps.store;
    let dumped = store.dump_model(world.connection, |line| model.push(line));
    dumped.await.expect("a dump");
    let id = format!("\"order_id\":{order},");
    let held = model
        .iter()
        .find(|line| line.contains("\"kind\":\"buy_order\"") && line.contains(&id));
    assert_eq!(
        held, None,
        "the model does not hold what Optiply has made itself"
    );
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

/// Live rows of a resource that hang on one of these.
pub(super) fn rows(
    world: &World,
    resource: Resource,
    key: &str,
    of: i64,
) -> Vec<sandbox::OptiplyRow> {
    let rows = world.sandbox.optiply().rows(resource).into_iter();
    rows.filter(|row| !row.deleted && row.attributes[key] == of)
        .collect()
}

/// Pieces received on each line of a buy order, by product.
pub(crate) fn received(world: &World, order: i64) -> BTreeMap<i64, i64> {
    let mut received = BTreeMap::new();
    for line in rows(world, Resource::BuyOrderLines, "buyOrderId", order) {
        let product = line.attributes["productId"].as_i64().expect("a product");
        let receipts = rows(world, Resource::ReceiptLines, "buyOrderLineId", line.id);
        let pieces = receipts
            .iter()
            .filter_map(|row| row.attributes["quantity"].as_i64());
        received.insert(product, pieces.sum());
    }
    received
}

fn attribute(world: &World, order: i64, name: &str) -> serde_json::Value {
    let rows = world.sandbox.optiply().rows(Resource::BuyOrders);
    let row = rows.into_iter().find(|row| row.id == order);
    row.expect("the order").attributes[name].clone()
}

#[tokio::test(start_paused = true)]
async fn two_shipments_land_on_the_lines_that_the_planner_made() {
    let (world, shelf) = stocked(60).await;
    let products = [shelf.items[0].1, shelf.items[1].1];
    let lines = [line(products[0], 5, 150), line(products[1], 4, 99)];
    let order = plan(&world, shelf.vendors[0].1, &lines);
    let before = buy_orders(&world);
    export(&world).await;
    let purchase = world.sandbox.writes()[0].order;
    let line_of = |item: u64| {
        world.sandbox.inspect(|account| {
            let mut lines = account.orders()[&purchase].lines.iter();
            lines.find(|line| line.item == item).expect("a line").id
        })
    };
    let (first, second) = (line_of(shelf.items[0].0), line_of(shelf.items[1].0));
    world
        .sandbox
        .mutate(|account| account.receive(purchase, &[(first, 2), (second, 4)]));
    let run = world.sync().await;
    assert_eq!(run.state, "done", "{:?}", run.reason);
    assert_eq!(
        received(&world, order),
        [(products[0], 2), (products[1], 4)].into()
    );
    assert!(attribute(&world, order, "completed").is_null());

    world.sandbox.mutate(|account| {
        account.receive(purchase, &[(first, 3)]);
        account.complete_order(purchase);
    });
    let run = world.sync().await;
    assert_eq!(run.state, "done", "{:?}", run.reason);
    assert_eq!(
        received(&world, order),
        [(products[0], 5), (products[1], 4)].into()
    );
    assert!(!attribute(&world, order, "completed").is_null());
    assert_eq!(buy_orders(&world), before, "no second buy order exists");
    assert_eq!(world.parked().await, []);

    // Nothing of it is told twice, and nothing that the planner typed is changed.
    let writes = world.sandbox.optiply().writes();
    let told = writes
        .iter()
        .filter(|write| write.resource == Resource::ReceiptLines);
    assert_eq!(told.count(), 3);
    let changed: Vec<&str> = writes
        .iter()
        .filter(|write| write.resource == Resource::BuyOrders && write.id == order)
        .map(|write| write.body.as_str())
        .collect();
    assert_eq!(changed.len(), 1, "{changed:?}");
    assert!(!changed[0].contains("placed") && !changed[0].contains("totalValue"));
}

#[tokio::test(start_paused = true)]
async fn pieces_changed_in_lightspeed_are_changed_on_the_original() {
    let (world, shelf) = stocked(60).await;
    let lines = [
        line(shelf.items[0].1, 5, 150),
        line(shelf.items[1].1, 4, 100),
    ];
    let order = plan(&world, shelf.vendors[0].1, &lines);
    export(&world).await;
    let purchase = world.sandbox.writes()[0].order;
    world.sandbox.mutate(|account| {
        let lines = account.orders()[&purchase].lines.iter();
        let line = lines.clone().find(|line| line.item == shelf.items[0].0);
        let line = line.expect("a line").id;
        account.edit_order_line(line, |line| line.quantity = 7.into());
        account.edit_order(purchase, |_| {});
    });
    let run = world.sync().await;
    assert_eq!(run.state, "done", "{:?}", run.reason);
    let mut held: Vec<(i64, String)> = rows(&world, Resource::BuyOrderLines, "buyOrderId", order)
        .iter()
        .map(|row| {
            let value = row.attributes["subtotalValue"].to_string();
            (row.attributes["quantity"].as_i64().expect("pieces"), value)
        })
        .collect();
    held.sort();
    assert_eq!(held[0].0, 4);
    assert_eq!(held[1].0, 7);
    assert!(held[1].1.contains("10.5"), "{held:?}");
    let total = attribute(&world, order, "totalValue").to_string();
    assert!(total.contains("14.5"), "{total}");
    assert_eq!(world.parked().await, []);
}

#[tokio::test(start_paused = true)]
async fn what_was_put_away_half_received_is_completed_and_nothing_is_deleted() {
    let (world, shelf) = stocked(60).await;
    let order = plan(
        &world,
        shelf.vendors[0].1,
        &[line(shelf.items[0].1, 5, 150)],
    );
    let given_up = plan(
        &world,
        shelf.vendors[0].1,
        &[line(shelf.items[1].1, 5, 150)],
    );
    let before = buy_orders(&world);
    export(&world).await;
    world.sandbox.mutate(|account| {
        let of = |order: i64| {
            let mut orders = account.orders().values();
            let found = orders.find(|found| found.reference == format!("OPT-{order}"));
            found.expect("a purchase order").clone()
        };
        let (half, none) = (of(order), of(given_up));
        account.receive(half.id, &[(half.lines[0].id, 2)]);
        account.archive_order(half.id);
        account.archive_order(none.id);
    });
    let run = world.sync().await;
    assert_eq!(run.state, "done", "{:?}", run.reason);
    assert!(!attribute(&world, order, "completed").is_null());
    assert!(attribute(&world, given_up, "completed").is_null());
    assert_eq!(buy_orders(&world), before);
    // It is not ordered again, and a person is told.
    let before = world.sandbox.writes().len();
    export(&world).await;
    assert_eq!(world.sandbox.writes().len(), before);
    let row = world
        .deps
        .store
        .export_row(world.connection, BuyOrderId(given_up))
        .await;
    let warning = row.expect("a row").expect("an export").warning;
    assert!(
        warning
            .expect("a warning")
            .contains("archived in Lightspeed")
    );
}
