//! Cut-over: an account that another integration has filled is taken over without one duplicate.

mod late;
pub(crate) mod left;
mod predecessor;

use crate::delivery::judge::{assert_delivered, differences, held};
use crate::delivery::world::{World, sized};
use sandbox::{Resource, Size, Writer};
use serde_json::json;
use std::collections::BTreeMap;
use storage::Adoption;

const SIZE: fn() -> Size = || sized(60, 200);

/// The account as the integration before us left it: everything that the Lightspeed account holds,
/// under ids that only that integration knew.
async fn filled(size: Size) -> String {
    let before = World::new(size).await;
    before.backfill().await;
    before.sandbox.optiply().save().expect("a text")
}

/// A world whose Optiply account is filled already, and whose history is loaded.
async fn cut_over(content: &str) -> World {
    let world = World::without_delivery(SIZE()).await;
    world.sandbox.optiply().restore(content).expect("rows");
    world.backfill().await;
    // What is there is old when we come.
    tokio::time::sleep(std::time::Duration::from_secs(86_400)).await;
    world
}

fn ids(world: &World, resource: Resource) -> Vec<i64> {
    let rows = world.sandbox.optiply().rows(resource);
    rows.iter()
        .filter(|row| !row.deleted)
        .map(|row| row.id)
        .collect()
}

fn posts(world: &World) -> BTreeMap<&'static str, usize> {
    crate::delivery::judge::made(world)
}

#[tokio::test(start_paused = true)]
async fn an_account_filled_by_another_is_adopted_without_a_duplicate() {
    let world = cut_over(&filled(SIZE()).await).await;
    let optiply = world.sandbox.optiply();
    let products = ids(&world, Resource::Products);
    let pairs = ids(&world, Resource::SupplierProducts);
    let newest = *ids(&world, Resource::SellOrders).last().expect("an order");
    let lines = ids(&world, Resource::SellOrderLines);
    optiply.mutate(Writer::Planner, |editor| {
        // What planners chose stays theirs.
        let set = editor.set(Resource::Products, products[0], json!({"maximumStock": 77}));
        set.expect("a change");
        let set = editor.set(Resource::SupplierProducts, pairs[0], json!({"lotSize": 12}));
        set.expect("a change");
        // What is ours and differs is corrected.
        let set = editor.set(Resource::Products, products[1], json!({"name": "Old name"}));
        set.expect("a change");
        // A sale that the other integration never sent, and a line that it lost.
        editor.delete(Resource::SellOrders, newest).expect("gone");
        editor
            .delete(Resource::SellOrderLines, lines[0])
            .expect("gone");
        // Something of nobody's.
        let made = editor.make(
            Resource::Products,
            json!({"name": "A planner's own", "stockLevel": 1, "unlimitedStock": false}),
        );
        made.expect("a row");
    });
    let before = held(&world);
    optiply.clear_history();
    world.start_adoption().await;
    while !world.queued().await.is_empty() {
        let adopted = world.deps.store.adoption(world.connection).await;
        if adopted.expect("a state") != Adoption::Done {
            assert_eq!(
                optiply.writes(),
                [],
                "nothing is written before all is matched"
            );
        }
        world.step().await;
    }
    assert_eq!(world.parked().await, []);
    let (mut after, more) = (held(&world), posts(&world));
    assert_eq!(
        more,
        BTreeMap::from([("sellOrders", 1), ("sellOrderLines", 1)]),
        "only what was missing is made"
    );
    *after.get_mut("sellOrders").expect("orders") -= 1;
    assert_eq!(after, before);
    let wrong = differences(&world).await;
    assert_eq!(wrong.len(), 1, "only what is nobody's: {wrong:?}");
    let row = |resource: Resource, id: i64| {
        let rows = optiply.rows(resource).into_iter();
        rows.into_iter().find(|row| row.id == id).expect("a row")
    };
    assert_eq!(
        row(Resource::Products, products[0]).int("maximumStock"),
        Some(77)
    );
    assert_eq!(
        row(Resource::SupplierProducts, pairs[0]).int("lotSize"),
        Some(12)
    );
    assert_ne!(
        row(Resource::Products, products[1]).text("name"),
        Some("Old name")
    );

    optiply.clear_history();
    world.sync().await;
    assert_eq!(optiply.history(), [], "a second run makes no call");
    let report = world.deps.store.adoption_report(world.connection).await;
    let report = report.expect("a report");
    assert!(report.iter().all(|of| of.ambiguous == 0));
    let orders = report.iter().find(|of| of.entity.name() == "sell_order");
    let orders = orders.expect("sell orders");
    assert_eq!((orders.adopted, orders.to_make), (orders.held, 1));
}

