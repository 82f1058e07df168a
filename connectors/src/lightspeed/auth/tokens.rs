//! The refresher.

use super::answer::Meaning;
use super::call::Endpoint;
use super::error::TokenError;
use super::pace::Pace;
use super::store::{TokenPair, TokenStore, TokenStoreError};
use crate::http::{Transport, excerpt};
use chrono::TimeDelta;
use pipeline::{Class, Clock};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use tokio::sync::Mutex;
use url::Url;

/// How long before its end an access token is renewed.
const EARLY: TimeDelta = TimeDelta::seconds(60);

/// A valid access token and where it comes from.
#[derive(Clone, Debug)]
pub struct Access {
    /// The token.
    pub token: SecretString,
    /// The generation of its pair: to be named when it is refused.
    pub generation: u64,
    /// Whether this very call renewed it; if not, it was stored already.
    pub renewed: bool,
}

/// Hands out access tokens of one connection, renewing them when due.
///
/// Within a process one renewal runs at a time; between processes the store's lease sees to it.
#[derive(Debug)]
pub struct Tokens {
    store: Arc<dyn TokenStore>,
    endpoint: Endpoint,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    pair: Option<TokenPair>,
    pace: Pace,
    /// Refused for good: the generation whose refresh token is dead and what the server said.
    dead: Option<(u64, String)>,
    /// The client is refused: nothing is tried again by this process.
    client_refused: Option<String>,
}

impl Tokens {
    /// Tokens of the connection behind `store`, renewed at `{auth_base}/token`.
    pub fn new(
        store: Arc<dyn TokenStore>,
        transport: Arc<dyn Transport>,
        auth_base: &Url,
        client_id: String,
        client_secret: SecretString,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let mut url = auth_base.clone();
        url.set_path(&format!("{}/token", auth_base.path().trim_end_matches('/')));
        let endpoint = Endpoint {
            transport,
            url,
            client_id,
            client_secret,
            clock: clock.clone(),
        };
        Self {
            store,
            endpoint,
            clock,
            state: Mutex::new(State::default()),
        }
    }

