//! The one way out: how requests are made, limited and described.
//!
//! [`ReqwestTransport`] is the only maker of HTTP clients. Everything above it speaks in the plain
//! types of this module, so that tests can put a server of their own behind [`Transport`].

mod base;
mod excerpt;
mod message;
mod real;
mod spellings;
mod wait;

pub use base::{BaseUrlError, check_base_url, is_loopback};
pub(crate) use excerpt::error_json;
pub use excerpt::{EXCERPT_BYTES, excerpt};
pub use message::{Request, Response, Transport, TransportError, bearer};
pub use real::{Options, ReqwestTransport, install_tls};
pub use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
pub use reqwest::{Method, StatusCode};
pub use wait::{MAX_WAIT, retry_after, server_date};

/// A cause from a library or a store of which we only need the text.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
