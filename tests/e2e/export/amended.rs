//! What planners do to a buy order after it was ordered.

use super::way_back::{buy_orders, received, rows};
use super::world::{Line, Shelf, export, line, plan, stocked};
use crate::delivery::world::World;
use rust_decimal::Decimal;
use sandbox::{Fault, Order, Resource, When, Writer};
use serde_json::json;

/// The purchase order of a buy order.
fn purchase(world: &World, order: i64) -> Order {
    let reference = format!("OPT-{order}");
    world.sandbox.inspect(|account| {
        let mut found = account
            .orders()
            .values()
            .filter(|o| o.reference == reference);
        let first = found.next().expect("a purchase order").clone();
        assert_eq!(found.next(), None, "a second one");
        first
    })
}

/// Its lines: item, pieces and unit price.
fn lines(world: &World, order: i64) -> Vec<(u64, Decimal, Decimal)> {
    let mut lines: Vec<_> = purchase(world, order)
        .lines
        .iter()
        .map(|line| (line.item, line.quantity, line.price.normalize()))
        .collect();
    lines.sort_unstable();
    lines
}

/// Three lines of five pieces at 1.50.
fn three(shelf: &Shelf) -> Vec<Line> {
    let three = shelf.items[..3].iter();
    three.map(|(_, product)| line(*product, 5, 150)).collect()
}

/// A planner orders seven of the first item, none of the second, and a fourth.
fn change(world: &World, shelf: &Shelf, order: i64) {
    let row_of = |item: usize| {
        let lines = rows(world, Resource::BuyOrderLines, "buyOrderId", order);
        let of_item =
            |row: &&sandbox::OptiplyRow| row.attributes["productId"] == shelf.items[item].1;
        lines.iter().find(of_item).expect("a line").id
    };
    let (first, second) = (row_of(0), row_of(1));
    world.sandbox.optiply().mutate(Writer::Planner, |editor| {
        let more = json!({"quantity": 7, "subtotalValue": "10.50"});
        editor
            .set(Resource::BuyOrderLines, first, more)
            .expect("a change");
        editor
            .delete(Resource::BuyOrderLines, second)
            .expect("gone");
        let new = json!({"buyOrderId": order, "productId": shelf.items[3].1, "quantity": 2,
                         "subtotalValue": "4.00"});
        editor.make(Resource::BuyOrderLines, new).expect("a line");
        let total = json!({"totalValue": "22.00"});
        editor
            .set(Resource::BuyOrders, order, total)
            .expect("a change");
    });
}

fn changed(shelf: &Shelf) -> Vec<(u64, Decimal, Decimal)> {
    let line = |item: usize, pieces: i64, cents: i64| {
        (
            shelf.items[item].0,
            Decimal::from(pieces),
            Decimal::new(cents, 2).normalize(),
        )
    };
    let mut lines = vec![line(0, 7, 150), line(2, 5, 150), line(3, 2, 200)];
    lines.sort_unstable();
    lines
}

/// Time passes until everybody's clock shows another second.
async fn later() {
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
}

async fn conflicts(world: &World) -> Vec<String> {
    let alarms = world
        .deps
        .store
        .alarms(world.connection)
        .await
        .expect("alarms");
    let of_kind = alarms
        .into_iter()
        .filter(|raised| raised.alarm.kind.name() == "export_conflict");
    of_kind.map(|raised| raised.alarm.text).collect()
}

