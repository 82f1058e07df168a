//! One write: room and token first, then the intent, then the call, then its outcome.

use super::super::LEASE_OF_EXPORT;
use super::super::StageError;
use super::doubt::FIRST_LOOK;
use super::halt::Halt;
use super::order::Order;
use chrono::TimeDelta;
use connectors::lightspeed::{Effect, OrderWrite, WRITE_LIMIT, WriteError};
use pipeline::Reason;
use pipeline::id::ItemId;
use std::sync::atomic::Ordering;
use storage::{ExportMove, ExportOp, StoreError};

/// What came of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// It is done, and what was written has this id. To be written down by the caller.
    Done(i64),
    /// It is not there. Written down as not done.
    Gone(String),
    /// It is refused for good. Written down as not done.
    Refused(String),
    /// It is written down what came of it, and the next step tells.
    Settled,
}

/// How long after a call that was told to come later.
const LATER: TimeDelta = TimeDelta::seconds(5);

/// Tokens that may be refused in a row.
const TOKENS_MOST: u32 = 3;

impl Order {
    /// Sends a write. `before` is written down together with the intent.
    ///
    /// It goes only if the right to send outlives it: whoever takes over counts on that.
    pub(super) async fn send(
        &self,
        (op, item): (ExportOp, Option<ItemId>),
        before: &[ExportMove<'_>],
        write: &OrderWrite<'_>,
    ) -> Result<Sent, Halt> {
        let ready = match self.context.source.ready().await {
            Ok(ready) => ready,
            Err(error) => {
                self.go_to(before).await?;
                return Err(error.into());
            }
        };
        let clock = &self.context.turn.deps.clock;
        let intended = clock.monotonic();
        let within = LEASE_OF_EXPORT + WRITE_LIMIT;
        let mut moves = before.to_vec();
        moves.push(ExportMove::Intend {
            op,
            item,
            within: TimeDelta::from_std(within).unwrap_or(TimeDelta::MAX),
        });
        self.go_to(&moves).await?;
        if clock.monotonic().saturating_sub(intended) + WRITE_LIMIT > LEASE_OF_EXPORT {
            self.not_done(TimeDelta::zero(), false).await?;
            return Ok(Sent::Settled);
        }
        let sent = ready.send(write).await;
        if !matches!(sent, Err(WriteError::TokenRefused)) {
            self.context.refused.store(0, Ordering::Relaxed);
        }
        match sent {
            Ok(written) => Ok(Sent::Done(written.id)),
            Err(error) => self.failed(error).await,
        }
    }

    async fn failed(&self, error: WriteError) -> Result<Sent, Halt> {
        if error.effect() == Effect::Unknown {
            tracing::debug!(order = %self.id, %error, "in doubt");
            let next_at = self.context.now() + FIRST_LOOK;
            self.go_to(&[ExportMove::Doubt { next_at }]).await?;
            return Ok(Sent::Settled);
        }
        match error {
            WriteError::Gone { message } => {
                self.not_done(TimeDelta::zero(), false).await?;
                Ok(Sent::Gone(message))
            }
            WriteError::Refused { status, message } => {
                self.not_done(TimeDelta::zero(), false).await?;
                Ok(Sent::Refused(format!("status {status}: {message}")))
            }
            WriteError::TokenRefused => {
                self.not_done(TimeDelta::zero(), false).await?;
                if self.context.refused.fetch_add(1, Ordering::Relaxed) + 1 >= TOKENS_MOST {
                    let resource = "Order".to_owned();
                    let error = connectors::lightspeed::SourceError::Unauthorized { resource };
                    return Err(Halt::Fatal(StageError::Source(error)));
                }
                Ok(Sent::Settled)
            }
            // The budget knows that the account is paused: the next call waits for it.
            WriteError::RateLimited { .. } => {
                self.not_done(TimeDelta::zero(), false).await?;
                Ok(Sent::Settled)
            }
            WriteError::TryLater { .. } => {
                self.not_done(LATER, true).await?;
                Ok(Sent::Settled)
            }
            other => {
                self.not_done(TimeDelta::zero(), false).await?;
                Err(other.into())
            }
        }
    }

    async fn not_done(&self, wait: TimeDelta, failed: bool) -> Result<(), StoreError> {
        let next_at = self.context.now() + wait;
        self.go_to(&[ExportMove::NotDone { next_at, failed }]).await
    }

    /// Writes down what came of a write that is not part of a chain.
    pub(super) async fn settle<'m>(
        &self,
        sent: &Sent,
        done: impl FnOnce(i64) -> ExportMove<'m>,
    ) -> Result<(), StoreError> {
        match sent {
            Sent::Done(id) => self.go_to(&[done(*id)]).await,
            Sent::Gone(said) | Sent::Refused(said) => self.give_up(said).await,
            Sent::Settled => Ok(()),
        }
    }

    /// Lightspeed refuses what is needed: the draft is archived, if there is one, and a person must
    /// look at it.
    pub(super) async fn give_up(&self, said: &str) -> Result<(), StoreError> {
        let turn = &self.context.turn;
        let work = turn
            .deps
            .store
            .export_work(turn.job.connection, self.id)
            .await?;
        let detail = format!("Lightspeed refused it ({said}).");
        match work.and_then(|work| work.purchase_order) {
            Some(_) => {
                let reason = Some(Reason::ExportRefused);
                let detail = detail.as_str();
                self.go_to(&[ExportMove::Drop { reason, detail }]).await
            }
            None => self.park(Reason::ExportRefused, &detail).await,
        }
    }
}
