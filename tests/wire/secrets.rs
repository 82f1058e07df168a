//! Nothing that authenticates is ever shown.

use crate::support::logs::Logs;
use crate::support::script::{Script, is_token_call, pair, reply, sales, with};
use crate::support::store::MemoryStore;
use crate::support::world::World;
use connectors::http::{HeaderValue, Request, Response, TransportError};
use connectors::lightspeed::{IdRange, Query};
use pipeline::Feed;
use std::error::Error;

const CANARIES: [&str; 4] = [
    "secret-canary",
    "refresh-canary",
    "access-canary",
    "new-canary",
];

fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = format!("{error:?} {error}");
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(&format!(" {cause:?} {cause}"));
        next = cause.source();
    }
    text
}

fn assert_clean(text: &str) {
    for canary in CANARIES {
        assert!(!text.contains(canary), "{canary} in {text}");
    }
}

/// What a careless server might echo: what it was sent or has issued.
fn echo(status: u16, said: &str) -> Response {
    let body = format!(
        r#"{{"error":"x","hint":"{said}","message":"Bearer access-canary client_secret=secret-canary&refresh_token=new-canary"}}"#
    );
    with(reply(status, body), "x-echo", "access-canary")
}

async fn everything_said(token_status: Option<u16>, api_status: Option<u16>) -> String {
    let (logs, guard) = Logs::collect();
    let server = Script::fallible(move |n, request| {
        match (is_token_call(request), token_status, api_status) {
            (true, Some(status), _) => Ok(echo(status, "secret-canary refresh-canary")),
            (true, None, _) => Ok(pair("access-canary", "new-canary")),
            (false, _, Some(599)) => Err(TransportError::Broken {
                host: "h".to_owned(),
                source: "cut".into(),
            }),
            (false, _, Some(status)) if n < 4 => {
                Ok(echo(status, "secret-canary access-canary new-canary"))
            }
            (false, _, _) => Ok(sales(&[1], "")),
        }
    });
    let world = World::with(server.clone(), MemoryStore::with_refresh("refresh-canary"));
    let outcome = world
        .client
        .first(&Query::walk(Feed::Sales, IdRange::ALL))
        .await;
    let mut text = match outcome {
        Ok(page) => format!("{page:?}"),
        Err(error) => chain(&error),
    };
    text.push_str(&format!(
        "{:?} {:?} {:?} {:?}",
        world.client, world.tokens, world.budget, world.store
    ));
    text.push_str(&format!(
        "{:?} {:?}",
        world.tokens.access().await,
        server.requests()
    ));
    drop(guard);
    let logged = logs.text();
    assert!(
        logged.contains("lightspeed.get"),
        "logging must be on for this to mean anything"
    );
    text + &logged
}

#[tokio::test(start_paused = true)]
async fn no_answer_makes_us_tell() {
    for api in [
        None,
        Some(400),
        Some(401),
        Some(403),
        Some(404),
        Some(422),
        Some(429),
        Some(500),
        Some(599),
        Some(200),
    ] {
        assert_clean(&everything_said(None, api).await);
    }
    for token in [400, 401, 403, 429, 500, 200] {
        assert_clean(&everything_said(Some(token), None).await);
    }
}

#[test]
fn requests_and_answers_show_sizes_only() {
    let mut request = Request::get(
        "https://h.example/p?q=new-canary"
            .parse()
            .expect("an address"),
    );
    request.body = "refresh_token=refresh-canary".into();
    request.headers.insert(
        "authorization",
        HeaderValue::from_static("Bearer access-canary"),
    );
    assert_clean(&format!(
        "{request:?} {:?}",
        pair("access-canary", "new-canary")
    ));
}
