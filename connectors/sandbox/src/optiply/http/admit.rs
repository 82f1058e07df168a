//! Who and what gets through: tokens, limits, headers, the account.

use std::sync::atomic::Ordering;

use crate::{
    http::answer::Answer,
    optiply::{fault::OptiplyFault, refusal::Refusal},
};

use super::{MEDIA_TYPE, api::Passage};

impl Passage<'_> {
    /// Only a token that is good at this moment gets through.
    pub(super) fn check_token(&mut self) -> Result<(), Refusal> {
        let now = self.call.at;
        let token = self
            .incoming
            .authorization
            .as_deref()
            .and_then(|value| value.strip_prefix("Bearer "));
        let refused = self
            .state
            .faults
            .standing(|fault| matches!(fault, OptiplyFault::TokensRefused));
        match token {
            Some(token) if !refused && self.state.grants.is_good(token, now) => Ok(()),
            _ => Err(Refusal::new(401, "invalid_token")),
        }
    }

    /// Refuses what comes too fast, or when told to.
    pub(super) fn too_many(&mut self) -> Option<Answer> {
        let rules = &self.state.behaviour;
        let second = self.call.at.timestamp();
        let in_flight = self.optiply.inner.in_flight.load(Ordering::SeqCst);
        if self.state.second.0 != second {
            self.state.second = (second, 0);
        }
        self.state.second.1 += 1;
        let over = rules
            .requests_per_second
            .is_some_and(|most| self.state.second.1 > most)
            || rules
                .requests_in_flight
                .is_some_and(|most| in_flight > usize::try_from(most).unwrap_or(usize::MAX));
        let struck = self.strike(|fault| matches!(fault, OptiplyFault::TooMany { .. }));
        let retry_after = match struck {
            Some(OptiplyFault::TooMany { retry_after, .. }) => retry_after,
            _ if over => None,
            _ => return None,
        };
        let answer = Answer::new(429, MEDIA_TYPE, String::new());
        Some(match retry_after {
            Some(seconds) => answer.header("Retry-After", seconds),
            None => answer,
        })
    }

    /// The headers that every request must carry, reads and deletes included.
    pub(super) fn check_headers(&self) -> Result<(), Refusal> {
        let is = |header: &Option<String>| header.as_deref() == Some(MEDIA_TYPE);
        if !is(&self.incoming.content_type) {
            return Err(Refusal::new(415, "Unsupported Media Type"));
        }
        if !is(&self.incoming.accept) {
            return Err(Refusal::new(406, "Not Acceptable"));
        }
        match self.incoming.user_agent.as_deref() {
            Some(agent) if !agent.trim().is_empty() => Ok(()),
            _ => Err(Refusal::bad("User-Agent is required")),
        }
    }

    /// Writes must name the account they are for.
    pub(super) fn check_account(&self) -> Result<(), Refusal> {
        let account = self.call.param("accountId");
        let own = self.optiply.inner.credentials.account_id.to_string();
        let coupling = self.call.param("couplingId");
        let coupled = self.state.behaviour.coupling.map(|id| id.to_string());
        match account {
            None => Err(Refusal::bad("accountId is required")),
            Some(other) if other != own => Err(Refusal::new(403, "Access is denied")),
            Some(_) if coupling.is_some() && coupling != coupled.as_deref() => {
                Err(Refusal::new(403, "Access is denied"))
            }
            Some(_) => Ok(()),
        }
    }
}
