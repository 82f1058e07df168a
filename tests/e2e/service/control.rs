//! Pause, resume and cancel end reading and nothing else, and outlive the process.

use super::{Service, until, until_done};
use crate::support::{World, assert_same, sized};
use pipeline::id::{RunId, ShopId};
use pipeline::settings::{Locations, Settings};
use sandbox::Config;
use std::time::Duration;
use storage::Backlog;

fn slow() -> Config {
    Config {
        latency: Duration::from_millis(80),
        ..sized(200, 1_500)
    }
}

fn pages(world: &World) -> usize {
    let history = world.sandbox.history();
    history
        .iter()
        .filter(|call| call.resource == "Sale")
        .count()
}

async fn reading(world: &World, service: &Service) {
    service.sync().await;
    until("sales are read", || async { pages(world) >= 3 }).await;
}

/// Waits until all that was stored is carried through, and tells that nothing more was asked for.
async fn at_rest(world: &World) {
    tokio::time::sleep(Duration::from_millis(900)).await;
    let before = world.sandbox.history().len();
    until("what was read is carried through", || async {
        let left = world.deps.store.backlog(world.connection, RunId(1)).await;
        left.expect("a backlog") == Backlog::default()
    })
    .await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(
        world.sandbox.history().len(),
        before,
        "nothing more is read"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_run_stays_open_over_a_restart_and_goes_on_where_it_stood() {
    let world = World::new(slow()).await;
    let service = Service::start(&world, None).await;
    reading(&world, &service).await;
    assert!(
        world
            .deps
            .store
            .pause(world.connection)
            .await
            .expect("a connection")
    );
    at_rest(&world).await;
    assert!(!world.dump().await.is_empty(), "it is loaded");
    service.stop().await;

    let service = Service::start(&world, None).await;
    at_rest(&world).await;
    let told = service.get("/api/connections/shop/status").await.json();
    assert_eq!(told["standing"]["state"], "paused");
    assert_eq!(told["runs"][0]["state"], "open");
    let before = pages(&world);
    assert!(
        world
            .deps
            .store
            .resume(world.connection)
            .await
            .expect("a connection")
    );
    until_done(&world).await;
    // 15 pages of sales and what sizes them: none is read twice but the one in hand of a slice.
    assert!(
        before + pages(&world) <= 2 * 15 + 12,
        "{before} and {}",
        pages(&world)
    );
    let settings = Settings::new(Locations::All, ShopId(1));
    assert_same(&world.dump().await, &world.truth(&settings).dump);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_run_is_over_and_the_next_one_begins_anew() {
    let world = World::new(slow()).await;
    let service = Service::start(&world, None).await;
    reading(&world, &service).await;
    let cancelled = world.deps.store.cancel(world.connection).await;
    assert_eq!(cancelled.expect("runs"), vec![RunId(1)]);
    at_rest(&world).await;
    let told = service
        .get("/api/connections/shop/status?run=1")
        .await
        .json();
    assert_eq!(told["state"], "cancelled");
    assert!(!world.dump().await.is_empty(), "what was read is kept");
    let next = service.sync().await.json();
    assert_eq!(
        (&next["run"]["id"], &next["joined"]),
        (&2.into(), &false.into())
    );
    until_done(&world).await;
    let settings = Settings::new(Locations::All, ShopId(1));
    assert_same(&world.dump().await, &world.truth(&settings).dump);
    service.stop().await;
}