    /// A valid access token, renewed if it ends within a minute.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub async fn access(&self) -> Result<Access, TokenError> {
        let mut state = self.state.lock().await;
        if state.pair.is_none() {
            state.pair = Some(self.store.load().await?);
        }
        let held = state.pair.clone();
        if let Some(access) = held.as_ref().and_then(|pair| self.usable(pair, EARLY)) {
            return Ok(access);
        }
        match self.renew_in(&mut state, Wanted::Valid).await {
            Ok(access) => Ok(access),
            // The token at hand still has some seconds; a passing fault need not cost them.
            Err(error) if matches!(error.class(), Class::Retry | Class::RetryAfter(_)) => held
                .as_ref()
                .and_then(|pair| self.usable(pair, TimeDelta::zero()))
                .ok_or(error),
            Err(error) => Err(error),
        }
    }

    /// Another token than that of `generation`, which the API refused: a newer stored one if there
    /// is one, or else a renewed one.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub async fn refused(&self, generation: u64) -> Result<Access, TokenError> {
        let mut state = self.state.lock().await;
        if let Some(pair) = state
            .pair
            .as_ref()
            .filter(|pair| pair.generation > generation)
            && let Some(access) = self.usable(pair, TimeDelta::zero())
        {
            return Ok(access);
        }
        self.renew_in(&mut state, Wanted::NewerThan(generation))
            .await
    }

    /// Renews the pair although it is valid, so that an idle connection does not lapse.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub async fn renew(&self) -> Result<Access, TokenError> {
        let mut state = self.state.lock().await;
        let generation = self.store.load().await?.generation;
        self.renew_in(&mut state, Wanted::NewerThan(generation))
            .await
    }

    /// The beginning of a body as it may be shown: without any secret of this connection.
    pub(in crate::lightspeed) async fn excerpt(&self, body: &[u8], access: &Access) -> String {
        let state = self.state.lock().await;
        let pair = state.pair.as_ref();
        let held = pair
            .into_iter()
            .flat_map(|pair| pair.access.iter().chain([&pair.refresh]));
        let secrets: Vec<&str> = held
            .chain([&access.token, &self.endpoint.client_secret])
            .map(|secret| secret.expose_secret())
            .collect();
        excerpt(body, &secrets)
    }

    fn usable(&self, pair: &TokenPair, early: TimeDelta) -> Option<Access> {
        let token = pair.access.clone()?;
        let ends = pair
            .expires_at
            .and_then(|end| end.checked_sub_signed(early));
        if ends.is_some_and(|end| end <= self.clock.now()) {
            return None;
        }
        Some(Access {
            token,
            generation: pair.generation,
            renewed: false,
        })
    }

    async fn renew_in(&self, state: &mut State, wanted: Wanted) -> Result<Access, TokenError> {
        let held = self.store.lock().await?;
        let renewed = self.renew_locked(state, wanted).await;
        held.release().await;
        renewed
    }

    async fn renew_locked(&self, state: &mut State, wanted: Wanted) -> Result<Access, TokenError> {
        let stored = self.store.load().await?;
        if let Some(access) = self.adopt(state, &stored, wanted) {
            return Ok(access);
        }
        match self.try_once(state, &stored).await? {
            Outcome::Renewed(access) => Ok(access),
            // Somebody without the lease has rotated: what they stored is as good as ours.
            Outcome::Superseded(newer) => {
                if let Some(access) = self.adopt(state, &newer, wanted) {
                    return Ok(access);
                }
                match self.try_once(state, &newer).await? {
                    Outcome::Renewed(access) => Ok(access),
                    Outcome::Superseded(_) => Err(TokenError::Store(TokenStoreError::Superseded)),
                }
            }
        }
    }

    /// Uses a stored pair if it is what is wanted.
    fn adopt(&self, state: &mut State, stored: &TokenPair, wanted: Wanted) -> Option<Access> {
        let early = match wanted {
            Wanted::Valid => EARLY,
            Wanted::NewerThan(generation) if stored.generation > generation => TimeDelta::zero(),
            Wanted::NewerThan(_) => return None,
        };
        let access = self.usable(stored, early)?;
        tracing::debug!(
            generation = stored.generation,
            "a stored pair of tokens is used"
        );
        state.pair = Some(stored.clone());
        Some(access)
    }

    /// One call at most, within the bound; the pair is committed before it is returned.
    async fn try_once(&self, state: &mut State, stored: &TokenPair) -> Result<Outcome, TokenError> {
        if let Some(reason) = &state.client_refused {
            return Err(TokenError::ClientRefused {
                reason: reason.clone(),
            });
        }
        if let Some((_, reason)) = state
            .dead
            .as_ref()
            .filter(|(dead, _)| *dead == stored.generation)
        {
            return Err(TokenError::NeedsReconnect {
                reason: reason.clone(),
            });
        }
        if let Some(after) = state.pace.wait(self.clock.monotonic()) {
            return Err(TokenError::Wait { after });
        }
        if let Some(after) = self.store.try_allowed(self.clock.now()).await? {
            return Err(TokenError::Wait { after });
        }
        let meaning = match self.endpoint.refresh(&stored.refresh).await {
            Ok(meaning) => meaning,
            Err(error) => return Err(self.failed(state, error)),
        };
        match meaning {
            Meaning::Renewed(pair) => match self.store.commit(stored.generation, pair).await {
                Ok(committed) => Ok(Outcome::Renewed(self.take(state, committed)?)),
                Err(TokenStoreError::Superseded) => {
                    Ok(Outcome::Superseded(self.store.load().await?))
                }
                // Not stored, so not used: the old refresh token is still good for another try.
                Err(error) => Err(error.into()),
            },
            Meaning::InvalidGrant(reason) => {
                let newest = self.store.load().await?;
                if newest.generation > stored.generation {
                    return Ok(Outcome::Superseded(newest));
                }
                state.dead = Some((stored.generation, reason.clone()));
                self.store.mark_needs_reconnect(&reason).await?;
                Err(TokenError::NeedsReconnect { reason })
            }
            Meaning::InvalidClient(reason) => {
                state.client_refused = Some(reason.clone());
                Err(TokenError::ClientRefused { reason })
            }
            Meaning::Wait(after) => {
                state.pace.failed(self.clock.monotonic(), Some(after));
                Err(TokenError::Wait { after })
            }
            Meaning::Incomplete => Err(self.failed(state, TokenError::Incomplete)),
            Meaning::Unavailable(status) => {
                Err(self.failed(state, TokenError::Unavailable { status }))
            }
            Meaning::Refused(status, message) => {
                Err(self.failed(state, TokenError::Refused { status, message }))
            }
        }
    }

    fn take(&self, state: &mut State, committed: TokenPair) -> Result<Access, TokenError> {
        let token = committed.access.clone().ok_or(TokenError::Incomplete)?;
        tracing::debug!(generation = committed.generation, "the token was renewed");
        let access = Access {
            token,
            generation: committed.generation,
            renewed: true,
        };
        state.pace.succeeded();
        state.dead = None;
        state.pair = Some(committed);
        Ok(access)
    }

    fn failed(&self, state: &mut State, error: TokenError) -> TokenError {
        state.pace.failed(self.clock.monotonic(), None);
        error
    }
}

/// What a caller needs.
#[derive(Clone, Copy, Debug)]
enum Wanted {
    /// A token that is not about to end.
    Valid,
    /// Another token than that of this generation.
    NewerThan(u64),
}

enum Outcome {
    Renewed(Access),
    Superseded(TokenPair),
}
