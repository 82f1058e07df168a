//! A backup that is put back: nothing of what happened since is made a second time.

mod deeds;

use crate::delivery::world::World;
use crate::export::world::{export, stocked};
use crate::support::{assert_same, dump, view};
use deeds::{Deeds, is_of};
use pipeline::Stage;
use sandbox::{Fault, OptiplyRow, Order, Resource};
use std::collections::BTreeMap;
use std::time::Duration;
use storage::Adoption;

const RESOURCES: [Resource; 9] = [
    Resource::Products,
    Resource::Suppliers,
    Resource::SupplierProducts,
    Resource::ProductCompositions,
    Resource::SellOrders,
    Resource::SellOrderLines,
    Resource::BuyOrders,
    Resource::BuyOrderLines,
    Resource::ReceiptLines,
];

/// The live rows of Optiply, by resource and id.
type Rows = BTreeMap<(&'static str, i64), OptiplyRow>;

fn rows(world: &World) -> Rows {
    let optiply = world.sandbox.optiply();
    let of = |resource: Resource| {
        let live = optiply.rows(resource).into_iter();
        live.filter(|row| !row.deleted)
            .map(move |row| ((resource.name(), row.id), row))
    };
    RESOURCES.into_iter().flat_map(of).collect()
}

fn purchase_orders(world: &World) -> BTreeMap<u64, Order> {
    world.sandbox.inspect(|account| account.orders().clone())
}

/// The model is that of a connection that reads everything for the first time, apart from the
/// purchase orders that only a connection with a past knows for exported ones.
async fn assert_fresh(world: &World, exported: &[i64]) {
    let store = &world.deps.store;
    let settings = store.current_settings(world.connection).await;
    let truth = world
        .sandbox
        .truth(&view(&settings.expect("settings").settings));
    let own = |lines: Vec<String>| -> Vec<String> {
        let others = lines.into_iter().filter(|line| !is_of(line, exported));
        others.collect()
    };
    let ours = dump(store, world.connection).await;
    assert_same(&own(ours), &own(truth.dump));
}

/// Everything that a worker does in the next hour: what was asked for, and the slots after it.
async fn an_hour(world: &World) {
    world.settle().await;
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_secs(1_800)).await;
        assert_eq!(world.sync().await.state, "done");
        assert_eq!(export(world).await.state, "done");
        world.settle().await;
    }
}

/// The turn that comes next: as the queue would, or exports only when nothing else is left.
async fn step(world: &World, exports_last: bool) {
    let mut queued = world.queued().await;
    if exports_last {
        queued.retain(|stage| stage.stage != Stage::Export);
        queued.sort_by_key(|stage| (stage.next_at, std::cmp::Reverse(stage.stage)));
        if let Some(stage) = queued.first() {
            return world.take(stage).await;
        }
    }
    world.step().await;
}

#[tokio::test(start_paused = true)]
async fn what_happened_since_the_backup_is_found_and_not_made_again() {
    life(false, false).await;
}

/// What planners ordered is read back from Lightspeed before anybody says what it is.
#[tokio::test(start_paused = true)]
async fn purchase_orders_are_known_also_when_they_are_read_first() {
    life(true, false).await;
}

/// Then they are told by vendor, shop and time, and must be found however old they are.
#[tokio::test(start_paused = true)]
async fn purchase_orders_are_found_also_where_lightspeed_does_not_find_by_reference() {
    life(false, true).await;
}

async fn life(exports_last: bool, by_vendor: bool) {
    let (mut world, shelf) = stocked(60).await;
    let mut deeds = Deeds::before(&world, shelf).await;
    let backup = world.back_up().await;
    deeds.since(&mut world).await;
    let exported = deeds.exported(&world);
    assert!(exported.len() >= 4, "{exported:?}");
    assert_fresh(&world, &exported).await;
    let (held, ordered) = (rows(&world), purchase_orders(&world));

    // The disk dies, and the shop goes on selling.
    deeds.meanwhile(&world);
    tokio::time::sleep(Duration::from_secs(7_200)).await;
    if by_vendor {
        world.sandbox.set_fault(Fault::ReferenceRefused);
    }
    world.put_back(&backup, 2).await;
    let sandbox = &world.sandbox;
    sandbox.optiply().clear_history();
    let store = &world.deps.store;
    let noted = store.note_restored().await.expect("a note");
    assert_eq!(noted, ["shop"]);
    while store.is_restored(world.connection).await.expect("a state") {
        assert_eq!(
            sandbox.optiply().writes(),
            [],
            "nothing before all is known"
        );
        step(&world, exports_last).await;
    }
    an_hour(&world).await;

    assert_eq!(world.parked().await, []);
    let adoption = store.adoption(world.connection).await.expect("a state");
    assert_eq!(adoption, Adoption::Done);
    // Lightspeed: not an order more, and none otherwise.
    let now = purchase_orders(&world);
    let orders = |of: &BTreeMap<u64, Order>| -> Vec<(u64, String, usize)> {
        let orders = of.values();
        orders
            .map(|order| (order.id, order.reference.clone(), order.lines.len()))
            .collect()
    };
    assert_eq!(orders(&now), orders(&ordered));
    // Optiply: every row is the one that was there; what is new is of the sale since.
    let now = rows(&world);
    let gone: Vec<_> = held.keys().filter(|key| !now.contains_key(key)).collect();
    assert_eq!(gone, deeds.voided(&held).iter().collect::<Vec<_>>());
    let made: Vec<&str> = now
        .keys()
        .filter(|key| !held.contains_key(key))
        .map(|(resource, _)| *resource)
        .collect();
    assert_eq!(made, ["sellOrderLines", "sellOrders"], "{made:?}");
    deeds.assert_name(&now);
    assert_fresh(&world, &exported).await;

    let optiply = world.sandbox.optiply();
    optiply.clear_history();
    world.sync().await;
    assert_eq!(optiply.writes(), [], "all is told");
}
