//! Alarms reach the webhook: signed, again and again until they are taken, also after a restart.

use super::{Service, until};
use crate::support::{World, small};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use jobs::alarms::webhook::signature;
use secrecy::SecretString;
use std::sync::{Arc, Mutex};
use storage::{Alarm, AlarmKind};
use tokio::net::TcpListener;

type Received = Arc<Mutex<Vec<(HeaderMap, String)>>>;

/// A receiver that refuses the first message.
async fn receive(State(received): State<Received>, headers: HeaderMap, body: String) -> StatusCode {
    let mut received = received.lock().expect("no panic");
    received.push((headers, body));
    if received.len() == 1 {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::NO_CONTENT
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alarm_arrives_signed_although_the_receiver_was_down() {
    let received = Received::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!(
        "http://{}/hook?key=1",
        listener.local_addr().expect("an address")
    );
    let hook = Router::new()
        .route("/hook", post(receive))
        .with_state(received.clone());
    tokio::spawn(async move { axum::serve(listener, hook).await });

    let world = World::new(small()).await;
    let (store, id) = (&world.deps.store, world.connection);
    let url = SecretString::from(url);
    store
        .set_webhook_url(id, Some(&url), "set")
        .await
        .expect("a connection");
    let alarm = Alarm::new(AlarmKind::SweepGuard, "items", "silent", "look at the till");
    assert!(store.raise_alarm(id, &alarm).await.expect("a connection"));
    let calls = || received.lock().expect("no panic").len();
    let service = Service::start_with(world.deps.clone(), None, Some("shared")).await;
    until("it is refused", || async { calls() == 1 }).await;
    service.stop().await;
    let waits = store.pulse().await.expect("figures");
    assert_eq!(waits.messages, 1, "it is not lost");
    let service = Service::start_with(world.deps.clone(), None, Some("shared")).await;
    until("it has arrived", || async {
        store.pulse().await.expect("figures").messages == 0
    })
    .await;
    let told = service.get("/api/connections/shop/status").await.json();
    assert_eq!(told["alarms"][0]["kind"], "sweep_guard");
    service.stop().await;

    let received = received.lock().expect("no panic");
    assert_eq!(received.len(), 2);
    let header = |name: &str| received[1].0[name].to_str().expect("text").to_owned();
    let time: i64 = header("x-stockbridge-timestamp").parse().expect("a time");
    let expected = signature(&SecretString::from("shared"), time, &received[1].1);
    assert_eq!(
        header("x-stockbridge-signature"),
        format!("sha256={expected}")
    );
    let again = received[0].0["x-stockbridge-delivery"]
        .to_str()
        .expect("text");
    assert_eq!(header("x-stockbridge-delivery"), again);
    let body: serde_json::Value = serde_json::from_str(&received[1].1).expect("json");
    assert_eq!(body["alarm"]["text"], "silent");
}
