//! A buy order is read and decided on.

use super::halt::Halt;
use super::order::{Flow, Order};
use super::read;
use pipeline::export::{Decision, NotWanted, decide, wanted};
use storage::{ExportMove, ExportWork};

impl Order {
    /// Reads the buy order as it is now and decides what is to be ordered.
    pub(super) async fn decide(&mut self, work: &ExportWork) -> Result<Flow, Halt> {
        let (turn, target) = (&self.context.turn, &self.context.target);
        let (store, connection) = (&turn.deps.store, turn.job.connection);
        let Some(order) = read::candidate(target, self.id).await? else {
            return self.leave(work, "It was deleted in Optiply.").await;
        };
        let (_, since) = store.export_mark(connection).await?;
        if let Err(why) = wanted(&order, since) {
            let why = match why {
                NotWanted::FromApi => "It was made through Optiply's API.",
                NotWanted::Completed => "It was completed in Optiply.",
                NotWanted::Assembly => "It is a production order.",
                NotWanted::BeforeStart => "It was made before export-since.",
            };
            return self.leave(work, why).await;
        }
        let facts = store.export_facts(connection, &order).await?;
        match decide(&order, &facts) {
            Decision::Order(intent) => {
                self.go_to(&[ExportMove::Freeze(&intent, &order)]).await?;
                Ok(Flow::On)
            }
            Decision::Park(parking) => {
                self.park(parking.reason, &parking.detail).await?;
                Ok(Flow::Later)
            }
        }
    }

    /// It is not to be ordered any more: a draft that was begun is archived.
    async fn leave(&self, work: &ExportWork, why: &str) -> Result<Flow, Halt> {
        if work.purchase_order.is_some() {
            let (reason, detail) = (None, why);
            self.go_to(&[ExportMove::Drop { reason, detail }]).await?;
            return Ok(Flow::On);
        }
        self.go_to(&[ExportMove::Leave(why)]).await?;
        Ok(Flow::Later)
    }
}
