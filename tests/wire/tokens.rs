//! Tokens when all goes well, and when several want one.

use crate::support::script::{Script, header, is_token_call, pair, reply, sales};
use crate::support::store::MemoryStore;
use crate::support::world::{NOON, World};
use chrono::{DateTime, TimeDelta, Utc};
use connectors::lightspeed::{IdRange, Query, SourceError};
use pipeline::{Class, Feed};
use secrecy::ExposeSecret;

fn noon() -> DateTime<Utc> {
    NOON.parse().expect("an instant")
}

fn query() -> Query {
    Query::walk(Feed::Sales, IdRange::ALL)
}

#[tokio::test(start_paused = true)]
async fn the_first_call_renews_and_stores_before_it_uses() {
    let server = Script::new(|_, request| {
        if is_token_call(request) {
            pair("access-1", "refresh-1")
        } else {
            sales(&[1], "")
        }
    });
    let world = World::with(server.clone(), MemoryStore::with_refresh("refresh-0"));
    world.client.first(&query()).await.expect("a page");

    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    let form = String::from_utf8(requests[0].body.to_vec()).expect("a form");
    assert_eq!(
        form,
        "grant_type=refresh_token&client_id=client-canary&client_secret=secret-canary&refresh_token=refresh-0"
    );
    assert_eq!(header(&requests[1], "authorization"), "Bearer access-1");
    assert_eq!(header(&requests[1], "accept"), "application/json");
    let stored = world.store.pair();
    assert_eq!(
        (stored.generation, stored.refresh.expose_secret()),
        (2, "refresh-1")
    );
    // The lifetime counts from when we asked, not from when the answer came.
    assert_eq!(stored.expires_at, Some(noon() + TimeDelta::seconds(3600)));
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_a_minute_before_its_end_and_not_earlier() {
    let server = Script::new(|_, _| pair("access-1", "refresh-1"));
    let ends = noon() + TimeDelta::seconds(300);
    let world = World::with(
        server.clone(),
        MemoryStore::with_access("access-0", "refresh-0", Some(ends)),
    );
    tokio::time::sleep(std::time::Duration::from_secs(239)).await;
    assert_eq!(world.tokens.access().await.expect("a token").generation, 1);
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let access = world.tokens.access().await.expect("a token");
    assert_eq!((access.generation, access.renewed), (2, true));
    assert_eq!(server.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_token_without_an_end_is_used_until_it_is_refused() {
    let server = Script::new(|_, _| pair("access-1", "refresh-1"));
    let world = World::ready(server.clone());
    tokio::time::sleep(std::time::Duration::from_secs(86_400)).await;
    assert_eq!(world.tokens.access().await.expect("a token").generation, 1);
    assert_eq!(
        world.tokens.refused(1).await.expect("a token").generation,
        2
    );
    assert_eq!(server.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn many_at_once_renew_once() {
    let server = Script::new(|_, _| pair("access-1", "refresh-1"));
    let world = World::with(server.clone(), MemoryStore::with_refresh("refresh-0"));
    let all: Vec<_> = (0..20)
        .map(|_| {
            let tokens = world.tokens.clone();
            tokio::spawn(async move { tokens.access().await.expect("a token").generation })
        })
        .collect();
    for one in all {
        assert_eq!(one.await.expect("no panic"), 2);
    }
    assert_eq!(server.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn two_processes_renew_once() {
    let server =
        Script::new(|n, _| pair(&format!("access-{}", n + 1), &format!("refresh-{}", n + 1)));
    let store = MemoryStore::with_refresh("refresh-0");
    let one = World::with(server.clone(), store.clone());
    let other = World::with(server.clone(), store);
    let (a, b) = tokio::join!(one.tokens.access(), other.tokens.access());
    assert_eq!(
        (
            a.expect("a token").generation,
            b.expect("a token").generation
        ),
        (2, 2)
    );
    assert_eq!(server.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_401_with_a_newer_stored_pair_uses_it_without_renewing() {
    let server = Script::new(|_, request| match header(request, "authorization") {
        "Bearer newer" => sales(&[1], ""),
        _ => reply(
            401,
            r#"{"error":"access_denied","hint":"has been revoked"}"#,
        ),
    });
    let world = World::ready(server.clone());
    world.tokens.access().await.expect("a token");
    world.store.rotate_behind("newer", "refresh-9");
    world.client.first(&query()).await.expect("a page");
    assert_eq!(
        (server.count(), server.api_calls(), world.store.tries()),
        (2, 2, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn a_401_renews_once_and_a_second_one_ends_it() {
    let server = Script::new(|_, request| {
        if is_token_call(request) {
            pair("access-1", "refresh-1")
        } else {
            reply(
                401,
                r#"{"httpCode":"401","errorClass":"BadAuthenticationRequestError"}"#,
            )
        }
    });
    let world = World::ready(server.clone());
    let error = world.client.first(&query()).await.expect_err("a refusal");
    assert!(
        matches!(error, SourceError::Unauthorized { .. }),
        "{error:?}"
    );
    assert_eq!(error.class(), Class::Reauthorize);
    assert_eq!((server.count(), server.api_calls()), (3, 2));
}

#[tokio::test(start_paused = true)]
async fn an_adopted_pair_that_is_refused_too_is_renewed_once() {
    let server = Script::new(|_, request| match header(request, "authorization") {
        _ if is_token_call(request) => pair("access-9", "refresh-9"),
        "Bearer access-9" => sales(&[1], ""),
        _ => reply(401, ""),
    });
    let world = World::ready(server.clone());
    world.tokens.access().await.expect("a token");
    world.store.rotate_behind("stale", "refresh-8");
    world.client.first(&query()).await.expect("a page");
    assert_eq!((server.api_calls(), world.store.tries()), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_can_be_renewed_although_its_token_is_valid() {
    let server = Script::new(|_, _| pair("access-1", "refresh-1"));
    let world = World::ready(server.clone());
    let access = world.tokens.renew().await.expect("a token");
    assert!(access.renewed);
    assert_eq!(world.store.pair().refresh.expose_secret(), "refresh-1");
}
