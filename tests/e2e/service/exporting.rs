//! Exports that the API and the schedule begin.

use super::{Service, until, until_done};
use crate::delivery::world::{World as Virtual, fast};
use crate::export::{line, plan, stocked};
use crate::support::{self, World, sized};
use chrono::TimeDelta;
use connectors::http::Method;
use jobs::schedule::Schedule;
use jobs::slots::PERIOD;
use pipeline::deliver::Entity;
use pipeline::id::ShopId;
use pipeline::settings::{Locations, Settings};
use rust_decimal::Decimal;
use sandbox::{Order, Sandbox, Writer};
use std::time::Duration;
use storage::SlotKind;

fn ordered(sandbox: &Sandbox, order: i64) -> Vec<Order> {
    let reference = format!("OPT-{order}");
    sandbox.inspect(|account| {
        let orders = account.orders().values();
        let ours = orders.filter(|held| held.reference == reference && held.ordered.is_some());
        ours.cloned().collect()
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_exports_what_planners_made() {
    let mut world = World::new(sized(40, 10)).await;
    world.deps = world.deps.clone().with_delivery(fast());
    let path = "/api/connections/shop/export";
    let service = Service::start(&world, None).await;
    let answer = service.call(Method::POST, path, &[]).await;
    assert_eq!(answer.code(), (409, "no_optiply".to_owned()));
    let answer = service
        .call(Method::POST, "/api/connections/nobody/export", &[])
        .await;
    assert_eq!(answer.status, 404);
    assert_eq!(service.get(path).await.status, 405);

    let (api, token) = world.optiply_urls();
    let (store, connection) = (&world.deps.store, world.connection);
    support::connect_to_optiply(store, connection, &world.sandbox, (&api, &token)).await;
    let settings = Settings {
        export_since: "2020-01-01T00:00:00Z".parse().ok(),
        ..Settings::new(Locations::All, ShopId(1))
    };
    let put = store.put_settings(connection, &settings, "test").await;
    put.expect("settings");
    assert_eq!(service.sync().await.status, 202);
    until_done(&world).await;
    let remote = async |entity: Entity| {
        for id in 1.. {
            let rows = store.deliveries_of(connection, entity, id).await;
            if let Some(row) = rows.expect("rows").iter().find_map(|row| row.remote_id) {
                return row;
            }
        }
        unreachable!("something was delivered")
    };
    let line = [(remote(Entity::Product).await, 3, Decimal::new(450, 2))];
    let supplier = remote(Entity::Supplier).await;
    let order = world.sandbox.optiply().mutate(Writer::Planner, |editor| {
        editor.buy_order(supplier, &line).expect("a buy order")
    });
    let answer = service.call(Method::POST, path, &[]).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    let run = answer.json();
    assert_eq!((&run["joined"], &run["again"]), (&false.into(), &().into()));
    let href = run["run"]["href"].as_str().expect("an address").to_owned();
    until("it is exported", || async {
        service.get(&href).await.json()["state"] == "done"
    })
    .await;
    let told = service.get(&href).await.json();
    assert_eq!(told["kind"], "export");
    assert_eq!(ordered(&world.sandbox, order).len(), 1);
    service.stop().await;
}

#[tokio::test(start_paused = true)]
async fn every_half_hour_buy_orders_are_exported_by_themselves() {
    let (world, shelf) = stocked(40).await;
    let mut schedule = Schedule::every(&world.deps, PERIOD);
    schedule.tick().await.expect("a look");
    let began = exports(&world).await;
    for cycle in 1..=3 {
        let order = plan(
            &world,
            shelf.vendors[0].1,
            &[line(shelf.items[0].1, 5, 150)],
        );
        tokio::time::sleep(Duration::from_secs(1_800)).await;
        // However often it is looked, a slot is served once.
        for _ in 0..3 {
            schedule.tick().await.expect("a look");
        }
        world.settle().await;
        assert_eq!(exports(&world).await, began + cycle);
        assert_eq!(ordered(&world.sandbox, order).len(), 1);
    }
    let slots = world.deps.store.slots(world.connection, SlotKind::Export);
    let slots = slots.await.expect("slots");
    for pair in slots.windows(2) {
        assert_eq!(pair[1].0 - pair[0].0, TimeDelta::minutes(30));
    }
}

/// The exports that the schedule began.
async fn exports(world: &Virtual) -> usize {
    let runs = world.deps.store.runs(world.connection, 100).await;
    let runs = runs.expect("runs");
    let ours = runs
        .iter()
        .filter(|run| run.kind == "export" && run.requested_by == "schedule");
    ours.count()
}
