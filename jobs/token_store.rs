//! The tokens of a connection, kept in the database.

use chrono::{DateTime, Utc};
use connectors::lightspeed::auth::TRIES_PER_MINUTE;
use connectors::lightspeed::{Held, NewPair, TokenPair, TokenStore, TokenStoreError};
use pipeline::id::ConnectionId;
use std::time::Duration;
use storage::{ConnectionState, Lease, NewTokens, Store, StoreError, TokenRow};

/// How long the refresher's lease lasts: longer than a call to the token endpoint may take.
const LEASE: Duration = Duration::from_secs(40);

/// How often a waiter looks whether the lease is free.
const LOOK: Duration = Duration::from_millis(200);

/// [`TokenStore`] over our database.
#[derive(Clone, Debug)]
pub struct StoredTokens {
    store: Store,
    connection: ConnectionId,
    owner: String,
}

impl StoredTokens {
    /// The tokens of `connection`; `owner` names this process.
    pub fn new(store: Store, connection: ConnectionId, owner: &str) -> Self {
        Self {
            store,
            connection,
            owner: format!("{owner}/tokens"),
        }
    }
}

#[async_trait::async_trait]
impl TokenStore for StoredTokens {
    async fn load(&self) -> Result<TokenPair, TokenStoreError> {
        let row = self.store.tokens(self.connection).await.map_err(failed)?;
        row.map(pair).ok_or(TokenStoreError::Missing)
    }

    async fn commit(
        &self,
        from_generation: u64,
        new: NewPair,
    ) -> Result<TokenPair, TokenStoreError> {
        let from = i64::try_from(from_generation).unwrap_or(i64::MAX);
        let new = NewTokens {
            access: Some(new.access),
            refresh: new.refresh,
            expires_at: new.expires_at,
        };
        let row = self
            .store
            .commit_tokens(self.connection, from, &new)
            .await
            .map_err(failed)?;
        if row.generation == from + 1 {
            Ok(pair(row))
        } else {
            Err(TokenStoreError::Superseded)
        }
    }

    async fn lock(&self) -> Result<Box<dyn Held>, TokenStoreError> {
        loop {
            let lease = self
                .store
                .acquire_lease(self.connection, Lease::TOKENS, &self.owner, LEASE)
                .await
                .map_err(failed)?;
            match lease {
                Some(lease) => {
                    return Ok(Box::new(HeldLease {
                        store: self.store.clone(),
                        lease: Some(lease),
                    }));
                }
                None => tokio::time::sleep(LOOK).await,
            }
        }
    }

    async fn try_allowed(&self, now: DateTime<Utc>) -> Result<Option<Duration>, TokenStoreError> {
        let most = u32::try_from(TRIES_PER_MINUTE).unwrap_or(1);
        self.store
            .token_try(self.connection, now, most)
            .await
            .map_err(failed)
    }

    async fn mark_needs_reconnect(&self, reason: &str) -> Result<(), TokenStoreError> {
        use ConnectionState::{Active, Draft, NeedsReconnect, Paused};
        // A draft has not been connected yet, so there is nothing to reconnect: it stays open to
        // every correction, the account's number included.
        for (from, to) in [
            (&[Active, Paused][..], NeedsReconnect),
            (&[Draft][..], Draft),
        ] {
            let moved = self
                .store
                .set_connection_state(self.connection, from, to, Some(reason))
                .await
                .map_err(failed)?;
            if moved {
                break;
            }
        }
        Ok(())
    }
}

/// The lease, given back when it is dropped if it was not before.
#[derive(Debug)]
struct HeldLease {
    store: Store,
    lease: Option<Lease>,
}

#[async_trait::async_trait]
impl Held for HeldLease {
    async fn release(mut self: Box<Self>) {
        if let Some(lease) = &self.lease {
            give_back(&self.store, lease).await;
            self.lease = None;
        }
    }
}

async fn give_back(store: &Store, lease: &Lease) {
    if let Err(error) = store.release_lease(lease).await {
        tracing::debug!(%error, "the lease on the tokens runs out by itself");
    }
}

impl Drop for HeldLease {
    fn drop(&mut self) {
        let (store, lease) = (self.store.clone(), self.lease.take());
        if let (Some(lease), Ok(runtime)) = (lease, tokio::runtime::Handle::try_current()) {
            runtime.spawn(async move { give_back(&store, &lease).await });
        }
    }
}

fn pair(row: TokenRow) -> TokenPair {
    TokenPair {
        generation: u64::try_from(row.generation).unwrap_or(0),
        access: row.access,
        refresh: row.refresh,
        expires_at: row.expires_at,
    }
}

fn failed(error: StoreError) -> TokenStoreError {
    match error {
        StoreError::Key(_) => TokenStoreError::Sealed(Box::new(error)),
        other => TokenStoreError::Unavailable(Box::new(other)),
    }
}
