//! One order after another, without faults.

use super::judge::{Wish, assert_ordered};
use super::world::{Shelf, ask, export, line, plan, plan_with, states, stocked};
use sandbox::{Fault, When};
use serde_json::json;

pub(crate) fn item_of(shelf: &Shelf) -> impl Fn(i64) -> u64 {
    |product| {
        let mut known = shelf.items.iter();
        known
            .find(|(_, known)| *known == product)
            .expect("a known product")
            .0
    }
}

#[tokio::test(start_paused = true)]
async fn a_buy_order_becomes_one_purchase_order_of_few_calls() {
    let (world, shelf) = stocked(40).await;
    let lines: Vec<_> = shelf.items[..3]
        .iter()
        .map(|(_, product)| line(*product, 4, 125))
        .collect();
    let order = plan_with(
        &world,
        shelf.vendors[0].1,
        &lines,
        &json!({"placed": "2026-11-05T23:30:00Z", "expectedDeliveryDate": "2026-11-12T12:00:00Z"}),
    );
    let run = export(&world).await;
    assert_eq!(run.state, "done", "{:?}", run.reason);
    assert_ordered(&world, &[Wish::of(order, &lines, item_of(&shelf))]);
    let calls: Vec<String> = world
        .sandbox
        .history()
        .iter()
        .map(|call| format!("{} {}", call.method, call.resource))
        .collect();
    assert_eq!(
        calls,
        [
            "GET Order",
            "POST Order",
            "POST OrderLine",
            "POST OrderLine",
            "POST OrderLine",
            "GET Order",
            "PUT Order"
        ]
    );
    let made = &world.sandbox.writes()[0].after;
    assert_eq!((made.vendor, made.shop), (shelf.vendors[0].0, 1));
    let zone = world
        .sandbox
        .inspect(|account| account.shops()[&1].time_zone.clone());
    assert_eq!(zone, "Europe/Amsterdam");
    let placed = world
        .sandbox
        .inspect(|account| account.orders()[&made.id].clone());
    // Midnight where the shop is, of the day that had begun there.
    assert_eq!(
        placed.ordered.expect("a date").to_rfc3339(),
        "2026-11-05T23:00:00+00:00"
    );
    assert_eq!(
        placed.arrival.expect("a date").to_rfc3339(),
        "2026-11-11T23:00:00+00:00"
    );

    // Nothing is ordered a second time.
    world.sandbox.clear_history();
    let run = export(&world).await;
    assert_eq!(run.state, "done");
    assert_eq!(
        world.sandbox.history().len(),
        0,
        "nothing to ask Lightspeed for"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_not_to_be_ordered_stays_in_optiply() {
    let (world, shelf) = stocked(40).await;
    let lines = [line(shelf.items[0].1, 1, 100)];
    let supplier = shelf.vendors[0].1;
    plan_with(&world, supplier, &lines, &json!({"assembly": true}));
    plan_with(
        &world,
        supplier,
        &lines,
        &json!({"completed": "2026-11-02T00:00:00Z"}),
    );
    world
        .sandbox
        .optiply()
        .mutate(sandbox::Writer::Integration, |editor| {
            editor
                .buy_order(supplier, &lines)
                .expect("an order of another integration");
        });
    export(&world).await;
    assert_eq!(world.sandbox.writes(), []);
    assert_eq!(states(&world).await, json!({}));
}

#[tokio::test(start_paused = true)]
async fn where_references_cannot_be_asked_for_the_vendors_orders_are_looked_through() {
    let (world, shelf) = stocked(40).await;
    world.sandbox.set_fault(Fault::ReferenceRefused);
    world.sandbox.set_fault(Fault::ResetAfter {
        at: When::next().on("POST Order"),
    });
    let lines = [line(shelf.items[0].1, 2, 333)];
    let order = plan(&world, shelf.vendors[1].1, &lines);
    export(&world).await;
    assert_ordered(&world, &[Wish::of(order, &lines, item_of(&shelf))]);
}

#[tokio::test(start_paused = true)]
async fn an_order_that_lists_show_late_is_not_made_twice() {
    let (world, shelf) = stocked(40).await;
    world.sandbox.set_fault(Fault::SlowOrders { seconds: 25 });
    world.sandbox.set_fault(Fault::ResetAfter {
        at: When::next().on("POST Order"),
    });
    let lines = [line(shelf.items[0].1, 2, 333)];
    let order = plan(&world, shelf.vendors[1].1, &lines);
    export(&world).await;
    assert_ordered(&world, &[Wish::of(order, &lines, item_of(&shelf))]);
}

#[tokio::test(start_paused = true)]
async fn a_second_request_joins_the_open_run() {
    let (world, shelf) = stocked(40).await;
    let first = ask(&world).await;
    assert_eq!(ask(&world).await, first);
    let lines = [
        line(shelf.items[0].1, 2, 333),
        line(shelf.items[0].1, 1, 100),
    ];
    let order = plan(&world, shelf.vendors[1].1, &lines);
    world.drive(first).await;
    assert_ordered(&world, &[Wish::of(order, &lines, item_of(&shelf))]);
}
