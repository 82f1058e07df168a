//! Whole cycles of the real binary, killed with SIGKILL at seeded moments.
//!
//! A thousand kills: `STOCKBRIDGE_KILLS=1000 cargo test --test e2e killed_anywhere -- --nocapture`.
//! A failure names its seed; `STOCKBRIDGE_SEED=N` begins with that one.

use super::cycle::Cycle;
use std::time::Instant;

/// Kills, unless the environment names another number.
const KILLS: u64 = 25;

/// Accounts side by side, which mostly wait: so many for each hundred kills, within limits.
const LANES: std::ops::RangeInclusive<u64> = 2..=8;

#[expect(
    clippy::disallowed_methods,
    reason = "the size of a test is no configuration of the program"
)]
fn number(name: &str, otherwise: u64) -> u64 {
    let told = std::env::var(name).ok();
    told.map_or(otherwise, |told| told.parse().expect("a number"))
}

/// A cycle: everything is read and delivered, days are lived, orders are made, arrive and come back.
async fn cycle(seed: u64) -> usize {
    let mut cycle = Cycle::new(seed).await;
    cycle.through("backfill", 7, 40).await;
    for _ in 0..2 {
        cycle.live();
        cycle.plan().await;
        cycle.through("sync", 3, 12).await;
        cycle.through("export", 3, 5).await;
        cycle.receive();
    }
    cycle.through("sync", 2, 10).await;
    cycle.assert_undisturbed().await;
    cycle.kills
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_anywhere_in_a_cycle_nothing_is_lost_or_doubled() {
    let (kills, first) = (
        number("STOCKBRIDGE_KILLS", KILLS),
        number("STOCKBRIDGE_SEED", 1),
    );
    let began = Instant::now();
    let width = (kills / 100).clamp(*LANES.start(), *LANES.end());
    let lanes = (0..width).map(|lane| async move {
        let (mut seed, mut done) = (first + lane, 0);
        while done < kills.div_ceil(width) {
            let killed = cycle(seed).await;
            println!("seed {seed}: {killed} kills");
            done += u64::try_from(killed).expect("few");
            seed += width;
        }
        (seed - width, done)
    });
    let ended = futures::future::join_all(lanes).await;
    let last = ended.iter().map(|(seed, _)| *seed).max().expect("a lane");
    let done: u64 = ended.iter().map(|(_, kills)| kills).sum();
    println!(
        "{done} kills over the seeds {first} to {last}: nothing lost, nothing doubled, {} s",
        began.elapsed().as_secs()
    );
    assert!(done >= kills);
}
