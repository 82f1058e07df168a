//! The schedule: serves the slots of all connections, each once over all processes.

use crate::deps::Deps;
use crate::slots::{PERIOD, Slots, owed};
use chrono::{DateTime, TimeDelta, Utc};
use pipeline::id::ConnectionId;
use std::collections::HashMap;
use std::time::Duration;
use storage::{Scheduled, Served, SlotKind, StoreError};

/// How often to look at least: connections come and go, and a clock may be set.
const LOOK: Duration = Duration::from_secs(1);

/// Serves slots as they become due.
#[derive(Debug)]
pub struct Schedule {
    deps: Deps,
    period: TimeDelta,
    /// The newest slot of each connection and kind that is known to be served.
    served: HashMap<(ConnectionId, SlotKind), DateTime<Utc>>,
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
            let imports = Slots::of(&connection.name, SlotKind::Import.name(), self.period);
            next = next.min(imports.next(now));
            self.serve(&connection, SlotKind::Import, &imports).await?;
            if connection.delivers {
                let exports = Slots::of(&connection.name, SlotKind::Export.name(), self.period);
                next = next.min(exports.next(now));
                self.serve(&connection, SlotKind::Export, &exports).await?;
            }
            let zone = connection.time_zone.as_deref();
            let sweeps = Slots::nightly(&connection.name, SlotKind::Sweep.name(), zone, now);
            self.serve(&connection, SlotKind::Sweep, &sweeps).await?;
        }
        Ok((next - now).to_std().unwrap_or(Duration::ZERO))
    }

    async fn serve(
        &mut self,
        connection: &Scheduled,
        kind: SlotKind,
        slots: &Slots,
    ) -> Result<(), StoreError> {
        let now = self.deps.clock.now();
        let Some(due) = owed(slots, connection.since, now) else {
            return Ok(());
        };
        if self.served.get(&(connection.id, kind)) == Some(&due) {
            return Ok(());
        }
        match self.deps.store.serve_slot(connection.id, kind, due).await? {
            Served::NotNow => return Ok(()),
            Served::Already => {}
            Served::Run(served) => tracing::info!(
                connection = connection.name,
                kind = kind.name(),
                run.id = served.run.0,
                joined = served.joined,
                late_s = (now - due).num_seconds(),
                "a slot is served"
            ),
        }
        self.served.insert((connection.id, kind), due);
        Ok(())
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

/// When the schedule next owes a connection an export.
pub fn next_export(name: &str, now: DateTime<Utc>) -> DateTime<Utc> {
    Slots::of(name, SlotKind::Export.name(), PERIOD).next(now)
}

/// When the schedule next owes a connection a run.
pub fn next_run(name: &str, now: DateTime<Utc>) -> DateTime<Utc> {
    Slots::of(name, SlotKind::Import.name(), PERIOD).next(now)
}
