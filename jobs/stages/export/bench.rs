//! Orders at work, a few at once.

use super::super::StageError;
use super::Context;
use super::halt::Halt;
use super::order::Order;
use pipeline::id::BuyOrderId;
use std::collections::HashSet;
use storage::StoreError;
use tokio::task::JoinSet;
use tracing::Instrument as _;

/// Orders at work at once: one that waits for an answer does not keep the others from going on.
const AT_ONCE: usize = 4;

/// Failures in a row, whichever order they were of, that end a turn.
const TROUBLES_MOST: usize = 8;

/// Each order is a task: while the bench waits for the database, the orders, which hold what it
/// waits for, go on.
pub(super) struct Bench<'a> {
    context: &'a Context,
    at_work: JoinSet<(BuyOrderId, Result<(), Halt>)>,
    busy: HashSet<BuyOrderId>,
    troubles: usize,
    failed: Option<Halt>,
    progressed: bool,
}

impl<'a> Bench<'a> {
    pub(super) fn new(context: &'a Context) -> Self {
        Self {
            context,
            at_work: JoinSet::new(),
            busy: HashSet::new(),
            troubles: 0,
            failed: None,
            progressed: false,
        }
    }

    /// Works until nothing is due and nothing in hand, or the turn ends. Each order ends its step
    /// first, so that no call is left in doubt without need. Returns whether anything was done.
    pub(super) async fn work(&mut self) -> Result<bool, Halt> {
        loop {
            if self.failed.is_none() && !self.context.turn.is_over() {
                self.refill().await?;
            }
            let (order, ended) = match self.at_work.join_next().await {
                None => break,
                Some(Ok(ended)) => ended,
                Some(Err(error)) => match error.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    // Only who drops the bench cancels them.
                    Err(_) => continue,
                },
            };
            self.busy.remove(&order);
            match ended {
                Ok(()) => {
                    self.progressed = true;
                    self.troubles = 0;
                    self.context.turn.note_progress();
                }
                Err(Halt::Passing(error)) => {
                    self.troubles += 1;
                    tracing::debug!(%order, error = error.chain(), "goes on later");
                    if self.troubles >= TROUBLES_MOST {
                        self.fail(Halt::Passing(error));
                    }
                }
                Err(other) => self.fail(other),
            }
        }
        match self.failed.take() {
            Some(halt) => Err(halt),
            None => Ok(self.progressed),
        }
    }

    fn fail(&mut self, halt: Halt) {
        // What the database says counts most: somebody else may have taken over.
        let worse = matches!(halt, Halt::Store(_)) && !matches!(self.failed, Some(Halt::Store(_)));
        if self.failed.is_none() || worse {
            self.failed = Some(halt);
        }
    }

    async fn refill(&mut self) -> Result<(), StoreError> {
        let room = AT_ONCE.saturating_sub(self.at_work.len());
        if room == 0 {
            return Ok(());
        }
        let turn = &self.context.turn;
        let most = i64::try_from(room + self.busy.len()).unwrap_or(i64::MAX);
        let due = turn
            .deps
            .store
            .due_exports(turn.job.connection, most)
            .await?;
        for order in due.into_iter().take(AT_ONCE * 2) {
            if self.at_work.len() >= AT_ONCE || !self.busy.insert(order) {
                continue;
            }
            let context = self.context.clone();
            let work = async move { (order, Order::new(context, order).go().await) };
            self.at_work.spawn(work.in_current_span());
        }
        Ok(())
    }
}

impl From<Halt> for StageError {
    fn from(halt: Halt) -> Self {
        match halt {
            Halt::Store(error) => StageError::Store(error),
            Halt::Passing(error) | Halt::Fatal(error) => error,
        }
    }
}
