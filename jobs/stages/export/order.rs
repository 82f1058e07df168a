//! One buy order through its steps.

use super::halt::Halt;
use super::{Context, alarms};
use crate::backoff::backoff;
use chrono::TimeDelta;
use connectors::lightspeed::OrderWrite;
use pipeline::Reason;
use pipeline::export::{HeldOrder, Intent};
use pipeline::id::{BuyOrderId, OrderId};
use storage::{ExportMove, ExportOp, ExportState, ExportStep, ExportWork, StoreError};

/// Whether to go on with the next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    On,
    /// It waits for a time, or is settled.
    Later,
}

/// How long before the beginning of an export its purchase order may have been made, by clocks
/// that differ.
const AROUND: TimeDelta = TimeDelta::minutes(15);

/// Failures in a row after which an order is set aside.
const ATTEMPTS_MOST: i64 = 12;

/// One buy order at work.
pub(super) struct Order {
    pub(super) context: Context,
    pub(super) id: BuyOrderId,
    /// The purchase order as it was just read or made; used once, by the step that follows.
    pub(super) fresh: Option<HeldOrder>,
    /// Whether it was compared since it was taken in hand.
    pub(super) compared: bool,
}

impl Order {
    pub(super) const fn new(context: Context, id: BuyOrderId) -> Self {
        Self {
            context,
            id,
            fresh: None,
            compared: false,
        }
    }

    /// Takes steps until it is settled, has to wait, or the turn is to stop. The end of its time
    /// slice only keeps others from being taken in hand: an order left half-way must be read again.
    pub(super) async fn go(mut self) -> Result<(), Halt> {
        loop {
            let turn = &self.context.turn;
            let work = turn
                .deps
                .store
                .export_work(turn.job.connection, self.id)
                .await?;
            let Some(work) = work else { return Ok(()) };
            if work.next_at > self.context.now() || turn.stop.is_cancelled() {
                return Ok(());
            }
            match self.step(&work).await {
                Ok(Flow::On) => {}
                Ok(Flow::Later) => return Ok(()),
                Err(Halt::Passing(error)) => {
                    self.put_off(&work).await?;
                    return Err(Halt::Passing(error));
                }
                Err(other) => return Err(other),
            }
        }
    }

    async fn step(&mut self, work: &ExportWork) -> Result<Flow, Halt> {
        if work.attempts >= ATTEMPTS_MOST {
            let detail = "It failed again and again. `stockbridge export` tries it again.";
            self.park(Reason::ExportRefused, detail).await?;
            return Ok(Flow::Later);
        }
        match (work.state, work.step, &work.intent) {
            (ExportState::Due, ..) => self.decide(work).await,
            (ExportState::Exported, ..) if work.look => self.review(work).await,
            (ExportState::Working, ExportStep::Drop, _) => self.discard(work).await,
            (ExportState::Working, step, Some(intent)) => match (step, work.purchase_order) {
                (ExportStep::Look, _) => self.look(work, intent).await,
                (ExportStep::Fill, Some(order)) => self.fill(work, intent, order).await,
                (ExportStep::Check, Some(order)) => self.check(work, intent, order).await,
                (ExportStep::Place, Some(order)) => self.place(work, intent, order).await,
                _ => Ok(Flow::Later),
            },
            _ => Ok(Flow::Later),
        }
    }

    /// Looks for the purchase order, and drafts it if there is none.
    async fn look(&mut self, work: &ExportWork, intent: &Intent) -> Result<Flow, Halt> {
        let source = &self.context.source;
        // What was made may lie before what is remembered as its beginning.
        let begun = work.begun_at.zip(self.context.ahead);
        let begun = begun.map(|(at, ahead)| at + ahead - AROUND);
        let mut found = match work.purchase_order {
            // One that we know and that a person may have archived meanwhile.
            Some(known) => source.purchase_order(known).await?.into_iter().collect(),
            None => {
                let to = (intent.vendor, intent.shop);
                source
                    .orders_by_reference(&intent.reference, to, begun)
                    .await?
            }
        };
        if work.purchase_order.is_some() && found.iter().all(|order| order.archived) {
            let detail = "Its purchase order was archived in Lightspeed before it was finished.";
            self.park(Reason::ExportArchivedThere, detail).await?;
            return Ok(Flow::Later);
        }
        found.retain(|order| !order.archived);
        found.sort_by_key(|order| order.id);
        alarms::duplicates(&self.context, self.id, &found).await?;
        if let Some(order) = found.into_iter().next() {
            self.go_to(&[ExportMove::Found(order.id)]).await?;
            self.fresh = Some(order);
            return Ok(Flow::On);
        }
        if let Some(flow) = self.not_seen(work.open.as_ref()).await? {
            return Ok(flow);
        }
        let write = OrderWrite::Make(intent);
        let made = self.send((ExportOp::Make, None), &[], &write).await?;
        self.settle(&made, |id| ExportMove::Made(OrderId(id)))
            .await?;
        if let Some(id) = made_id(&made) {
            // Nobody else knows of it yet, so it is as it was made.
            self.fresh = Some(HeldOrder {
                id: OrderId(id),
                reference: intent.reference.clone(),
                vendor: Some(intent.vendor),
                shop: Some(intent.shop),
                ordered: false,
                received: false,
                archived: false,
                lines: Vec::new(),
            });
        }
        Ok(Flow::On)
    }

    pub(super) async fn go_to(&self, moves: &[ExportMove<'_>]) -> Result<(), StoreError> {
        self.context.go(self.id, moves).await
    }

    pub(super) async fn park(&self, reason: Reason, detail: &str) -> Result<(), StoreError> {
        let retries = !matches!(
            reason,
            Reason::ExportRefused | Reason::ExportConflict | Reason::ExportArchivedThere
        );
        self.go_to(&[ExportMove::Park {
            reason,
            detail,
            retries,
        }])
        .await?;
        if reason == Reason::ExportConflict {
            alarms::conflict(&self.context, self.id, detail).await?;
        }
        Ok(())
    }

    /// A passing fault: it goes on later, further and further apart.
    async fn put_off(&self, work: &ExportWork) -> Result<(), StoreError> {
        let wait = backoff(work.attempts, &mut self.context.turn.deps.rng());
        let next_at = self.context.now() + wait;
        self.go_to(&[ExportMove::Wait {
            next_at,
            failed: true,
        }])
        .await
    }
}

/// What was made, if it was.
pub(super) const fn made_id(sent: &super::send::Sent) -> Option<i64> {
    match sent {
        super::send::Sent::Done(id) => Some(*id),
        _ => None,
    }
}
