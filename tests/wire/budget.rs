//! The budget on its own, in virtual time.

use crate::support::clock::TokioClock;
use crate::support::world::{NOON, rng};
use connectors::http::{HeaderMap, HeaderName, HeaderValue};
use connectors::lightspeed::{Budget, Drips, Priority};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_str(value).expect("a value"),
            )
        })
        .collect()
}

fn level(level: &str, drip: &str) -> HeaderMap {
    headers(&[
        ("x-ls-api-bucket-level", level),
        ("x-ls-api-drip-rate", drip),
        ("x-ls-api-burst-level", "1/1000"),
    ])
}

fn fresh() -> Budget {
    Budget::new(TokioClock::at(NOON), rng())
}

async fn at(budget: &Budget, headers: &HeaderMap) {
    let _cost = budget
        .reserve(Drips::whole(1), Priority::Export)
        .await
        .settle(headers);
}

#[tokio::test(start_paused = true)]
async fn until_the_first_answer_one_request_explores() {
    let budget = fresh();
    let first = budget.reserve(Drips::whole(1), Priority::Import).await;
    let second = timeout(
        Duration::from_secs(3600),
        budget.reserve(Drips::whole(1), Priority::Import),
    )
    .await;
    assert!(second.is_err(), "nothing is known yet");
    let _cost = first.settle(&HeaderMap::new());
    let _one = budget.reserve(Drips::whole(1), Priority::Import).await;
    let _two = budget.reserve(Drips::whole(1), Priority::Import).await;
    assert_eq!(budget.snapshot().in_flight, 2);
}

