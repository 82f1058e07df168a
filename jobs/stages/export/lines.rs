//! The lines of a draft: what is missing is added, one by one; copies of our own are taken off.

use super::amend::pairs;
use super::echo;
use super::halt::Halt;
use super::order::{Flow, Order};
use super::send::Sent;
use connectors::lightspeed::OrderWrite;
use pipeline::Reason;
use pipeline::export::{Comparison, HeldOrder, Intent, amend, compare};
use pipeline::id::{ItemId, OrderId, OrderLineId};
use storage::{ExportMove, ExportOp, ExportStep, ExportWork};

/// Why not all lines were written.
pub(super) enum Stop {
    /// The step ends here.
    With(Flow),
    /// Lightspeed refuses one for good.
    Refused(String),
}

impl Order {
    /// Brings the lines of the draft to what is to be ordered.
    pub(super) async fn fill(
        &mut self,
        work: &ExportWork,
        intent: &Intent,
        order: OrderId,
    ) -> Result<Flow, Halt> {
        if let Some(former) = &work.former {
            return self.refill(work, (former, intent), order).await;
        }
        let Some(held) = self.held(order).await? else {
            return Ok(Flow::Later);
        };
        let found = compare(intent, &held);
        if self.set_aside(&found, &held).await? {
            return Ok(Flow::Later);
        }
        let there = pairs(&found.there);
        if let Some(flow) = self.look_for(work, &there).await? {
            return Ok(flow);
        }
        if let Some(stop) = self.take_off(&found.surplus).await? {
            return self.given_up(stop).await;
        }
        let missing = found.missing.iter();
        let missing =
            missing.filter_map(|item| intent.lines.iter().find(|line| line.item == *item));
        let writes: Vec<_> = missing
            .map(|line| (line.item, OrderWrite::AddLine(order, line)))
            .collect();
        let mut known = match self.write_lines(&there, &writes).await? {
            Ok(known) => known,
            Err(stop) => return self.given_up(stop).await,
        };
        known.push(ExportMove::Go(ExportStep::Check));
        self.go_to(&known).await?;
        Ok(Flow::On)
    }

    /// A draft of which a line is refused cannot be finished.
    async fn given_up(&self, stop: Stop) -> Result<Flow, Halt> {
        match stop {
            Stop::With(flow) => Ok(flow),
            Stop::Refused(said) => {
                self.give_up(&said).await?;
                Ok(Flow::On)
            }
        }
    }

    /// Settles the call in doubt by the lines that are there. Tells whether to wait.
    pub(super) async fn look_for(
        &self,
        work: &ExportWork,
        there: &[(ItemId, OrderLineId)],
    ) -> Result<Option<Flow>, Halt> {
        let Some(open) = &work.open else {
            return Ok(None);
        };
        let seen = open.op != ExportOp::Line
            || open
                .item
                .is_some_and(|item| there.iter().any(|(known, _)| *known == item));
        if !seen {
            return Ok(self.not_seen(Some(open)).await?);
        }
        let known = [ExportMove::There(there), ExportMove::Go(ExportStep::Fill)];
        self.go_to(&known).await?;
        Ok(None)
    }

    /// Takes lines off, one by one. Tells why it stopped before the last.
    pub(super) async fn take_off(&self, lines: &[OrderLineId]) -> Result<Option<Stop>, Halt> {
        for line in lines {
            if self.context.turn.stop.is_cancelled() {
                return Ok(Some(Stop::With(Flow::Later)));
            }
            let write = OrderWrite::RemoveLine(*line);
            match self.send((ExportOp::Remove, None), &[], &write).await? {
                // Gone is as good as taken off, and written down as not done already.
                Sent::Gone(_) => {}
                Sent::Done(_) => self.go_to(&[ExportMove::Removed]).await?,
                Sent::Refused(said) => return Ok(Some(Stop::Refused(said))),
                Sent::Settled => return Ok(Some(Stop::With(Flow::On))),
            }
        }
        Ok(None)
    }

