//! The pace in virtual time: where it starts, how it grows, and what halves it.

use super::support::{World, document, granted, is_grant, product};
use crate::support::clock::TokioClock;
use crate::support::script::{Script, reply, with};
use crate::support::world::{NOON, rng};
use connectors::http::{Response, StatusCode};
use connectors::optiply::pace::Kind;
use connectors::optiply::{Lane, Pace, PaceLimits};
use sandbox::{OptiplyFault, When};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

const QUICK: Duration = Duration::from_millis(50);

fn pace() -> Pace {
    Pace::new(PaceLimits::default(), TokioClock::at(NOON), rng())
}

/// So many calls by so many callers, each taking so long.
async fn run(pace: &Pace, calls: usize, callers: usize, latency: Duration) -> Duration {
    let started = Instant::now();
    let mut set = JoinSet::new();
    for caller in 0..callers {
        let pace = pace.clone();
        let own = calls / callers + usize::from(caller < calls % callers);
        set.spawn(async move {
            for _ in 0..own {
                let permit = pace.reserve(Kind::Write, Lane::InTurn).await;
                tokio::time::sleep(latency).await;
                permit.answered(latency);
            }
        });
    }
    while set.join_next().await.is_some() {}
    started.elapsed()
}

#[tokio::test(start_paused = true)]
async fn it_starts_at_five_a_second_evenly_spaced() {
    let pace = pace();
    assert_eq!(pace.snapshot().per_minute, 300);
    assert_eq!(pace.snapshot().in_flight_limit, 2);
    let mut last = None;
    for n in 0..5 {
        let permit = pace.reserve(Kind::Write, Lane::InTurn).await;
        let now = Instant::now();
        if let Some(last) = last.replace(now) {
            let gap = now - last;
            assert!((150..=201).contains(&gap.as_millis()), "{n}: {gap:?}");
        }
        permit.answered(QUICK);
    }
}

#[tokio::test(start_paused = true)]
async fn two_at_once_and_no_third() {
    let pace = pace();
    let first = pace.reserve(Kind::Write, Lane::InTurn).await;
    let _second = pace.reserve(Kind::Write, Lane::InTurn).await;
    let third = tokio::time::timeout(
        Duration::from_secs(60),
        pace.reserve(Kind::Write, Lane::InTurn),
    );
    assert!(third.await.is_err());
    assert_eq!(pace.snapshot().waiting, 0, "who gives up leaves the queue");
    drop(first);
    pace.reserve(Kind::Write, Lane::InTurn)
        .await
        .answered(QUICK);
}

