//! Optiply's answers: rows, lists, mistakes.

use super::{answer, answers, status};
use crate::optiply::support::{World, granted, is_grant, product};
use crate::support::mutate::{Dice, cases, damaged};
use crate::support::script::Script;
use connectors::optiply::{By, Find, OptiplyError, Resource};
use std::sync::Mutex;

fn told<T: std::fmt::Debug>(seed: u64, outcome: Result<T, OptiplyError>) -> bool {
    match outcome {
        Ok(_) => true,
        Err(error) => {
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("access-canary"), "{seed}: {shown}");
            assert!(shown.len() < 16_384, "{seed}: {} bytes", shown.len());
            false
        }
    }
}

#[tokio::test(start_paused = true)]
async fn damaged_answers_of_optiply_are_survived() {
    let mut read = 0;
    for seed in 0..cases(1_500) {
        let corpus = answers::optiply();
        let dice = Mutex::new(Dice::new(seed));
        let server = Script::new(move |_, request| {
            if is_grant(request) {
                return granted("access-canary");
            }
            let mut dice = dice.lock().expect("no test panics in here");
            let body = damaged(&mut dice, &corpus);
            let status = status(&mut dice);
            answer(&mut dice, status, body)
        });
        let client = World::scripted(server.clone()).client;
        let fine = match seed % 5 {
            0 => told(seed, client.create(&product("P")).await),
            1 => told(seed, client.patch(5, &product("P")).await),
            2 => told(seed, client.get(Resource::Products, 5).await),
            3 => {
                let lines = Find::all(Resource::BuyOrderLines).by(By::BuyOrder(9));
                // A list that goes on for ever is left at the limit, or ends with an answer that is none.
                told(seed, client.find(lines, 500).await)
            }
            _ => told(seed, client.page(&Find::all(Resource::Products)).await),
        };
        read += usize::from(fine);
        assert!(server.count() < 200, "{seed}: {} calls", server.count());
        let hosts = server.requests();
        let mut hosts = hosts.iter().map(|call| call.url.host_str());
        assert!(
            hosts.all(|host| matches!(host, Some("optiply.example.test" | "login.example.test"))),
            "{seed}: it went elsewhere"
        );
    }
    assert!(
        read > 50,
        "only {read} answers were whole enough to be read"
    );
}
