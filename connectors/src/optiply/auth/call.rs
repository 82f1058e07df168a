//! One try at the token endpoint.

use super::Login;
use super::answer::{self, Granted};
use super::error::TokenError;
use crate::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use crate::http::{HeaderMap, HeaderValue, Method, Request, Transport};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pipeline::Clock;
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use url::Url;
use url::form_urlencoded::Serializer;

/// How long a try may take.
pub(super) const CALL_LIMIT: Duration = Duration::from_secs(30);

/// The token endpoint and who we are to it.
pub(super) struct Endpoint {
    transport: Arc<dyn Transport>,
    url: Url,
    login: Login,
    /// Id and secret as they stand in the header.
    pair: SecretString,
    clock: Arc<dyn Clock>,
}

impl Endpoint {
    pub(super) fn new(
        transport: Arc<dyn Transport>,
        url: Url,
        login: Login,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let id = login.client_id.expose_secret();
        let secret = login.client_secret.expose_secret();
        let pair = SecretString::from(STANDARD.encode(format!("{id}:{secret}")));
        Self {
            transport,
            url,
            login,
            pair,
            clock,
        }
    }

    /// Asks for a token once.
    pub(super) async fn grant(&self) -> Result<Granted, TokenError> {
        let login = &self.login;
        let body = Serializer::new(String::new())
            .append_pair("grant_type", "password")
            .append_pair("username", login.username.expose_secret())
            .append_pair("password", login.password.expose_secret())
            .finish();
        let mut headers = HeaderMap::new();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/x-www-form-urlencoded"),
        );
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(AUTHORIZATION, self.basic());
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
            "optiply's token endpoint answered"
        );
        answer::read(&response, sent, self.clock.now(), &self.secrets())
    }

    fn basic(&self) -> HeaderValue {
        let pair = self.pair.expose_secret();
        let mut value = HeaderValue::from_str(&format!("Basic {pair}"))
            .unwrap_or_else(|_| HeaderValue::from_static("Basic"));
        value.set_sensitive(true);
        value
    }

    /// All that must not be shown of this login.
    pub(super) fn secrets(&self) -> Vec<&str> {
        let login = &self.login;
        [
            &self.pair,
            &login.client_secret,
            &login.password,
            &login.username,
            &login.client_id,
        ]
        .map(|secret| secret.expose_secret())
        .to_vec()
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("host", &self.url.host_str())
            .finish_non_exhaustive()
    }
}
