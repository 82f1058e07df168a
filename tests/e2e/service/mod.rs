//! The worker as a service: its API, its schedule, and what a person does to it.

mod alarms;
mod api;
mod control;
mod exporting;
mod fleet;
mod judging;
mod patience;

use crate::support::World;
use connectors::http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use jobs::deps::Deps;
use jobs::service::{Options, serve};
use secrecy::SecretString;
use serde_json::Value;
use std::net::SocketAddr;
use std::time::Duration;
use storage::ConnectionState;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A service at work over a world's database.
pub(crate) struct Service {
    deps: Deps,
    addr: SocketAddr,
    task: JoinHandle<anyhow::Result<()>>,
}

/// What it answered.
struct Answer {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    fn code(&self) -> (u16, String) {
        let code = self.json()["error"]["code"].as_str().map(str::to_owned);
        (self.status, code.unwrap_or_else(|| panic!("{}", self.text)))
    }
}

impl Service {
    async fn start(world: &World, token: Option<&str>) -> Self {
        Self::start_with(world.deps.clone(), token, None).await
    }

    pub(crate) async fn start_with(
        mut deps: Deps,
        token: Option<&str>,
        webhook: Option<&str>,
    ) -> Self {
        deps.shutdown = CancellationToken::new();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let addr = listener.local_addr().expect("an address");
        let options = Options {
            listener: Some(listener),
            token: token.map(SecretString::from),
            webhook_secret: webhook.map(SecretString::from),
            ..Options::default()
        };
        let task = tokio::spawn({
            let deps = deps.clone();
            async move { serve(&deps, options).await }
        });
        Self { deps, addr, task }
    }

    pub(crate) async fn stop(self) {
        self.deps.shutdown.cancel();
        let ended = tokio::time::timeout(Duration::from_secs(30), self.task).await;
        let ended = ended.expect("it stops by itself");
        ended.expect("no panic").expect("a clean end");
    }

    async fn call(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
        let header = |text: &str| HeaderName::from_bytes(text.as_bytes()).expect("a name");
        let request = Request {
            method,
            headers: headers
                .iter()
                .map(|(name, value)| (header(name), HeaderValue::from_str(value).expect("a value")))
                .collect(),
            ..Request::get(
                format!("http://{}{path}", self.addr)
                    .parse()
                    .expect("an address"),
            )
        };
        let answer = self.deps.transport.send(request).await.expect("an answer");
        Answer {
            status: answer.status.as_u16(),
            headers: answer.headers,
            text: String::from_utf8(answer.body.to_vec()).expect("text"),
        }
    }

    async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, &[]).await
    }

    async fn sync(&self) -> Answer {
        let path = "/api/connections/shop/sync";
        self.call(Method::POST, path, &[]).await
    }
}

/// Waits until something holds, but not for ever.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    for _ in 0..2_400 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("waited in vain until {what}");
}

/// Waits until no run of the world is open.
async fn until_done(world: &World) {
    until("every run has ended", || async {
        let runs = world.deps.store.runs(world.connection, 10).await;
        let runs = runs.expect("runs");
        !runs.is_empty() && runs.iter().all(|run| run.ended_at.is_some())
    })
    .await;
}

async fn set_state(world: &World, from: ConnectionState, to: ConnectionState) {
    let moved = world
        .deps
        .store
        .set_connection_state(world.connection, &[from], to, None)
        .await;
    assert!(moved.expect("a connection"));
}
