//! How fast orders go, alone and beside a backfill, by the clock that only waits move.

use super::judge::{Wish, assert_ordered};
use super::plain::item_of;
use super::world::{Line, Shelf, ask, export, line, plan, stock};
use crate::delivery::world::{World, sized};
use crate::router::InProcess;
use jobs::stages;
use pipeline::Stage;
use rust_decimal::Decimal;
use sandbox::Limits;
use std::sync::Arc;
use std::time::Duration;
use storage::JobAddress;
use tokio::time::Instant;

const LATENCY: Duration = Duration::from_millis(250);

async fn limited(items: u32) -> (World, Shelf) {
    let limits = Limits::Model2026 { registers: 1 };
    let world = World::limited(sized(items, 10), limits, LATENCY, |sandbox| {
        Arc::new(InProcess(sandbox.router()))
    })
    .await;
    world.start_delivery().await;
    let shelf = stock(&world).await;
    // What the backfill used has dripped out.
    tokio::time::sleep(Duration::from_secs(120)).await;
    (world, shelf)
}

fn forty(shelf: &Shelf, from: usize) -> Vec<Line> {
    let items = shelf.items[from..from + 40].iter();
    items.map(|(_, product)| line(*product, 2, 250)).collect()
}

fn assert_no_refusal(world: &World) {
    let refused = world
        .sandbox
        .history()
        .iter()
        .filter(|call| call.status == 429)
        .count();
    assert_eq!(refused, 0, "no refusal was unavoidable");
}

#[tokio::test(start_paused = true)]
async fn forty_lines_take_45_calls_and_hardly_longer_than_they_must() {
    let (world, shelf) = limited(160).await;
    let mut wishes = Vec::new();
    let mut planned = |from: usize| {
        let lines = forty(&shelf, from);
        let order = plan(&world, shelf.vendors[0].1, &lines);
        wishes.push(Wish::of(order, &lines, item_of(&shelf)));
    };
    planned(0);
    let start = Instant::now();
    export(&world).await;
    let took = start.elapsed();
    let calls = u32::try_from(world.sandbox.history().len()).expect("few");
    assert!(calls <= 45, "{calls} calls");
    // One after the other, each as long as an answer takes; three calls more go to Optiply.
    let least = LATENCY * (calls + 3);
    eprintln!("one order: {took:?} against {least:?}");
    assert!(took <= least.mul_f64(1.2), "{took:?} against {least:?}");

    // Three at once are kept back by the allowance: their cost less what the bucket takes in.
    tokio::time::sleep(Duration::from_secs(120)).await;
    world.sandbox.clear_history();
    for from in [40, 60, 80] {
        planned(from);
    }
    let start = Instant::now();
    export(&world).await;
    let took = start.elapsed();
    let history = world.sandbox.history();
    assert!(history.len() <= 3 * 45, "{} calls", history.len());
    let cost: Decimal = history.iter().map(|call| call.cost).sum();
    let least = (cost - Decimal::from(90))
        .to_string()
        .parse::<f64>()
        .expect("seconds");
    let least = Duration::from_secs_f64(least);
    eprintln!("three orders: {took:?} against {least:?}");
    assert!(took <= least.mul_f64(1.2), "{took:?} against {least:?}");
    assert_no_refusal(&world);
    world.sandbox.clear_history();
    assert_ordered(&world, &wishes);
}

/// Advances a stage whenever it is due.
async fn keep_at(world: &World, stage: Stage) {
    loop {
        let due = world
            .queued()
            .await
            .into_iter()
            .find(|state| state.stage == stage);
        let wait = due.as_ref().and_then(|state| state.next_at);
        let wait = wait.map_or(Duration::ZERO, |at| {
            (at - world.deps.clock.now()).to_std().unwrap_or_default()
        });
        match due {
            Some(state) if wait <= Duration::from_secs(1) => {
                tokio::time::sleep(wait).await;
                let job = JobAddress {
                    v: 1,
                    connection: world.connection,
                    run: state.run,
                    stage,
                    turn: state.turn,
                };
                let advanced = Box::pin(stages::advance(&world.deps, job)).await;
                advanced.expect("a turn");
            }
            _ => tokio::time::sleep(Duration::from_secs(1)).await,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn orders_go_while_a_large_backfill_uses_the_same_allowance() {
    let (world, shelf) = limited(160).await;
    let item = shelf.items[0].0;
    world.sandbox.mutate(|account| {
        for _ in 0..40_000 {
            account.sell(1, &[(item, 1)]);
        }
    });
    let opened = world.deps.store.open_backfill(world.connection).await;
    let backfill = opened.expect("a run").0;
    world.sandbox.clear_history();
    let mut wishes = Vec::new();
    let exported = async {
        // The backfill has filled its share of the bucket by then.
        tokio::time::sleep(Duration::from_secs(120)).await;
        for from in [0, 20, 40] {
            let lines = forty(&shelf, from);
            let order = plan(&world, shelf.vendors[0].1, &lines);
            wishes.push(Wish::of(order, &lines, item_of(&shelf)));
        }
        let start = Instant::now();
        let run = ask(&world).await;
        while world
            .deps
            .store
            .run(run)
            .await
            .expect("the run")
            .ended_at
            .is_none()
        {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        start.elapsed()
    };
    let took = tokio::select! {
        () = keep_at(&world, Stage::Extract) => unreachable!(),
        () = keep_at(&world, Stage::Export) => unreachable!(),
        took = exported => took,
    };
    let reading = world.deps.store.run(backfill).await.expect("the backfill");
    assert_eq!(
        reading.extracted_at, None,
        "the backfill was at it all the time"
    );
    // 135 drips, of which 18 find room at once and the rest drips out at one a second.
    eprintln!("three orders beside a backfill: {took:?}");
    assert!(took <= Duration::from_secs(150), "{took:?}");
    assert_no_refusal(&world);
    assert_ordered(&world, &wishes);
}
