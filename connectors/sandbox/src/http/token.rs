//! The token endpoint.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::{
    fault::Fault,
    history::{Call, Limited},
    sandbox::{Sandbox, lock},
    tokens::ACCESS_SECONDS,
};

use super::{Incoming, answer::Answer, api::new_call, query};

impl Sandbox {
    /// Answers a call to the token endpoint and puts it into the history.
    pub(crate) fn answer_token(&self, incoming: &Incoming) -> Answer {
        let now = self.now();
        let mut call = new_call(incoming, "token", &query::pairs(&incoming.raw_query), now);
        let answer = self.grant(incoming, &mut call, now);
        call.status = answer.status;
        lock(&self.inner.history).push(call);
        answer
    }

    fn grant(&self, incoming: &Incoming, call: &mut Call, now: DateTime<Utc>) -> Answer {
        if self
            .strike(call, "token", |fault| {
                matches!(fault, Fault::ResetBefore { .. })
            })
            .is_some()
        {
            return Answer::cut();
        }
        if incoming.method != "POST" {
            return error(405, "invalid_request", "Only POST is allowed here");
        }
        match self.strike(call, "token", |fault| {
            matches!(
                fault,
                Fault::TokenEndpoint429 { .. } | Fault::Status { .. } | Fault::EmptyBody200 { .. }
            )
        }) {
            Some(Fault::TokenEndpoint429 { .. }) => return too_often(call, 60),
            Some(Fault::Status { status, body, .. }) => return Answer::html(status, body),
            Some(_) => return Answer::ok(String::new()),
            None => {}
        }
        let fields = fields(incoming);
        let field = |name: &str| fields.get(name).map_or("", String::as_str);
        if field("client_id").is_empty() || field("grant_type").is_empty() {
            return error(
                400,
                "invalid_request",
                "Check the client_id and grant_type parameters",
            );
        }
        let own = &self.inner.credentials;
        if field("client_id") != own.client_id || field("client_secret") != own.client_secret {
            return error(401, "invalid_client", "Client authentication failed");
        }
        if field("grant_type") != "refresh_token" || field("refresh_token").is_empty() {
            return error(400, "invalid_request", "Check the refresh_token parameter");
        }
        if fields.contains_key("scope") {
            return error(
                400,
                "invalid_scope",
                "Scopes cannot be changed by a refresh",
            );
        }
        let mut tokens = lock(&self.inner.tokens);
        if let Err(seconds) = tokens.attempt(now) {
            return too_often(call, seconds);
        }
        let revoked = lock(&self.inner.faults)
            .standing(|fault| matches!(fault, Fault::TokenRevoked).then_some(()));
        let pair = match revoked {
            Some(()) => None,
            None => tokens.rotate(field("refresh_token"), now),
        };
        let Some(pair) = pair else {
            return error(
                400,
                "invalid_grant",
                "The refresh token is not valid any more",
            );
        };
        drop(tokens);
        call.generation = Some(pair.generation);
        if self
            .strike(call, "token", |fault| {
                matches!(fault, Fault::ResetAfter { .. })
            })
            .is_some()
        {
            return Answer::cut();
        }
        let body = json!({
            "token_type": "Bearer",
            "expires_in": ACCESS_SECONDS,
            "access_token": pair.access,
            "refresh_token": pair.refresh,
        });
        Answer::ok(body.to_string())
    }
}

/// The fields of a JSON or form body.
fn fields(incoming: &Incoming) -> BTreeMap<String, String> {
    let text = String::from_utf8_lossy(&incoming.body);
    if incoming.content_type.contains("json") {
        let object: BTreeMap<String, Value> = serde_json::from_str(&text).unwrap_or_default();
        let plain = |value: Value| match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        object
            .into_iter()
            .map(|(name, value)| (name, plain(value)))
            .collect()
    } else {
        query::pairs(&text)
            .into_iter()
            .map(|pair| (pair.name, pair.value))
            .collect()
    }
}

fn error(status: u16, error: &str, hint: &str) -> Answer {
    Answer::oauth_error(status, error, "The request was refused.", hint)
}

fn too_often(call: &mut Call, seconds: i64) -> Answer {
    call.limited = Some(Limited::Ordered);
    error(429, "too_many_requests", "Too many refreshes").header("Retry-After", seconds)
}
