//! The API over HTTP.

pub(crate) mod answer;
mod api;
mod control;
pub(crate) mod cut;
mod filter;
mod json;
mod list;
mod pages;
pub(crate) mod query;
mod route;
mod tables;
mod token;
mod walk;
mod writes;

use std::{io, net::SocketAddr};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, Response, header},
};
use bytes::Bytes;
use chrono::TimeDelta;
use tokio::sync::oneshot;

use crate::{
    fault::Fault,
    optiply,
    sandbox::{Sandbox, lock},
};

use answer::{Answer, CUT};
use cut::{Cuttable, Peer};

/// Largest body the token endpoint reads.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// What the handlers need of a request.
pub(crate) struct Incoming {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) raw_query: String,
    pub(crate) host: String,
    pub(crate) authorization: Option<String>,
    pub(crate) accept: String,
    pub(crate) content_type: String,
    pub(crate) body: Bytes,
}

/// A sandbox listening on a socket; it stops when dropped.
#[derive(Debug)]
pub struct Served {
    addr: SocketAddr,
    _stop: oneshot::Sender<()>,
}

impl Served {
    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Base of the API: `http://127.0.0.1:PORT/API/V3`.
    #[must_use]
    pub fn api_base(&self) -> String {
        format!("http://{}/API/V3", self.addr)
    }

    /// Base of OAuth: `http://127.0.0.1:PORT/auth/oauth`; the token endpoint is `/token` below it.
    #[must_use]
    pub fn auth_base(&self) -> String {
        format!("http://{}/auth/oauth", self.addr)
    }

    /// Base of Optiply's API: `http://127.0.0.1:PORT/v1`.
    #[must_use]
    pub fn optiply_api_base(&self) -> String {
        format!("http://{}{}", self.addr, optiply::http::API)
    }

    /// Optiply's token endpoint.
    #[must_use]
    pub fn optiply_token_url(&self) -> String {
        format!("http://{}{}", self.addr, optiply::http::TOKEN)
    }
}

impl Sandbox {
    /// All routes, for calls within the process. A connection that would be cut is then a
    /// response with status 599.
    pub fn router(&self) -> Router {
        control::router()
            .merge(optiply::http::router())
            .fallback(any)
            .with_state(self.clone())
    }

    /// Listens on a socket until the returned value is dropped.
    ///
    /// # Errors
    /// When the socket cannot be bound.
    pub async fn serve(&self, addr: SocketAddr) -> io::Result<Served> {
        let (listener, addr) = Cuttable::bind(addr).await?;
        let (stop, stopped) = oneshot::channel::<()>();
        let service = self.router().into_make_service_with_connect_info::<Peer>();
        tokio::spawn(async move {
            let served = axum::serve(listener, service).with_graceful_shutdown(async move {
                // Either way the owner is gone.
                let _ = stopped.await;
            });
            if let Err(error) = served.await {
                tracing::warn!(%error, "the sandbox stopped serving");
            }
        });
        Ok(Served { addr, _stop: stop })
    }
}

/// Everything that is not the control side.
async fn any(State(sandbox): State<Sandbox>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let peer = parts
        .extensions
        .get::<ConnectInfo<Peer>>()
        .map(|info| info.0.clone());
    let text = |name: header::HeaderName| text(&parts.headers, &name);
    let incoming = Incoming {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        raw_query: parts.uri.query().unwrap_or_default().to_owned(),
        host: text(header::HOST)
            .or_else(|| parts.uri.authority().map(ToString::to_string))
            .unwrap_or_else(|| "localhost".to_owned()),
        authorization: text(header::AUTHORIZATION),
        accept: text(header::ACCEPT).unwrap_or_default(),
        content_type: text(header::CONTENT_TYPE).unwrap_or_default(),
        body: axum::body::to_bytes(body, BODY_BYTES_MAX)
            .await
            .unwrap_or_default(),
    };
    let answer = if incoming.path == "/auth/oauth/token" {
        sandbox.answer_token(&incoming)
    } else {
        sandbox.answer_api(&incoming)
    };
    if !sandbox.inner.config.latency.is_zero() {
        tokio::time::sleep(sandbox.inner.config.latency).await;
    }
    sandbox.finish(answer, peer)
}

impl Sandbox {
    fn finish(&self, answer: Answer, peer: Option<Peer>) -> Response<Body> {
        if answer.status == CUT
            && let Some(peer) = peer
        {
            peer.cut();
        }
        let offset = lock(&self.inner.faults).standing(|fault| match fault {
            Fault::ClockOffset { seconds, .. } => Some(*seconds),
            _ => None,
        });
        let date = self.now() + TimeDelta::seconds(offset.unwrap_or(0));
        let account = self.inner.credentials.account_id;
        answer
            .header("X-LS-Acct-Id", account)
            .header("X-LS-OAuth-Client-Id", &self.inner.credentials.client_id)
            .header("Cf-Ray", format!("{:016x}-AMS", date.timestamp_millis()))
            .into_response(date)
    }
}

fn text(headers: &HeaderMap, name: &header::HeaderName) -> Option<String> {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests;
