//! For every way a write can fail: whether it may have happened, held against what did happen.

use super::support::{World, canaries, document, granted, is_grant, line, product, sell_order};
use crate::support::clock::TokioClock;
use crate::support::script::{Script, reply};
use crate::support::world::NOON;
use connectors::http::{Request, Response, Transport, TransportError};
use connectors::optiply::{
    Deleted, Effect, OptiplyError, PaceLimits, Resource, TokenError, WRITE_LIMIT,
};
use pipeline::Class;
use sandbox::{OptiplyFault, When};
use std::sync::Arc;
use tokio::time::Instant;

/// A way to get no answer.
type Failure = fn() -> TransportError;

/// Answers every API call so, after a good grant.
fn every(
    answer: impl Fn() -> Result<Response, TransportError> + Send + Sync + 'static,
) -> (Arc<Script>, World) {
    let server = Script::fallible(move |_, request| {
        if is_grant(request) {
            Ok(granted("access-canary"))
        } else {
            answer()
        }
    });
    (server.clone(), World::scripted(server))
}

#[tokio::test(start_paused = true)]
async fn what_is_said_of_a_write_agrees_with_what_happened() {
    let at = || When::next().on("POST products");
    for (fault, happened, effect) in [
        (
            OptiplyFault::ResetBefore { at: at() },
            false,
            Effect::Unknown,
        ),
        (OptiplyFault::ResetAfter { at: at() }, true, Effect::Unknown),
        (OptiplyFault::status(500, at()), false, Effect::Unknown),
        (OptiplyFault::status(502, at()), false, Effect::Unknown),
        (OptiplyFault::status(503, at()), false, Effect::Unknown),
        (
            OptiplyFault::StatusAfter {
                status: 504,
                at: at(),
            },
            true,
            Effect::Unknown,
        ),
        (
            OptiplyFault::TruncatedBody { at: at() },
            true,
            Effect::Unknown,
        ),
        (OptiplyFault::EmptyBody { at: at() }, true, Effect::Unknown),
        (
            OptiplyFault::Slow {
                millis: 31_000,
                at: at(),
            },
            true,
            Effect::Unknown,
        ),
        (OptiplyFault::status(400, at()), false, Effect::Nothing),
        (OptiplyFault::status(403, at()), false, Effect::Nothing),
        (OptiplyFault::status(404, at()), false, Effect::Nothing),
        (OptiplyFault::status(409, at()), false, Effect::Nothing),
        (OptiplyFault::status(413, at()), false, Effect::Nothing),
        (OptiplyFault::status(422, at()), false, Effect::Nothing),
    ] {
        let (sandbox, world) = World::sandboxed();
        sandbox.optiply().set_fault(fault.clone());
        let error = world
            .client
            .create(&product("P"))
            .await
            .expect_err("a fault");
        assert_eq!(error.effect(), effect, "{fault:?}: {error:?}");
        assert_eq!(
            sandbox.optiply().writes().len(),
            usize::from(happened),
            "{fault:?}"
        );
        if effect == Effect::Unknown {
            assert!(matches!(error.class(), Class::Retry), "{fault:?}");
        }
        // Never by itself: one call came, whatever was said.
        let calls = sandbox.optiply().history();
        let posts = calls
            .iter()
            .filter(|call| call.method == "POST" && call.resource == "products");
        assert_eq!(posts.count(), 1, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn changes_and_deletes_can_be_in_doubt_too() {
    for (method, fault) in [
        ("PATCH", OptiplyFault::ResetAfter { at: When::next() }),
        ("PATCH", OptiplyFault::EmptyBody { at: When::next() }),
        (
            "PATCH",
            OptiplyFault::StatusAfter {
                status: 502,
                at: When::next(),
            },
        ),
        ("DELETE", OptiplyFault::ResetAfter { at: When::next() }),
        (
            "DELETE",
            OptiplyFault::StatusAfter {
                status: 504,
                at: When::next(),
            },
        ),
    ] {
        let (sandbox, world) = World::sandboxed();
        let id = world.product("P").await;
        sandbox.optiply().set_fault(fault.clone());
        let error = if method == "PATCH" {
            let outcome = world.client.patch(id, &product("Q")).await;
            outcome.expect_err("a fault")
        } else {
            let outcome = world.client.delete(Resource::Products, id).await;
            outcome.expect_err("a fault")
        };
        assert_eq!(error.effect(), Effect::Unknown, "{fault:?}");
        assert_eq!(sandbox.optiply().writes().len(), 2);
        sandbox.optiply().clear_faults();
        let again = world
            .client
            .delete(Resource::Products, id)
            .await
            .expect("gone");
        let expected = if method == "PATCH" {
            Deleted::Now
        } else {
            Deleted::Before
        };
        assert_eq!(again, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_refused_for_a_line_may_be_half_there() {
    let (sandbox, world) = World::sandboxed();
    let product = world.product("P").await;
    let order = sell_order(vec![line(product, "1"), line(1, "1")]);
    let error = world.client.create(&order).await.expect_err("a bad line");
    assert!(matches!(error, OptiplyError::Invalid { .. }), "{error:?}");
    assert_eq!(error.effect(), Effect::Partial);
    assert_eq!(
        sandbox.optiply().rows(sandbox::Resource::SellOrders).len(),
        1
    );
    let without = order
        .without_lines()
        .differing_from(&sell_order(Vec::new()));
    assert!(without.is_empty());

    sandbox.optiply().set_fault(OptiplyFault::PartialOrder {
        lines: 1,
        at: When::next(),
    });
    let order = sell_order(vec![line(product, "1"), line(product, "2")]);
    let error = world.client.create(&order).await.expect_err("a gateway");
    assert_eq!(error.effect(), Effect::Unknown);
}

#[tokio::test(start_paused = true)]
async fn the_way_there_tells_whether_anything_was_asked() {
    let cases: [(Failure, Effect, Class); 5] = [
        (
            || TransportError::Connect {
                host: "h".into(),
                source: "refused".into(),
            },
            Effect::Nothing,
            Class::Retry,
        ),
        (
            || TransportError::Setup("no certificates".into()),
            Effect::Nothing,
            Class::Fail,
        ),
        (
            || TransportError::Timeout { host: "h".into() },
            Effect::Unknown,
            Class::Retry,
        ),
        (
            || TransportError::Broken {
                host: "h".into(),
                source: "cut".into(),
            },
            Effect::Unknown,
            Class::Retry,
        ),
        (
            || TransportError::TooLarge {
                host: "h".into(),
                limit: 9,
            },
            Effect::Unknown,
            Class::Retry,
        ),
    ];
    for (failure, effect, class) in cases {
        let (server, world) = every(move || Err(failure()));
        let error = world.client.create(&product("P")).await.expect_err("lost");
        assert_eq!(
            (error.effect(), error.class()),
            (effect, class),
            "{error:?}"
        );
        assert_eq!(server.api_calls(), 1);
        let error = world
            .client
            .get(Resource::Products, 1)
            .await
            .expect_err("lost");
        assert_eq!(
            error.effect(),
            Effect::Nothing,
            "a read leaves nothing: {error:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_success_that_cannot_be_read_is_in_doubt() {
    for body in [
        String::new(),
        "<html>welcome</html>".to_owned(),
        document(5)[..40].to_owned(),
        document(5).replace("products", "suppliers"),
        document(5).replace("\"5\"", "null"),
        r#"{"data":[]}"#.to_owned(),
    ] {
        let text = body.clone();
        let (_server, world) = every(move || Ok(reply(201, text.clone())));
        let error = world
            .client
            .create(&product("P"))
            .await
            .expect_err("unreadable");
        assert!(
            matches!(error, OptiplyError::Unreadable { .. }),
            "{error:?}"
        );
        assert_eq!(error.effect(), Effect::Unknown, "{body}");
    }
    for (status, effect) in [
        (302, Effect::Unknown),
        (499, Effect::Unknown),
        (408, Effect::Unknown),
        (418, Effect::Nothing),
        (405, Effect::Nothing),
    ] {
        let (_server, world) = every(move || Ok(reply(status, "")));
        let error = world
            .client
            .create(&product("P"))
            .await
            .expect_err("refused");
        assert_eq!(error.effect(), effect, "{status}: {error:?}");
    }
    // A change that is acknowledged without the row is done; one that shows another row is not.
    let (_server, world) = every(|| Ok(reply(204, "")));
    let written = world.client.patch(5, &product("P")).await.expect("done");
    assert_eq!(written.row, None);
    let (_server, world) = every(|| Ok(reply(200, document(6))));
    let error = world
        .client
        .patch(5, &product("P"))
        .await
        .expect_err("another row");
    assert_eq!(error.effect(), Effect::Unknown);
    let (_server, world) = every(|| Ok(reply(202, "")));
    let error = world
        .client
        .delete(Resource::Products, 5)
        .await
        .expect_err("later");
    assert_eq!(error.effect(), Effect::Unknown);
}

#[derive(Debug)]
struct Silent;

#[async_trait::async_trait]
impl Transport for Silent {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        if is_grant(&request) {
            return Ok(granted("access-canary"));
        }
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn silence_ends_in_doubt_after_the_limit() {
    let places = ("https://h.test/v1", "https://h.test/oauth/token");
    let limits = PaceLimits::default();
    let world = World::at(
        Arc::new(Silent),
        TokioClock::at(NOON),
        places,
        canaries(),
        limits,
    );
    let started = Instant::now();
    let error = world
        .client
        .create(&product("P"))
        .await
        .expect_err("silence");
    assert!(matches!(error, OptiplyError::TimedOut { limit, .. } if limit == WRITE_LIMIT));
    assert_eq!(error.effect(), Effect::Unknown);
    assert_eq!(started.elapsed(), WRITE_LIMIT);
}

#[tokio::test(start_paused = true)]
async fn without_a_token_nothing_was_asked() {
    let server = Script::new(|_, _| reply(503, ""));
    let world = World::scripted(server.clone());
    let error = world
        .client
        .create(&product("P"))
        .await
        .expect_err("no token");
    assert!(matches!(
        error,
        OptiplyError::Token(TokenError::Unavailable { status: 503 })
    ));
    assert_eq!((error.effect(), server.api_calls()), (Effect::Nothing, 0));
}
