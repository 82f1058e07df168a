//! The way to both systems, on which calls and answers get lost.

use super::fate::{Fault, Life, Place};
use crate::router::InProcess;
use connectors::http::{Request, Response, Transport, TransportError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The longest that a process waits by itself after refusals that name no time.
const LONGEST: u64 = 60;

/// What was said on the way about when to go on.
#[derive(Clone, Debug, Default)]
pub(super) struct Told(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// From when on nothing goes wrong any more.
    well: Option<Instant>,
    /// Until when calls of before lasted, or had us wait.
    until: Option<Instant>,
    /// Refusals in a row.
    refused: u32,
}

impl Told {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Until the next time, all that goes wrong is on its way already.
    pub(super) fn well(&self, from: Option<Instant>) {
        let mut state = self.lock();
        state.well = from;
        if from.is_none() {
            state.until = None;
        }
    }

    /// For how long after that moment the calls of before lasted, or had us wait.
    pub(super) fn waited(&self, from: Instant) -> Duration {
        let until = self.lock().until.unwrap_or(from);
        until.saturating_duration_since(from)
    }

    fn hear(&self, asked: Instant, answer: Option<&Response>) {
        let mut state = self.lock();
        if state.well.is_some_and(|well| asked > well) {
            return;
        }
        let mut until = Instant::now();
        if let Some(answer) = answer.filter(|answer| answer.status == 429) {
            let named = answer.headers.get("retry-after");
            let named = named.and_then(|value| value.to_str().ok()?.parse().ok());
            let unnamed = LONGEST.min(1 << state.refused.min(6));
            until += Duration::from_secs(named.unwrap_or(unnamed));
            state.refused += 1;
        } else {
            state.refused = 0;
        }
        state.until = state.until.max(Some(until));
    }
}

#[derive(Debug)]
pub(super) struct Wire {
    pub(super) inner: InProcess,
    pub(super) life: Arc<Life>,
    /// Rows on a page, however many are asked for: small accounts have long walks, too.
    pub(super) page: u32,
    pub(super) told: Told,
}

#[async_trait::async_trait]
impl Transport for Wire {
    async fn send(&self, mut request: Request) -> Result<Response, TransportError> {
        if let Some(query) = request.url.query() {
            let query = query.replace("limit=100", &format!("limit={}", self.page));
            request.url.set_query(Some(&query));
        }
        if self.life.is_dead() {
            return std::future::pending().await;
        }
        let host = request.url.host_str().unwrap_or_default().to_owned();
        let lost = TransportError::Broken {
            host,
            source: "lost on the way".into(),
        };
        match self.life.meet(Place::Call) {
            Some(Fault::CallLost) => Err(lost),
            Some(Fault::AnswerLost) => {
                let _ = self.inner.send(request).await;
                Err(lost)
            }
            Some(Fault::StopBeforeCall) => {
                self.life.die();
                std::future::pending().await
            }
            Some(Fault::StopAfterCall) => {
                let _ = self.inner.send(request).await;
                self.life.die();
                std::future::pending().await
            }
            Some(Fault::Overtaken) => {
                let answer = self.inner.send(request).await;
                self.life.hold_up().await;
                answer
            }
            _ => {
                let asked = Instant::now();
                let answer = self.inner.send(request).await;
                self.told.hear(asked, answer.as_ref().ok());
                answer
            }
        }
    }
}
