//! Lightspeed's answers: pages of every feed, links, headers, purchase orders, the account.

use super::{answer, answers, status};
use crate::support::mutate::{Dice, cases, damaged};
use crate::support::script::{Script, is_token_call, pair};
use crate::support::store::MemoryStore;
use crate::support::world::World;
use connectors::lightspeed::{IdRange, OrderWrite, Query, Walk};
use pipeline::Feed;
use pipeline::id::{OrderId, ShopId, VendorId};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const HOST: &str = "api.example.test";

/// A server whose every answer is damaged, and a client.
fn world(seed: u64, corpus: Vec<Vec<u8>>) -> (Arc<Script>, World) {
    let dice = Mutex::new(Dice::new(seed));
    let server = Script::new(move |n, request| {
        if is_token_call(request) {
            return pair(&format!("access-{}", n + 1), "refresh-1");
        }
        let mut dice = dice.lock().expect("no test panics in here");
        let body = damaged(&mut dice, &corpus);
        let status = status(&mut dice);
        answer(&mut dice, status, body)
    });
    let store = MemoryStore::with_access("access-0", "refresh-0", None);
    (server.clone(), World::with(server, store))
}

/// Our token went to no other host and no other account, and the waits had an end.
fn assert_at_home(server: &Script, began: tokio::time::Instant, what: &str) {
    for request in server.requests().iter().filter(|call| !is_token_call(call)) {
        let url = &request.url;
        let ours = url.path().starts_with("/API/V3/Account/77")
            || url.path() == "/API/V3/Account.json"
            || url.path() == "/API/Session.json";
        assert!(url.host_str() == Some(HOST) && ours, "{what}: {url}");
    }
    let calls = u32::try_from(server.count()).expect("few");
    let patience = Duration::from_secs(3_600) * (calls + 1);
    assert!(began.elapsed() < patience, "{what}: {:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn damaged_pages_of_every_feed_are_survived() {
    for feed in Feed::ALL {
        let corpus = answers::pages(feed.name());
        let mut read = 0;
        for seed in 0..cases(150) {
            let (server, world) = world(seed, corpus.clone());
            let began = tokio::time::Instant::now();
            let mut walk = Walk::new();
            let mut page = world.client.first(&Query::walk(feed, IdRange::ALL)).await;
            for _ in 0..3 {
                let Ok(found) = &page else { break };
                read += 1;
                assert!(found.first_id <= found.last_id, "{feed} {seed}: {found:?}");
                let Some(link) = &found.next else { break };
                if walk.admit(link).is_err() {
                    break;
                }
                page = world.client.follow(link, found.cost).await;
            }
            if let Err(error) = &page {
                let shown = format!("{error} {error:?}");
                assert!(!shown.contains("access-0"), "{feed} {seed}: {shown}");
                assert!(shown.len() < 16_384, "{feed} {seed}: {} bytes", shown.len());
            }
            assert_at_home(&server, began, &format!("{feed} {seed}"));
        }
        assert!(
            read > 5,
            "{feed}: only {read} pages were whole enough to be read"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn damaged_answers_about_accounts_and_orders_are_survived() {
    let corpus = answers::lightspeed();
    for seed in 0..cases(500) {
        let (server, world) = world(seed, corpus.clone());
        let began = tokio::time::Instant::now();
        let client = &world.client;
        let to = (VendorId(3), ShopId(1));
        match seed % 6 {
            0 => drop(client.account().await),
            1 => drop(client.session().await),
            2 => drop(client.currency().await),
            3 => drop(client.orders_by_reference("OPT-9", to, None).await),
            4 => drop(client.purchase_order(OrderId(8)).await),
            _ => {
                if let Ok(ready) = client.ready().await {
                    drop(
                        ready
                            .send(&OrderWrite::Place(OrderId(8), "2026-02-01"))
                            .await,
                    );
                }
                let writes = server.requests();
                let writes = writes.iter().filter(|call| call.method != "GET");
                let writes = writes.filter(|call| !is_token_call(call)).count();
                assert!(writes <= 1, "{seed}: a write was sent {writes} times");
            }
        }
        assert_at_home(&server, began, &seed.to_string());
    }
}
