//! An account as another integration left it, which names things and tells sales in its own way.

use super::left::{assert_planners_kept, made_again};
use super::{SIZE, posts};
use crate::delivery::world::World;
use pipeline::deliver::Entity;
use sandbox::{Left, NewOrderLine, Resource, SaleTimes, Writer};

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
async fn what_another_integration_ordered_hangs_on_the_planners_order() {
    let world = World::without_delivery(SIZE()).await;
    let left = world.sandbox.fill_as_predecessor(SaleTimes::True);
    let optiply = world.sandbox.optiply();
    let (vendor, supplier) = once(&left.suppliers);
    let (item, product) = once(&left.products);
    let line = [(product, 5, rust_decimal::Decimal::new(750, 2))];
    let orders = optiply.mutate(Writer::Planner, |editor| {
        [(); 2].map(|()| editor.buy_order(supplier, &line).expect("a buy order"))
    });
    // It told no time of day, so nothing but the number tells whose it is. One was copied.
    let made: Vec<u64> = world.sandbox.mutate(|account| {
        let numbers = [orders[0], orders[1], orders[1]];
        let made = numbers.map(|number| {
            let id = account.order(vendor, 1, vec![NewOrderLine::of(item, 5)]);
            account.edit_order(id, |order| order.reference = number.to_string());
            id
        });
        made.into()
    });
    world.backfill().await;
    tokio::time::sleep(std::time::Duration::from_secs(86_400)).await;
    optiply.clear_history();
    world.start_adoption().await;
    world.settle().await;
    let mut rows = Vec::new();
    for order in &made {
        let row = crate::export::remote(&world, Entity::BuyOrder, *order).await;
        rows.push(row.expect("Optiply holds it"));
    }
    assert_eq!(rows[..2], orders);
    assert!(!orders.contains(&rows[2]), "a copy is an order of its own");
    assert_eq!(made_again(&world.sandbox, &left), Vec::<String>::new());
    world.sandbox.mutate(|account| {
        let line = account.orders()[&made[1]].lines[0].id;
        account.receive(made[1], &[(line, 3)]);
    });
    world.sync().await;
    let received = crate::export::received(&world, orders[1]);
    assert_eq!(received, [(product, 3)].into());
    let live = |id: &i64| {
        let rows = optiply.rows(Resource::BuyOrders);
        rows.iter().any(|row| row.id == *id && !row.deleted)
    };
    assert!(orders.iter().all(live));
    let parked = world.parked().await;
    let of_orders = parked.iter().filter(|(of, _)| of.starts_with("buy_order"));
    assert_eq!(of_orders.count(), 0, "{parked:?}");
}

/// One that was made once.
fn once(rows: &std::collections::BTreeMap<u64, Vec<i64>>) -> (u64, i64) {
    let mut all = rows.iter().filter(|(_, rows)| rows.len() == 1);
    let (id, rows) = all.next().expect("one");
    (*id, rows[0])
}

/// The sales that were set aside.
async fn sales_set_aside(world: &World) -> Vec<storage::Rejection> {
    let of_world = world.deps.store.rejections(world.connection, 0, 1_000);
    let mut all = of_world.await.expect("rejections");
    all.retain(|one| one.path.starts_with("sell_order:"));
    all
}

#[tokio::test(start_paused = true)]
async fn sales_told_later_than_they_were_are_not_told_again() {
    let (world, left) = taken_over(SaleTimes::Late).await;
    world.settle().await;
    assert_eq!(made_again(&world.sandbox, &left), Vec::<String>::new());
    let aside = sales_set_aside(&world).await.len();
    assert!(
        aside > left.sell_orders.len() / 2,
        "{aside} of {}",
        left.sell_orders.len()
    );
}

#[tokio::test(start_paused = true)]
async fn sales_told_earlier_than_they_were_are_not_told_again_and_a_person_has_others_made() {
    let (world, left) = taken_over(SaleTimes::Early).await;
    world.settle().await;
    assert_eq!(made_again(&world.sandbox, &left), Vec::<String>::new());
    let aside = sales_set_aside(&world).await;
    assert!(aside.len() > left.sell_orders.len() / 2, "{}", aside.len());
    let made = posts(&world).get("sellOrders").copied().unwrap_or_default();
    assert!(made > 0, "what is a day younger can be nobody else's");

    // A person knows of a sale that the other integration never told.
    let untold = |one: &&storage::Rejection| {
        let id = one.record.and_then(|id| u64::try_from(id).ok());
        id.is_some_and(|id| !left.sell_orders.contains_key(&id))
    };
    let missing = aside.iter().find(untold).expect("one of the last day");
    let (store, optiply) = (&world.deps.store, world.sandbox.optiply());
    optiply.clear_history();
    let ids = [missing.id];
    assert_eq!(store.vouch_for(world.connection, &ids).await.unwrap(), 1);
    let retried = store.retry_rejections(world.connection, Some(&ids)).await;
    retried.expect("a retry");
    world.settle().await;
    assert_eq!(posts(&world), [("sellOrders", 1)].into());
    assert_eq!(made_again(&world.sandbox, &left), Vec::<String>::new());
    assert_eq!(sales_set_aside(&world).await.len(), aside.len() - 1);
}
