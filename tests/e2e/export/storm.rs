//! Many orders, lost answers, a process that dies 25 times, and two of them at once.

use super::judge::{Wish, assert_ordered};
use super::plain::item_of;
use super::world::{ask, plan, stocked_over};
use crate::delivery::world::{World, fast};
use crate::router::InProcess;
use connectors::http::{Request, Response, Transport, TransportError};
use jobs::deps::Deps;
use jobs::stages;
use pipeline::Stage;
use pipeline::id::ConnectionId;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rust_decimal::Decimal;
use sandbox::Weather;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use storage::JobAddress;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const ORDERS: usize = 2_000;
const KILLS: usize = 25;

/// A way on which requests take their time, and arrive although whoever sent them is gone.
#[derive(Debug)]
struct Slow {
    inner: Arc<InProcess>,
    dice: Mutex<StdRng>,
}

#[async_trait::async_trait]
impl Transport for Slow {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let millis = {
            let mut dice = self.dice.lock().expect("no test panics in here");
            match dice.random_range(0..100) {
                0..2 => dice.random_range(5_000..25_000),
                _ => dice.random_range(20..200),
            }
        };
        let inner = self.inner.clone();
        let way = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            inner.send(request).await
        });
        way.await.expect("a way that does not panic")
    }
}

/// A process that exports, until it is aborted.
fn process(world: &World, seed: u64) -> JoinHandle<()> {
    let deps = Deps::new(
        world.deps.store.clone(),
        world.deps.clock.clone(),
        world.deps.transport.clone(),
        CancellationToken::new(),
        StdRng::seed_from_u64(seed),
    )
    .with_delivery(fast());
    let connection = world.connection;
    tokio::spawn(async move {
        loop {
            match due(&deps, connection).await {
                Some((job, wait)) => {
                    tokio::time::sleep(wait.min(Duration::from_secs(5))).await;
                    if wait <= Duration::from_secs(5) {
                        let advanced = Box::pin(stages::advance(&deps, job)).await;
                        advanced.expect("a turn");
                    }
                }
                None => tokio::time::sleep(Duration::from_secs(1)).await,
            }
        }
    })
}

/// The export's job, and how long it is to wait.
async fn due(deps: &Deps, connection: ConnectionId) -> Option<(JobAddress, Duration)> {
    let stages = deps.store.stages(connection).await.expect("stages");
    let stage = stages
        .into_iter()
        .find(|stage| stage.stage == Stage::Export && stage.state == "queued")?;
    let job = JobAddress {
        v: 1,
        connection,
        run: stage.run,
        stage: stage.stage,
        turn: stage.turn,
    };
    let wait = stage
        .next_at
        .map(|at| (at - deps.clock.now()).to_std().unwrap_or_default());
    Some((job, wait.unwrap_or_default()))
}

/// As many lines as the orders of a shop have: few mostly, and each number up to 40 once in a
/// while.
fn lines_of(order: usize) -> usize {
    if order.is_multiple_of(50) {
        1 + (order / 50) % 40
    } else {
        1 + order % 4
    }
}

#[tokio::test(start_paused = true)]
async fn two_thousand_orders_through_a_storm_25_kills_and_two_at_once() {
    let (world, shelf) = stocked_over(120, |sandbox| {
        Arc::new(Slow {
            inner: Arc::new(InProcess(sandbox.router())),
            dice: Mutex::new(StdRng::seed_from_u64(3)),
        })
    })
    .await;
    let mut wishes = Vec::with_capacity(ORDERS);
    for order in 0..ORDERS {
        let lines: Vec<_> = (0..lines_of(order))
            .map(|place| {
                let product = shelf.items[(order + place) % shelf.items.len()].1;
                let pieces = 1 + i64::try_from((order + place) % 7).expect("few");
                let cents = 101 + i64::try_from(order % 500).expect("few");
                (product, pieces, Decimal::new(pieces * cents, 2))
            })
            .collect();
        let supplier = shelf.vendors[order % shelf.vendors.len()].1;
        let id = plan(&world, supplier, &lines);
        wishes.push(Wish::of(id, &lines, item_of(&shelf)));
    }
    // 5 % lost answers, 3 % of 5xx, 2 % of 429; half of each that can be after the effect.
    world.sandbox.set_weather(Weather {
        server_errors: 15,
        too_many: 20,
        resets_before: 25,
        resets_after: 20,
        errors_after: 15,
        truncated: 5,
    });
    let run = ask(&world).await;
    let mut dice = StdRng::seed_from_u64(25);
    let mut processes = [process(&world, 100), process(&world, 101)];
    for kill in 0..KILLS {
        tokio::time::sleep(Duration::from_millis(dice.random_range(2_000..30_000))).await;
        let state = world.deps.store.run(run).await.expect("the run");
        assert_eq!(state.ended_at, None, "only {kill} kills fell into the run");
        // Every third time nobody dies: the other takes over although the first lives.
        if kill % 3 != 0 {
            let seed = 200 + u64::try_from(kill).expect("few");
            let next = process(&world, seed);
            std::mem::replace(&mut processes[kill % 2], next).abort();
        }
        world.take_over().await;
    }
    loop {
        let state = world.deps.store.run(run).await.expect("the run");
        if state.ended_at.is_some() {
            assert_eq!(state.state, "done", "{:?}", state.reason);
            break;
        }
        assert_eq!(state.state, "open", "{:?}", state.reason);
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
    for process in processes {
        process.abort();
    }
    assert_ordered(&world, &wishes);
    let states = super::world::states(&world).await;
    assert_eq!(states, serde_json::json!({"exported": ORDERS}));
}
