//! A server in a closure: each request is answered by what a test says.

use bytes::Bytes;
use connectors::http::{
    HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Transport, TransportError,
};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

type Answer = dyn Fn(usize, &Request) -> Result<Response, TransportError> + Send + Sync;

/// Answers the n-th request (from 0) by a closure, after a latency, and remembers what was asked.
pub(crate) struct Script {
    answer: Box<Answer>,
    latency: Duration,
    seen: Mutex<Vec<Request>>,
}

impl Script {
    pub(crate) fn new(
        answer: impl Fn(usize, &Request) -> Response + Send + Sync + 'static,
    ) -> Arc<Self> {
        Self::fallible(move |n, request| Ok(answer(n, request)))
    }

    pub(crate) fn fallible(
        answer: impl Fn(usize, &Request) -> Result<Response, TransportError> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            answer: Box::new(answer),
            latency: Duration::from_millis(20),
            seen: Mutex::default(),
        })
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.seen.lock().expect("no test panics in here").clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.requests().len()
    }

    /// How many requests were not for the token endpoint.
    pub(crate) fn api_calls(&self) -> usize {
        self.requests()
            .iter()
            .filter(|request| !request.url.path().ends_with("/token"))
            .count()
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Script")
    }
}

#[async_trait::async_trait]
impl Transport for Script {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let n = {
            let mut seen = self.seen.lock().expect("no test panics in here");
            seen.push(request.clone());
            seen.len() - 1
        };
        tokio::time::sleep(self.latency).await;
        (self.answer)(n, &request)
    }
}

pub(crate) fn reply(status: u16, body: impl Into<Bytes>) -> Response {
    Response {
        status: StatusCode::from_u16(status).expect("a status"),
        headers: HeaderMap::new(),
        body: body.into(),
    }
}

pub(crate) fn with(mut response: Response, name: &'static str, value: &str) -> Response {
    response.headers.insert(
        HeaderName::from_static(name),
        HeaderValue::from_str(value).expect("a header value"),
    );
    response
}

/// A page of sales with these ids and this next link.
pub(crate) fn sales(ids: &[i64], next: &str) -> Response {
    let rows: Vec<_> = ids
        .iter()
        .map(|id| serde_json::json!({"saleID": id.to_string()}))
        .collect();
    let body = serde_json::json!({"@attributes": {"next": next, "previous": ""}, "Sale": rows});
    reply(200, body.to_string())
}

/// A new pair of tokens.
pub(crate) fn pair(access: &str, refresh: &str) -> Response {
    let body = serde_json::json!({
        "token_type": "Bearer", "expires_in": 3600, "access_token": access, "refresh_token": refresh
    });
    reply(200, body.to_string())
}

pub(crate) fn is_token_call(request: &Request) -> bool {
    request.url.path().ends_with("/token")
}

pub(crate) fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    request
        .headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("")
}
