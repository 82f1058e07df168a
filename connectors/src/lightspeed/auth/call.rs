//! One try at the token endpoint.

use super::answer::{self, Meaning};
use super::error::TokenError;
use crate::http::header::{ACCEPT, CONTENT_TYPE};
use crate::http::{HeaderMap, HeaderValue, Method, Request, Transport};
use pipeline::Clock;
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use url::Url;
use url::form_urlencoded::Serializer;

/// How long a try may take: well within the refresher's lease.
pub(super) const CALL_LIMIT: Duration = Duration::from_secs(30);

/// The token endpoint and the client we are to it.
pub(super) struct Endpoint {
    pub(super) transport: Arc<dyn Transport>,
    pub(super) url: Url,
    pub(super) client_id: String,
    pub(super) client_secret: SecretString,
    pub(super) clock: Arc<dyn Clock>,
}

impl Endpoint {
    /// Presents a refresh token once.
    pub(super) async fn refresh(&self, refresh: &SecretString) -> Result<Meaning, TokenError> {
        let secret = self.client_secret.expose_secret();
        // No scope: refreshes were refused because of it.
        let body = Serializer::new(String::new())
            .append_pair("grant_type", "refresh_token")
            .append_pair("client_id", &self.client_id)
            .append_pair("client_secret", secret)
            .append_pair("refresh_token", refresh.expose_secret())
            .finish();
        let mut headers = HeaderMap::new();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/x-www-form-urlencoded"),
        );
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let request = Request {
            method: Method::POST,
            url: self.url.clone(),
            headers,
            body: body.into(),
        };
        let sent = self.clock.now();
        let response = tokio::time::timeout(CALL_LIMIT, self.transport.send(request))
            .await
            .map_err(|_| TokenError::TimedOut { limit: CALL_LIMIT })??;
        tracing::debug!(
            status = response.status.as_u16(),
            "the token endpoint answered"
        );
        let secrets = [secret, refresh.expose_secret()];
        Ok(answer::read(&response, sent, self.clock.now(), &secrets))
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("host", &self.url.host_str())
            .finish_non_exhaustive()
    }
}
