//! The whole permitted rate without a 429, in virtual time: four walkers against the sandbox's
//! bucket of 2026, for accounts of 1, 5 and 20 registers.

use crate::support::router::InProcess;
use crate::support::uneven::Uneven;
use crate::support::world::{World, rng, virtual_sandbox, walk};
use connectors::lightspeed::{IdRange, Query};
use pipeline::Feed;
use sandbox::Limits;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

/// In thousandths: bucket size and drip per second of the documented model.
fn model(registers: u32) -> (u64, u64) {
    let extra = u64::from(registers) - 1;
    (90_000 + 10_000 * extra, 1_000 + 500 * extra)
}

async fn race(registers: u32, sales: u32, most: Duration) {
    let (sandbox, clock) = virtual_sandbox(|config| {
        config.limits = Limits::Model2026 { registers };
        config.latency = Duration::from_millis(100);
        config.size.sales = sales;
    });
    let way = Uneven {
        inner: InProcess(sandbox.router()),
        most,
        rng: Mutex::new(rng()),
    };
    let world = World::sandboxed_by(&sandbox, clock, Arc::new(way));
    world.client.shops().await.expect("shops");
    let highest = world
        .client
        .first(&Query::highest(Feed::Sales))
        .await
        .expect("a page")
        .last_id
        .expect("sales");

    let started = Instant::now();
    let mut walkers = Vec::new();
    for slice in 0..4 {
        let client = world.client.clone();
        let range = IdRange {
            after: Some(highest * slice / 4),
            from: None,
            to: Some(highest * (slice + 1) / 4),
        };
        walkers.push(tokio::spawn(async move {
            // One row a page: what counts here is the number of pages, and small accounts are quick.
            let query = Query::walk(Feed::Sales, range).with_limit(1);
            walk(&client, &query)
                .await
                .expect("a walk")
                .iter()
                .map(|page| page.rows)
                .sum::<usize>()
        }));
    }
    let mut rows = 0;
    for walker in walkers {
        rows += walker.await.expect("no panic");
    }
    let took = u64::try_from(started.elapsed().as_millis()).expect("a short test");
    assert_eq!(rows, sandbox.account().sales().len());

    let history = sandbox.history();
    assert!(
        history
            .iter()
            .all(|call| call.limited.is_none() && call.status == 200),
        "an avoidable 429"
    );
    let milli = |amount: &dyn ToString| {
        connectors::lightspeed::Drips::parse(&amount.to_string())
            .expect("an amount")
            .as_milli()
            .unsigned_abs()
    };
    let (size, drip) = model(registers);
    let fullest = history
        .iter()
        .map(|call| milli(&call.level))
        .max()
        .unwrap_or(0);
    assert!(
        fullest <= size * 8 / 10,
        "{registers} registers: the bucket reached {fullest} of {size}"
    );

    // The bucket may be filled once and then drips; an import may fill four fifths of it.
    let drips: u64 = history
        .iter()
        .filter(|call| call.resource == "Sale")
        .map(|call| milli(&call.cost))
        .sum();
    let least = (drips - size) * 1_000 / drip;
    let least_for_import = (drips - size * 8 / 10) * 1_000 / drip;
    println!(
        "{registers} registers: {drips} thousandths of a drip in {took} ms, least {least} ms ({} %), \
         within an import's share {least_for_import} ms ({} %)",
        took * 100 / least,
        took * 100 / least_for_import,
    );
    assert!(
        took * 100 <= least * 105,
        "{registers} registers: {took} ms for at least {least} ms"
    );
}

/// On a steady network and on one that reorders what it carries.
async fn races(registers: u32, sales: u32) {
    for most in [0, 150, 300] {
        race(registers, sales, Duration::from_millis(most)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn one_register() {
    races(1, 600).await;
}

#[tokio::test(start_paused = true)]
async fn five_registers() {
    races(5, 900).await;
}

#[tokio::test(start_paused = true)]
async fn twenty_registers() {
    races(20, 3_000).await;
}