#[tokio::test(start_paused = true)]
async fn it_grows_slowly_under_full_use_up_to_its_most() {
    let pace = pace();
    run(&pace, 200, 4, QUICK).await;
    let after = pace.snapshot();
    assert!((400..1_200).contains(&after.per_minute), "{after:?}");
    run(&pace, 2_000, 8, QUICK).await;
    assert_eq!(pace.snapshot().per_minute, 1_200);
    assert_eq!(pace.snapshot().in_flight_limit, 8);
    let took = run(&pace, 1_200, 8, QUICK).await;
    assert!((59..=61).contains(&took.as_secs()), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn idle_callers_earn_no_pace() {
    let pace = pace();
    for _ in 0..100 {
        pace.reserve(Kind::Write, Lane::InTurn)
            .await
            .answered(QUICK);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(pace.snapshot().per_minute, 300);
}

#[tokio::test(start_paused = true)]
async fn every_sign_of_trouble_halves_it_once() {
    let fresh = || pace();
    let one = fresh();
    one.reserve(Kind::Write, Lane::InTurn).await.failed();
    assert_eq!(one.snapshot().per_minute, 150);
    assert_eq!(one.snapshot().in_flight_limit, 1);

    let two = fresh();
    let (a, b) = (
        two.reserve(Kind::Write, Lane::InTurn).await,
        two.reserve(Kind::Write, Lane::InTurn).await,
    );
    a.failed();
    b.failed();
    assert_eq!(two.snapshot().per_minute, 150, "both were on their way");
    two.reserve(Kind::Write, Lane::InTurn).await.failed();
    assert_eq!(two.snapshot().per_minute, 75);
    for _ in 0..10 {
        two.reserve(Kind::Write, Lane::InTurn).await.failed();
    }
    assert_eq!(two.snapshot().per_minute, 30, "the least");

    let slow = fresh();
    for _ in 0..10 {
        slow.reserve(Kind::Write, Lane::InTurn)
            .await
            .answered(QUICK);
    }
    for _ in 0..2 {
        slow.reserve(Kind::Write, Lane::InTurn)
            .await
            .answered(Duration::from_secs(4));
    }
    let before = slow.snapshot().per_minute;
    assert!(before < 200, "{slow:?}");
    slow.reserve(Kind::List, Lane::InTurn)
        .await
        .answered(Duration::from_secs(4));
    assert!(
        slow.snapshot().per_minute >= before,
        "lists have a usual of their own"
    );
}

#[tokio::test(start_paused = true)]
async fn a_429_pauses_everybody_for_as_long_as_it_says() {
    for (asked, least, most) in [
        (Some(Duration::from_secs(20)), 20_000, 20_500),
        (None, 1_000, 1_600),
    ] {
        let pace = pace();
        let pause = pace.reserve(Kind::Write, Lane::InTurn).await.refused(asked);
        let started = Instant::now();
        assert!(pace.snapshot().paused_until.is_some());
        pace.reserve(Kind::Write, Lane::InTurn)
            .await
            .answered(QUICK);
        let waited = started.elapsed();
        assert!(waited >= pause, "{waited:?}");
        let waited = waited.as_millis();
        assert!((least..=most).contains(&waited), "{waited}");
        assert_eq!(
            pace.snapshot().per_minute.min(170),
            pace.snapshot().per_minute
        );
    }
    // Without a word the pauses double.
    let pace = pace();
    let mut pauses = Vec::new();
    for _ in 0..4 {
        pauses.push(
            pace.reserve(Kind::Write, Lane::InTurn)
                .await
                .refused(None)
                .as_secs(),
        );
    }
    assert_eq!(pauses, [1, 2, 4, 8]);
}

#[tokio::test(start_paused = true)]
async fn it_survives_being_stored() {
    let pace = pace();
    pace.reserve(Kind::Write, Lane::InTurn).await.failed();
    let _ = pace
        .reserve(Kind::Write, Lane::InTurn)
        .await
        .refused(Some(Duration::from_secs(50)));
    let state = pace.snapshot();
    let clock = TokioClock::at(NOON);
    let again = Pace::restore(&state, PaceLimits::default(), clock, rng());
    assert_eq!(again.snapshot().per_minute, state.per_minute);
    assert!(again.snapshot().paused_until.is_some());
    assert_eq!(state.per_minute, 75);
    assert_eq!(state.time_for(750), Duration::from_secs(600));
}

#[tokio::test(start_paused = true)]
async fn the_client_keeps_to_it() {
    let (sandbox, world) = World::sandboxed_with(PaceLimits::default());
    sandbox
        .optiply()
        .behave(|rules| rules.latency = Some(Duration::from_millis(500)));
    let mut set = JoinSet::new();
    for n in 0..20 {
        let client = world.client.clone();
        set.spawn(async move { client.create(&product(&format!("P{n}"))).await });
    }
    while let Some(outcome) = set.join_next().await {
        outcome.expect("no panic").expect("a row");
    }
    assert!(
        sandbox.optiply().most_in_flight() <= 3,
        "two, then one more earned"
    );
    for (fault, expected) in [
        (OptiplyFault::status(503, When::next()), true),
        (OptiplyFault::status(400, When::next()), false),
        (OptiplyFault::ResetAfter { at: When::next() }, true),
        (
            OptiplyFault::TooMany {
                retry_after: Some(1),
                at: When::next(),
            },
            true,
        ),
    ] {
        let before = world.client.pace().snapshot().per_minute;
        sandbox.optiply().set_fault(fault.clone());
        let _ = world.client.create(&product("P")).await;
        let after = world.client.pace().snapshot().per_minute;
        assert_eq!(after < before, expected, "{fault:?}: {before} {after}");
    }
}

fn too_many() -> Response {
    with(
        reply(429, ""),
        "retry-after",
        "Sun, 01 Feb 2026 12:00:30 GMT",
    )
}

#[tokio::test(start_paused = true)]
async fn a_date_in_retry_after_is_taken_by_the_servers_clock() {
    let server: Arc<Script> = Script::new(|n, request| match (is_grant(request), n) {
        (true, _) => granted("issued-token"),
        (false, 1) => with(too_many(), "date", "Sun, 01 Feb 2026 12:00:20 GMT"),
        (false, _) => reply(StatusCode::CREATED.as_u16(), document(5)),
    });
    let world = World::scripted(server);
    let started = Instant::now();
    world.make(&product("P")).await;
    let waited = started.elapsed().as_millis();
    assert!((10_000..=11_000).contains(&waited), "{waited}");
    let theirs = world.client.server_now().expect("a date was heard");
    assert!(
        theirs
            > "2026-02-01T12:00:29Z"
                .parse::<chrono::DateTime<chrono::Utc>>()
                .expect("an instant")
    );
}

#[tokio::test(start_paused = true)]
async fn it_settles_below_a_limit_nobody_tells() {
    let (sandbox, world) = World::sandboxed_with(PaceLimits::default());
    sandbox
        .optiply()
        .behave(|rules| rules.requests_per_second = Some(8));
    let started = Instant::now();
    let mut set = JoinSet::new();
    for n in 0..8 {
        let client = world.client.clone();
        set.spawn(async move {
            for m in 0..250 {
                let made = client.create(&product(&format!("P{n}-{m}"))).await;
                made.expect("429s are waited out");
            }
        });
    }
    while let Some(outcome) = set.join_next().await {
        outcome.expect("no panic");
    }
    let calls = sandbox.optiply().history();
    let refused = calls.iter().filter(|call| call.status == 429).count();
    assert!(refused * 20 < 2_000, "{refused} of 2,000 were refused");
    assert_eq!(sandbox.optiply().writes().len(), 2_000);
    let seconds = started.elapsed().as_secs();
    assert!(seconds < 600, "{seconds} s for 2,000 calls at 8/s");
}

#[tokio::test(start_paused = true)]
async fn stock_goes_ahead_of_what_waits() {
    let (sandbox, world) = World::sandboxed_with(PaceLimits::default());
    let ids = [world.product("A").await, world.product("B").await];
    let mut set = JoinSet::new();
    for n in 0..20 {
        let client = world.client.clone();
        set.spawn(async move { client.create(&product(&format!("P{n}"))).await.map(|_| ()) });
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    for id in ids {
        let client = world.client.clone().in_lane(Lane::Ahead);
        set.spawn(async move { client.patch(id, &product("stock")).await.map(|_| ()) });
    }
    while let Some(outcome) = set.join_next().await {
        outcome.expect("no panic").expect("done");
    }
    let writes = sandbox.optiply().writes();
    let last = writes.iter().rposition(|write| write.method == "PATCH");
    assert!(
        last.is_some_and(|at| at < 8),
        "{last:?} of {}",
        writes.len()
    );
}