#[tokio::test(start_paused = true)]
async fn what_a_planner_changes_reaches_the_placed_order() {
    let (world, shelf) = stocked(60).await;
    let order = plan(&world, shelf.vendors[0].1, &three(&shelf));
    export(&world).await;
    world.sync().await;
    later().await;
    let placed = purchase(&world, order).ordered;
    change(&world, &shelf, order);
    let run = export(&world).await;
    assert_eq!(run.state, "done", "{:?}", run.reason);
    assert_eq!(lines(&world, order), changed(&shelf));
    assert_eq!(purchase(&world, order).ordered, placed);
    assert_eq!(conflicts(&world).await, Vec::<String>::new());

    // The way back knows: nothing that the planner typed is changed, and what arrives lands.
    let orders = buy_orders(&world);
    world.sandbox.optiply().clear_history();
    world.sync().await;
    let writes = world.sandbox.optiply().writes();
    let touched = writes.iter().filter(|write| {
        matches!(
            write.resource,
            Resource::BuyOrders | Resource::BuyOrderLines
        )
    });
    assert_eq!(touched.count(), 0, "{writes:?}");
    let held = purchase(&world, order);
    let new = held.lines.iter().find(|line| line.item == shelf.items[3].0);
    let new = new.expect("the added line").id;
    world
        .sandbox
        .mutate(|account| account.receive(held.id, &[(new, 2)]));
    world.sync().await;
    assert_eq!(received(&world, order)[&shelf.items[3].1], 2);
    assert_eq!(buy_orders(&world), orders);
    assert_eq!(world.parked().await, []);

    // And nothing is left to do.
    later().await;
    export(&world).await;
    world.sandbox.clear_history();
    later().await;
    export(&world).await;
    assert_eq!(world.sandbox.history().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_order_of_a_deleted_buy_order_is_archived_and_nothing_is_made_again() {
    let (world, shelf) = stocked(60).await;
    let order = plan(&world, shelf.vendors[0].1, &three(&shelf));
    export(&world).await;
    world.sync().await;
    later().await;
    world.sandbox.optiply().mutate(Writer::Planner, |editor| {
        editor
            .delete(Resource::BuyOrders, order)
            .expect("a deletion");
    });
    export(&world).await;
    assert!(purchase(&world, order).archived);
    let before = buy_orders(&world);
    for _ in 0..2 {
        let run = world.sync().await;
        assert_eq!(run.state, "done", "{:?}", run.reason);
        later().await;
        export(&world).await;
    }
    assert_eq!(buy_orders(&world), before);
    assert!(purchase(&world, order).archived);
    assert_eq!(conflicts(&world).await, Vec::<String>::new());
    assert_eq!(world.parked().await, []);
}

#[tokio::test(start_paused = true)]
async fn an_account_that_shows_nothing_any_more_takes_no_order_along() {
    let (world, shelf) = stocked(60).await;
    let orders: Vec<i64> = (0..5)
        .map(|_| plan(&world, shelf.vendors[0].1, &three(&shelf)))
        .collect();
    export(&world).await;
    later().await;
    world.sandbox.optiply().mutate(Writer::Planner, |editor| {
        for order in &orders {
            let gone = editor.delete(Resource::BuyOrders, *order);
            gone.expect("a deletion");
        }
    });
    for _ in 0..2 {
        later().await;
        let run = export(&world).await;
        assert_eq!(run.state, "done", "{:?}", run.reason);
        assert!(
            orders
                .iter()
                .all(|order| !purchase(&world, *order).archived)
        );
        assert_eq!(conflicts(&world).await.len(), 5);
    }

    // It was meant: a person archives them.
    let held: Vec<u64> = orders.iter().map(|o| purchase(&world, *o).id).collect();
    world
        .sandbox
        .mutate(|account| held.iter().for_each(|order| account.archive_order(*order)));
    later().await;
    export(&world).await;
    assert_eq!(conflicts(&world).await, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn what_was_touched_in_lightspeed_is_left_to_a_person() {
    let (world, shelf) = stocked(60).await;
    let order = plan(&world, shelf.vendors[0].1, &three(&shelf));
    let deleted = plan(&world, shelf.vendors[0].1, &three(&shelf));
    export(&world).await;
    let (held, other) = (purchase(&world, order), purchase(&world, deleted));
    world.sandbox.mutate(|account| {
        account.receive(held.id, &[(held.lines[0].id, 1)]);
        account.receive(other.id, &[(other.lines[0].id, 1)]);
    });
    later().await;
    change(&world, &shelf, order);
    world.sandbox.optiply().mutate(Writer::Planner, |editor| {
        editor
            .delete(Resource::BuyOrders, deleted)
            .expect("a deletion");
    });
    world.sandbox.clear_history();
    export(&world).await;
    assert_eq!(world.sandbox.writes().len(), 0, "nothing is written");
    let told = conflicts(&world).await;
    assert_eq!(told.len(), 2, "{told:?}");
    for text in &told {
        assert!(text.contains("goods are being received"), "{text}");
    }

    // The planner takes the change back, and somebody archives the other.
    later().await;
    let left = rows(&world, Resource::BuyOrderLines, "buyOrderId", order);
    world.sandbox.optiply().mutate(Writer::Planner, |editor| {
        for row in left {
            editor
                .delete(Resource::BuyOrderLines, row.id)
                .expect("gone");
        }
    });
    world
        .sandbox
        .mutate(|account| account.archive_order(other.id));
    later().await;
    export(&world).await;
    let told = conflicts(&world).await;
    assert_eq!(told.len(), 1, "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn whichever_call_of_a_change_fails_it_ends_the_same() {
    let (world, shelf) = stocked(60).await;
    let ways: [fn(When) -> Fault; 4] = [
        |at| Fault::ResetBefore { at },
        |at| Fault::ResetAfter { at },
        |at| Fault::StatusAfter { status: 504, at },
        |at| Fault::status(503, at),
    ];
    // Read, change, add, take off, read back.
    for n in 1..=5 {
        for (number, way) in ways.into_iter().enumerate() {
            let order = plan(&world, shelf.vendors[0].1, &three(&shelf));
            export(&world).await;
            later().await;
            change(&world, &shelf, order);
            world.sandbox.clear_history();
            world.sandbox.set_fault(way(When::nth(n)));
            let run = export(&world).await;
            assert_eq!(
                run.state, "done",
                "call {n}, way {number}: {:?}",
                run.reason
            );
            let struck = world.sandbox.history();
            let struck = struck.iter().filter(|call| call.fault.is_some()).count();
            assert_eq!(struck, 1, "call {n}, way {number}");
            assert_eq!(
                lines(&world, order),
                changed(&shelf),
                "call {n}, way {number}"
            );
            for write in world.sandbox.writes() {
                let mut items: Vec<u64> = write.after.lines.iter().map(|line| line.item).collect();
                items.sort_unstable();
                let all = items.len();
                items.dedup();
                assert_eq!(items.len(), all, "a line twice: {write:?}");
                assert!(write.after.ordered.is_some() && !write.after.archived);
            }
        }
    }
    assert_eq!(conflicts(&world).await, Vec::<String>::new());
}
