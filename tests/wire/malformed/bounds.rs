//! Answers almost as large as we are willing to hold: what is done with them stays in proportion.

use crate::optiply::support::{World as OptiplyWorld, granted, is_grant};
use crate::support::script::{Script, is_token_call, pair, reply};
use crate::support::store::MemoryStore;
use crate::support::world::World;
use connectors::http::{Options, excerpt};
use connectors::lightspeed::{IdRange, Query};
use connectors::optiply::Resource;
use pipeline::Feed;
use std::time::{Duration, Instant};

/// A quarter of the largest body, which is enough to tell a length from its square.
const LIMIT: usize = 4 * 1024 * 1024;

/// Far more than any of it takes, and far less than what grows with the square of a body.
const LONG: Duration = Duration::from_secs(20);

fn full(of: &str) -> Vec<u8> {
    of.repeat(LIMIT / of.len()).into_bytes()
}

/// Bodies that are cheap to send and may be dear to read.
fn heavy() -> Vec<(&'static str, Vec<u8>)> {
    let nested = format!("{}{}", "[".repeat(LIMIT / 2), "]".repeat(LIMIT / 2));
    vec![
        ("bearer", full("bearer ")),
        ("named fields", full("refresh_token=x&")),
        ("quotes", full("\"")),
        ("blanks", full(" ")),
        ("one word", full("x")),
        ("not UTF-8", vec![0xff; LIMIT]),
        ("nested", nested.into_bytes()),
        (
            "many errors",
            format!("{{\"errors\":[{}0]}}", "{},".repeat(LIMIT / 3 - 8)).into_bytes(),
        ),
        (
            "many lists",
            format!("[{}0]", "[],".repeat(LIMIT / 3 - 1)).into_bytes(),
        ),
    ]
}

#[test]
fn what_is_shown_of_a_full_body_takes_its_length_and_not_its_square() {
    for (name, body) in heavy() {
        let began = Instant::now();
        let shown = excerpt(&body, &["refresh-canary", "x"]);
        assert!(began.elapsed() < LONG, "{name}: {:?}", began.elapsed());
        assert!(shown.len() < 4_096, "{name}: {} bytes", shown.len());
    }
}

#[tokio::test(start_paused = true)]
async fn full_bodies_of_every_status_are_read_in_time() {
    for (name, body) in heavy() {
        for status in [200, 400, 401] {
            let began = Instant::now();
            let of_api = body.clone();
            let server = Script::new(move |n, request| match is_token_call(request) {
                true => pair(&format!("access-{n}"), "refresh-1"),
                false => reply(status, of_api.clone()),
            });
            let store = MemoryStore::with_access("access-0", "refresh-0", None);
            let world = World::with(server, store);
            let page = world
                .client
                .first(&Query::walk(Feed::Sales, IdRange::ALL))
                .await;
            assert!(page.is_err(), "{name} {status}");
            let of_api = body.clone();
            let server = Script::new(move |_, request| match is_grant(request) {
                true => granted("access-canary"),
                false => reply(status, of_api.clone()),
            });
            let world = OptiplyWorld::scripted(server);
            let row = world.client.get(Resource::Products, 5).await;
            assert!(row.is_err(), "{name} {status}");
            assert!(
                began.elapsed() < LONG,
                "{name} {status}: {:?}",
                began.elapsed()
            );
        }
    }
}

/// What is beyond it is left unread: `transport.rs` shows that.
#[test]
fn no_body_is_larger() {
    assert_eq!(Options::default().body_limit, 4 * LIMIT);
}
