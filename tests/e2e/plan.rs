//! `plan`: what is told beforehand is what then happens, and telling it does nothing.

use crate::delivery::judge::{assert_delivered, made};
use crate::delivery::world::{World, sized};
use jobs::plan::{Plan, plan};
use pipeline::Stage;
use pipeline::deliver::Entity;
use sandbox::Resource;
use std::collections::BTreeMap;
use storage::Trigger;

async fn planned(world: &World) -> Plan {
    let plan = plan(&world.deps, world.connection, 2).await;
    plan.expect("a plan")
}

fn created(plan: &Plan) -> BTreeMap<&'static str, usize> {
    let name = |entity| match entity {
        Entity::Product => Resource::Products.name(),
        Entity::Supplier => Resource::Suppliers.name(),
        Entity::SupplierProduct => Resource::SupplierProducts.name(),
        Entity::Composition => Resource::ProductCompositions.name(),
        Entity::SellOrder => Resource::SellOrders.name(),
        Entity::SellOrderLine => Resource::SellOrderLines.name(),
        Entity::BuyOrder => Resource::BuyOrders.name(),
        Entity::BuyOrderLine => Resource::BuyOrderLines.name(),
        Entity::Receipt => Resource::ReceiptLines.name(),
    };
    plan.entities
        .iter()
        .filter(|of| of.create > 0)
        .map(|of| (name(of.entity), usize::try_from(of.create).expect("few")))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn what_is_planned_is_what_is_done_and_planning_does_nothing() {
    let world = World::without_delivery(sized(60, 200)).await;
    world.backfill().await;
    let plan = planned(&world).await;
    assert!(plan.entities.is_empty(), "{plan:?}");

    world.start_delivery().await;
    let first = planned(&world).await;
    let again = planned(&world).await;
    assert_eq!(first.writes, again.writes, "a look changes nothing");
    assert_eq!(world.sandbox.optiply().history(), [], "nobody was asked");
    assert!(first.entities.iter().all(|of| of.samples.len() <= 2));
    let products = first
        .entities
        .iter()
        .find(|of| of.entity == Entity::Product);
    let sample = &products.expect("products").samples[0];
    assert!(sample.attributes.get().contains("\"stockLevel\""));
    assert_eq!(
        first.seconds,
        first.writes * 60 / u64::from(first.calls_per_minute)
    );

    world.settle().await;
    assert_delivered(&world).await;
    assert_eq!(created(&first), made(&world));
    let after = planned(&world).await;
    assert!(after.entities.is_empty(), "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn a_change_is_planned_as_the_attributes_that_differ() {
    let world = World::new(sized(40, 60)).await;
    world.backfill().await;
    let before = world.sandbox.optiply().writes().len();
    world.sandbox.mutate(|account| {
        let item = account.items().keys().next().copied().expect("an item");
        account.edit_item(item, |item| item.description = "Renamed".to_owned());
    });
    let asked = world
        .deps
        .store
        .request_import(world.connection, Trigger::Manual)
        .await;
    let run = asked.expect("a run").run;
    loop {
        let mut queued = world.queued().await;
        queued.retain(|stage| stage.stage != Stage::Deliver);
        let Some(stage) = queued.first() else { break };
        world.take(stage).await;
    }
    let plan = planned(&world).await;
    let product = plan.entities.iter().find(|of| of.entity == Entity::Product);
    let product = product.expect("a product");
    assert_eq!((product.create, product.patch), (0, 1));
    assert_eq!(product.samples[0].attributes.get(), r#"{"name":"Renamed"}"#);
    assert!(product.samples[0].optiply_id.is_some());
    assert_eq!(world.sandbox.optiply().writes().len(), before);
    world.drive(run).await;
    assert_delivered(&world).await;
}
