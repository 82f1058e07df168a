//! Who hands out tokens.

use super::Login;
use super::answer::Granted;
use super::call::Endpoint;
use super::error::TokenError;
use crate::http::{BaseUrlError, Transport, check_base_url};
use chrono::TimeDelta;
use pipeline::{Class, Clock};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use url::Url;

/// How long before its end a token is renewed, unless its whole life is short.
const EARLY: TimeDelta = TimeDelta::seconds(120);

/// The first and the longest pause after a try that failed.
const PAUSES: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(60));

/// A valid access token and where it comes from.
#[derive(Clone, Debug)]
pub struct Access {
    /// The token.
    pub token: SecretString,
    /// Which grant it comes from: to be named when it is refused.
    pub generation: u64,
    /// Whether this very call fetched it.
    pub renewed: bool,
    /// What came with it and must not be shown either.
    refresh: Option<SecretString>,
}

/// Hands out access tokens of one account, fetching another when due.
#[derive(Debug)]
pub struct Tokens {
    endpoint: Endpoint,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    held: Option<Granted>,
    generation: u64,
    failures: u32,
    not_before: Option<Duration>,
    /// The credentials are refused: nothing is tried again with them.
    refused: Option<String>,
}

impl Tokens {
    /// Tokens from this endpoint for this login.
    ///
    /// # Errors
    /// When the secrets could be read on the way to that address.
    pub fn new(
        transport: Arc<dyn Transport>,
        token_url: Url,
        login: Login,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, BaseUrlError> {
        check_base_url(&token_url)?;
        let endpoint = Endpoint::new(transport, token_url, login, clock.clone());
        Ok(Self {
            endpoint,
            clock,
            state: Mutex::new(State::default()),
        })
    }

    /// A valid access token.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub async fn access(&self) -> Result<Access, TokenError> {
        let mut state = self.state.lock().await;
        if let Some(access) = self.usable(&state, true) {
            return Ok(access);
        }
        match self.fetch(&mut state).await {
            Ok(access) => Ok(access),
            // The one at hand still has some seconds; a passing fault need not cost them.
            Err(error) if matches!(error.class(), Class::Retry | Class::RetryAfter(_)) => {
                self.usable(&state, false).ok_or(error)
            }
            Err(error) => Err(error),
        }
    }

    /// Another token than that of `generation`, which the API refused.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub async fn refused(&self, generation: u64) -> Result<Access, TokenError> {
        let mut state = self.state.lock().await;
        if state.generation > generation
            && let Some(access) = self.usable(&state, false)
        {
            return Ok(access);
        }
        state.held = None;
        self.fetch(&mut state).await
    }

    /// Everything that must not be shown of an answer to a request with this token.
    pub(in super::super) fn secrets<'a>(&'a self, access: &'a Access) -> Vec<&'a str> {
        let mut secrets = self.endpoint.secrets();
        let issued = [Some(&access.token), access.refresh.as_ref()];
        secrets.extend(
            issued
                .into_iter()
                .flatten()
                .map(|secret| secret.expose_secret()),
        );
        secrets
    }

    fn usable(&self, state: &State, early: bool) -> Option<Access> {
        let held = state.held.as_ref()?;
        if let Some(ends) = held.ends {
            let margin = if early {
                EARLY.min((ends - held.begins) / 5)
            } else {
                TimeDelta::zero()
            };
            if ends - margin <= self.clock.now() {
                return None;
            }
        }
        Some(Access {
            token: held.access.clone(),
            generation: state.generation,
            renewed: false,
            refresh: held.refresh.clone(),
        })
    }

    async fn fetch(&self, state: &mut State) -> Result<Access, TokenError> {
        if let Some(reason) = &state.refused {
            let reason = reason.clone();
            return Err(TokenError::LoginRefused { reason });
        }
        let now = self.clock.monotonic();
        if let Some(after) = state.not_before.map(|due| due.saturating_sub(now))
            && !after.is_zero()
        {
            return Err(TokenError::Wait { after });
        }
        match self.endpoint.grant().await {
            Ok(granted) => {
                let (token, refresh) = (granted.access.clone(), granted.refresh.clone());
                state.held = Some(granted);
                state.generation += 1;
                state.failures = 0;
                state.not_before = None;
                tracing::debug!(generation = state.generation, "optiply granted a token");
                Ok(Access {
                    token,
                    generation: state.generation,
                    renewed: true,
                    refresh,
                })
            }
            Err(error) => {
                self.note(state, &error);
                Err(error)
            }
        }
    }

    fn note(&self, state: &mut State, error: &TokenError) {
        let (first, longest) = PAUSES;
        let doubled = first
            .saturating_mul(1 << state.failures.min(8))
            .min(longest);
        let pause = match error {
            TokenError::Wait { after } => *after,
            TokenError::LoginRefused { reason } => {
                state.refused = Some(reason.clone());
                return;
            }
            _ => doubled,
        };
        state.failures = state.failures.saturating_add(1);
        state.not_before = Some(self.clock.monotonic().saturating_add(pause));
    }
}
