//! Tokens when something goes wrong.

use crate::support::clock::TokioClock;
use crate::support::script::{Script, pair, reply, with};
use crate::support::store::MemoryStore;
use crate::support::world::{NOON, Site, World};
use chrono::{DateTime, TimeDelta, Utc};
use connectors::http::TransportError;
use connectors::lightspeed::TokenError;
use pipeline::Class;
use secrecy::ExposeSecret;
use std::sync::Arc;
use std::time::Duration;

const INVALID_GRANT: &str = r#"{"error":"invalid_grant","error_description":"expired","hint":""}"#;

#[tokio::test(start_paused = true)]
async fn a_crash_between_answer_and_commit_is_repaired_with_the_old_token() {
    let server = Script::new(|n, _| pair(&format!("access-{n}"), &format!("refresh-{n}")));
    let world = World::with(server.clone(), MemoryStore::with_refresh("old"));
    world.store.fail_commits(1);
    let error = world.tokens.access().await.expect_err("the commit fails");
    assert!(matches!(error, TokenError::Store(_)), "{error:?}");
    assert_eq!(error.class(), Class::Retry);
    assert_eq!(world.store.pair().refresh.expose_secret(), "old");

    // The next process knows nothing of the lost pair.
    let next = World::with(server.clone(), world.store.clone());
    let access = next.tokens.access().await.expect("a token");
    assert_eq!(access.token.expose_secret(), "access-1");
    for request in server.requests() {
        assert!(String::from_utf8_lossy(&request.body).ends_with("refresh_token=old"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_revoked_grant_needs_a_person_and_is_not_tried_again() {
    let server = Script::new(|_, _| reply(400, INVALID_GRANT));
    let world = World::with(server.clone(), MemoryStore::with_refresh("old"));
    for _ in 0..5 {
        let error = world.tokens.access().await.expect_err("revoked");
        assert!(
            matches!(error, TokenError::NeedsReconnect { .. }),
            "{error:?}"
        );
        assert_eq!(error.class(), Class::Reauthorize);
    }
    assert_eq!(server.count(), 1);
    assert!(
        world
            .store
            .reconnect()
            .expect("marked")
            .contains("invalid_grant")
    );
    assert_eq!(world.store.pair().refresh.expose_secret(), "old");

    // A person connects again: the new pair is tried.
    world.store.rotate_behind("fresh", "fresh-refresh");
    assert_eq!(
        world
            .tokens
            .access()
            .await
            .expect("a token")
            .token
            .expose_secret(),
        "fresh"
    );
}

#[tokio::test(start_paused = true)]
async fn invalid_grant_with_a_newer_stored_pair_adopts_it() {
    let store = MemoryStore::with_refresh("old");
    let behind = store.clone();
    let server = Script::new(move |_, _| {
        behind.rotate_behind("newer", "newer-refresh");
        reply(400, INVALID_GRANT)
    });
    let world = World::with(server.clone(), store);
    let access = world.tokens.access().await.expect("the newer token");
    assert_eq!(
        (access.token.expose_secret(), access.renewed),
        ("newer", false)
    );
    assert_eq!((server.count(), world.store.reconnect()), (1, None));
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_lost_the_race_adopts_the_winner() {
    let store = MemoryStore::with_refresh("old");
    let behind = store.clone();
    let server = Script::new(move |_, _| {
        behind.rotate_behind("winner", "winner-refresh");
        pair("loser", "loser-refresh")
    });
    let world = World::with(server.clone(), store);
    assert_eq!(
        world
            .tokens
            .access()
            .await
            .expect("a token")
            .token
            .expose_secret(),
        "winner"
    );
    assert_eq!(server.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refused_client_fails_with_a_remedy_and_is_not_tried_again() {
    let server =
        Script::new(|_, _| reply(401, r#"{"error":"invalid_client","hint":"secret-canary"}"#));
    let world = World::with(server.clone(), MemoryStore::with_refresh("old"));
    for _ in 0..3 {
        let error = world.tokens.access().await.expect_err("refused");
        assert_eq!(error.class(), Class::Fail);
        assert!(
            error
                .to_string()
                .contains("STOCKBRIDGE_LIGHTSPEED_CLIENT_SECRET"),
            "{error}"
        );
        assert!(!error.to_string().contains("canary"), "{error}");
    }
    assert_eq!((server.count(), world.store.reconnect()), (1, None));
}

#[tokio::test(start_paused = true)]
async fn no_more_than_four_tries_a_minute_over_all_processes() {
    let server = Script::new(|_, _| reply(500, "<html>500</html>"));
    let store = MemoryStore::with_refresh("old");
    let clock = TokioClock::at(NOON);
    let started = tokio::time::Instant::now();
    let mut minute = Vec::new();
    while started.elapsed() < Duration::from_secs(300) {
        // Every time another process, which knows nothing of the tries before.
        let world = World::at(
            server.clone(),
            store.clone(),
            clock.clone(),
            Site::default(),
        );
        let error = world.tokens.access().await.expect_err("down");
        assert!(
            matches!(error.class(), Class::Retry | Class::RetryAfter(_)),
            "{error:?}"
        );
        minute.push((started.elapsed(), server.count()));
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    for (at, count) in &minute {
        let before = minute
            .iter()
            .rev()
            .find(|(earlier, _)| *earlier + Duration::from_secs(60) <= *at);
        assert!(
            count - before.map_or(0, |(_, count)| *count) <= 4,
            "at {at:?}"
        );
    }
    assert!(
        server.count() >= 16,
        "the bound must not stop the tries: {}",
        server.count()
    );
}

#[tokio::test(start_paused = true)]
async fn one_process_backs_off_before_the_bound_stops_it() {
    let server = Script::new(|_, _| reply(503, ""));
    let world = World::with(server.clone(), MemoryStore::with_refresh("old"));
    assert!(matches!(
        world.tokens.access().await,
        Err(TokenError::Unavailable { status: 503 })
    ));
    assert!(matches!(
        world.tokens.access().await,
        Err(TokenError::Wait { .. })
    ));
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(matches!(
        world.tokens.access().await,
        Err(TokenError::Unavailable { .. })
    ));
    assert_eq!(server.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_429_of_the_token_endpoint_is_a_wait_in_every_form() {
    for (value, seconds) in [
        (Some("7"), 7),
        (Some("1.5"), 2),
        (Some("Sun, 01 Feb 2026 12:00:30 GMT"), 30),
        (Some("86400"), 600),
        (Some("soon"), 60),
        (None, 60),
    ] {
        let server = Script::new(move |_, _| match value {
            Some(value) => with(reply(429, ""), "retry-after", value),
            None => reply(429, ""),
        });
        let world = World::with(server.clone(), MemoryStore::with_refresh("old"));
        let Err(TokenError::Wait { after }) = world.tokens.access().await else {
            panic!("{value:?} is a wait")
        };
        assert_eq!(after.as_secs_f64().ceil() as u64, seconds, "{value:?}");
        assert!(matches!(
            world.tokens.access().await,
            Err(TokenError::Wait { .. })
        ));
        assert_eq!(server.count(), 1, "{value:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_success_without_both_tokens_overwrites_nothing() {
    for body in [
        "",
        "{}",
        "<html>",
        r#"{"access_token":"only"}"#,
        "Rate limit exceeded: access_token not expired",
    ] {
        let server = Script::new(move |n, _| {
            if n == 0 {
                reply(200, body)
            } else {
                pair("access-1", "refresh-1")
            }
        });
        let world = World::with(server.clone(), MemoryStore::with_refresh("old"));
        let error = world.tokens.access().await.expect_err("incomplete");
        assert!(matches!(error, TokenError::Incomplete), "{error:?}");
        assert_eq!(error.class(), Class::Retry);
        assert_eq!(
            (
                world.store.pair().generation,
                world.store.pair().refresh.expose_secret()
            ),
            (1, "old")
        );
        tokio::time::sleep(Duration::from_secs(5)).await;
        world.tokens.access().await.expect("a token");
    }
}

#[tokio::test(start_paused = true)]
async fn a_passing_fault_does_not_cost_the_last_minute_of_a_valid_token() {
    let server = Script::fallible(|_, _| {
        Err(TransportError::Timeout {
            host: "auth".to_owned(),
        })
    });
    let ends: DateTime<Utc> =
        NOON.parse::<DateTime<Utc>>().expect("an instant") + TimeDelta::seconds(30);
    let world = World::with(
        server.clone(),
        MemoryStore::with_access("access-0", "old", Some(ends)),
    );
    assert_eq!(
        world.tokens.access().await.expect("still valid").generation,
        1
    );
    tokio::time::sleep(Duration::from_secs(40)).await;
    assert!(matches!(
        world.tokens.access().await,
        Err(TokenError::Transport(_))
    ));
}

#[tokio::test(start_paused = true)]
async fn a_token_endpoint_that_hangs_is_given_up_within_the_lease() {
    #[derive(Debug)]
    struct Hangs;
    #[async_trait::async_trait]
    impl connectors::http::Transport for Hangs {
        async fn send(
            &self,
            _: connectors::http::Request,
        ) -> Result<connectors::http::Response, TransportError> {
            std::future::pending().await
        }
    }
    let world = World::with(Arc::new(Hangs), MemoryStore::with_refresh("old"));
    let started = tokio::time::Instant::now();
    assert!(matches!(
        world.tokens.access().await,
        Err(TokenError::TimedOut { .. })
    ));
    assert_eq!(started.elapsed().as_secs(), 30);
}
