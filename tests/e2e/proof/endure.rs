//! A part of a cycle under a plan: the systems are hostile for a while, then well again, and a
//! person does what the program asks for.

use super::plans::{Plan, clear_up};
use super::size;
use super::trial::Trial;
use crate::delivery::world::{OPTIPLY, SETTLE};
use crate::support::give_optiply;
use chrono::DateTime;
use pipeline::id::{ConnectionId, RunId};
use secrecy::SecretString;
use std::time::Duration;
use storage::{ConnectionState, NewConnection, Retried, Run, Store, StoreError};
use tokio::time::{Instant, sleep};

/// How often somebody asks again before it is a failure of ours.
const ASKED: usize = 6;

/// Until when something announced that it would wait.
const ANNOUNCED: &str = "
    SELECT max(at) FROM (
        SELECT next_at AS at FROM stages WHERE state = 'queued'
        UNION ALL SELECT next_at FROM deliveries WHERE state NOT IN ('acknowledged', 'parked')
        UNION ALL SELECT next_at FROM exports)";

/// So many purchase orders have a call of which it is not known what came.
const ORDERS_IN_DOUBT: &str = "SELECT count(*) FROM exports WHERE op IS NOT NULL";

/// They are looked for after 10 and after 30 seconds before anything is written again.
const LOOKS: Duration = Duration::from_secs(40);

/// What came of so many calls is not known.
const DOUBTFUL: &str = "SELECT count(*) FROM deliveries WHERE state IN ('sending', 'ambiguous')";

/// How a part went.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    /// What was announced, when the systems were well again, to be waited for.
    pub(super) announced: Duration,
    /// How long it took from there until nothing was left to do.
    pub(super) rest: Duration,
    /// Whether the run was still open then.
    pub(super) open: bool,
}

impl Part {
    /// One without faults, which began then.
    pub(super) fn of(began: Instant) -> Self {
        Self {
            announced: Duration::ZERO,
            rest: began.elapsed(),
            open: true,
        }
    }
}

impl Trial {
    pub(super) async fn endure(
        &mut self,
        plan: &Plan,
        ask: impl AsyncFn(&Store, ConnectionId) -> Result<RunId, StoreError>,
    ) -> Run {
        if size::only().is_some() {
            eprintln!("{plan:#?}");
        }
        self.told.well(None);
        plan.begin(&self.world.sandbox);
        let run = self.heard(&ask).await;
        let (well, announced);
        let (ended, open) = {
            let mut work = Box::pin(self.worker().work(run));
            let early = tokio::select! {
                biased;
                run = &mut work => Some(run),
                () = sleep(plan.lasts) => None,
            };
            clear_up(&self.world.sandbox);
            well = Instant::now();
            self.told.well(Some(well));
            // Through a database of its own: what works at the moment may hold all of the other.
            announced = self.announced(plan).await;
            match early {
                Some(run) => (run, false),
                None => (work.await, true),
            }
        };
        self.worker().settle(ended.id).await;
        let rest = well.elapsed();
        let announced = announced.max(self.told.waited(well));
        self.parts.push(Part {
            announced,
            rest,
            open,
        });
        self.mend(ended, plan, ask).await
    }

    /// What a person does, and then the next slot of the schedule.
    async fn mend(
        &mut self,
        mut run: Run,
        plan: &Plan,
        ask: impl AsyncFn(&Store, ConnectionId) -> Result<RunId, StoreError>,
    ) -> Run {
        for _ in 0..ASKED {
            if run.state != "done" {
                self.reconnect().await;
            }
            let well = run.state == "done" && self.is_clean().await;
            // What Optiply does not show yet shows by then.
            let hidden = SETTLE + plan.leaps_back();
            sleep(if well { Duration::ZERO } else { hidden }).await;
            let again = if run.state == "done" && !well {
                self.retry().await
            } else {
                self.heard(&ask).await
            };
            run = self.worker().work(again).await;
            self.worker().settle(again).await;
            if well && run.state == "done" && self.is_clean().await {
                return run;
            }
        }
        let store = &self.world.deps.store;
        let rejections = store.rejections(self.world.connection, 0, 10).await;
        panic!(
            "never well again: {run:?}, {:?}, {:?}",
            self.world.parked().await,
            rejections.expect("rejections")
        );
    }

    /// For how long what is left has been put off. What came of a call is known when Optiply must
    /// show it by its own clock, which leaps back now if it was ahead.
    async fn announced(&self, plan: &Plan) -> Duration {
        let _awake = crate::virtual_time::keep_awake()();
        let look = self.look.as_ref().expect("a database to look with");
        let ask = async |sql| -> Option<i64> {
            let asked = sqlx::query_scalar(sql).fetch_one(look.queue_pool());
            asked.await.expect("a number")
        };
        let at = DateTime::from_timestamp_millis(ask(ANNOUNCED).await.unwrap_or(0));
        let put_off = at.expect("in range") - self.world.deps.clock.now();
        let put_off = put_off.to_std().unwrap_or_default();
        let looks = match ask(ORDERS_IN_DOUBT).await {
            Some(0) | None => Duration::ZERO,
            Some(_) => LOOKS,
        };
        match ask(DOUBTFUL).await {
            Some(0) | None => put_off + looks,
            Some(_) => put_off.max(plan.leaps_back()) + SETTLE.max(looks),
        }
    }

    /// Whether nothing was set aside.
    async fn is_clean(&self) -> bool {
        let open = self
            .world
            .deps
            .store
            .open_rejections(self.world.connection)
            .await;
        open.expect("a count") == 0 && self.world.parked().await.is_empty()
    }

    /// What was set aside is tried again; what the source could not deliver is read again.
    async fn retry(&mut self) -> RunId {
        let (store, connection) = (&self.world.deps.store, self.world.connection);
        let retried = store.retry_rejections(connection, None).await;
        match retried.expect("a retry") {
            Some(Retried {
                run: Some(run),
                beyond,
                ..
            }) if beyond.is_empty() => run,
            _ => store.open_backfill(connection).await.expect("a run").0,
        }
    }

    /// The person grants access again, where it was taken away.
    async fn reconnect(&self) {
        let store = &self.world.deps.store;
        give_optiply(store, self.world.connection, &self.world.sandbox, OPTIPLY).await;
        let known = store.connection_by_id(self.world.connection).await;
        let known = known.expect("a connection");
        if known.state == ConnectionState::Active {
            return;
        }
        let new = NewConnection {
            name: known.name,
            account_id: known.account_id,
            lightspeed_url: known.lightspeed_url,
            lightspeed_auth_url: known.lightspeed_auth_url,
            optiply_url: known.optiply_url,
            optiply_auth_url: known.optiply_auth_url,
        };
        let token = SecretString::from(self.world.sandbox.grant_again());
        store.save_draft(&new, Some(&token)).await.expect("a grant");
        let states = &ConnectionState::ALL;
        let active = ConnectionState::Active;
        let moved = store.set_connection_state(known.id, states, active, None);
        assert!(moved.await.expect("a connection"));
    }
}
