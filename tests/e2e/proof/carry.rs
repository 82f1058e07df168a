//! What a worker does, whatever befalls it: advances what is due, and begins anew when it died.

use super::endure::Part;
use super::plans::Plan;
use super::trial::Trial;
use crate::virtual_time::keep_awake;
use chrono::{DateTime, Utc};
use jobs::deps::Deps;
use jobs::stages;
use pipeline::id::{ConnectionId, RunId};
use sqlx::Row;
use std::time::Duration;
use storage::{JobAddress, Run, Store, StoreError};
use tokio::time::{Instant, sleep};

/// The sweeper looks once a minute, as that of the worker does.
const SWEEP: Duration = Duration::from_secs(60);

/// Longer than anything else takes that a held up process has in hand, and no moment at which it
/// looks whether it may go on.
const HELD_UP: Duration = Duration::from_millis(1_250);

/// No recovery from one fault takes longer.
const PATIENCE: Duration = Duration::from_secs(4 * 60 * 60);

impl Trial {
    /// A run that somebody asks for, again and again until it is heard, carried to its end.
    pub(super) async fn run(
        &mut self,
        ask: impl AsyncFn(&Store, ConnectionId) -> Result<RunId, StoreError>,
    ) -> Run {
        let part = u64::try_from(self.parts.len()).expect("few");
        let whole = async {
            match self.conditions.hostile {
                Some(seed) => self.endure(&Plan::of(seed, part), ask).await,
                None => self.struck(ask).await,
            }
        };
        let ended = tokio::time::timeout(PATIENCE, Box::pin(whole)).await;
        let run = ended.expect("the run ends some time");
        let stages = self.world.deps.store.stages(self.world.connection).await;
        assert_eq!(run.state, "done", "{run:?} {stages:?}");
        run
    }

    /// Where one thing goes wrong.
    async fn struck(
        &mut self,
        ask: impl AsyncFn(&Store, ConnectionId) -> Result<RunId, StoreError>,
    ) -> Run {
        let began = Instant::now();
        self.fate.count(true);
        let run = self.heard(ask).await;
        let run = self.carry(run).await;
        self.fate.count(false);
        self.parts.push(Part::of(began));
        run
    }

    pub(super) async fn heard(
        &mut self,
        ask: impl AsyncFn(&Store, ConnectionId) -> Result<RunId, StoreError>,
    ) -> RunId {
        loop {
            let asked = tokio::select! {
                biased;
                () = self.life.died() => None,
                asked = ask(&self.world.deps.store, self.world.connection) => Some(asked),
            };
            match asked {
                _ if self.life.is_dead() => self.start_anew().await,
                Some(Ok(run)) => return run,
                _ => sleep(Duration::from_secs(1)).await,
            }
        }
    }

    async fn carry(&mut self, run: RunId) -> Run {
        loop {
            let mut working = Box::pin(self.worker().work(run));
            let carried = tokio::select! {
                biased;
                () = self.life.died() => None,
                () = self.life.held_up() => {
                    // Whatever else it has in hand ends; then nothing of it goes on.
                    let rest = tokio::time::timeout(HELD_UP, &mut working);
                    assert!(rest.await.is_err(), "it is held up");
                    return self.overtake(run, working).await;
                }
                run = &mut working => Some(run),
            };
            match carried {
                _ if self.life.is_dead() => {
                    drop(working);
                    self.start_anew().await;
                }
                // The last turn of an earlier part may have been the one that could not write its
                // outcome: that is the sweeper's to find.
                Some(run) if run.ended_at.is_none() && self.fate.has_struck() => {
                    drop(working);
                    sleep(SWEEP).await;
                    let swept = self.world.deps.store.sweep_stages().await;
                    swept.expect("a sweep");
                }
                Some(run) => return run,
                None => {}
            }
        }
    }

    /// Another process goes on while one is held up, which then goes on, too.
    async fn overtake(&mut self, run: RunId, former: impl Future<Output = Run>) -> Run {
        let held_up = self.life.clone();
        self.start_beside().await;
        let mut worker = self.worker();
        // What the other one was at is found once its leases have run out.
        worker.troubled = true;
        let ended = worker.work(run).await;
        held_up.go_on();
        former.await;
        ended
    }

    pub(super) fn worker(&self) -> Worker {
        Worker {
            deps: self.world.deps.clone(),
            connection: self.world.connection,
            troubled: false,
        }
    }
}

/// A process at work.
pub(super) struct Worker {
    deps: Deps,
    connection: ConnectionId,
    /// Whether a turn could not write its outcome. Only then is there anything for the sweeper.
    troubled: bool,
}

impl Worker {
    /// Works until the run has ended, or nothing more can be done.
    pub(super) async fn work(mut self, run: RunId) -> Run {
        loop {
            match self.look(run).await {
                Err(_) => {
                    self.troubled = true;
                    sleep(Duration::from_secs(1)).await;
                }
                Ok((run, _)) if run.ended_at.is_some() => return run,
                Ok((_, Some(due))) => self.troubled |= self.advance(due).await.is_err(),
                Ok((run, None)) if !self.troubled => return run,
                Ok((_, None)) => {
                    sleep(SWEEP).await;
                    let _ = self.deps.store.sweep_stages().await;
                }
            }
        }
    }

    /// Works until nothing is queued: what earlier runs left does not keep a later one open.
    pub(super) async fn settle(self, run: RunId) {
        while let (_, Some(due)) = self.look(run).await.expect("a look") {
            self.advance(due).await.expect("a turn");
        }
    }

    /// How the run stands, and what is to be done next.
    async fn look(&self, run: RunId) -> Result<(Run, Option<Due>), StoreError> {
        let run = self.deps.store.run(run).await?;
        let _awake = keep_awake()();
        let next = sqlx::query(NEXT)
            .bind(self.connection.0)
            .fetch_optional(self.deps.store.queue_pool())
            .await?;
        let due = next.map(|row| Due {
            job: JobAddress {
                v: 1,
                connection: self.connection,
                run: RunId(row.get(0)),
                stage: row.get::<&str, _>(1).parse().expect("a stage"),
                turn: row.get(2),
            },
            at: DateTime::from_timestamp(row.get(3), 0).expect("an instant"),
        });
        Ok((run, due))
    }

    async fn advance(&self, due: Due) -> Result<(), StoreError> {
        sleep(
            (due.at - self.deps.clock.now())
                .to_std()
                .unwrap_or_default(),
        )
        .await;
        Box::pin(stages::advance(&self.deps, due.job)).await
    }
}

/// The job that the queue would hand out next: one of a stage that is queued, of its present turn.
const NEXT: &str = "
    SELECT s.run_id, s.stage, s.turn, j.run_at
    FROM stages s JOIN Jobs j ON j.job_type = s.stage AND j.status = 'Pending'
        AND j.idempotency_key = s.connection_id || ':' || s.run_id || ':' || s.stage || ':' || s.turn
    WHERE s.connection_id = ?1 AND s.state = 'queued'
    ORDER BY j.run_at, j.priority DESC LIMIT 1";

/// A job, and when it is due.
struct Due {
    job: JobAddress,
    at: DateTime<Utc>,
}
