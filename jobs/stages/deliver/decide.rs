//! What is to be done about a delivery: a function of what is desired and what is acknowledged.

use super::payload::{Missing, Names, line, payload, resource};
use chrono::{DateTime, TimeDelta, Utc};
use connectors::optiply::{Payload, PayloadError};
use pipeline::Reason;
use pipeline::deliver::{Desired, Entity, Key, TO_BE_MATCHED, receipts_of, stock_of};
use std::collections::{HashMap, HashSet};
use storage::{Decided, Link, Look, Op, Step};

/// How often a row is made again that somebody removes at Optiply.
const RECREATED_MOST: i64 = 1;

/// When a row is looked at again that cannot be told from one on its way.
const AFTER_TWIN: TimeDelta = TimeDelta::seconds(2);

/// When a row is looked at again that must learn first what Optiply calls another.
const AFTER_LEARNING: TimeDelta = TimeDelta::seconds(5);

/// What is to be done about a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// What becomes of it.
    pub(crate) decided: Decided,
    /// The order whose lines must be asked for first.
    pub(crate) learn: Option<Key>,
}

/// Decides on a delivery. `in_flight` are the keys of rows that are being made or may have been,
/// to which that of this one is added.
///
/// # Errors
/// When a stored payload cannot be read.
pub(crate) fn decide(
    look: &Look,
    links: &HashMap<Key, Link>,
    in_flight: &mut HashSet<String>,
    now: DateTime<Utc>,
) -> Result<Plan, PayloadError> {
    let mut judge = Judge {
        look,
        names: Names(links),
        links,
        now,
        learn: None,
        lines: Vec::new(),
    };
    let step = judge.step(in_flight)?;
    Ok(Plan {
        learn: judge.learn,
        decided: Decided {
            key: look.key.clone(),
            touched: look.touched,
            step,
            lines: judge.lines,
        },
    })
}

struct Judge<'a> {
    look: &'a Look,
    names: Names<'a>,
    links: &'a HashMap<Key, Link>,
    now: DateTime<Utc>,
    learn: Option<Key>,
    lines: Vec<Key>,
}

impl Judge<'_> {
    fn step(&mut self, in_flight: &mut HashSet<String>) -> Result<Step, PayloadError> {
        let look = self.look;
        let held = match &look.acknowledged {
            Some(text) => Some(Payload::from_json(resource(look.key.entity), text)?),
            None => None,
        };
        match (&look.desired, held) {
            (None, None) => Ok(Step::Forget),
            (None, Some(_)) => Ok(self.delete()),
            (Some(desired), None) => self.create(desired, in_flight),
            (Some(desired), Some(held)) => self.change(desired, &held),
        }
    }

    /// What somebody else must do first.
    fn wait(&mut self, missing: Missing) -> Result<Step, PayloadError> {
        match missing {
            Missing::Absent(key) => Ok(Step::Wait(key.to_string())),
            Missing::Unnamed(order) => Ok(self.learn(order)),
            Missing::Payload(error) => Err(error),
        }
    }

    fn learn(&mut self, order: Key) -> Step {
        self.learn = Some(order);
        Step::PutOff(self.now + AFTER_LEARNING)
    }

    fn delete(&mut self) -> Step {
        let key = &self.look.key;
        if let Some(order) = key.order() {
            // It went with its order.
            if !self.links.get(&order).is_some_and(|link| link.held) {
                return Step::Forget;
            }
            if self.look.remote_id.is_none() {
                return self.learn(order);
            }
        }
        Step::Send {
            op: Op::Delete,
            payload: String::new(),
            parts: Vec::new(),
            natural_key: None,
        }
    }

    fn create(
        &mut self,
        desired: &Desired,
        in_flight: &mut HashSet<String>,
    ) -> Result<Step, PayloadError> {
        let look = self.look;
        if let Some(detail) = &look.unmatched {
            return Ok(Step::Park {
                reason: Reason::SeveralInOptiply,
                detail: detail.clone(),
            });
        }
        if !desired.may_be_made() {
            return Ok(Step::Wait(stock_of(look.key.object)));
        }
        let payload = match self.wanted(desired) {
            Ok(payload) => payload,
            Err(missing) => return self.wait(missing),
        };
        // Only now: a match tells orders by what they name.
        if look.unseen.is_some_and(|at| desired.may_precede(at)) {
            return Ok(Step::Wait(TO_BE_MATCHED.to_owned()));
        }
        if look.recreated > RECREATED_MOST {
            return Ok(Step::Park {
                reason: Reason::RemovedInOptiply,
                detail: "it was removed from Optiply again after it had been made again".to_owned(),
            });
        }
        let natural_key = payload.natural_key();
        if !in_flight.insert(natural_key.clone()) {
            return Ok(Step::PutOff(self.now + AFTER_TWIN));
        }
        Ok(Step::Send {
            op: Op::Create,
            payload: payload.to_json(),
            parts: desired
                .lines()
                .into_iter()
                .map(|wish| wish.key.part)
                .collect(),
            natural_key: Some(natural_key),
        })
    }

    fn wanted(&self, desired: &Desired) -> Result<Payload, Missing> {
        let payload = payload(desired, &self.names)?;
        Ok(if self.look.without_emails {
            payload.without_emails()
        } else {
            payload
        })
    }

    fn change(&mut self, desired: &Desired, held: &Payload) -> Result<Step, PayloadError> {
        let look = self.look;
        let wanted = match self.wanted(desired) {
            Ok(wanted) => wanted.without_lines(),
            Err(missing) => return self.wait(missing),
        };
        let changes = wanted.changes_from(held);
        if !changes.moved.is_empty() {
            // What a row hangs on is never changed: it is deleted and made anew.
            return Ok(self.delete());
        }
        if let Some(id) = self.look.remote_id {
            match self.changed_lines(desired, id) {
                Ok(lines) => self.lines = lines,
                Err(missing) => return self.wait(missing),
            }
        }
        if !changes.patch.is_empty() {
            return Ok(match (self.look.remote_id, self.look.key.order()) {
                (None, Some(order)) => self.learn(order),
                _ => Step::Send {
                    op: Op::Patch,
                    payload: changes.patch.to_json(),
                    parts: Vec::new(),
                    natural_key: None,
                },
            });
        }
        if let Desired::BuyOrder(wish) = desired
            && wish.receipts_open
            && wish.order.completed.is_some()
        {
            return Ok(Step::Wait(receipts_of(look.key.object)));
        }
        let warning = (!changes.stuck.is_empty()).then(|| {
            format!(
                "Optiply keeps what it has for {}: it cannot be told that there is none any more",
                changes.stuck.join(", ")
            )
        });
        Ok(Step::Rest { warning })
    }

    /// The lines of an order that differ from what Optiply has acknowledged.
    fn changed_lines(&self, desired: &Desired, id: i64) -> Result<Vec<Key>, Missing> {
        if !matches!(self.look.key.entity, Entity::SellOrder | Entity::BuyOrder) {
            return Ok(Vec::new());
        }
        let mut held: HashMap<&Key, _> = self.look.lines.iter().map(|l| (&l.key, l)).collect();
        let mut changed = Vec::new();
        for wish in desired.lines() {
            let wanted = line(&wish.line, Some(id), &self.names)?;
            let known = held.remove(&wish.key);
            let acknowledged = known.and_then(|line| line.acknowledged.as_deref());
            if acknowledged != Some(wanted.to_json().as_str()) {
                changed.push(wish.key);
            }
        }
        changed.extend(held.into_keys().cloned());
        changed.sort_unstable();
        Ok(changed)
    }
}

#[cfg(test)]
mod tests;
