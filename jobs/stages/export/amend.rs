//! A buy order that was ordered and then changed or deleted in Optiply. Where its purchase order
//! stands as it was ordered, it follows; else a person must settle it (`mapping.md` 11.3).

use super::halt::Halt;
use super::lines::Stop;
use super::order::{Flow, Order};
use super::read;
use connectors::lightspeed::OrderWrite;
use connectors::optiply::{BuyOrderLine, OptiplyError, Payload, Resource};
use pipeline::Reason;
use pipeline::export::{Amendment, Candidate, Decision, Intent, amend, decide};
use pipeline::id::{ItemId, OrderId, OrderLineId};
use pipeline::money::cents;
use std::collections::BTreeMap;
use storage::{ExportMove, ExportStep, ExportWork, ToldLines};

/// More missing buy orders than this, and more than one in so many, are not taken for deleted.
const MISSING_MOST: i64 = 3;
const MISSING_SHARE: i64 = 5;

impl Order {
    /// Reads a buy order that was ordered, and begins to bring its purchase order to what a planner
    /// made of it since.
    pub(super) async fn review(&mut self, work: &ExportWork) -> Result<Flow, Halt> {
        let (turn, target) = (&self.context.turn, &self.context.target);
        let (store, connection) = (&turn.deps.store, turn.job.connection);
        let (Some(former), Some(order)) = (&work.intent, work.purchase_order) else {
            return self.reviewed(None).await;
        };
        let Some(now) = read::candidate(target, self.id).await? else {
            return self.gone(former, order).await;
        };
        let Some(told) = store.export_told(connection, self.id).await? else {
            let moves = [ExportMove::Reviewed {
                conflict: None,
                again: true,
            }];
            self.go_to(&moves).await?;
            return Ok(Flow::Later);
        };
        let before = work.candidate.as_ref();
        let same = match before {
            Some(before) => is_same(before, &told, &now)?,
            None => true,
        };
        if now.completed || same {
            return self.reviewed(None).await;
        }
        if before.is_some_and(|before| before.supplier != now.supplier) {
            return self.reviewed(Some("its supplier was changed")).await;
        }
        let intent = match decide(&now, &store.export_facts(connection, &now).await?) {
            Decision::Park(parking) => return self.reviewed(Some(&parking.detail)).await,
            // Where it goes, from whom and for when was settled when it was placed.
            Decision::Order(intent) => Intent {
                lines: intent.lines,
                ..former.clone()
            },
        };
        let held = self.context.source.purchase_order(order).await?;
        let Some(held) = held.filter(|held| !held.archived) else {
            let why = "its purchase order was archived in Lightspeed";
            return self.reviewed(Some(why)).await;
        };
        let found = amend(former, &intent, &held);
        if !found.strange.is_empty() {
            return self.reviewed(Some(&found.strange.join("; "))).await;
        }
        let moves = [ExportMove::Amend {
            former,
            now: &intent,
            candidate: &now,
        }];
        self.go_to(&moves).await?;
        self.fresh = Some(held);
        Ok(Flow::On)
    }

    /// It is not in Optiply any more. One that was deleted takes its purchase order along; but when
    /// many are missing at once, an account that shows too little is likelier than so many deletions.
    async fn gone(&self, former: &Intent, order: OrderId) -> Result<Flow, Halt> {
        let (store, connection) = (
            &self.context.turn.deps.store,
            self.context.turn.job.connection,
        );
        let (missing, open) = store.exports_unseen(connection).await?;
        if missing > MISSING_MOST && missing * MISSING_SHARE > open {
            let held = self.context.source.purchase_order(order).await?;
            if held.is_some_and(|held| !held.archived) {
                let detail = format!(
                    "Optiply does not show it any more, like {missing} of {open} buy orders whose \
                     purchase orders are open; nothing was archived. If they were deleted, archive \
                     purchase order {order} in Lightspeed."
                );
                let moves = [ExportMove::Reviewed {
                    conflict: Some(&detail),
                    again: true,
                }];
                self.go_to(&moves).await?;
                super::alarms::conflict(&self.context, self.id, &detail).await?;
                return Ok(Flow::Later);
            }
        }
        let detail = "it was deleted in Optiply";
        self.go_to(&[ExportMove::Withdraw { former, detail }])
            .await?;
        Ok(Flow::On)
    }

