//! Who may call.

use super::Api;
use super::answer::Refusal;
use crate::cli::CliError;
use crate::config::variable;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};
use std::net::{IpAddr, SocketAddr};

/// Looks at what a caller shows. Holds no token, only what tells whether one is right.
#[derive(Debug)]
pub struct Guard {
    expected: Option<(hmac::Key, hmac::Tag)>,
}

impl Guard {
    /// A guard that asks for this token. Without one it lets in whoever calls from this computer
    /// and is no web page.
    pub fn new(token: Option<&SecretString>) -> Self {
        let expected = token.map(|token| {
            // Tags are compared in constant time, and their length tells nothing of the token's.
            let key = hmac::Key::new(hmac::HMAC_SHA256, b"stockbridge api token");
            let tag = hmac::sign(&key, token.expose_secret().as_bytes());
            (key, tag)
        });
        Self { expected }
    }

    /// Why a caller is not let in.
    fn refusal(&self, headers: &HeaderMap) -> Option<Refusal> {
        let Some((key, expected)) = &self.expected else {
            return (!from_here(headers)).then(|| {
                Refusal::new(
                    StatusCode::FORBIDDEN,
                    "browser",
                    "without a token only programs on this computer may call, not web pages",
                    Some("set STOCKBRIDGE_API_TOKEN and send it as a bearer token"),
                )
            });
        };
        let shown = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map_or("", |(_, token)| token.trim());
        let right = hmac::verify(key, shown.as_bytes(), expected.as_ref()).is_ok();
        (!right).then(|| {
            Refusal::new(
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                "the token of this API is missing or wrong",
                Some("send the header `Authorization: Bearer` with STOCKBRIDGE_API_TOKEN"),
            )
        })
    }
}

/// Whether a request names this computer as its host and comes from no web page: a page of any
/// origin can make a browser on this computer call here.
fn from_here(headers: &HeaderMap) -> bool {
    if headers.contains_key(header::ORIGIN) {
        return false;
    }
    let host = headers
        .get(header::HOST)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let name = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Refuses to listen where others can reach it without asking them for a token.
///
/// # Errors
/// When the address is not of this computer alone and there is no token.
pub fn must_have_token(listen: SocketAddr, token: Option<&SecretString>) -> Result<(), CliError> {
    if listen.ip().is_loopback() || token.is_some() {
        return Ok(());
    }
    Err(CliError::usage(
        "api_token",
        format!("{listen} can be reached by others, and there is no token to ask them for"),
        format!(
            "set {} to a long random text, or listen on 127.0.0.1",
            variable::API_TOKEN
        ),
    ))
}

pub(super) async fn check(State(api): State<Api>, request: Request, next: Next) -> Response {
    match api.guard.refusal(request.headers()) {
        Some(refusal) => refusal.into_response(),
        None => next.run(request).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn headers(pairs: &[(header::HeaderName, &'static str)]) -> HeaderMap {
        let value = |text| HeaderValue::from_static(text);
        pairs
            .iter()
            .map(|(name, text)| (name.clone(), value(text)))
            .collect()
    }

    #[test]
    fn only_the_token_itself_opens() {
        let guard = Guard::new(Some(&SecretString::from("secret")));
        let open = |text| {
            guard
                .refusal(&headers(&[(header::AUTHORIZATION, text)]))
                .is_none()
        };
        assert!(open("Bearer secret") && open("bearer  secret"));
        for wrong in [
            "Bearer secre",
            "Bearer secrets",
            "Basic secret",
            "secret",
            "Bearer ",
        ] {
            assert!(!open(wrong), "{wrong}");
        }
        assert!(guard.refusal(&HeaderMap::new()).is_some());
    }

    #[test]
    fn without_a_token_web_pages_are_refused() {
        let guard = Guard::new(None);
        let open = |host, origin: Option<&'static str>| {
            let mut pairs = vec![(header::HOST, host)];
            pairs.extend(origin.map(|origin| (header::ORIGIN, origin)));
            guard.refusal(&headers(&pairs)).is_none()
        };
        assert!(open("127.0.0.1:4870", None) && open("localhost:4870", None));
        assert!(open("[::1]:4870", None));
        assert!(!open("evil.example:4870", None));
        assert!(!open("127.0.0.1:4870", Some("https://evil.example")));
    }

    #[test]
    fn beyond_this_computer_a_token_is_needed() {
        let token = SecretString::from("secret");
        let near = "127.0.0.1:1".parse().expect("an address");
        let far = "0.0.0.0:1".parse().expect("an address");
        assert!(must_have_token(near, None).is_ok());
        assert!(must_have_token(far, Some(&token)).is_ok());
        assert!(must_have_token(far, None).is_err());
    }
}
