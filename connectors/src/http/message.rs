//! Requests and answers in plain types, and the door they go through.

use super::BoxError;
use bytes::Bytes;
use pipeline::Class;
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use url::Url;

/// A request, ready to be sent once.
#[derive(Clone)]
pub struct Request {
    /// What to do.
    pub method: Method,
    /// To what. May hold filters, never a secret.
    pub url: Url,
    /// The headers; those that authenticate are marked sensitive.
    pub headers: HeaderMap,
    /// The body; empty for reads. May hold secrets, so it is never shown.
    pub body: Bytes,
}

impl Request {
    /// A read of `url`.
    pub fn get(url: Url) -> Self {
        Self {
            method: Method::GET,
            url,
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("host", &self.url.host_str().unwrap_or_default())
            .field("path", &self.url.path())
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// An answer, read to its end.
#[derive(Clone)]
pub struct Response {
    /// The status line's number.
    pub status: StatusCode,
    /// The headers as received.
    pub headers: HeaderMap,
    /// The body, decompressed. May hold tokens, so it is never shown.
    pub body: Bytes,
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status.as_u16())
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// The door to the network. The real one is [`super::ReqwestTransport`].
///
/// An implementation must not follow redirects and must return only complete bodies: a connection
/// that breaks while a body is read is an error, not a short answer.
#[async_trait::async_trait]
pub trait Transport: Send + Sync + fmt::Debug {
    /// Sends a request and reads the whole answer, whatever its status.
    ///
    /// # Errors
    /// When no complete answer was received. The request may have been carried out nevertheless.
    async fn send(&self, request: Request) -> Result<Response, TransportError>;
}

/// Why no complete answer was received. Names the host only: addresses may hold filters.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// No connection came about, so nothing was asked.
    #[error("could not connect to {host}")]
    Connect {
        /// The host we tried to reach.
        host: String,
        /// The cause, without the address.
        #[source]
        source: BoxError,
    },
    /// The time for the whole exchange was over.
    #[error("{host} did not answer in time")]
    Timeout {
        /// The host we asked.
        host: String,
    },
    /// The connection broke before the answer was complete.
    #[error("the connection to {host} broke before the answer was complete")]
    Broken {
        /// The host we asked.
        host: String,
        /// The cause, without the address.
        #[source]
        source: BoxError,
    },
    /// The answer is larger than we are willing to hold.
    #[error("the answer of {host} is larger than {limit} bytes")]
    TooLarge {
        /// The host we asked.
        host: String,
        /// The limit, in bytes after decompression.
        limit: usize,
    },
    /// A client could not be made on this computer, for example without any trusted certificate.
    #[error("no HTTP client could be made on this computer; check the system's certificates")]
    Setup(#[source] BoxError),
}

impl TransportError {
    /// What the caller can do.
    pub const fn class(&self) -> Class {
        match self {
            Self::Connect { .. }
            | Self::Timeout { .. }
            | Self::Broken { .. }
            | Self::TooLarge { .. } => Class::Retry,
            Self::Setup(_) => Class::Fail,
        }
    }
}

/// The value of an Authorization header, marked so that it is never shown.
///
/// A token that cannot stand in a header is no token; it yields `None`.
pub fn bearer(token: &SecretString) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret())).ok()?;
    value.set_sensitive(true);
    Some(value)
}