    /// Writes lines, one by one. Returns what is still to be written down of them, or why it stopped
    /// before the last.
    pub(super) async fn write_lines<'m>(
        &self,
        there: &'m [(ItemId, OrderLineId)],
        writes: &[(ItemId, OrderWrite<'_>)],
    ) -> Result<Result<Vec<ExportMove<'m>>, Stop>, Halt> {
        let mut known = vec![ExportMove::There(there)];
        for (item, write) in writes {
            if self.context.turn.stop.is_cancelled() {
                self.go_to(&known).await?;
                return Ok(Err(Stop::With(Flow::Later)));
            }
            // What came of the line before is written down with the intent of this one.
            match self
                .send((ExportOp::Line, Some(*item)), &known, write)
                .await?
            {
                Sent::Done(id) => known = vec![ExportMove::Line(*item, OrderLineId(id))],
                Sent::Gone(said) | Sent::Refused(said) => return Ok(Err(Stop::Refused(said))),
                Sent::Settled => return Ok(Err(Stop::With(Flow::On))),
            }
        }
        Ok(Ok(known))
    }

    /// Reads the draft back and compares: it is placed only if it is whole.
    pub(super) async fn check(
        &mut self,
        work: &ExportWork,
        intent: &Intent,
        order: OrderId,
    ) -> Result<Flow, Halt> {
        self.fresh = None;
        let Some(held) = self.held(order).await? else {
            return Ok(Flow::Later);
        };
        let (there, whole) = match &work.former {
            Some(former) => {
                let found = amend(former, intent, &held);
                if self.changed_there(&found, order).await? {
                    return Ok(Flow::Later);
                }
                (pairs(&found.there), found.is_whole())
            }
            None => {
                let found = compare(intent, &held);
                if self.set_aside(&found, &held).await? {
                    return Ok(Flow::Later);
                }
                (pairs(&found.there), found.is_whole())
            }
        };
        let echo = echo::of(work, intent)?;
        let mut moves = vec![ExportMove::There(&there)];
        if !whole {
            // A line that is lost again and again must not be added for ever.
            moves.extend([
                ExportMove::Go(ExportStep::Fill),
                ExportMove::Wait {
                    next_at: self.context.now(),
                    failed: true,
                },
            ]);
            self.fresh = Some(held);
        } else if held.ordered {
            moves.push(ExportMove::Placed(&echo));
        } else {
            moves.push(ExportMove::Go(ExportStep::Place));
            self.compared = true;
        }
        self.go_to(&moves).await?;
        Ok(Flow::On)
    }

    /// The purchase order as it is now; none when a person must look at it first.
    pub(super) async fn held(&mut self, order: OrderId) -> Result<Option<HeldOrder>, Halt> {
        let held = match self.fresh.take() {
            Some(held) if held.id == order => Some(held),
            _ => self.context.source.purchase_order(order).await?,
        };
        match held {
            Some(held) if !held.archived => Ok(Some(held)),
            Some(_) => {
                let detail = format!("Purchase order {order} was archived before it was finished.");
                self.park(Reason::ExportArchivedThere, &detail).await?;
                Ok(None)
            }
            None => {
                let detail = format!("Purchase order {order} is not in Lightspeed any more.");
                self.park(Reason::ExportConflict, &detail).await?;
                Ok(None)
            }
        }
    }

    /// Parks an order that somebody else changed. Only copies of our own lines in a draft are ours
    /// to take off.
    async fn set_aside(&self, found: &Comparison, held: &HeldOrder) -> Result<bool, Halt> {
        let mut strange = found.strange.clone();
        if held.ordered && !found.surplus.is_empty() {
            strange.push("it was placed with a line more than once".to_owned());
        }
        if held.ordered && !found.missing.is_empty() {
            strange.push("it was placed before all its lines were there".to_owned());
        }
        if strange.is_empty() {
            return Ok(false);
        }
        let detail = format!(
            "Purchase order {} differs from the buy order: {}.",
            held.id,
            strange.join("; ")
        );
        self.park(Reason::ExportConflict, &detail).await?;
        Ok(true)
    }
}
