//! One call that writes, and what came of it.

use super::payload::{lines_of, resource};
use super::{StageError, parse};
use chrono::{DateTime, TimeDelta, Utc};
use connectors::optiply::{Effect, Lane, Optiply, OptiplyError, Payload, Resource, Stored};
use pipeline::deliver::{Entity, Key};
use pipeline::{Class, Reason};
use std::time::Duration;
use storage::{Ack, AckLine, DeliveryOutcome as Outcome, Look, Op};

/// When something is tried again of which Optiply fails whenever it is sent.
pub(super) const TRY_AGAIN: TimeDelta = TimeDelta::hours(1);

/// Failures in a row after which the fault is taken to lie in what is sent.
pub(super) const FAILURES_MOST: i64 = 8;

/// A call that was decided on.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) key: Key,
    pub(super) op: Op,
    pub(super) payload: Payload,
    /// The lines it brings along.
    pub(super) parts: Vec<String>,
    pub(super) remote_id: Option<i64>,
    /// What Optiply has acknowledged so far.
    pub(super) acknowledged: Option<Payload>,
    /// What it names: each with what Optiply calls it.
    pub(super) parents: Vec<(Key, i64)>,
    pub(super) attempts: i64,
}

impl Call {
    /// The call that was decided on for a delivery: which, what is sent, and the lines it brings.
    pub(super) fn of(
        look: &Look,
        (op, payload, parts): (Op, &str, &[String]),
        parents: Vec<(Key, i64)>,
    ) -> Result<Self, StageError> {
        let kind = resource(look.key.entity);
        let text = if payload.is_empty() { "{}" } else { payload };
        let acknowledged = match &look.acknowledged {
            Some(text) => Some(parse(kind, text)?),
            None => None,
        };
        Ok(Self {
            key: look.key.clone(),
            op,
            payload: parse(kind, text)?,
            parts: parts.to_vec(),
            remote_id: look.remote_id,
            acknowledged,
            parents,
            attempts: look.attempts,
        })
    }
}

/// What came of a call.
#[derive(Debug)]
pub(super) struct Came {
    pub(super) outcome: Outcome,
    /// What it names that Optiply has lost.
    pub(super) lost: Vec<Key>,
    /// A fault that concerns every other call too.
    pub(super) fatal: Option<OptiplyError>,
    /// Whether the server answered at all.
    pub(super) trouble: bool,
}

impl From<Outcome> for Came {
    fn from(outcome: Outcome) -> Self {
        Self {
            outcome,
            lost: Vec::new(),
            fatal: None,
            trouble: false,
        }
    }
}

/// What a call is made with.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) client: Optiply,
    /// How long Optiply may take to show a row.
    pub(super) settle: Duration,
    pub(super) clock: std::sync::Arc<dyn pipeline::Clock>,
}

impl Line {
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// A part of the settle delay from now.
    pub(super) fn soon(&self) -> DateTime<Utc> {
        self.now() + self.settle / 10
    }

    /// Sends a call.
    pub(super) async fn send(&self, call: &Call) -> Came {
        let sent = match call.op {
            Op::Create => self.create(call).await,
            Op::Patch => self.patch(call).await,
            Op::Delete => self.delete(call).await,
        };
        match sent {
            Ok(came) => came,
            Err(error) => self.failed(call, error).await,
        }
    }

    async fn create(&self, call: &Call) -> Result<Came, OptiplyError> {
        let made = self.client.create(&call.payload).await?;
        let keys = line_keys(&call.key, &call.parts);
        let lines = lines_of(&call.payload, made.row.id)?
            .into_iter()
            .zip(keys)
            .map(|(line, key)| AckLine {
                key,
                remote_id: None,
                acknowledged: Some(line.to_json()),
            })
            .collect();
        let sent = call.payload.clone().without_lines();
        let ack = acknowledge(&made.row, sent.clone(), &sent, lines);
        Ok(Outcome::Acknowledged(ack).into())
    }

    async fn patch(&self, call: &Call) -> Result<Came, OptiplyError> {
        let Some(id) = call.remote_id else {
            return Ok(self.not_sent());
        };
        let mut client = self.client.clone();
        if call.payload.tells_stock() {
            client = client.in_lane(Lane::Ahead);
        }
        let written = client.patch(id, &call.payload).await?;
        let uuid = written.row.and_then(|row| row.uuid);
        Ok(Outcome::Acknowledged(patched(call, id, uuid)).into())
    }

    async fn delete(&self, call: &Call) -> Result<Came, OptiplyError> {
        let Some(id) = call.remote_id else {
            return Ok(self.not_sent());
        };
        self.client.delete(resource(call.key.entity), id).await?;
        Ok(Outcome::Deleted.into())
    }

    fn not_sent(&self) -> Came {
        Outcome::NotDone {
            next_at: self.now(),
            failed: false,
        }
        .into()
    }

