//! A server in this process: requests go to an axum router without a socket, so that the time
//! they take is the runtime's.

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use connectors::http::{Request, Response, Transport, TransportError};
use std::fmt;
use tower::ServiceExt;

pub(crate) struct InProcess(pub(crate) Router);

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InProcess")
    }
}

#[async_trait::async_trait]
impl Transport for InProcess {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let host = request.url.host_str().unwrap_or_default().to_owned();
        let authority = request.url.authority().to_owned();
        let target = match request.url.query() {
            Some(query) => format!("{}?{query}", request.url.path()),
            None => request.url.path().to_owned(),
        };
        let mut asked = axum::http::Request::builder()
            .method(request.method)
            .uri(target);
        for (name, value) in &request.headers {
            asked = asked.header(name, value);
        }
        let asked = asked
            .header("host", authority)
            .body(Body::from(request.body))
            .expect("a request");
        let answer = match self.0.clone().oneshot(asked).await {
            Ok(answer) => answer,
            Err(never) => match never {},
        };
        let (parts, body) = answer.into_parts();
        // Without a socket to cut, the sandbox says so in a status of its own.
        if parts.status.as_u16() == 599 {
            return Err(TransportError::Broken {
                host,
                source: "cut by the sandbox".into(),
            });
        }
        let body: Bytes = axum::body::to_bytes(body, 16 << 20)
            .await
            .map_err(|source| TransportError::Broken {
                host,
                source: source.into(),
            })?;
        Ok(Response {
            status: parts.status,
            headers: parts.headers,
            body,
        })
    }
}
