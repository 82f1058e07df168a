//! A connection whose items are delivered, and planners who order them.

use crate::delivery::world::{World, sized};
use connectors::http::Transport;
use pipeline::deliver::Entity;
use pipeline::id::RunId;
use rust_decimal::Decimal;
use sandbox::{Resource, Sandbox, Writer};
use serde_json::json;
use std::sync::Arc;
use storage::{Run, Trigger};

/// What a planner may order: items as products, and from whom.
pub(crate) struct Shelf {
    /// Item and product.
    pub(crate) items: Vec<(u64, i64)>,
    /// Vendor and supplier.
    pub(crate) vendors: Vec<(u64, i64)>,
}

/// A line that a planner types: product, pieces, value of the line.
pub(crate) type Line = (i64, i64, Decimal);

/// A world whose items and vendors Optiply holds.
pub(crate) async fn stocked(items: u32) -> (World, Shelf) {
    let world = World::new(sized(items, 10)).await;
    let shelf = stock(&world).await;
    (world, shelf)
}

/// The same over a way of the test's own.
pub(crate) async fn stocked_over(
    items: u32,
    way: impl FnOnce(&Sandbox) -> Arc<dyn Transport>,
) -> (World, Shelf) {
    let world = World::over(sized(items, 10), way).await;
    world.start_delivery().await;
    let shelf = stock(&world).await;
    (world, shelf)
}

pub(crate) async fn stock(world: &World) -> Shelf {
    // The clocks of the systems here are months apart.
    let (store, connection) = (&world.deps.store, world.connection);
    let mut settings = store
        .current_settings(connection)
        .await
        .expect("settings")
        .settings;
    settings.export_since = "2020-01-01T00:00:00Z".parse().ok();
    store
        .put_settings(connection, &settings, "test")
        .await
        .expect("settings");
    world.backfill().await;
    world.sandbox.clear_history();
    world.sandbox.optiply().clear_history();
    shelf(world).await
}

pub(crate) async fn shelf(world: &World) -> Shelf {
    let plain: Vec<u64> = world.sandbox.inspect(|account| {
        let items = account.items().values();
        let plain = items.filter(|i| i.item_type == "default" && !i.archived && !i.hidden);
        plain.map(|item| item.id).collect()
    });
    let live: Vec<u64> = world.sandbox.inspect(|account| {
        let vendors = account.vendors().values();
        let live = vendors.filter(|vendor| !vendor.archived && !vendor.hidden);
        live.map(|vendor| vendor.id).collect()
    });
    let mut shelf = Shelf {
        items: Vec::new(),
        vendors: Vec::new(),
    };
    for item in plain {
        if let Some(product) = remote(world, Entity::Product, item).await {
            shelf.items.push((item, product));
        }
    }
    for vendor in live {
        if let Some(supplier) = remote(world, Entity::Supplier, vendor).await {
            shelf.vendors.push((vendor, supplier));
        }
    }
    shelf
}

/// What Optiply calls an item or a vendor.
pub(crate) async fn remote(world: &World, entity: Entity, id: u64) -> Option<i64> {
    let id = i64::try_from(id).expect("an id");
    let rows = world.deps.store.deliveries_of(world.connection, entity, id);
    let rows = rows.await.expect("rows");
    rows.first().and_then(|row| row.remote_id)
}

/// A planner makes a buy order in Optiply's screens.
pub(crate) fn plan(world: &World, supplier: i64, lines: &[Line]) -> i64 {
    world.sandbox.optiply().mutate(Writer::Planner, |editor| {
        editor.buy_order(supplier, lines).expect("a buy order")
    })
}

/// The same with attributes of the planner's own.
pub(crate) fn plan_with(
    world: &World,
    supplier: i64,
    lines: &[Line],
    more: &serde_json::Value,
) -> i64 {
    let order = plan(world, supplier, lines);
    world.sandbox.optiply().mutate(Writer::Planner, |editor| {
        editor
            .set(Resource::BuyOrders, order, more.clone())
            .expect("attributes");
    });
    order
}

/// A line of whole pieces at a price.
pub(crate) fn line(product: i64, pieces: i64, cents: i64) -> Line {
    (product, pieces, Decimal::new(pieces * cents, 2))
}

/// Asks for an export as a person would.
pub(crate) async fn ask(world: &World) -> RunId {
    let store = &world.deps.store;
    let asked = store
        .request_export(world.connection, Trigger::Manual)
        .await;
    asked.expect("a run").run
}

/// Exports until nothing is on its way.
pub(crate) async fn export(world: &World) -> Run {
    let run = ask(world).await;
    world.drive(run).await
}

/// Where the buy orders stand.
pub(crate) async fn states(world: &World) -> serde_json::Value {
    let counts = world.deps.store.export_counts(world.connection).await;
    json!(counts.expect("counts").states)
}
