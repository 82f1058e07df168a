//! Writes of purchase orders: what each answer may have left behind, and what the caller can do. A
//! write is sent once, whatever comes.

use crate::support::script::{Script, header, is_token_call, pair, reply, with};
use crate::support::store::MemoryStore;
use crate::support::world::World;
use connectors::http::{Method, Response, TransportError};
use connectors::lightspeed::{Effect, OrderWrite, WRITE_LIMIT, WriteError, Written};
use pipeline::Class;
use pipeline::export::IntentLine;
use pipeline::id::{ItemId, OrderId, OrderLineId};

type Answer = Result<Response, TransportError>;

/// What comes of a write that is answered so, and how often it was sent.
async fn sent(answer: impl Fn() -> Answer + Send + Sync + 'static) -> Result<Written, WriteError> {
    let server = Script::fallible(move |_, request| match is_token_call(request) {
        true => Ok(pair("access-1", "refresh-1")),
        false => answer(),
    });
    let world = World::with(
        server.clone(),
        MemoryStore::with_access("access-0", "refresh-0", None),
    );
    let ready = world.client.ready().await.expect("a token and room");
    let sent = ready
        .send(&OrderWrite::Place(OrderId(5), "2026-02-01"))
        .await;
    assert_eq!(server.api_calls(), 1, "sent once");
    sent
}

#[tokio::test(start_paused = true)]
async fn each_answer_tells_what_it_may_have_left_behind() {
    use Effect::{Nothing, Unknown};
    let later = r#"{"message": "Please try again later."}"#;
    for (status, body, effect, class) in [
        (400, r#"{"message": "quantity"}"#, Nothing, "Fail"),
        (400, later, Nothing, "Retry"),
        (401, "{}", Nothing, "Retry"),
        (403, "{}", Nothing, "Fail"),
        (404, "{}", Nothing, "Fail"),
        (408, "", Unknown, "Retry"),
        (409, "{}", Nothing, "Retry"),
        (422, "{}", Nothing, "Fail"),
        (429, "{}", Nothing, "RetryAfter"),
        (500, "<html>", Unknown, "Retry"),
        (503, later, Unknown, "Retry"),
        (504, "", Unknown, "Retry"),
        // Said yes, and did not show what was written.
        (200, "", Unknown, "Retry"),
        (200, "<html>fine</html>", Unknown, "Retry"),
        (200, r#"{"Order": {"orderID""#, Unknown, "Retry"),
    ] {
        let error = sent(move || Ok(reply(status, body)))
            .await
            .expect_err("an error");
        let told = format!("{status} {body}: {error:?}");
        assert_eq!(error.effect(), effect, "{told}");
        let name = match error.class() {
            Class::Retry => "Retry",
            Class::RetryAfter(_) => "RetryAfter",
            Class::Fail => "Fail",
            _ => "another",
        };
        assert_eq!(name, class, "{told}");
    }
    let made = sent(|| Ok(reply(200, r#"{"Order": {"orderID": "5"}}"#))).await;
    assert_eq!(made.expect("a success"), Written { id: 5 });
}

#[tokio::test(start_paused = true)]
async fn what_never_left_and_what_broke_on_the_way_are_told_apart() {
    let host = || "h".to_owned();
    let error = sent(move || {
        Err(TransportError::Connect {
            host: host(),
            source: "refused".into(),
        })
    })
    .await;
    assert_eq!(error.expect_err("an error").effect(), Effect::Nothing);
    let error = sent(move || {
        Err(TransportError::Broken {
            host: host(),
            source: "cut".into(),
        })
    })
    .await;
    assert_eq!(error.expect_err("an error").effect(), Effect::Unknown);
}

/// A server that takes a request and never answers it.
#[derive(Debug)]
struct Silent;

#[async_trait::async_trait]
impl connectors::http::Transport for Silent {
    async fn send(&self, _: connectors::http::Request) -> Answer {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn no_answer_is_waited_for_longer_than_the_limit() {
    let world = World::ready(std::sync::Arc::new(Silent));
    let ready = world.client.ready().await.expect("a token and room");
    let began = tokio::time::Instant::now();
    let error = ready.send(&OrderWrite::Archive(OrderId(5))).await;
    assert_eq!(error.expect_err("an error").effect(), Effect::Unknown);
    assert_eq!(began.elapsed(), WRITE_LIMIT);
}

#[tokio::test(start_paused = true)]
async fn a_write_is_what_lightspeed_expects() {
    let server = Script::new(|_, _| {
        let body = r#"{"Order": {"orderID": "5"}, "OrderLine": {"orderLineID": "9"}}"#;
        with(reply(200, body), "x-ls-api-bucket-level", "10/180")
    });
    let world = World::ready(server.clone());
    let line = IntentLine {
        item: ItemId(40),
        quantity: 3,
        price: "1.2500".parse().expect("a price"),
        of: Vec::new(),
    };
    for write in [
        OrderWrite::AddLine(OrderId(5), &line),
        OrderWrite::ChangeLine(OrderLineId(9), &line),
        OrderWrite::RemoveLine(OrderLineId(9)),
        OrderWrite::Archive(OrderId(5)),
    ] {
        let ready = world.client.ready().await.expect("room");
        ready.send(&write).await.expect("a success");
    }
    let asked: Vec<_> = server
        .requests()
        .into_iter()
        .map(|request| {
            assert_eq!(header(&request, "authorization"), "Bearer access-0");
            let body = String::from_utf8(request.body.to_vec()).expect("text");
            (request.method, request.url.path().to_owned(), body)
        })
        .collect();
    let amounts = r#""originalPrice":"1.25","price":"1.25","quantity":"3"}"#;
    let expected = [
        (
            Method::POST,
            "OrderLine.json",
            format!(r#"{{"itemID":"40","orderID":"5",{amounts}"#),
        ),
        (Method::PUT, "OrderLine/9.json", format!("{{{amounts}")),
        (Method::DELETE, "OrderLine/9.json", String::new()),
        (Method::DELETE, "Order/5.json", String::new()),
    ];
    for (asked, (method, path, body)) in asked.iter().zip(expected) {
        assert_eq!(asked.0, method);
        assert_eq!(asked.1, format!("/API/V3/Account/77/{path}"));
        let sorted = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
        assert_eq!(sorted(&asked.2), sorted(&body), "{}", asked.2);
    }
}