    /// What an error leaves behind.
    async fn failed(&self, call: &Call, error: OptiplyError) -> Came {
        let said = error.to_string();
        match (error.effect(), &error) {
            (Effect::Unknown, _) => Came {
                trouble: true,
                ..self.doubtful(None).into()
            },
            (Effect::Partial, _) => self.doubtful(Some(said)).into(),
            (Effect::Nothing, OptiplyError::Gone { .. }) if call.op == Op::Patch => {
                Outcome::Lost.into()
            }
            (Effect::Nothing, OptiplyError::InvalidEmail { message }) => Outcome::WithoutEmails {
                warning: format!("sent without its addresses: {message}"),
            }
            .into(),
            (Effect::Nothing, OptiplyError::Conflict { .. }) if call.op == Op::Create => {
                self.conflict(call).await
            }
            (
                Effect::Nothing,
                OptiplyError::Invalid { .. }
                | OptiplyError::Gone { .. }
                | OptiplyError::Refused { .. }
                | OptiplyError::Conflict { .. },
            ) => self.refused(call, said).await,
            // Nothing was sent, and nothing else could be.
            (Effect::Nothing, _) => Came {
                fatal: Some(error),
                ..self.not_sent()
            },
        }
    }

    fn doubtful(&self, refused: Option<String>) -> Outcome {
        Outcome::Doubtful {
            next_at: self.soon(),
            since: self.client.server_now(),
            empty_reads: 0,
            refused,
        }
    }

    /// Values were refused: perhaps because something they name is gone.
    pub(super) async fn refused(&self, call: &Call, said: String) -> Came {
        let mut lost = Vec::new();
        if call.op == Op::Create {
            for (key, id) in &call.parents {
                match self.client.get(resource(key.entity), *id).await {
                    Ok(Some(_)) => {}
                    Ok(None) => lost.push(key.clone()),
                    Err(_) => return self.again(call),
                }
            }
        }
        match lost.first() {
            Some(first) => Came {
                outcome: Outcome::Waits(first.clone()),
                lost,
                fatal: None,
                trouble: false,
            },
            None => Outcome::Parked {
                reason: Reason::RefusedByOptiply,
                detail: said,
                next_at: None,
            }
            .into(),
        }
    }

    /// Nothing was done; what fails again and again is set aside.
    pub(super) fn again(&self, call: &Call) -> Came {
        if call.attempts + 1 >= FAILURES_MOST {
            return Outcome::Parked {
                reason: Reason::OptiplyFails,
                detail: format!("failed {FAILURES_MOST} times in a row"),
                next_at: Some(self.now() + TRY_AGAIN),
            }
            .into();
        }
        Outcome::NotDone {
            next_at: self.now(),
            failed: true,
        }
        .into()
    }

    /// Optiply has a row for these two: it is looked up and taken over.
    async fn conflict(&self, call: &Call) -> Came {
        let found = match call.payload.find_made(None) {
            Ok(find) => self.client.find(find, 10).await,
            Err(error) => Err(error.into()),
        };
        match found {
            Ok(rows) => match rows.first() {
                Some(row) => adopt(call, row, Vec::new()).into(),
                None => Outcome::Parked {
                    reason: Reason::PairTaken,
                    detail: "Optiply refuses a second row for these two and shows none".to_owned(),
                    next_at: None,
                }
                .into(),
            },
            Err(error) if matches!(error.class(), Class::Fail) => Outcome::Parked {
                reason: Reason::PairTaken,
                detail: error.to_string(),
                next_at: None,
            }
            .into(),
            Err(_) => self.again(call),
        }
    }
}

/// The lines that an order brings along.
pub(super) fn line_keys(order: &Key, parts: &[String]) -> Vec<Key> {
    let entity = order.entity.line().unwrap_or(Entity::SellOrderLine);
    parts
        .iter()
        .map(|part| Key::new(entity, order.object, part.as_str()))
        .collect()
}

/// A row that is ours from now on although nobody told us that we made it.
pub(super) fn adopt(call: &Call, row: &Stored, lines: Vec<AckLine>) -> Outcome {
    let sent = call.payload.clone().without_lines();
    let ours = sent.clone().for_adoption();
    Outcome::Acknowledged(acknowledge(row, sent, &ours, lines))
}

/// What a row shows otherwise than it was sent is not acknowledged, and sent once more.
fn acknowledge(row: &Stored, sent: Payload, compared: &Payload, lines: Vec<AckLine>) -> Ack {
    let differs = match row.payload() {
        Ok(shown) => compared.differing_from(&shown),
        Err(_) => Payload::empty(sent.resource()),
    };
    Ack {
        remote_id: row.id,
        uuid: row.uuid.clone(),
        again: !differs.is_empty() || may_lack_completion(&sent),
        acknowledged: sent.without(&differs).to_json(),
        lines,
        warning: None,
    }
}

/// A row after a change was acknowledged.
pub(super) fn patched(call: &Call, id: i64, uuid: Option<String>) -> Ack {
    let before = call
        .acknowledged
        .clone()
        .unwrap_or_else(|| Payload::empty(call.payload.resource()));
    Ack {
        remote_id: id,
        uuid,
        acknowledged: before.patched(&call.payload).to_json(),
        lines: Vec::new(),
        again: may_lack_completion(&call.payload),
        warning: None,
    }
}

/// A buy order may have been sent without its completion, which comes after its receipts: it is
/// looked at once more.
fn may_lack_completion(sent: &Payload) -> bool {
    sent.resource() == Resource::BuyOrders && sent.value("completed").is_none()
}
