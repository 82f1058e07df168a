//! What Optiply refuses is set aside with a reason, and stops nothing else.

use super::judge::{assert_delivered, differences};
use super::world::{World, sized};
use pipeline::deliver::Entity;
use rust_decimal::Decimal;
use sandbox::{NewOrderLine, OptiplyFault, When};

#[tokio::test(start_paused = true)]
async fn one_refused_record_stops_nothing_else_and_its_correction_delivers_it() {
    let world = World::new(sized(80, 200)).await;
    // Optiply takes no floor below zero.
    let item = world.sandbox.inspect(|account| {
        let mut plain = account.items().values();
        let plain = plain.find(|item| item.item_type == "default" && !item.archived);
        plain.expect("an item").id
    });
    world.sandbox.mutate(|account| {
        account.restock(item, 1, 1);
        account.set_reorder_point(item, 1, -100_000);
    });
    let run = world.backfill().await;
    assert_eq!(run.state, "done", "{:?}", run.reason);
    let key = format!("product:{item}:");
    assert_eq!(
        world.parked().await,
        [(key, "refused_by_optiply".to_owned())]
    );
    let store = &world.deps.store;
    let shown = store
        .rejections(world.connection, 0, 10)
        .await
        .expect("rows");
    let shown: Vec<_> = shown.iter().filter(|row| row.stage == "deliver").collect();
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].record, i64::try_from(item).ok());
    assert!(
        shown[0].detail.contains("minimumStock"),
        "{}",
        shown[0].detail
    );
    let tallies = store.delivery_tallies(world.connection, run.id).await;
    let tallies = tallies.expect("tallies");
    assert!(
        tallies.values().all(|tally| tally.balances()),
        "{tallies:?}"
    );
    assert_eq!(tallies[&Entity::Product].parked.values().sum::<i64>(), 1);
    assert_eq!(tallies[&Entity::Product].open, 0);

    world
        .sandbox
        .mutate(|account| account.set_reorder_point(item, 1, 2));
    let run = world.sync().await;
    assert_eq!(run.state, "done", "{:?}", run.reason);
    assert_eq!(world.parked().await, []);
    assert_delivered(&world).await;
    let shown = store.rejections(world.connection, 0, 10).await;
    let shown = shown.expect("rows");
    assert!(shown.iter().all(|row| row.stage != "deliver"), "{shown:?}");
}

#[tokio::test(start_paused = true)]
async fn a_supplier_with_an_address_that_is_refused_goes_without() {
    let world = World::new(sized(40, 40)).await;
    let vendor = world
        .sandbox
        .mutate(|account| account.add_vendor("Odd addresses", &["desk#1@example.com"]));
    let run = world.backfill().await;
    assert_eq!(run.state, "done", "{:?}", run.reason);
    assert_eq!(world.parked().await, []);
    assert_delivered(&world).await;
    let id = i64::try_from(vendor).expect("an id");
    let store = &world.deps.store;
    let rows = store
        .deliveries_of(world.connection, Entity::Supplier, id)
        .await;
    let rows = rows.expect("rows");
    assert_eq!(rows[0].state, "acknowledged");
    let warning = rows[0].warning.as_deref().expect("a warning");
    assert!(warning.contains("without its addresses"), "{warning}");
}

#[tokio::test(start_paused = true)]
async fn an_order_of_which_only_some_lines_arrived_is_completed_and_not_doubled() {
    let world = World::new(sized(60, 60)).await;
    world.backfill().await;
    let (items, vendor) = world.sandbox.inspect(|account| {
        let plain = account.items().values();
        let plain = plain.filter(|item| item.item_type == "default" && !item.archived);
        let items: Vec<u64> = plain.map(|item| item.id).take(3).collect();
        let mut vendors = account.vendors().values();
        let vendor = vendors.find(|vendor| !vendor.archived).expect("a vendor");
        (items, vendor.id)
    });
    for resource in ["POST sellOrders", "POST buyOrders"] {
        world
            .sandbox
            .optiply()
            .set_fault(OptiplyFault::PartialOrder {
                lines: 1,
                at: When::next().on(resource),
            });
    }
    world.sandbox.mutate(|account| {
        account.sell(1, &[(items[0], 1), (items[1], 2), (items[2], 3)]);
        let lines = items.iter().map(|item| NewOrderLine::of(*item, 5));
        account.order(vendor, 1, lines.collect())
    });
    let run = world.sync().await;
    assert_eq!(run.state, "done", "{:?}", run.reason);
    assert_eq!(world.parked().await, []);
    assert_delivered(&world).await;
}

#[tokio::test(start_paused = true)]
async fn a_composition_that_contains_itself_is_set_aside_alone() {
    let world = World::new(sized(40, 40)).await;
    let (one, other) = world.sandbox.mutate(|account| {
        let one = account.add_item("One", Decimal::ONE);
        let other = account.add_item("Other", Decimal::ONE);
        for item in [one, other] {
            account.change_type(item, "assembly");
        }
        account.add_component(one, other, Decimal::TWO, 0);
        account.add_component(other, one, Decimal::TWO, 0);
        (one, other)
    });
    let run = world.backfill().await;
    assert_eq!(run.state, "done", "{:?}", run.reason);
    let parked = world.parked().await;
    let keys = [
        format!("composition:{one}:{other}"),
        format!("composition:{other}:{one}"),
    ];
    assert_eq!(parked.len(), 1, "{parked:?}");
    assert!(
        keys.contains(&parked[0].0) && parked[0].1 == "optiply_fails",
        "{parked:?}"
    );
    let wrong = differences(&world).await;
    assert_eq!(wrong.len(), 1, "{wrong:?}");
}
