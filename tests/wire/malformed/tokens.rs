//! Answers of both token endpoints.

use super::{answer, answers, status};
use crate::optiply::support::World as OptiplyWorld;
use crate::support::mutate::{Dice, cases, damaged};
use crate::support::script::Script;
use crate::support::store::MemoryStore;
use crate::support::world::World;
use std::sync::{Arc, Mutex};

/// What we have sent. What is issued in an answer that cannot be read is nothing that we know.
const OF_LIGHTSPEED: [&str; 2] = ["refresh-canary", "secret-canary"];
const OF_OPTIPLY: [&str; 4] = [
    "id-canary",
    "secret-canary",
    "user-canary",
    "password-canary",
];

fn server(seed: u64) -> Arc<Script> {
    let corpus = answers::tokens();
    let dice = Mutex::new(Dice::new(seed));
    Script::new(move |_, _| {
        let mut dice = dice.lock().expect("no test panics in here");
        let body = damaged(&mut dice, &corpus);
        let status = status(&mut dice);
        answer(&mut dice, status, body)
    })
}

fn assert_clean(what: &str, shown: &str, canaries: &[&str]) {
    for canary in canaries {
        assert!(!shown.contains(canary), "{what}: {canary} in {shown}");
    }
    assert!(shown.len() < 16_384, "{what}: {} bytes", shown.len());
}

#[tokio::test(start_paused = true)]
async fn damaged_tokens_of_lightspeed_are_survived_and_not_shown() {
    let mut renewed = 0;
    for seed in 0..cases(1_000) {
        let world = World::with(server(seed), MemoryStore::with_refresh("refresh-canary"));
        match world.tokens.access().await {
            Ok(access) => {
                renewed += 1;
                assert_clean(&format!("{seed}"), &format!("{access:?}"), &OF_LIGHTSPEED);
            }
            Err(error) => assert_clean(
                &format!("{seed}"),
                &format!("{error} {error:?}"),
                &OF_LIGHTSPEED,
            ),
        }
    }
    assert!(
        renewed > 5,
        "only {renewed} pairs were whole enough to be read"
    );
}

#[tokio::test(start_paused = true)]
async fn damaged_tokens_of_optiply_are_survived_and_not_shown() {
    let mut granted = 0;
    for seed in 0..cases(1_000) {
        let world = OptiplyWorld::scripted(server(seed));
        match world.tokens.access().await {
            Ok(access) => {
                granted += 1;
                assert_clean(&format!("{seed}"), &format!("{access:?}"), &OF_OPTIPLY);
            }
            Err(error) => assert_clean(
                &format!("{seed}"),
                &format!("{error} {error:?}"),
                &OF_OPTIPLY,
            ),
        }
    }
    assert!(
        granted > 5,
        "only {granted} tokens were whole enough to be read"
    );
}
