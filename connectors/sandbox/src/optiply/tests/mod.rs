mod access;
mod faults;
mod lists;
mod writes;

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Request},
};
use chrono::TimeDelta;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{Optiply, Resource};
use crate::{Config, Sandbox, base_instant};

/// A client within the process, on a clock that only tests move.
struct Client {
    sandbox: Sandbox,
    token: String,
    seconds: Arc<AtomicI64>,
}

struct Got {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Got {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    fn id(&self) -> i64 {
        assert_eq!(self.status, 201, "{}", self.text);
        self.json()["data"]["id"].as_str().unwrap().parse().unwrap()
    }

    fn ids(&self) -> Vec<i64> {
        let body = self.json();
        let rows = body["data"].as_array().unwrap();
        let id = |row: &Value| row["id"].as_str().unwrap().parse().unwrap();
        rows.iter().map(id).collect()
    }
}

fn sandbox() -> (Sandbox, Arc<AtomicI64>) {
    let seconds = Arc::new(AtomicI64::new(0));
    let clock = seconds.clone();
    let mut config = Config::small(3);
    config.now =
        Arc::new(move || base_instant(3) + TimeDelta::seconds(clock.load(Ordering::SeqCst)));
    (Sandbox::new(config), seconds)
}

impl Client {
    async fn new() -> Client {
        let (sandbox, seconds) = sandbox();
        let mut client = Client {
            sandbox,
            token: String::new(),
            seconds,
        };
        client.login().await;
        client
    }

    fn optiply(&self) -> Optiply {
        self.sandbox.optiply()
    }

    async fn login(&mut self) {
        let own = self.optiply().credentials();
        let form = format!(
            "grant_type=password&username={}&password={}",
            own.username, own.password
        );
        let got = self.grant(&own.basic(), &form).await;
        self.token = got.json()["access_token"].as_str().unwrap().to_owned();
    }

    async fn grant(&self, basic: &str, form: &str) -> Got {
        let request = Request::post("/api/auth/oauth/token")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("authorization", basic)
            .body(Body::from(form.to_owned()))
            .unwrap();
        self.send(request).await
    }

    async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Got {
        let request = Request::builder()
            .method(method)
            .uri(format!("/v1/{path}"))
            .header("host", "127.0.0.1:1")
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/vnd.api+json")
            .header("accept", "application/vnd.api+json")
            .header("user-agent", "test/1")
            .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())))
            .unwrap();
        self.send(request).await
    }

    async fn get(&self, path: &str) -> Got {
        self.call("GET", path, None).await
    }

    async fn post(&self, resource: &str, attributes: Value) -> Got {
        let body = json!({"data": {"type": resource, "attributes": attributes}});
        self.call("POST", &format!("{resource}?accountId=77"), Some(body))
            .await
    }

    async fn patch(&self, resource: &str, id: i64, attributes: Value) -> Got {
        let body =
            json!({"data": {"type": resource, "id": id.to_string(), "attributes": attributes}});
        let path = format!("{resource}/{id}?accountId=77");
        self.call("PATCH", &path, Some(body)).await
    }

    async fn delete(&self, resource: &str, id: i64) -> Got {
        let path = format!("{resource}/{id}?accountId=77");
        self.call("DELETE", &path, None).await
    }

    async fn product(&self, name: &str) -> i64 {
        let attributes = json!({"name": name, "stockLevel": 3, "unlimitedStock": false});
        self.post("products", attributes).await.id()
    }

    async fn supplier(&self, name: &str) -> i64 {
        self.post("suppliers", json!({"name": name})).await.id()
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

    fn pass(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    fn live(&self, resource: Resource) -> Vec<i64> {
        let rows = self.optiply().rows(resource);
        rows.iter()
            .filter(|row| !row.deleted)
            .map(|row| row.id)
            .collect()
    }
}
