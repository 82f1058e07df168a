//! What must survive a crash, as the caller's storage provides it.

use crate::http::BoxError;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use std::fmt;
use std::time::Duration;

/// A stored pair of tokens.
#[derive(Clone, Debug)]
pub struct TokenPair {
    /// Grows by one with every commit.
    pub generation: u64,
    /// The access token; none before the first refresh.
    pub access: Option<SecretString>,
    /// The refresh token.
    pub refresh: SecretString,
    /// When the access token ends; none means it is used until it is refused.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A pair as a refresh returned it.
#[derive(Clone, Debug)]
pub struct NewPair {
    /// The access token.
    pub access: SecretString,
    /// The refresh token.
    pub refresh: SecretString,
    /// When the access token ends, if the server said so.
    pub expires_at: Option<DateTime<Utc>>,
}

/// The refresher's lease. Dropping it lets the next one in, sooner or later.
#[async_trait::async_trait]
pub trait Held: Send + Sync + fmt::Debug {
    /// Lets the next one in before it returns, so that nobody has to wait for a process that has
    /// ended meanwhile.
    async fn release(self: Box<Self>) {
        drop(self);
    }
}

/// Durable storage of a connection's tokens, shared by all processes.
#[async_trait::async_trait]
pub trait TokenStore: Send + Sync + fmt::Debug {
    /// The newest stored pair.
    async fn load(&self) -> Result<TokenPair, TokenStoreError>;

    /// Stores the pair that a refresh of `from_generation` returned. It must be durable when this
    /// returns: it is used at once, and using it kills the pair before.
    ///
    /// Fails with [`TokenStoreError::Superseded`] when a newer pair than `from_generation` is
    /// stored already.
    async fn commit(
        &self,
        from_generation: u64,
        pair: NewPair,
    ) -> Result<TokenPair, TokenStoreError>;

    /// Waits for the refresher's lease: one holder over all processes. It must outlive a call to
    /// the token endpoint (30 s) with some room, or be renewed while it is held.
    async fn lock(&self) -> Result<Box<dyn Held>, TokenStoreError>;

    /// Records a try at `now`, durably and before the call it stands for. When
    /// [`super::TRIES_PER_MINUTE`] tries of the last minute are on record, records nothing and
    /// returns how long to wait.
    async fn try_allowed(&self, now: DateTime<Utc>) -> Result<Option<Duration>, TokenStoreError>;

    /// Marks the connection as needing a person. Everything else is kept.
    async fn mark_needs_reconnect(&self, reason: &str) -> Result<(), TokenStoreError>;
}

/// Why the store could not do it.
#[derive(Debug, thiserror::Error)]
pub enum TokenStoreError {
    /// The connection holds no tokens.
    #[error("the connection holds no tokens; run `stockbridge connect`")]
    Missing,
    /// Somebody else has stored a newer pair.
    #[error("a newer pair of tokens was stored meanwhile")]
    Superseded,
    /// The storage itself failed; it may work later.
    #[error("the tokens could not be read or stored")]
    Unavailable(#[source] BoxError),
    /// What is stored cannot be read with the key at hand.
    #[error("the stored tokens cannot be opened; check the sealing key")]
    Sealed(#[source] BoxError),
}
