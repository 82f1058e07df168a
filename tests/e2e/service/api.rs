//! The HTTP API: requests that join as they should, and refusals that say what to do.

use super::{Service, set_state, until, until_done};
use crate::support::{World, sized, small};
use connectors::http::Method;
use sandbox::Config;
use std::time::{Duration, Instant};
use storage::ConnectionState::{Active, NeedsReconnect, Paused};

fn slow() -> Config {
    Config {
        latency: Duration::from_millis(60),
        ..small()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_call_is_followed_by_a_fresh_run_and_a_third_joins_that() {
    let world = World::new(slow()).await;
    let service = Service::start(&world, None).await;
    until("it is ready", || async {
        service.get("/readyz").await.status == 200
    })
    .await;
    let asked = Instant::now();
    let first = service.sync().await;
    assert_eq!(first.status, 202, "{}", first.text);
    until("it calls", || async { !world.sandbox.history().is_empty() }).await;
    assert!(
        asked.elapsed() < Duration::from_secs(2),
        "{:?}",
        asked.elapsed()
    );
    let first = first.json();
    assert_eq!(
        (&first["run"]["id"], &first["joined"]),
        (&1.into(), &false.into())
    );
    assert_eq!(first["again"], serde_json::Value::Null);
    let second = service.sync().await;
    let place = second.headers["location"]
        .to_str()
        .expect("text")
        .to_owned();
    let second = second.json();
    assert_eq!(
        (&second["run"]["id"], &second["joined"]),
        (&1.into(), &true.into())
    );
    assert_eq!(second["again"]["id"], 2);
    assert_eq!(second["again"]["href"], place.as_str());
    assert_eq!(service.sync().await.json(), second);
    assert_eq!(service.get(&place).await.json()["state"], "waiting");
    until_done(&world).await;
    let run = service.get(&place).await.json();
    assert_eq!(
        (&run["state"], &run["kind"]),
        (&"done".into(), &"incremental".into())
    );
    assert_eq!(run["requested_by"], "manual");
    let runs = world.deps.store.runs(world.connection, 10).await;
    assert_eq!(runs.expect("runs").len(), 2);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_say_what_is_wrong_and_what_to_do() {
    let world = World::new(small()).await;
    let service = Service::start(&world, Some("open sesame")).await;
    let status = "/api/connections/shop/status";
    let right = ("authorization", "Bearer open sesame");
    for headers in [&[][..], &[("authorization", "Bearer open sesam")]] {
        let answer = service.call(Method::GET, status, headers).await;
        assert_eq!(answer.code(), (401, "unauthorized".to_owned()));
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
        let metrics = service.call(Method::GET, "/metrics", headers).await;
        assert_eq!(metrics.status, 401);
    }
    // Nobody learns what there is without the token, and probes need none.
    assert_eq!(
        service.get("/api/connections/nobody/status").await.status,
        401
    );
    assert_eq!(service.get("/healthz").await.status, 200);
    let code = |method, path: &'static str| {
        let service = &service;
        async move { service.call(method, path, &[right]).await.code() }
    };
    for (method, path, expected) in [
        (
            Method::GET,
            "/api/connections/nobody/status",
            (404, "no_such_connection"),
        ),
        (
            Method::POST,
            "/api/connections/nobody/sync",
            (404, "no_such_connection"),
        ),
        (
            Method::GET,
            "/api/connections/shop/status?run=99",
            (404, "no_such_run"),
        ),
        (Method::GET, "/nothing", (404, "not_found")),
        (Method::DELETE, status, (405, "method")),
    ] {
        let expected = (expected.0, expected.1.to_owned());
        assert_eq!(
            code(method.clone(), path).await,
            expected,
            "{method} {path}"
        );
    }
    for (from, to, expected) in [
        (Active, Paused, "not_active"),
        (Paused, NeedsReconnect, "needs_reconnect"),
    ] {
        set_state(&world, from, to).await;
        let refused = code(Method::POST, "/api/connections/shop/sync").await;
        assert_eq!(refused, (409, expected.to_owned()));
    }
    let told = service.call(Method::GET, status, &[right]).await.json();
    assert_eq!(told["standing"]["state"], "needs_reconnect");
    assert!(told["standing"]["remedy"].is_string() && told["next_run"].is_null());
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_token_web_pages_may_not_call() {
    let world = World::new(small()).await;
    let service = Service::start(&world, None).await;
    let path = "/api/connections/shop/sync";
    let page = [("origin", "https://evil.example")];
    let refused = service.call(Method::POST, path, &page).await;
    assert_eq!(refused.code(), (403, "browser".to_owned()));
    assert_eq!(
        world
            .deps
            .store
            .runs(world.connection, 1)
            .await
            .expect("runs")
            .len(),
        0
    );
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn progress_is_told_as_events_until_the_run_has_ended() {
    let world = World::new(slow()).await;
    let service = Service::start(&world, None).await;
    let href = service.sync().await.json()["run"]["href"].clone();
    let accept = [("accept", "text/event-stream")];
    let href = href.as_str().expect("an address");
    let told = service.call(Method::GET, href, &accept).await;
    let events: Vec<serde_json::Value> = told
        .text
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|line| serde_json::from_str(line).expect("json"))
        .collect();
    assert!(events.len() >= 2, "{}", told.text);
    let last = &events[events.len() - 1];
    assert_eq!(
        (&last["run"], &last["progress"]["state"]),
        (&1.into(), &"done".into())
    );
    assert_eq!(last["standing"]["state"], "idle");
    let working = events
        .iter()
        .any(|event| event["standing"]["state"] == "working");
    assert!(working, "{}", told.text);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_have_few_labels_and_no_ids() {
    let world = World::new(sized(200, 900)).await;
    let service = Service::start(&world, None).await;
    service.sync().await;
    until_done(&world).await;
    let answer = service.get("/metrics").await;
    assert!(
        answer.headers["content-type"]
            .to_str()
            .expect("text")
            .starts_with("text/plain")
    );
    let mut samples = 0;
    for line in answer.text.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').expect("a value");
        assert!(
            value
                .chars()
                .all(|c| c.is_ascii_digit() || ".-".contains(c)),
            "{line}"
        );
        if let Some((_, labels)) = name.split_once('{') {
            for pair in labels.trim_end_matches('}').split(',') {
                let (label, _) = pair.split_once('=').expect("a label");
                assert!(
                    ["connection", "feed", "stage", "kind"].contains(&label),
                    "{line}"
                );
            }
        }
        samples += 1;
    }
    assert!((40..200).contains(&samples), "{samples}");
    for line in [
        "stockbridge_connection_state{connection=\"shop\",kind=\"idle\"} 1",
        "stockbridge_backlog{connection=\"shop\",stage=\"load\"} 0",
        "stockbridge_alarm{connection=\"shop\",kind=\"rights_lost\"} 0",
    ] {
        assert!(
            answer.text.contains(line),
            "{line} is not in {}",
            answer.text
        );
    }
    assert!(
        answer
            .text
            .contains("stockbridge_last_run_stage_seconds{connection=\"shop\",stage=\"extract\"}")
    );
    service.stop().await;
}
