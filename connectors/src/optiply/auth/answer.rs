//! What an answer of the token endpoint means.

use super::super::message;
use super::error::TokenError;
use crate::http::{Response, retry_after};
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

/// The wait after a 429 that names none.
const DEFAULT_WAIT: Duration = Duration::from_secs(30);

/// A token and when it ends; without an end it is used until it is refused.
#[derive(Clone, Debug)]
pub(super) struct Granted {
    pub(super) access: SecretString,
    /// Never used; kept so that it can be taken out of what is shown.
    pub(super) refresh: Option<SecretString>,
    pub(super) begins: DateTime<Utc>,
    pub(super) ends: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct Body {
    access_token: Option<String>,
    refresh_token: Option<String>,
    expires_in: Option<Value>,
}

/// Reads an answer to a request that was sent at `sent` and held `secrets`.
pub(super) fn read(
    response: &Response,
    sent: DateTime<Utc>,
    now: DateTime<Utc>,
    secrets: &[&str],
) -> Result<Granted, TokenError> {
    let status = response.status.as_u16();
    if response.status.is_success() {
        return granted(&response.body, sent).ok_or(TokenError::Incomplete);
    }
    let asked = retry_after(&response.headers, now).map(|wait| wait.max(Duration::from_secs(1)));
    let said = message::read(&response.body, secrets);
    Err(match status {
        // Wrong credentials come with either status and with words of their own.
        400 | 401 | 403 => TokenError::LoginRefused { reason: said },
        429 => TokenError::Wait {
            after: asked.unwrap_or(DEFAULT_WAIT),
        },
        408 | 500..=599 => match asked {
            Some(after) => TokenError::Wait { after },
            None => TokenError::Unavailable { status },
        },
        _ => TokenError::Refused {
            status,
            message: said,
        },
    })
}

fn granted(body: &[u8], sent: DateTime<Utc>) -> Option<Granted> {
    let body: Body = serde_json::from_slice(body).ok()?;
    let access = body.access_token.filter(|text| !text.trim().is_empty())?;
    Some(Granted {
        access: SecretString::from(access),
        refresh: body.refresh_token.map(SecretString::from),
        begins: sent,
        ends: body
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
    (whole > 0).then(|| TimeDelta::try_seconds(whole)).flatten()
}
