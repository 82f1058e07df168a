//! A token store in memory, which can be told to fail.

use chrono::{DateTime, TimeDelta, Utc};
use connectors::lightspeed::{Held, NewPair, TokenPair, TokenStore, TokenStoreError};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::{Mutex as Lease, OwnedMutexGuard};

#[derive(Debug)]
pub(crate) struct MemoryStore {
    inner: Mutex<Inner>,
    lease: Arc<Lease<()>>,
}

#[derive(Debug)]
struct Inner {
    pair: TokenPair,
    tries: Vec<DateTime<Utc>>,
    commits_to_fail: u32,
    reconnect: Option<String>,
}

impl MemoryStore {
    /// A store that holds only a refresh token, as after connecting.
    pub(crate) fn with_refresh(refresh: &str) -> Arc<Self> {
        Self::with_pair(TokenPair {
            generation: 1,
            access: None,
            refresh: refresh.into(),
            expires_at: None,
        })
    }

    pub(crate) fn with_access(
        access: &str,
        refresh: &str,
        expires_at: Option<DateTime<Utc>>,
    ) -> Arc<Self> {
        Self::with_pair(TokenPair {
            generation: 1,
            access: Some(access.into()),
            refresh: refresh.into(),
            expires_at,
        })
    }

    fn with_pair(pair: TokenPair) -> Arc<Self> {
        let inner = Inner {
            pair,
            tries: Vec::new(),
            commits_to_fail: 0,
            reconnect: None,
        };
        Arc::new(Self {
            inner: Mutex::new(inner),
            lease: Arc::default(),
        })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no test panics in here")
    }

    pub(crate) fn pair(&self) -> TokenPair {
        self.inner().pair.clone()
    }

    /// As another process would: a newer pair, without our knowledge.
    pub(crate) fn rotate_behind(&self, access: &str, refresh: &str) {
        let mut inner = self.inner();
        let generation = inner.pair.generation + 1;
        inner.pair = TokenPair {
            generation,
            access: Some(access.into()),
            refresh: refresh.into(),
            expires_at: None,
        };
    }

    pub(crate) fn fail_commits(&self, times: u32) {
        self.inner().commits_to_fail = times;
    }

    pub(crate) fn tries(&self) -> usize {
        self.inner().tries.len()
    }

    pub(crate) fn reconnect(&self) -> Option<String> {
        self.inner().reconnect.clone()
    }
}

#[derive(Debug)]
struct Lock(#[expect(dead_code, reason = "held for its drop")] OwnedMutexGuard<()>);
impl Held for Lock {}

#[async_trait::async_trait]
impl TokenStore for MemoryStore {
    async fn load(&self) -> Result<TokenPair, TokenStoreError> {
        Ok(self.pair())
    }

    async fn commit(
        &self,
        from_generation: u64,
        pair: NewPair,
    ) -> Result<TokenPair, TokenStoreError> {
        let mut inner = self.inner();
        if inner.commits_to_fail > 0 {
            inner.commits_to_fail -= 1;
            return Err(TokenStoreError::Unavailable("the disk is full".into()));
        }
        if inner.pair.generation != from_generation {
            return Err(TokenStoreError::Superseded);
        }
        inner.pair = TokenPair {
            generation: from_generation + 1,
            access: Some(pair.access),
            refresh: pair.refresh,
            expires_at: pair.expires_at,
        };
        Ok(inner.pair.clone())
    }

    async fn lock(&self) -> Result<Box<dyn Held>, TokenStoreError> {
        Ok(Box::new(Lock(self.lease.clone().lock_owned().await)))
    }

    async fn try_allowed(&self, now: DateTime<Utc>) -> Result<Option<Duration>, TokenStoreError> {
        let minute = TimeDelta::seconds(60);
        let mut inner = self.inner();
        let recent: Vec<_> = inner
            .tries
            .iter()
            .copied()
            .filter(|at| now - *at < minute)
            .collect();
        if recent.len() >= connectors::lightspeed::auth::TRIES_PER_MINUTE {
            return Ok((recent[0] + minute - now).to_std().ok());
        }
        inner.tries.push(now);
        Ok(None)
    }

    async fn mark_needs_reconnect(&self, reason: &str) -> Result<(), TokenStoreError> {
        self.inner().reconnect = Some(reason.to_owned());
        Ok(())
    }
}