#[tokio::test(start_paused = true)]
async fn what_is_ambiguous_is_listed_and_matched_again_once_a_person_has_decided() {
    let world = cut_over(&filled(SIZE()).await).await;
    let optiply = world.sandbox.optiply();
    let rows = optiply.rows(Resource::Products);
    let original = rows
        .iter()
        .find(|row| row.text("skuCode").is_some())
        .expect("a product with a SKU");
    let copy = optiply.mutate(Writer::Integration, |editor| {
        // Neither says which item it is: both bear its codes and nothing else.
        let cleared = editor.set(
            Resource::Products,
            original.id,
            json!({"articleCode": "x-1"}),
        );
        cleared.expect("a change");
        let made = editor.make(
            Resource::Products,
            json!({
                "name": original.text("name"), "skuCode": original.text("skuCode"),
                "eanCode": original.text("eanCode"),
                "stockLevel": 0, "unlimitedStock": false, "articleCode": "x-2",
            }),
        );
        made.expect("a copy")
    });
    optiply.clear_history();
    world.start_adoption().await;
    world.settle().await;
    let parked = world.parked().await;
    let reasons: Vec<&str> = parked.iter().map(|(_, why)| why.as_str()).collect();
    assert_eq!(reasons, ["several_in_optiply"], "{parked:?}");
    let rejected = world.deps.store.rejections(world.connection, 0, 100).await;
    let listed = rejected.expect("rejections");
    let listed = listed
        .iter()
        .find(|one| {
            one.reason
                .is_some_and(|why| why.code() == "several_in_optiply")
        })
        .expect("it is listed");
    assert!(
        listed.detail.contains(&original.id.to_string()),
        "{listed:?}"
    );
    assert!(listed.detail.contains(&copy.to_string()), "{listed:?}");
    assert_eq!(
        posts(&world),
        BTreeMap::new(),
        "nothing is made that may be there"
    );

    // The item changes meanwhile: it is not made for that.
    let item: u64 = parked[0]
        .0
        .split(':')
        .nth(1)
        .and_then(|id| id.parse().ok())
        .expect("an item");
    world.sandbox.mutate(|account| {
        account.edit_item(item, |item| item.description.push_str(" (new)"));
    });
    world.sync().await;
    assert_eq!(posts(&world), BTreeMap::new());

    optiply.mutate(Writer::Planner, |editor| {
        editor.delete(Resource::Products, copy).expect("gone");
    });
    let retried = world
        .deps
        .store
        .retry_rejections(world.connection, Some(&[listed.id]))
        .await;
    let run = retried.expect("a retry").expect("no replay").run;
    world.settle().await;
    assert!(run.is_some());
    assert_eq!(world.parked().await, []);
    assert_eq!(posts(&world), BTreeMap::new());
    assert_delivered(&world).await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_made_afresh_adopts_once_its_history_is_in() {
    let content = filled(SIZE()).await;
    let mut world = World::without_delivery(SIZE()).await;
    world.sandbox.optiply().restore(&content).expect("rows");
    let before = held(&world);
    world.start_adoption().await;
    world.sandbox.optiply().clear_history();
    let opened = world.deps.store.open_backfill(world.connection).await;
    let run = opened.expect("a run").0;
    let mut turn = 0;
    loop {
        let state = world.deps.store.run(run).await.expect("the run");
        if state.ended_at.is_some() {
            assert_eq!(state.state, "done", "{:?}", state.reason);
            break;
        }
        // Another process each time: only what is stored counts.
        turn += 1;
        world.restart(turn);
        world.step().await;
    }
    assert_eq!(posts(&world), BTreeMap::new());
    assert_eq!(held(&world), before);
    assert_delivered(&world).await;
}

#[tokio::test(start_paused = true)]
async fn an_account_that_tells_its_history_otherwise_is_not_told_it_twice() {
    let world = cut_over(&filled(SIZE()).await).await;
    let optiply = world.sandbox.optiply();
    let orders = optiply.rows(Resource::SellOrders);
    let count = orders.iter().filter(|row| !row.deleted).count();
    let last = orders
        .iter()
        .map(|row| row.text("placed").expect("a time").to_owned())
        .max();
    optiply.mutate(Writer::Integration, |editor| {
        for row in &orders {
            // An hour late, as one that forgets about summer would.
            let placed: chrono::DateTime<chrono::Utc> =
                row.text("placed").expect("a time").parse().expect("a time");
            if Some(row.text("placed").expect("a time")) == last.as_deref() {
                continue;
            }
            let later = placed + chrono::TimeDelta::seconds(-3600);
            let set = editor.set(
                Resource::SellOrders,
                row.id,
                json!({"placed": later.format("%Y-%m-%dT%H:%M:%SZ").to_string()}),
            );
            set.expect("a change");
        }
    });
    optiply.clear_history();
    world.start_adoption().await;
    world.settle().await;
    assert_eq!(posts(&world), BTreeMap::new());
    assert_eq!(ids(&world, Resource::SellOrders).len(), count);
    assert!(world.parked().await.len() > count / 2);
}
