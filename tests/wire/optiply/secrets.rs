//! Nothing that authenticates is ever shown.

use super::support::{World, canaries, document, granted, is_grant, product};
use crate::support::logs::Logs;
use crate::support::script::{Script, reply, with};
use base64::Engine;
use connectors::http::{Response, TransportError};
use connectors::optiply::{Find, Resource};
use std::error::Error;

const CANARIES: [&str; 6] = [
    "id-canary",
    "secret-canary",
    "user-canary",
    "password-canary",
    "access-canary",
    "refresh-canary",
];

fn basic() -> String {
    base64::engine::general_purpose::STANDARD.encode("id-canary:secret-canary")
}

fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = format!("{error:?} {error}");
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(&format!(" {cause:?} {cause}"));
        next = cause.source();
    }
    text
}

/// What a careless server might echo of what it was sent or has issued, in each shape of an error.
fn echo(status: u16, shape: usize, known: &[&str]) -> Response {
    let all = format!("{} Basic {}", known.join(" "), basic());
    let body = match shape {
        0 => serde_json::json!({"errors": [{"meta": {"message": all}}]}).to_string(),
        1 => serde_json::json!({"message": all}).to_string(),
        2 => serde_json::json!({"error": "x", "error_description": all}).to_string(),
        _ => format!("<html>{all}</html>"),
    };
    with(reply(status, body), "x-echo", "access-canary")
}

async fn everything_said(token_status: Option<u16>, api_status: u16, shape: usize) -> String {
    let (logs, guard) = Logs::collect();
    let server = Script::fallible(move |_, request| match (is_grant(request), token_status) {
        (true, Some(status)) => Ok(echo(status, shape, &CANARIES[..4])),
        (true, None) => Ok(granted("access-canary")),
        (false, _) if api_status == 599 => Err(TransportError::Broken {
            host: "h".to_owned(),
            source: "cut".into(),
        }),
        (false, _) if api_status == 201 => Ok(reply(201, document(5))),
        (false, _) => Ok(echo(api_status, shape, &CANARIES)),
    });
    let world = World::scripted(server.clone());
    let mut text = match world.client.create(&product("P")).await {
        Ok(made) => format!("{made:?}"),
        Err(error) => chain(&error),
    };
    if let Err(error) = world.client.page(&Find::all(Resource::Products)).await {
        text.push_str(&chain(&error));
    }
    text.push_str(&format!(
        "{:?} {:?} {:?} {:?} {:?}",
        world.client,
        world.tokens,
        canaries(),
        world.tokens.access().await,
        server.requests()
    ));
    drop(guard);
    let logged = logs.text();
    assert!(
        logged.contains("optiply.call"),
        "logging must be on for this to mean anything"
    );
    text + &logged
}

fn assert_clean(text: &str) {
    for canary in CANARIES {
        assert!(!text.contains(canary), "{canary} in {text}");
    }
    assert!(!text.contains(&basic()), "the Basic header in {text}");
}

#[tokio::test(start_paused = true)]
async fn no_answer_makes_us_tell() {
    for shape in 0..4 {
        for api in [201, 400, 401, 403, 404, 409, 422, 418, 500, 503, 599] {
            assert_clean(&everything_said(None, api, shape).await);
        }
        for token in [200, 400, 401, 403, 404, 429, 500] {
            assert_clean(&everything_said(Some(token), 201, shape).await);
        }
    }
}