#[tokio::test(start_paused = true)]
async fn imports_stop_at_four_fifths_and_exports_at_the_brim() {
    let budget = fresh();
    at(&budget, &level("71/90", "1")).await;
    let started = Instant::now();
    let permit = budget.reserve(Drips::milli(1_400), Priority::Import).await;
    // 71 + 1.4 - 72 = 0.4 above the share.
    assert_eq!(started.elapsed().as_millis(), 401);
    let _cost = permit.settle(&level("88.6/90", "1"));
    let started = Instant::now();
    let _export = budget.reserve(Drips::milli(1_400), Priority::Export).await;
    assert_eq!(started.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn exports_go_first_and_each_kind_in_its_order() {
    let budget = fresh();
    at(&budget, &level("90/90", "1")).await;
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut all = Vec::new();
    for (name, priority) in [
        ("import 1", Priority::Import),
        ("import 2", Priority::Import),
        ("export 1", Priority::Export),
        ("export 2", Priority::Export),
    ] {
        let (budget, order) = (budget.clone(), order.clone());
        all.push(tokio::spawn(async move {
            let permit = budget.reserve(Drips::whole(5), priority).await;
            order.lock().expect("no panic").push(name);
            sleep(Duration::from_millis(100)).await;
            let _cost = permit.settle(&HeaderMap::new());
        }));
        tokio::task::yield_now().await;
    }
    assert_eq!(budget.snapshot().waiting, 4);
    for one in all {
        one.await.expect("no panic");
    }
    assert_eq!(
        *order.lock().expect("no panic"),
        ["export 1", "export 2", "import 1", "import 2"]
    );
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_waiting_leaves_the_queue() {
    let budget = fresh();
    at(&budget, &level("90/90", "1")).await;
    let gone = timeout(
        Duration::from_secs(1),
        budget.reserve(Drips::whole(80), Priority::Export),
    )
    .await;
    assert!(gone.is_err());
    assert_eq!(budget.snapshot().waiting, 0);
    let _next = budget.reserve(Drips::whole(1), Priority::Import).await;
}

#[tokio::test(start_paused = true)]
async fn the_servers_word_replaces_the_mirror_and_keeps_what_is_on_its_way() {
    let budget = fresh();
    at(&budget, &level("0/90", "1")).await;
    let one = budget.reserve(Drips::whole(5), Priority::Import).await;
    let two = budget.reserve(Drips::whole(7), Priority::Import).await;
    let three = budget.reserve(Drips::whole(9), Priority::Import).await;
    assert_eq!(budget.snapshot().level, Drips::whole(21));
    let _cost = two.settle(&level("30/100", "1"));
    assert_eq!(budget.snapshot().level, Drips::whole(30 + 5 + 9));
    // The answer to an older request knows less; only its cost is corrected.
    let cost = one.settle(&headers(&[
        ("x-ls-api-bucket-level", "3/100"),
        ("x-ls-api-request-cost", "6"),
    ]));
    assert_eq!(cost, Drips::whole(6));
    assert_eq!(budget.snapshot().level, Drips::whole(45));
    // A request that never came back may have been counted.
    drop(three);
    assert_eq!(
        (budget.snapshot().level, budget.snapshot().in_flight),
        (Drips::whole(45), 0)
    );
    sleep(Duration::from_secs(60)).await;
    assert_eq!(budget.snapshot().level, Drips::ZERO);
}

#[tokio::test(start_paused = true)]
async fn absurd_values_keep_the_last_good_ones() {
    let budget = fresh();
    at(&budget, &level("10/120", "2.5")).await;
    for (bucket, drip) in [
        ("NaN/NaN", "NaN"),
        ("-1/-1", "0"),
        ("", "-3"),
        ("1e9/1e9", "inf"),
        ("99999/120", "0.0"),
    ] {
        at(&budget, &level(bucket, drip)).await;
        let state = budget.snapshot();
        assert_eq!(
            (state.size, state.drip),
            (Drips::whole(120), Drips::milli(2_500)),
            "{bucket} {drip}"
        );
        assert!(state.level < Drips::whole(20), "{bucket}: {}", state.level);
    }
    // A level above its size is believable: the request that overflows is still served.
    at(&budget, &level("125.5/120", "2.5")).await;
    assert_eq!(budget.snapshot().level, Drips::milli(125_500));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_pauses_everybody() {
    let budget = fresh();
    at(&budget, &level("0/90", "1")).await;
    for (answer, least, most) in [
        (headers(&[("retry-after", "5")]), 5_000, 5_250),
        (headers(&[("retry-after", "2.5")]), 2_500, 2_750),
        (
            headers(&[("retry-after", "Sun, 01 Feb 2026 13:00:00 GMT")]),
            600_000,
            600_250,
        ),
        (
            headers(&[("x-ls-api-ratelimit-type", "api-burst-limiter")]),
            1_000,
            1_250,
        ),
        // level - size + cost, at two a second
        (
            headers(&[
                ("x-ls-api-bucket-level", "100/90"),
                ("x-ls-api-drip-rate", "2"),
            ]),
            5_500,
            5_751,
        ),
        (HeaderMap::new(), 1_000, 1_250),
    ] {
        let pause = budget
            .reserve(Drips::whole(1), Priority::Export)
            .await
            .refused(&answer);
        assert!(
            (least..=most).contains(&pause.as_millis()),
            "{answer:?}: {pause:?}"
        );
        assert!(budget.snapshot().paused_until.is_some());
        let started = Instant::now();
        let _next = budget.reserve(Drips::milli(100), Priority::Export).await;
        // The timer counts in milliseconds.
        assert!(started.elapsed() >= pause && started.elapsed() < pause + Duration::from_millis(3));
        assert_eq!(budget.snapshot().paused_until, None);
    }
}

#[tokio::test(start_paused = true)]
async fn bursts_are_kept_to_half_of_what_a_second_permits() {
    let budget = Budget::new(TokioClock::at(NOON), rng()).with_in_flight(100);
    let answer = headers(&[
        ("x-ls-api-bucket-level", "0/9000"),
        ("x-ls-api-drip-rate", "1000"),
        ("x-ls-api-burst-level", "1/20"),
    ]);
    at(&budget, &answer).await;
    let started = Instant::now();
    let mut sent = Vec::new();
    for _ in 0..100 {
        let _cost = budget
            .reserve(Drips::whole(1), Priority::Import)
            .await
            .settle(&answer);
        sent.push(started.elapsed());
    }
    for second in 0..10 {
        let window =
            Duration::from_millis(second * 100)..Duration::from_millis(second * 100 + 1_000);
        let count = sent.iter().filter(|at| window.contains(at)).count();
        assert!(count <= 20, "{count} requests in {window:?}");
    }
    // Ten a second, less those that were free at the start.
    assert!(
        (8_500..=10_000).contains(&started.elapsed().as_millis()),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn a_stored_budget_goes_on_where_it_was() {
    let clock = TokioClock::at(NOON);
    let budget = Budget::new(clock.clone(), rng());
    at(&budget, &level("80/100", "2")).await;
    let pause = budget
        .reserve(Drips::whole(1), Priority::Export)
        .await
        .refused(&headers(&[("retry-after", "30")]));
    let text = serde_json::to_string(&budget.snapshot()).expect("a state");
    sleep(Duration::from_secs(10)).await;

    let state = serde_json::from_str(&text).expect("a state");
    let restored = Budget::restore(&state, clock, rng());
    let now = restored.snapshot();
    assert_eq!(
        (now.level, now.size, now.drip),
        (Drips::whole(61), Drips::whole(100), Drips::whole(2))
    );
    let left = now.paused_until.expect("still paused") - now.at;
    assert_eq!(
        left.num_seconds(),
        i64::try_from(pause.as_secs()).expect("short") - 10
    );
}

#[tokio::test(start_paused = true)]
async fn use_that_is_not_ours_is_noticed() {
    let budget = fresh();
    // What is used when we first look may have been used by us, before a restart.
    at(&budget, &level("40/90", "1")).await;
    assert_eq!(budget.snapshot().foreign, 0);
    at(&budget, &level("41/90", "1")).await;
    assert_eq!(budget.snapshot().foreign, 0, "our own request");
    for times in 1..=3 {
        sleep(Duration::from_secs(30)).await;
        at(&budget, &level("60/90", "1")).await;
        assert_eq!(budget.snapshot().foreign, times);
    }
    // A restart forgets nothing of it.
    let restored = Budget::restore(&budget.snapshot(), TokioClock::at(NOON), rng());
    assert_eq!(restored.snapshot().foreign, 3);
    at(&restored, &level("60/90", "1")).await;
    at(&restored, &level("85/90", "1")).await;
    assert_eq!(restored.snapshot().foreign, 4);
    let seen = budget.snapshot();
    assert!(seen.at - seen.foreign_at.expect("a time") < chrono::TimeDelta::seconds(1));
    // A sighting long ago says nothing of today.
    sleep(Duration::from_secs(2 * 60 * 60)).await;
    at(&budget, &level("60/90", "1")).await;
    assert_eq!(budget.snapshot().foreign, 1);
}
