//! The schedule: serves the slots of all connections, each once over all processes.

use crate::deps::Deps;
use crate::slots::{PERIOD, Slots, owed};
use chrono::{DateTime, TimeDelta, Utc};
use pipeline::id::ConnectionId;
use std::collections::HashMap;
use std::time::Duration;
use storage::StoreError;

/// The kind of work that brings a connection up to date.
pub const IMPORT: &str = "import";

/// How often to look at least: connections come and go, and a clock may be set.
const LOOK: Duration = Duration::from_secs(1);

/// Serves slots as they become due.
#[derive(Debug)]
pub struct Schedule {
    deps: Deps,
    period: TimeDelta,
    /// The newest slot of each connection that is known to be served.
    served: HashMap<ConnectionId, DateTime<Utc>>,
}

impl Schedule {
    /// A schedule of one run each half hour and connection.
    pub fn new(deps: &Deps) -> Self {
        Self::every(deps, PERIOD)
    }

    /// A schedule of another period, for rehearsals.
    pub fn every(deps: &Deps, period: TimeDelta) -> Self {
        Self {
            deps: deps.clone(),
            period,
            served: HashMap::new(),
        }
    }

    /// Serves what is due and tells when to look again.
    ///
    /// # Errors
    /// When the database fails. What was served before stays served.
    pub async fn tick(&mut self) -> Result<Duration, StoreError> {
        let now = self.deps.clock.now();
        let mut next = now + LOOK;
        for connection in self.deps.store.scheduled().await? {
            let slots = Slots::of(&connection.name, IMPORT, self.period);
            next = next.min(slots.next(now));
            let Some(due) = owed(&slots, connection.since, now) else {
                continue;
            };
            if self.served.get(&connection.id) == Some(&due) {
                continue;
            }
            let store = &self.deps.store;
            if let Some(served) = store.serve_slot(connection.id, IMPORT, due).await? {
                tracing::info!(
                    connection = connection.name,
                    run.id = served.run.0,
                    joined = served.joined,
                    late_s = (now - due).num_seconds(),
                    "a slot is served"
                );
            }
            self.served.insert(connection.id, due);
        }
        Ok((next - now).to_std().unwrap_or(Duration::ZERO))
    }

    /// Serves slots until this process is asked to stop.
    pub async fn run(mut self) {
        let shutdown = self.deps.shutdown.clone();
        while !shutdown.is_cancelled() {
            let wait = self.tick().await.unwrap_or_else(|error| {
                tracing::warn!(%error, "the schedule could not be looked at");
                LOOK
            });
            tokio::select! {
                () = tokio::time::sleep(wait.max(Duration::from_millis(10))) => {}
                () = shutdown.cancelled() => {}
            }
        }
    }
}

/// When the schedule next owes a connection a run.
pub fn next_run(name: &str, now: DateTime<Utc>) -> DateTime<Utc> {
    Slots::of(name, IMPORT, PERIOD).next(now)
}
