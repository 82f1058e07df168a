//! Export: buy orders of Optiply become purchase orders in Lightspeed (DESIGN 8, `mapping.md` 11).
//!
//! First Optiply's buy orders are read, then each that is to be ordered takes its steps: look up by
//! reference, draft without date, missing lines one by one, read back and compare, set the date
//! last. Each write is written down before it is sent and its outcome after it. A lost answer, or a
//! process that ends in between, leaves a call in doubt: it is looked for, and sent again only once
//! nobody can be sending it any more and it was not seen twice. What a planner changes afterwards
//! takes the same steps again, from the lines on.

mod alarms;
mod amend;
mod bench;
mod decide;
mod doubt;
mod echo;
mod finish;
mod halt;
mod lines;
mod order;
mod read;
mod send;

use super::{StageError, Turn};
use bench::Bench;
use chrono::TimeDelta;
use connectors::lightspeed::{Lightspeed, Priority};
use connectors::optiply::Optiply;
use halt::Halt;
use pipeline::Class;
use pipeline::id::BuyOrderId;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use storage::{ConnectionState, ExportMove, StoreError};

/// What the parts of an export share.
#[derive(Clone, Debug)]
struct Context {
    turn: Turn,
    source: Lightspeed,
    target: Optiply,
    /// How far Lightspeed's clock is ahead of ours, if that was measured.
    ahead: Option<TimeDelta>,
    /// Tokens refused in a row.
    refused: Arc<AtomicU32>,
}

impl Context {
    async fn go(&self, order: BuyOrderId, moves: &[ExportMove<'_>]) -> Result<(), StoreError> {
        let (store, lease) = (&self.turn.deps.store, &self.turn.lease);
        store.move_export(lease, order, moves).await
    }

    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.turn.deps.clock.now()
    }
}

/// Reads and orders until nothing is due or the turn is over. Returns whether anything was done.
pub(super) async fn advance(turn: &Turn) -> Result<bool, StageError> {
    let (deps, job) = (&turn.deps, &turn.job);
    let connection = deps.store.connection_by_id(job.connection).await?;
    if connection.state != ConnectionState::Active || !deps.store.delivers(connection.id).await? {
        return Ok(false);
    }
    let source = deps.source(&connection).await;
    let source = source.map_err(StageError::no_client)?;
    let target = deps.target(&connection).await;
    let context = Context {
        turn: turn.clone(),
        source: source.with_priority(Priority::Export),
        target: target.map_err(StageError::no_client)?,
        ahead: connection.clock_offset_ms.map(TimeDelta::milliseconds),
        refused: Arc::default(),
    };
    let run = deps.store.run(job.run).await?;
    let mut progressed = false;
    if run.extracted_at.is_none() {
        read::sightings(&context).await?;
        alarms::copies(&context).await?;
        progressed = true;
    }
    let mut bench = Bench::new(&context);
    let worked = bench.work().await;
    keep_budget(&context).await?;
    match worked {
        Ok(more) => Ok(progressed | more),
        Err(Halt::Store(error)) => Err(error.into()),
        Err(Halt::Passing(error)) => Err(error),
        Err(Halt::Fatal(error)) => {
            if matches!(
                (&error, error.class()),
                (StageError::Target(_), Class::Reauthorize)
            ) {
                // Whoever corrects the credentials must not meet what the old ones left behind.
                deps.forget_target(job.connection);
            }
            alarms::rights(&context, &error).await?;
            Err(error)
        }
    }
}

async fn keep_budget(context: &Context) -> Result<(), StoreError> {
    let Ok(state) = serde_json::to_string(&context.source.budget().snapshot()) else {
        return Ok(());
    };
    let (store, connection) = (&context.turn.deps.store, context.turn.job.connection);
    store.save_budget(connection, "lightspeed", &state).await
}
