//! The token endpoint: password and refresh grants, the client named by HTTP Basic.

use serde_json::json;

use crate::{
    http::{
        answer::Answer,
        query::{Pair, pairs},
    },
    optiply::{Optiply, State, history::OptiplyCall},
    sandbox::lock,
};

use super::{Incoming, Reply};
use crate::optiply::fault::OptiplyFault;

const JSON: &str = "application/json";
/// What the real one says of wrong credentials.
const UNKNOWN_USER: &str =
    "UserDetailsService returned null, which is an interface contract violation";

impl Optiply {
    /// Answers a call to the token endpoint and puts it into the history.
    pub(super) fn answer_token(&self, incoming: &Incoming) -> Reply {
        let mut state = lock(&self.inner.state);
        let mut call = OptiplyCall {
            at: self.now(&state),
            method: incoming.method.clone(),
            path: incoming.path.clone(),
            resource: "token".to_owned(),
            // Never the body: it holds the password.
            query: Vec::new(),
            status: 0,
            rows: 0,
            fault: None,
        };
        let mut reply = self.granted(&mut state, incoming, &mut call);
        if let Some(OptiplyFault::Slow { millis, .. }) = strike(&mut state, &mut call, |fault| {
            matches!(fault, OptiplyFault::Slow { .. })
        }) {
            reply.slow = std::time::Duration::from_millis(millis);
        }
        call.status = reply.answer.status;
        state.calls.push(call);
        reply
    }

    fn granted(&self, state: &mut State, incoming: &Incoming, call: &mut OptiplyCall) -> Reply {
        match strike(state, call, |fault| {
            matches!(
                fault,
                OptiplyFault::ResetBefore { .. }
                    | OptiplyFault::Status { .. }
                    | OptiplyFault::TooMany { .. }
            )
        }) {
            Some(OptiplyFault::Status { status, body, .. }) => {
                return Answer::html(status, body).into();
            }
            Some(OptiplyFault::TooMany { retry_after, .. }) => {
                let answer = Answer::new(429, JSON, String::new());
                return match retry_after {
                    Some(seconds) => answer.header("Retry-After", seconds),
                    None => answer,
                }
                .into();
            }
            Some(_) => return Answer::cut().into(),
            None => {}
        }
        let answer = self.grant(state, incoming);
        let spoilt = strike(state, call, |fault| {
            matches!(
                fault,
                OptiplyFault::ResetAfter { .. }
                    | OptiplyFault::TruncatedBody { .. }
                    | OptiplyFault::EmptyBody { .. }
            )
        });
        spoil(answer, spoilt).into()
    }

    fn grant(&self, state: &mut State, incoming: &Incoming) -> Answer {
        if incoming.method != "POST" {
            return oauth(405, "invalid_request", "Only POST is allowed here");
        }
        let own = &self.inner.credentials;
        if incoming.authorization.as_deref() != Some(own.basic().as_str()) {
            return oauth(401, "invalid_client", "Bad client credentials");
        }
        let form = incoming
            .content_type
            .as_deref()
            .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
        if !form {
            return oauth(400, "invalid_request", "Missing grant type");
        }
        let mut fields = pairs(&String::from_utf8_lossy(&incoming.body));
        fields.extend(pairs(&incoming.query));
        let field = |name: &str| {
            let found = fields.iter().find(|Pair { name: its, .. }| its == name);
            found.map_or("", |pair| pair.value.as_str())
        };
        let refused = state
            .faults
            .standing(|fault| matches!(fault, OptiplyFault::LoginRefused));
        let known = match field("grant_type") {
            "password" => {
                field("username") == own.username && field("password") == own.password && !refused
            }
            "refresh_token" => state.grants.is_refresh(field("refresh_token")) && !refused,
            "" => return oauth(400, "invalid_request", "Missing grant type"),
            _ => return oauth(400, "unsupported_grant_type", "Unsupported grant type"),
        };
        if !known {
            return match field("grant_type") {
                "password" => oauth(401, "unauthorized", UNKNOWN_USER),
                _ => oauth(400, "invalid_grant", "Invalid refresh token"),
            };
        }
        let now = self.now(state);
        let seconds = state.behaviour.token_seconds;
        let ends_old = state.behaviour.new_grant_ends_old_tokens;
        let granted = state.grants.grant(seconds, ends_old, now);
        let body = json!({
            "access_token": granted.access,
            "refresh_token": granted.refresh,
            "token_type": "bearer",
            "expires_in": seconds,
            "scope": "read write delete",
        });
        Answer::new(200, JSON, body.to_string())
    }
}

fn strike(
    state: &mut State,
    call: &mut OptiplyCall,
    kind: impl Fn(&OptiplyFault) -> bool,
) -> Option<OptiplyFault> {
    let struck = state.faults.strike(&call.method, "token", kind)?;
    call.fault = Some(struck.name().to_owned());
    Some(struck)
}

/// What a fault that strikes after the effect makes of an answer.
pub(super) fn spoil(mut answer: Answer, fault: Option<OptiplyFault>) -> Answer {
    match fault {
        Some(OptiplyFault::ResetAfter { .. }) => Answer::cut(),
        Some(OptiplyFault::StatusAfter { status, .. }) => {
            Answer::html(status, format!("<html><h1>{status}</h1></html>"))
        }
        Some(OptiplyFault::PartialOrder { .. }) => {
            Answer::html(504, "<html><h1>504</h1></html>".to_owned())
        }
        Some(OptiplyFault::TruncatedBody { .. }) => {
            answer.truncated = true;
            answer
        }
        Some(OptiplyFault::EmptyBody { .. }) => {
            answer.body.clear();
            answer
        }
        _ => answer,
    }
}

fn oauth(status: u16, error: &str, description: &str) -> Answer {
    let body = json!({ "error": error, "error_description": description });
    Answer::new(status, JSON, body.to_string())
}
