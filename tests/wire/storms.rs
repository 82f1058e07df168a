//! 429s: waited out, and never a failure before patience ends.

use crate::support::script::{Script, reply, sales, with};
use crate::support::world::World;
use connectors::lightspeed::{IdRange, Query, SourceError};
use pipeline::{Class, Feed};
use std::time::Duration;
use tokio::time::Instant;

fn query() -> Query {
    Query::walk(Feed::Sales, IdRange::ALL)
}

#[tokio::test(start_paused = true)]
async fn a_storm_is_waited_out() {
    let server = Script::new(|n, _| {
        if n < 8 {
            with(reply(429, "{}"), "retry-after", "10")
        } else {
            sales(&[1], "")
        }
    });
    let world = World::ready(server.clone());
    let started = Instant::now();
    world.client.first(&query()).await.expect("a page");
    assert_eq!(server.count(), 9);
    assert!(
        (80..=84).contains(&started.elapsed().as_secs()),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn a_storm_that_does_not_end_says_when_to_come_back() {
    let server = Script::new(|_, _| with(reply(429, ""), "retry-after", "45"));
    let world = World::ready(server.clone());
    let error = world.client.first(&query()).await.expect_err("a storm");
    let SourceError::RateLimited { after } = error else {
        panic!("{error:?}")
    };
    assert!((45_000..=45_250).contains(&after.as_millis()), "{after:?}");
    assert_eq!(error.class(), Class::RetryAfter(after));
    assert_eq!(server.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_long_ban_is_not_sat_out_inside_a_call() {
    let server = Script::new(|_, _| with(reply(429, ""), "retry-after", "600"));
    let world = World::ready(server.clone());
    let started = Instant::now();
    let error = world.client.first(&query()).await.expect_err("a ban");
    assert!(
        matches!(error.class(), Class::RetryAfter(after) if after >= Duration::from_secs(600)),
        "{error:?}"
    );
    assert!(started.elapsed() < Duration::from_secs(1));
    assert!(world.budget.snapshot().paused_until.is_some());
}

#[tokio::test(start_paused = true)]
async fn one_walkers_429_stops_the_others() {
    let server = Script::new(|n, _| {
        if n == 1 {
            with(reply(429, ""), "retry-after", "20")
        } else {
            sales(&[1], "")
        }
    });
    let world = World::ready(server.clone());
    world.client.first(&query()).await.expect("a page");
    let started = Instant::now();
    let one = query();
    let (a, ()) = tokio::join!(world.client.first(&one), async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        world.client.first(&query()).await.expect("a page");
        assert!(
            started.elapsed() >= Duration::from_secs(20),
            "{:?}",
            started.elapsed()
        );
    });
    a.expect("a page");
    assert_eq!(server.count(), 4);
}
