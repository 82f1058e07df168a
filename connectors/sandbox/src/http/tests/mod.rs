mod access;
mod faults;
mod lists;
mod purchases;
mod writes;

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use chrono::TimeDelta;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::{Config, Limits, Sandbox, Size, base_instant};

/// A client within the process, on a clock that only tests move.
struct Client {
    sandbox: Sandbox,
    token: String,
    millis: Arc<AtomicI64>,
}

struct Got {
    status: u16,
    headers: axum::http::HeaderMap,
    text: String,
}

impl Got {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

fn sandbox(limits: Limits) -> (Sandbox, Arc<AtomicI64>) {
    let millis = Arc::new(AtomicI64::new(0));
    let clock = millis.clone();
    let config = Config {
        seed: 3,
        size: Size::small(),
        limits,
        latency: Duration::ZERO,
        now: Arc::new(move || {
            base_instant(3) + TimeDelta::milliseconds(clock.load(Ordering::SeqCst))
        }),
    };
    (Sandbox::new(config), millis)
}

impl Client {
    async fn new() -> Client {
        Client::limited(Limits::Off).await
    }

    async fn limited(limits: Limits) -> Client {
        let (sandbox, millis) = sandbox(limits);
        let mut client = Client {
            sandbox,
            token: String::new(),
            millis,
        };
        let refresh = client.sandbox.credentials().refresh_token;
        let pair = client.refresh(&refresh).await.json();
        client.token = pair["access_token"].as_str().unwrap().to_owned();
        client
    }

    async fn refresh(&self, token: &str) -> Got {
        let own = self.sandbox.credentials();
        let body = json!({
            "grant_type": "refresh_token",
            "client_id": own.client_id,
            "client_secret": own.client_secret,
            "refresh_token": token,
        });
        let request = Request::post("/auth/oauth/token")
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        self.send(request).await
    }

    async fn get(&self, path: &str) -> Got {
        let request = Request::get(path)
            .header("host", "127.0.0.1:1")
            .header("authorization", format!("Bearer {}", self.token))
            .header("accept", "application/json")
            .body(Body::empty())
            .unwrap();
        self.send(request).await
    }

    /// A list below the account.
    async fn list(&self, rest: &str) -> Got {
        let account = self.sandbox.credentials().account_id;
        self.get(&format!("/API/V3/Account/{account}/{rest}")).await
    }

    async fn send(&self, request: Request<Body>) -> Got {
        let response = self.sandbox.router().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
        Got {
            status: parts.status.as_u16(),
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    /// All ids of a walk that follows the links.
    async fn walk(&self, first: &str, key: &str, id: &str) -> Vec<u64> {
        let mut ids = Vec::new();
        let mut page = self.list(first).await.json();
        loop {
            ids.extend(rows(&page, key).iter().map(|row| number(row, id)));
            let next = page["@attributes"]["next"].as_str().unwrap().to_owned();
            if next.is_empty() {
                return ids;
            }
            page = self
                .get(next.strip_prefix("http://127.0.0.1:1").unwrap())
                .await
                .json();
        }
    }

    fn pass(&self, millis: i64) {
        self.millis.fetch_add(millis, Ordering::SeqCst);
    }
}

fn rows(page: &Value, key: &str) -> Vec<Value> {
    match &page[key] {
        Value::Array(rows) => rows.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    }
}

fn number(row: &Value, id: &str) -> u64 {
    row[id].as_str().unwrap().parse().unwrap()
}
