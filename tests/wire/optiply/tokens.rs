//! One token at a time: fetched once for many, renewed early, and not asked for in vain.

use super::support::{World, granted, is_grant, product};
use crate::support::script::{Script, header, reply, with};
use connectors::optiply::{OptiplyError, TokenError};
use pipeline::Class;
use sandbox::{OptiplyFault, When};
use std::time::Duration;

fn grants(sandbox: &sandbox::Sandbox) -> usize {
    let calls = sandbox.optiply().history();
    calls.iter().filter(|call| call.resource == "token").count()
}

#[tokio::test(start_paused = true)]
async fn many_callers_share_one_grant() {
    let (sandbox, world) = World::sandboxed();
    let payload = product("P");
    let calls = (0..20).map(|_| world.client.create(&payload));
    for outcome in futures_join(calls).await {
        outcome.expect("a row");
    }
    assert_eq!(grants(&sandbox), 1);
}

async fn futures_join<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut pending: Vec<_> = futures.map(Box::pin).collect();
    let mut done = Vec::new();
    std::future::poll_fn(|context| {
        pending.retain_mut(|future| match future.as_mut().poll(context) {
            std::task::Poll::Ready(output) => {
                done.push(output);
                false
            }
            std::task::Poll::Pending => true,
        });
        if pending.is_empty() {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    done
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_before_it_ends() {
    let (sandbox, world) = World::sandboxed();
    for (life, waits, expected) in [(600, 470, 1), (600, 15, 2), (10, 700, 3), (10, 9, 4)] {
        sandbox.optiply().behave(|rules| rules.token_seconds = life);
        world.product("P").await;
        tokio::time::advance(Duration::from_secs(waits)).await;
        world.product("P").await;
        assert!(grants(&sandbox) >= expected, "{life} {waits}");
    }
    let calls = sandbox.optiply().history();
    assert!(
        calls.iter().all(|call| call.status < 400),
        "no call met a dead token"
    );
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_replaced_once_and_the_call_sent_again() {
    let server = Script::new(|n, request| match (is_grant(request), n) {
        (true, 0) => granted("first"),
        (true, _) => granted("second"),
        (false, _) if header(request, "authorization") == "Bearer second" => {
            reply(201, super::support::document(5))
        }
        (false, _) => reply(401, r#"{"error":"invalid_token"}"#),
    });
    let world = World::scripted(server.clone());
    assert_eq!(world.make(&product("P")).await.row.id, 5);
    assert_eq!((server.count(), server.api_calls()), (4, 2));
    assert_eq!(world.tokens.access().await.expect("a token").generation, 2);
}

#[tokio::test(start_paused = true)]
async fn another_processs_grant_may_end_ours_and_work_goes_on() {
    let (sandbox, world) = World::sandboxed();
    world.product("P").await;
    let credentials = sandbox.optiply().credentials();
    let (_, other) = (0, super::support::login(&credentials));
    let way = std::sync::Arc::new(crate::support::router::InProcess(sandbox.router()));
    let second = World::at(
        way,
        world.clock.clone(),
        (
            "http://127.0.0.1/v1",
            "http://127.0.0.1/api/auth/oauth/token",
        ),
        other,
        super::support::fast(),
    );
    for _ in 0..3 {
        second.product("Q").await;
        world.product("P").await;
    }
    assert_eq!(sandbox.optiply().writes().len(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_second_refusal_needs_a_person() {
    let (sandbox, world) = World::sandboxed();
    sandbox.optiply().set_fault(OptiplyFault::TokensRefused);
    let error = world
        .client
        .create(&product("P"))
        .await
        .expect_err("refused");
    assert!(matches!(error, OptiplyError::Unauthorized { .. }));
    assert_eq!(error.class(), Class::Reauthorize);
    assert_eq!(grants(&sandbox), 2);
}

#[tokio::test(start_paused = true)]
async fn wrong_credentials_are_tried_once() {
    let (sandbox, world) = World::sandboxed();
    sandbox.optiply().set_fault(OptiplyFault::LoginRefused);
    for _ in 0..3 {
        let error = world.tokens.access().await.expect_err("refused");
        let TokenError::LoginRefused { reason } = &error else {
            panic!("{error:?}")
        };
        assert!(reason.contains("UserDetailsService"), "{reason}");
        assert_eq!(error.class(), Class::Reauthorize);
        tokio::time::advance(Duration::from_secs(3_600)).await;
    }
    assert_eq!(grants(&sandbox), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failing_endpoint_is_not_hammered_and_a_valid_token_outlives_it() {
    let (sandbox, world) = World::sandboxed();
    world.product("P").await;
    tokio::time::advance(Duration::from_secs(490)).await;
    sandbox
        .optiply()
        .set_fault(OptiplyFault::status(503, When::always().on("token")));
    for _ in 0..10 {
        world.product("P").await;
    }
    assert_eq!(grants(&sandbox), 2, "one try, then a pause");
    tokio::time::advance(Duration::from_secs(111)).await;
    let error = world.tokens.access().await.expect_err("no token");
    assert!(matches!(error, TokenError::Unavailable { status: 503 }));
    let error = world.tokens.access().await.expect_err("too early");
    assert!(matches!(error.class(), Class::RetryAfter(_)), "{error:?}");
    sandbox.optiply().clear_faults();
    tokio::time::advance(Duration::from_secs(60)).await;
    world.product("P").await;
}

#[tokio::test(start_paused = true)]
async fn odd_answers_of_the_endpoint() {
    for (status, body, class) in [
        (200, "", Class::Retry),
        (200, r#"{"access_token":" "}"#, Class::Retry),
        (200, "<html>", Class::Retry),
        (
            400,
            r#"{"error":"invalid_grant","error_description":"no"}"#,
            Class::Reauthorize,
        ),
        (401, "UserDetailsService returned null", Class::Reauthorize),
        (404, "", Class::Fail),
        (302, "", Class::Fail),
        (500, "", Class::Retry),
    ] {
        let server = Script::new(move |_, _| reply(status, body));
        let error = World::scripted(server).tokens.access().await;
        assert_eq!(
            error.expect_err("no token").class(),
            class,
            "{status} {body}"
        );
    }
    let server = Script::new(|_, _| with(reply(429, ""), "retry-after", "7"));
    let world = World::scripted(server);
    let error = world.tokens.access().await.expect_err("later");
    assert_eq!(error.class(), Class::RetryAfter(Duration::from_secs(7)));
    // A life that is not told ends when the API says so.
    let server = Script::new(|_, _| reply(200, r#"{"access_token":"t"}"#));
    let world = World::scripted(server.clone());
    world.tokens.access().await.expect("a token");
    tokio::time::advance(Duration::from_secs(90_000)).await;
    world.tokens.access().await.expect("a token");
    assert_eq!(server.count(), 1);
}