    /// Nothing is to be done, or nothing can be done without a person.
    async fn reviewed(&self, conflict: Option<&str>) -> Result<Flow, Halt> {
        let told = conflict.map(|what| {
            format!(
                "It was changed in Optiply after it was ordered, which is not carried on: {what}."
            )
        });
        let conflict = told.as_deref();
        let moves = [ExportMove::Reviewed {
            conflict,
            again: false,
        }];
        self.go_to(&moves).await?;
        if let Some(detail) = conflict {
            super::alarms::conflict(&self.context, self.id, detail).await?;
        }
        Ok(Flow::Later)
    }

    /// Brings the lines of a placed order to what is to be ordered now.
    pub(super) async fn refill(
        &mut self,
        work: &ExportWork,
        (former, intent): (&Intent, &Intent),
        order: OrderId,
    ) -> Result<Flow, Halt> {
        let Some(held) = self.held(order).await? else {
            return Ok(Flow::Later);
        };
        let found = amend(former, intent, &held);
        if self.changed_there(&found, order).await? {
            return Ok(Flow::Later);
        }
        let there = pairs(&found.there);
        if let Some(flow) = self.look_for(work, &there).await? {
            return Ok(flow);
        }
        let wish = |item: &ItemId| intent.lines.iter().find(|wish| wish.item == *item);
        let changes = found.change.iter().filter_map(|(item, line)| {
            let write = OrderWrite::ChangeLine(*line, wish(item)?);
            Some((*item, write))
        });
        let additions = found.add.iter().filter_map(|item| {
            let write = OrderWrite::AddLine(order, wish(item)?);
            Some((*item, write))
        });
        let writes: Vec<_> = changes.chain(additions).collect();
        let known = match self.write_lines(&there, &writes).await? {
            Ok(known) => known,
            Err(stop) => return self.left(stop).await,
        };
        self.go_to(&known).await?;
        if let Some(stop) = self.take_off(&found.remove).await? {
            return self.left(stop).await;
        }
        self.go_to(&[ExportMove::Go(ExportStep::Check)]).await?;
        Ok(Flow::On)
    }

    /// Parks an order of which a person did something in Lightspeed while it was to be changed.
    pub(super) async fn changed_there(
        &self,
        found: &Amendment,
        order: OrderId,
    ) -> Result<bool, Halt> {
        if found.strange.is_empty() {
            return Ok(false);
        }
        let detail = format!(
            "The buy order was changed in Optiply after it was ordered, and purchase order {order} \
             in Lightspeed: {}.",
            found.strange.join("; ")
        );
        self.park(Reason::ExportConflict, &detail).await?;
        Ok(true)
    }

    /// A placed order of which a change is refused is left to a person.
    async fn left(&self, stop: Stop) -> Result<Flow, Halt> {
        let said = match stop {
            Stop::With(flow) => return Ok(flow),
            Stop::Refused(said) => said,
        };
        let detail = format!(
            "The buy order was changed in Optiply after it was ordered, and Lightspeed refuses that \
             change ({said})."
        );
        self.park(Reason::ExportConflict, &detail).await?;
        Ok(Flow::Later)
    }
}

pub(super) fn pairs(there: &BTreeMap<ItemId, OrderLineId>) -> Vec<(ItemId, OrderLineId)> {
    there.iter().map(|(item, line)| (*item, *line)).collect()
}

/// Whether Optiply shows what was ordered, apart from what it was told since.
fn is_same(before: &Candidate, told: &ToldLines, now: &Candidate) -> Result<bool, OptiplyError> {
    let facts = |order: &Candidate| -> BTreeMap<i64, (i64, i64, String)> {
        let lines = order.lines.iter();
        lines
            .map(|line| {
                (
                    line.id,
                    (line.product, line.quantity, cents(line.value).to_string()),
                )
            })
            .collect()
    };
    let mut expected = facts(before);
    for (line, text) in told {
        if let Some((_, quantity, value)) = expected.get_mut(line) {
            let told: BuyOrderLine = Payload::from_json(Resource::BuyOrderLines, text)?.read()?;
            *quantity = told.quantity.unwrap_or(*quantity);
            if let Some(told) = told.subtotal_value {
                *value = cents(told).to_string();
            }
        }
    }
    Ok(before.supplier == now.supplier && expected == facts(now))
}
