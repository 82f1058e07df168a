//! Incremental runs against a fresh look: an account lives on while it is read, between two runs
//! and between two pages of one walk, and the model becomes what its own rules demand of the
//! account as it stands.

mod world;

use crate::properties::{assert_model, settings};
use chrono::TimeDelta;
use sandbox::Fault;
use world::World;
pub(crate) use world::before;

/// Histories of which incremental runs see everything.
const SEEN: u64 = 300;

/// Histories in which things come to light so late, or vanish, that only a sweep finds them.
const SWEPT: u64 = 100;

/// Worlds side by side.
const LABS: u64 = 2;

/// What no change time tells.
const UNTOLD: [&str; 12] = [
    "sell late",
    "order late",
    "receive late",
    "hide vendor",
    "hide item",
    "merge item",
    "add vendor number",
    "edit vendor number",
    "remove vendor number",
    "add component",
    "edit component",
    "remove component",
];

pub(crate) fn told(name: &str) -> bool {
    !UNTOLD.contains(&name)
}

async fn assert_as_fresh(seed: u64, what: &str, world: &World) {
    let truth = world.truth().await;
    let happened = world.past().happened.clone();
    let what = format!("{what} after {happened:?}");
    let account = world.account();
    assert_model(seed, &what, &account, &world.dump().await, &truth);
}

/// Some runs of an account that does not stand still, and one after it does.
async fn live(seed: u64, world: &World) {
    let odds = |n: u64| u32::try_from(3 + (seed + n) % 12).unwrap_or(3);
    world.past().meddling = Some(odds(0));
    world.import().await;
    for round in 1..=3 {
        world.past().meddling = Some(odds(round));
        for _ in 0..(seed + round) % 4 {
            world.happen();
        }
        match (seed + round) % 5 {
            0 => world.change(|history| history.rush(4)),
            1 => world.change(|history| history.sell_and_find(14)),
            _ => world.pass(TimeDelta::minutes(30)),
        }
        world.import().await;
    }
    world.past().meddling = None;
    world.import().await;
}

async fn told_by_changes(seed: u64) {
    let world = World::new(seed, &settings(seed), told).await;
    world.change(sandbox::RandomHistory::let_closed_orders_rest);
    live(seed, &world).await;
    assert_as_fresh(seed, "incremental", &world).await;
}

async fn found_by_sweeps(seed: u64) {
    let world = World::new(seed, &settings(seed), |_| true).await;
    live(seed, &world).await;
    // Vendors are swept once a week.
    world.pass(TimeDelta::days(8));
    world.sweep().await;
    assert_as_fresh(seed, "swept", &world).await;
}

/// As [`live`], where the source refuses to tell which sales were updated.
async fn told_by_trails(seed: u64) {
    /// What neither a void nor a line tells.
    const ALSO_UNTOLD: [&str; 2] = ["complete", "delete line"];
    let told = |name: &str| told(name) && !ALSO_UNTOLD.contains(&name);
    let world = World::new(seed, &settings(seed), told).await;
    world.change(sandbox::RandomHistory::let_closed_orders_rest);
    world.sandbox.set_fault(Fault::UpdatetimeRefused);
    live(seed, &world).await;
    assert_as_fresh(seed, "by trails", &world).await;
    let asked = world.sandbox.history();
    let asks = |what: &str| asked.iter().filter(|call| call.resource == what).count();
    assert!(asks("SaleVoid") > 0 && asks("SaleLine") > 0);
}

/// As [`live`], with clocks that are ten minutes ahead or behind and jump between the runs.
async fn told_by_wrong_clocks(seed: u64) {
    let world = World::new(seed, &settings(seed), told).await;
    world.change(sandbox::RandomHistory::let_closed_orders_rest);
    for round in 0..5 {
        let turn = i64::try_from(seed + round).expect("a small number");
        let (theirs, ours) = (600 * (turn % 3 - 1), 600 * (turn / 3 % 3 - 1));
        world.sandbox.clear_faults();
        world.sandbox.set_fault(Fault::ClockOffset {
            seconds: theirs,
            records: false,
        });
        world.clock.set_ahead(TimeDelta::seconds(ours));
        for _ in 0..(seed + round) % 4 {
            world.happen();
        }
        world.change(|history| history.sell_and_find(4));
        world.import().await;
        let offset = world.clock_offset().await;
        assert_eq!(offset, TimeDelta::seconds(theirs - ours));
    }
    assert_as_fresh(seed, "with wrong clocks", &world).await;
}

async fn all(count: u64, one: impl AsyncFn(u64) + Copy) {
    let labs = (0..LABS).map(|lab| async move {
        for seed in (lab..count).step_by(2) {
            one(seed).await;
        }
    });
    futures::future::join_all(labs).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_incremental_runs_the_model_is_that_of_a_fresh_look() {
    all(SEEN, async |seed| told_by_changes(seed).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_change_time_tells_is_found_by_the_sweep() {
    all(SWEPT, async |seed| found_by_sweeps(seed).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_updates_are_not_told_voids_and_lines_tell_them() {
    all(60, async |seed| told_by_trails(seed).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clocks_that_are_wrong_and_jump_lose_nothing() {
    all(60, async |seed| told_by_wrong_clocks(seed).await).await;
}
