//! The Optiply side over HTTP: `/v1/…` and the token endpoint.

mod admit;
mod api;
mod body;
mod control;
mod filter;
mod list;
mod render;
mod token;

use std::{sync::atomic::Ordering, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request, State as Held},
    http::{HeaderMap, HeaderName, Response, header},
    routing::any,
};
use bytes::Bytes;

use crate::{
    http::{
        answer::{Answer, CUT},
        cut::Peer,
    },
    sandbox::{Sandbox, lock},
};

use super::Optiply;

/// Path of the API's base.
pub(crate) const API: &str = "/v1";
/// Path of the token endpoint.
pub(crate) const TOKEN: &str = "/api/auth/oauth/token";
/// The media type of everything but tokens.
const MEDIA_TYPE: &str = "application/vnd.api+json";
/// Largest body read.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// A request as the handlers need it.
struct Incoming {
    method: String,
    path: String,
    query: String,
    host: String,
    authorization: Option<String>,
    accept: Option<String>,
    content_type: Option<String>,
    user_agent: Option<String>,
    body: Bytes,
}

/// An answer and what the request is held back besides the usual latency.
struct Reply {
    answer: Answer,
    slow: Duration,
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Reply {
        Reply {
            answer,
            slow: Duration::ZERO,
        }
    }
}

pub(crate) fn router() -> Router<Sandbox> {
    Router::new()
        .route(&format!("{API}/{{*rest}}"), any(handle))
        .route(TOKEN, any(handle))
        .merge(control::router())
}

async fn handle(Held(sandbox): Held<Sandbox>, request: Request) -> Response<Body> {
    let optiply = sandbox.optiply();
    let (parts, body) = request.into_parts();
    let peer = parts
        .extensions
        .get::<ConnectInfo<Peer>>()
        .map(|info| info.0.clone());
    let text = |name: HeaderName| text(&parts.headers, &name);
    let incoming = Incoming {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        host: text(header::HOST).unwrap_or_else(|| "localhost".to_owned()),
        authorization: text(header::AUTHORIZATION),
        accept: text(header::ACCEPT),
        content_type: text(header::CONTENT_TYPE),
        user_agent: text(header::USER_AGENT),
        body: axum::body::to_bytes(body, BODY_BYTES_MAX)
            .await
            .unwrap_or_default(),
    };
    let hand = InHand::take(&optiply);
    let reply = if incoming.path == TOKEN {
        optiply.answer_token(&incoming)
    } else {
        optiply.answer_api(&incoming)
    };
    let wait = optiply.latency() + reply.slow;
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
    drop(hand);
    if reply.answer.status == CUT
        && let Some(peer) = peer
    {
        peer.cut();
    }
    let date = optiply.now(&lock(&optiply.inner.state));
    reply.answer.into_response(date)
}

/// Counts a request while it is in the server's hands.
struct InHand(Optiply);

impl InHand {
    fn take(optiply: &Optiply) -> InHand {
        let inner = &optiply.inner;
        let now = inner.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        inner.most_in_flight.fetch_max(now, Ordering::SeqCst);
        InHand(optiply.clone())
    }
}

impl Drop for InHand {
    fn drop(&mut self) {
        self.0.inner.in_flight.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Optiply {
    fn latency(&self) -> Duration {
        lock(&self.inner.state)
            .behaviour
            .latency
            .unwrap_or(self.inner.latency)
    }
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned)
}
