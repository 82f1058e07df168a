//! Back-off and fairness in virtual time: six attempts of a failing run span what is documented,
//! over restarts, and a storm on one account costs another nothing.

use crate::virtual_time::World;
use sandbox::{Fault, Size, When};
use std::collections::HashSet;
use std::time::Duration;
use tokio::time::Instant;

const SMALL: Size = Size {
    shops: 1,
    vendors: 12,
    items: 200,
    sales: 1_000,
};

#[tokio::test(start_paused = true)]
async fn six_attempts_span_the_back_off_over_restarts() {
    let mut world = World::new(5, SMALL, Duration::from_millis(50)).await;
    world
        .sandbox
        .set_fault(Fault::ResetBefore { at: When::always() });
    let run = world.open().await;
    let start = Instant::now();
    let mut most = Duration::from_secs(5);
    let mut longest = Duration::ZERO;
    for attempt in 1..=6 {
        world.advance(run).await;
        let stage = world.extract_stage(run).await;
        assert_eq!(stage.attempts, attempt, "{:?}", stage.cause);
        assert_eq!(stage.waits_for.as_deref(), Some("retry"));
        let at = stage.next_at.expect("a time");
        let wait = (at - world.deps.clock.now()).to_std().unwrap_or_default();
        assert!(wait <= most, "attempt {attempt}: {wait:?} of {most:?}");
        longest = longest.max(wait);
        assert!(wait >= most / 20, "attempt {attempt}: {wait:?} of {most:?}");
        most *= 2;
        // Nothing is asked for twice in one attempt.
        let calls = world.sandbox.history();
        let asked: Vec<_> = calls.iter().map(|call| (&call.path, &call.query)).collect();
        let distinct: HashSet<_> = asked.iter().collect();
        assert!(!asked.is_empty());
        assert_eq!(distinct.len(), asked.len(), "attempt {attempt}: {asked:?}");
        world.sandbox.clear_history();
        // Another process takes over, and finds the same.
        world.restart();
        let store = &world.deps.store;
        store.end_all_leases().await.expect("leases");
        store.return_claimed_jobs().await.expect("jobs");
        assert_eq!(store.sweep_stages().await.expect("stages"), 0);
        let stage = world.extract_stage(run).await;
        assert_eq!((stage.attempts, stage.next_at), (attempt, Some(at)));
        tokio::time::sleep(wait).await;
        assert_eq!(world.sandbox.history().len(), 0, "nobody asks meanwhile");
    }
    let span = start.elapsed();
    assert!(span >= Duration::from_secs(30), "{span:?}");
    assert!(longest >= Duration::from_secs(10), "{longest:?}");
    // Progress forgets it all.
    world.sandbox.clear_faults();
    world.extract_rest(run).await;
    assert_eq!(world.extract_stage(run).await.attempts, 0);
}

#[tokio::test(start_paused = true)]
async fn one_account_in_a_storm_delays_another_by_less_than_a_page() {
    let latency = Duration::from_millis(250);
    let alone = World::new(5, SMALL, latency).await.extract().await;
    let stormy = World::new(5, SMALL, latency).await;
    stormy.sandbox.set_fault(Fault::Storm429 {
        calls: 40,
        retry_after: Some(20),
    });
    let calm = World::new(5, SMALL, latency).await;
    let (beside, stormed) = tokio::join!(calm.extract(), stormy.extract());
    assert!(stormed > alone * 2, "the storm was met: {stormed:?}");
    let page = latency + Duration::from_millis(80);
    assert!(
        beside <= alone + page,
        "{beside:?} beside a storm, {alone:?} alone"
    );
}
