//! The end of an order: placed, or its draft archived.

use super::echo;
use super::halt::Halt;
use super::order::{Flow, Order};
use super::send::Sent;
use connectors::lightspeed::OrderWrite;
use pipeline::Reason;
use pipeline::export::{Intent, amend};
use pipeline::id::OrderId;
use storage::{ExportMove, ExportOp, ExportStep, ExportWork};

impl Order {
    /// Sets the date of the order, last: only from then on it is ordered.
    pub(super) async fn place(
        &mut self,
        work: &ExportWork,
        intent: &Intent,
        order: OrderId,
    ) -> Result<Flow, Halt> {
        let echo = echo::of(work, intent)?;
        if let Some(open) = &work.open {
            let Some(held) = self.held(order).await? else {
                return Ok(Flow::Later);
            };
            if held.ordered {
                self.go_to(&[ExportMove::Placed(&echo)]).await?;
                return Ok(Flow::Later);
            }
            if let Some(flow) = self.not_seen(Some(open)).await? {
                return Ok(flow);
            }
            self.compared = false;
        }
        if !self.compared {
            // Time has passed since it was compared.
            self.go_to(&[ExportMove::Go(ExportStep::Check)]).await?;
            return Ok(Flow::On);
        }
        let write = OrderWrite::Place(order, &intent.ordered);
        let sent = self.send((ExportOp::Place, None), &[], &write).await?;
        self.settle(&sent, |_| ExportMove::Placed(&echo)).await?;
        Ok(Flow::On)
    }

    /// Archives a draft that cannot be finished.
    pub(super) async fn discard(&mut self, work: &ExportWork) -> Result<Flow, Halt> {
        let Some(order) = work.purchase_order else {
            self.go_to(&[ExportMove::Archived]).await?;
            return Ok(Flow::Later);
        };
        let held = self.context.source.purchase_order(order).await?;
        let Some(held) = held.filter(|held| !held.archived) else {
            self.go_to(&[ExportMove::Archived]).await?;
            return Ok(Flow::Later);
        };
        if let (Some(former), Some(intent)) = (&work.former, &work.intent) {
            // It was ordered, and deleted since: only if nobody has touched it there.
            if self
                .changed_there(&amend(former, intent, &held), order)
                .await?
            {
                return Ok(Flow::Later);
            }
        } else if held.ordered || held.received {
            let detail = format!(
                "Purchase order {order} should be archived, because {}, but somebody has placed it.",
                work.detail.as_deref().unwrap_or("it cannot be finished")
            );
            self.park(Reason::ExportConflict, &detail).await?;
            return Ok(Flow::Later);
        }
        if let Some(flow) = self.not_seen(work.open.as_ref()).await? {
            return Ok(flow);
        }
        let write = OrderWrite::Archive(order);
        match self.send((ExportOp::Archive, None), &[], &write).await? {
            Sent::Done(_) => self.go_to(&[ExportMove::Archived]).await?,
            Sent::Refused(said) => {
                let detail = format!("Purchase order {order} could not be archived ({said}).");
                self.park(Reason::ExportConflict, &detail).await?;
            }
            Sent::Gone(_) | Sent::Settled => {}
        }
        Ok(Flow::On)
    }
}
