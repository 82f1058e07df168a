//! The one maker of HTTP clients.

use super::base::is_loopback;
use super::message::{Request, Response, Transport, TransportError};
use bytes::BytesMut;
use reqwest::Client;
use reqwest::redirect::Policy;
use std::sync::{Once, OnceLock};
use std::time::Duration;

const USER_AGENT: &str = concat!("stockbridge/", env!("CARGO_PKG_VERSION"));

/// How long and how much we are willing to wait for and to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// For a connection to come about.
    pub connect_timeout: Duration,
    /// For a whole exchange. Lists with relations may take tens of seconds.
    pub total_timeout: Duration,
    /// The largest body we read, in bytes after decompression.
    pub body_limit: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            total_timeout: Duration::from_secs(90),
            body_limit: 16 * 1024 * 1024,
        }
    }
}

/// Chooses the process's implementation of cryptography. May be called any number of times.
pub fn install_tls() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // An error says that somebody else in this process has chosen already: fine with us.
        if rustls::crypto::ring::default_provider()
            .install_default()
            .is_err()
        {
            tracing::debug!("a TLS provider was installed already");
        }
    });
}

/// The real door to the network: rustls, no redirects, time and size limited.
#[derive(Debug)]
pub struct ReqwestTransport {
    options: Options,
    /// For this computer: never through a proxy, and usable without any trusted certificate.
    near: Client,
    /// For everything else; made at first use, because a rehearsal on loopback must not fail for
    /// want of certificates.
    far: OnceLock<Client>,
}

impl ReqwestTransport {
    /// A transport with these limits.
    ///
    /// # Errors
    /// When the computer cannot provide a client.
    pub fn new(options: Options) -> Result<Self, TransportError> {
        install_tls();
        let near = builder(options)
            .no_proxy()
            .tls_certs_only([])
            .build()
            .map_err(|error| TransportError::Setup(Box::new(error)))?;
        Ok(Self {
            options,
            near,
            far: OnceLock::new(),
        })
    }

    fn client_for(&self, request: &Request) -> Result<&Client, TransportError> {
        if is_loopback(&request.url) && request.url.scheme() == "http" {
            return Ok(&self.near);
        }
        if let Some(client) = self.far.get() {
            return Ok(client);
        }
        let client = builder(self.options)
            .build()
            .map_err(|error| TransportError::Setup(Box::new(error)))?;
        Ok(self.far.get_or_init(|| client))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one builder that makes every client"
)]
fn builder(options: Options) -> reqwest::ClientBuilder {
    Client::builder()
        .user_agent(USER_AGENT)
        .connect_timeout(options.connect_timeout)
        .timeout(options.total_timeout)
        .redirect(Policy::none())
        .gzip(true)
}

#[async_trait::async_trait]
impl Transport for ReqwestTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let client = self.client_for(&request)?;
        let host = request.url.host_str().unwrap_or_default().to_owned();
        let mut answer = client
            .request(request.method, request.url)
            .headers(request.headers)
            .body(request.body)
            .send()
            .await
            .map_err(|error| explain(&host, error))?;
        let status = answer.status();
        let headers = std::mem::take(answer.headers_mut());
        let limit = self.options.body_limit;
        let mut body = BytesMut::new();
        while let Some(chunk) = answer
            .chunk()
            .await
            .map_err(|error| explain(&host, error))?
        {
            if body.len().saturating_add(chunk.len()) > limit {
                return Err(TransportError::TooLarge { host, limit });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response {
            status,
            headers,
            body: body.freeze(),
        })
    }
}

fn explain(host: &str, error: reqwest::Error) -> TransportError {
    let host = host.to_owned();
    let error = error.without_url();
    if error.is_timeout() && !error.is_connect() {
        TransportError::Timeout { host }
    } else if error.is_connect() {
        TransportError::Connect {
            host,
            source: Box::new(error),
        }
    } else {
        TransportError::Broken {
            host,
            source: Box::new(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_may_be_installed_again() {
        install_tls();
        install_tls();
        assert!(ReqwestTransport::new(Options::default()).is_ok());
    }
}
