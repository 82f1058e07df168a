//! What an answer of the token endpoint means.

use super::store::NewPair;
use crate::http::{Response, excerpt, retry_after};
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

/// The wait after a 429 that names none.
const DEFAULT_WAIT: Duration = Duration::from_secs(60);

/// What came of a try.
#[derive(Debug)]
pub(super) enum Meaning {
    Renewed(NewPair),
    /// 200, but not with both tokens.
    Incomplete,
    /// The refresh token is not accepted.
    InvalidGrant(String),
    /// The client is not accepted.
    InvalidClient(String),
    /// Later, after this long.
    Wait(Duration),
    /// Later.
    Unavailable(u16),
    /// Never, with this request.
    Refused(u16, String),
}

#[derive(Deserialize)]
struct Pair {
    access_token: Option<String>,
    refresh_token: Option<String>,
    expires_in: Option<Value>,
}

#[derive(Default, Deserialize)]
struct Problem {
    error: Option<String>,
}

/// Reads an answer to a request that was sent at `sent` and held `secrets`.
pub(super) fn read(
    response: &Response,
    sent: DateTime<Utc>,
    now: DateTime<Utc>,
    secrets: &[&str],
) -> Meaning {
    let status = response.status.as_u16();
    if response.status.is_success() {
        return pair(&response.body, sent).map_or(Meaning::Incomplete, Meaning::Renewed);
    }
    let asked = retry_after(&response.headers, now).map(|wait| wait.max(Duration::from_secs(1)));
    let said = || excerpt(&response.body, secrets);
    let problem: Problem = serde_json::from_slice(&response.body).unwrap_or_default();
    match (status, problem.error.as_deref()) {
        (429, _) => Meaning::Wait(asked.unwrap_or(DEFAULT_WAIT)),
        (408 | 500..=599, _) => asked.map_or(Meaning::Unavailable(status), Meaning::Wait),
        (400 | 401, Some("invalid_grant")) => Meaning::InvalidGrant(said()),
        (400 | 401, Some("invalid_client")) => Meaning::InvalidClient(said()),
        (400, _) if said().contains("Please try again later.") => Meaning::Unavailable(status),
        _ => Meaning::Refused(status, said()),
    }
}

fn pair(body: &[u8], sent: DateTime<Utc>) -> Option<NewPair> {
    let pair: Pair = serde_json::from_slice(body).ok()?;
    let secret = |text: Option<String>| {
        text.filter(|text| !text.trim().is_empty())
            .map(SecretString::from)
    };
    Some(NewPair {
        access: secret(pair.access_token)?,
        refresh: secret(pair.refresh_token)?,
        expires_at: pair
            .expires_in
            .as_ref()
            .and_then(seconds)
            .and_then(|lifetime| sent.checked_add_signed(lifetime)),
    })
}

/// A lifetime in seconds, as number or text, fraction dropped. Zero and nonsense are none.
fn seconds(value: &Value) -> Option<TimeDelta> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    let whole: i64 = text.split('.').next()?.parse().ok()?;
    if whole > 0 {
        TimeDelta::try_seconds(whole)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{HeaderMap, StatusCode};

    fn meaning(status: u16, body: &str) -> Meaning {
        let response = Response {
            status: StatusCode::from_u16(status).expect("a valid sample"),
            headers: HeaderMap::new(),
            body: body.to_owned().into(),
        };
        let at = "2026-02-01T10:00:00Z".parse().expect("a valid sample");
        read(&response, at, at, &["sent-token"])
    }

    #[test]
    fn a_pair_needs_both_tokens_and_may_lack_a_lifetime() {
        for (expires, seconds) in [
            ("3600", Some(3600)),
            ("\"1800\"", Some(1800)),
            ("99.7", Some(99)),
            ("0", None),
            ("null", None),
        ] {
            let body =
                format!(r#"{{"access_token":"a","refresh_token":"r","expires_in":{expires}}}"#);
            let Meaning::Renewed(pair) = meaning(200, &body) else {
                panic!("{body}")
            };
            let left = pair.expires_at.map(|at| {
                (at - "2026-02-01T10:00:00Z"
                    .parse::<DateTime<Utc>>()
                    .expect("a valid sample"))
                .num_seconds()
            });
            assert_eq!(left, seconds);
        }
        for body in [
            r#"{"access_token":"a"}"#,
            r#"{"access_token":"","refresh_token":"r"}"#,
            "",
            "<html>",
            "[]",
            r#"{"error":"x"}"#,
        ] {
            assert!(matches!(meaning(200, body), Meaning::Incomplete), "{body}");
        }
    }

    #[test]
    fn refusals_are_told_apart_and_scrubbed() {
        let Meaning::InvalidGrant(said) =
            meaning(400, r#"{"error":"invalid_grant","hint":"sent-token"}"#)
        else {
            panic!("not read as invalid_grant")
        };
        assert!(!said.contains("sent-token"));
        assert!(matches!(
            meaning(401, r#"{"error":"invalid_client"}"#),
            Meaning::InvalidClient(_)
        ));
        assert!(matches!(
            meaning(405, r#"{"error":"invalid_request"}"#),
            Meaning::Refused(405, _)
        ));
        assert!(matches!(meaning(429, ""), Meaning::Wait(DEFAULT_WAIT)));
        assert!(matches!(meaning(502, "<html>"), Meaning::Unavailable(502)));
        assert!(matches!(meaning(302, ""), Meaning::Refused(302, _)));
    }
}
