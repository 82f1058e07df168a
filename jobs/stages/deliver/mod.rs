//! Deliver: the Optiply model to Optiply, call by call, at the pace that Optiply permits.
//!
//! What differs from what Optiply has acknowledged is looked at in turn. A call is written down
//! before it is sent and its outcome after it, each for many calls in one transaction. A process
//! that ends in between leaves calls in doubt: they are looked for, and sent again only once they
//! are proven not to have been done.

mod bench;
mod call;
pub(crate) mod decide;
mod doubts;
mod lines;
mod natural;
pub(crate) mod payload;
mod settle;

use super::{StageError, Turn};
use bench::{Bench, End};
use call::Line;
use connectors::optiply::{OptiplyError, Payload, PayloadError, Resource};
use storage::Adoption;

/// Sends until nothing is due or the turn is over. Returns whether anything was settled.
pub(super) async fn advance(turn: &Turn) -> Result<bool, StageError> {
    let (deps, job) = (&turn.deps, &turn.job);
    if !deps.store.may_deliver(job.connection).await? {
        return Ok(false);
    }
    let connection = deps.store.connection_by_id(job.connection).await?;
    let client = deps
        .target(&connection)
        .await
        .map_err(StageError::no_client)?;
    match deps.store.adoption(job.connection).await? {
        Adoption::WaitsForHistory => return Ok(false),
        Adoption::Ready => return crate::adopt::advance(turn, &client).await,
        Adoption::None | Adoption::Done => {}
    }
    deps.store.begin_delivery(&turn.lease).await?;
    let line = Line {
        client,
        settle: deps.delivery.settle,
        clock: deps.clock.clone(),
    };
    let mut bench = Bench::new(turn, line.clone());
    let worked = bench.work().await;
    let end = bench.end();
    let pace = line.client.pace().snapshot();
    if let Ok(state) = serde_json::to_string(&pace) {
        deps.store
            .save_budget(job.connection, "optiply", &state)
            .await?;
    }
    worked?;
    match end {
        End::Fatal(error) => {
            if matches!(error.class(), pipeline::Class::Reauthorize) {
                // Whoever corrects the credentials must not meet what the old ones left behind.
                deps.forget_target(job.connection);
            }
            Err(StageError::Target(error))
        }
        End::Failing => Err(StageError::TargetFails),
        End::Settled { progressed } => Ok(progressed),
    }
}

fn parse(kind: Resource, text: &str) -> Result<Payload, StageError> {
    Payload::from_json(kind, text).map_err(unreadable)
}

fn unreadable(error: PayloadError) -> StageError {
    StageError::Target(OptiplyError::Payload(error))
}
