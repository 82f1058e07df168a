//! What passes between the program and both systems: whoever listens there knows every secret.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// Secrets by their kind.
#[derive(Clone, Default)]
pub(super) struct Heard(Arc<Mutex<BTreeSet<(&'static str, String)>>>);

/// Fields of requests and answers that hold a secret.
const FIELDS: [&str; 5] = [
    "access_token",
    "client_secret",
    "password",
    "refresh_token",
    "username",
];

impl Heard {
    pub(super) fn all(&self) -> Vec<(&'static str, String)> {
        let heard = self.0.lock().expect("no test panics in here");
        heard.iter().cloned().collect()
    }

    fn note(&self, kind: &'static str, secret: &str) {
        let mut heard = self.0.lock().expect("no test panics in here");
        heard.insert((kind, secret.to_owned()));
    }

    /// The same routes, listened to.
    pub(super) fn on(&self, router: Router) -> Router {
        router.layer(from_fn_with_state(self.clone(), listen))
    }

    fn authorization(&self, header: &str) {
        if let Some(token) = header.strip_prefix("Bearer ") {
            self.note("bearer", token);
        } else if let Some(pair) = header.strip_prefix("Basic ") {
            self.note("basic", pair);
            let pair = STANDARD.decode(pair).unwrap_or_default();
            if let Some((id, secret)) = String::from_utf8_lossy(&pair).split_once(':') {
                self.note("client_id", id);
                self.note("client_secret", secret);
            }
        }
    }

    fn field(&self, name: &str, value: &str) {
        if let Some(kind) = FIELDS.into_iter().find(|field| *field == name) {
            self.note(kind, value);
        }
    }
}

async fn listen(State(heard): State<Heard>, request: Request, next: Next) -> Response {
    let header = request.headers().get("authorization");
    if let Some(header) = header.and_then(|value| value.to_str().ok()) {
        heard.authorization(header);
    }
    if !request.uri().path().ends_with("/token") {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a body");
    for (name, value) in url::form_urlencoded::parse(&body) {
        heard.field(&name, &value);
    }
    let request = Request::from_parts(parts, Body::from(body));
    let (parts, body) = next.run(request).await.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a body");
    if let Ok(serde_json::Value::Object(fields)) = serde_json::from_slice(&body) {
        for (name, value) in &fields {
            heard.field(name, value.as_str().unwrap_or_default());
        }
    }
    Response::from_parts(parts, Body::from(body))
}
