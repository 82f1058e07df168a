//! Alarms that are judged from stored figures: raised when something is wrong, cleared when it has
//! passed, and not raised over nothing.

use crate::support::{self, small};
use crate::virtual_time;
use connectors::http::{Request, Response, Transport, TransportError};
use jobs::alarms::judge;
use jobs::deps::Deps;
use pipeline::id::ConnectionId;
use rand::SeedableRng;
use rand::rngs::StdRng;
use sandbox::Size;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use storage::AlarmKind;
use tokio_util::sync::CancellationToken;

/// The alarms that last once everything was judged.
async fn judged(deps: &Deps, connection: ConnectionId) -> Vec<AlarmKind> {
    judge(deps).await.expect("a judgement");
    let alarms = deps.store.alarms(connection).await.expect("alarms");
    alarms.iter().map(|raised| raised.alarm.kind).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clocks_that_are_far_apart_are_told_until_they_are_not() {
    let world = support::World::new(small()).await;
    let (deps, id) = (&world.deps, world.connection);
    for (offset_ms, expected) in [
        (59_000, vec![]),
        (-61_000, vec![AlarmKind::ClockOffset]),
        (400_000, vec![AlarmKind::ClockOffset]),
        (900, vec![]),
    ] {
        let set = deps.store.set_clock_offset(id, offset_ms).await;
        set.expect("a connection");
        assert_eq!(judged(deps, id).await, expected, "{offset_ms} ms");
    }
}

/// Calls of the other client in one go: more than its answers' way and rounding could explain, and
/// less than fills the bucket at once.
const BURST: u32 = 24;

/// A network on which another client of the same account calls as well: in one go, now and then.
#[derive(Debug)]
struct Crowded {
    inner: Arc<dyn Transport>,
    calls: AtomicUsize,
}

#[async_trait::async_trait]
impl Transport for Crowded {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        if call % 10 == 9 && !request.url.path().ends_with("/token") {
            for _ in 0..BURST {
                // What it is told is nobody's business here.
                let _answer = self.inner.send(request.clone()).await;
            }
        }
        self.inner.send(request).await
    }
}

const SHOP: Size = Size {
    shops: 1,
    vendors: 12,
    items: 500,
    sales: 6_000,
};

#[tokio::test(start_paused = true)]
async fn an_allowance_that_is_ours_alone_raises_no_alarm() {
    let world = virtual_time::World::new(5, SHOP, Duration::from_millis(250)).await;
    world.extract().await;
    let told = judged(&world.deps, world.connection).await;
    assert!(!told.contains(&AlarmKind::SharedBudget), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn another_client_of_the_account_is_noticed_and_forgotten() {
    let mut world = virtual_time::World::new(5, SHOP, Duration::from_millis(250)).await;
    let crowded = Crowded {
        inner: world.deps.transport.clone(),
        calls: AtomicUsize::new(0),
    };
    world.deps = Deps::new(
        world.deps.store.clone(),
        world.deps.clock.clone(),
        Arc::new(crowded),
        CancellationToken::new(),
        StdRng::seed_from_u64(1),
    );
    world.extract().await;
    let told = judged(&world.deps, world.connection).await;
    let budget = world
        .deps
        .store
        .budget(world.connection, "lightspeed")
        .await;
    assert!(
        told.contains(&AlarmKind::SharedBudget),
        "{told:?} {budget:?}"
    );
    tokio::time::sleep(Duration::from_secs(60 * 60)).await;
    let told = judged(&world.deps, world.connection).await;
    assert!(!told.contains(&AlarmKind::SharedBudget), "{told:?}");
}
