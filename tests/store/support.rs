//! A database of one test, and short words for what tests do over and over.

use crate::clock::ManualClock;
use pipeline::id::{ConnectionId, ShopId};
use pipeline::settings::{Locations, Settings};
use secrecy::{ExposeSecret, SecretString};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use storage::{KeySource, NewConnection, OpenOptions, Store, StoreError};
use tempfile::TempDir;

pub(crate) struct Home {
    pub(crate) folder: TempDir,
    pub(crate) clock: Arc<ManualClock>,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            clock: Arc::new(ManualClock::new()),
        }
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("shop.db")
    }

    pub(crate) fn beside(&self, suffix: &str) -> PathBuf {
        self.folder.path().join(format!("shop.db{suffix}"))
    }

    pub(crate) fn options(&self) -> OpenOptions {
        OpenOptions {
            url: format!("sqlite:{}", self.database().display()),
            create: true,
            key: KeySource::File,
            clock: self.clock.clone(),
            keep_awake: None,
        }
    }

    /// Opens the database as one more process would.
    pub(crate) async fn open(&self) -> Store {
        self.try_open().await.unwrap()
    }

    pub(crate) async fn try_open(&self) -> Result<Store, StoreError> {
        Store::open(self.options()).await
    }
}

pub(crate) fn new_connection(name: &str) -> NewConnection {
    NewConnection {
        name: name.to_owned(),
        account_id: 4711,
        lightspeed_url: "https://api.example/API/V3".to_owned(),
        lightspeed_auth_url: "https://cloud.example/auth/oauth".to_owned(),
        optiply_url: None,
        optiply_auth_url: None,
    }
}

pub(crate) async fn connect(store: &Store, name: &str) -> ConnectionId {
    store.save_draft(&new_connection(name), None).await.unwrap()
}

pub(crate) fn settings() -> Settings {
    Settings::new(Locations::All, ShopId(1))
}

pub(crate) fn secret(text: &str) -> SecretString {
    SecretString::from(text)
}

pub(crate) fn plain(secret: &SecretString) -> &str {
    secret.expose_secret()
}

/// Polls a future this often and then lets go of it, as a crash would.
pub(crate) struct Crash<F> {
    inner: Pin<Box<F>>,
    polls: usize,
}

impl<F: Future> Crash<F> {
    pub(crate) fn after(polls: usize, future: F) -> Self {
        Self {
            inner: Box::pin(future),
            polls,
        }
    }
}

impl<F: Future> Future for Crash<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.polls == 0 {
            return Poll::Ready(None);
        }
        self.polls -= 1;
        self.inner.as_mut().poll(cx).map(Some)
    }
}
