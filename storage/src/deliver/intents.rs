//! What was decided on the deliveries that were looked at, written before anything is sent.

use super::ledger::Deltas;
use super::rejected;
use super::relations::row;
use super::touches::{self, touch};
use super::work::key;
use crate::batch::json;
use crate::error::StoreError;
use crate::leases::Lease;
use crate::store::{Store, WriteTx};
use chrono::{DateTime, Utc};
use pipeline::Reason;
use pipeline::deliver::Key;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json as array};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use std::collections::HashSet;

/// A call that writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Make a row.
    Create,
    /// Change one.
    Patch,
    /// Delete one.
    Delete,
}

impl Op {
    /// The stored spelling.
    pub const fn name(self) -> &'static str {
        match self {
            Op::Create => "create",
            Op::Patch => "patch",
            Op::Delete => "delete",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Op> {
        [Op::Create, Op::Patch, Op::Delete]
            .into_iter()
            .find(|op| op.name() == name)
    }
}

/// What becomes of a delivery that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Optiply holds what it should.
    Rest {
        /// What it cannot be told, if there is such a thing.
        warning: Option<String>,
    },
    /// It should not be there and is not: nothing of it is kept.
    Forget,
    /// It waits for another delivery, or something else that is named.
    Wait(String),
    /// Its turn comes later.
    PutOff(DateTime<Utc>),
    /// A person must look at it.
    Park {
        /// Why.
        reason: Reason,
        /// What was found.
        detail: String,
    },
    /// A call. Its intent is committed before it is sent.
    Send {
        /// Which.
        op: Op,
        /// What is sent, as canonical JSON; empty for a delete.
        payload: String,
        /// Which lines it brings along, in the order of the payload.
        parts: Vec<String>,
        /// By what a row being made is found again.
        natural_key: Option<String>,
    },
}

/// What was decided on one delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Which.
    pub key: Key,
    /// The change up to which it was read.
    pub touched: i64,
    /// What becomes of it.
    pub step: Step,
    /// Of an order: its lines that must be looked at.
    pub lines: Vec<Key>,
}

const REST: &str = "
    UPDATE deliveries SET state = 'acknowledged', looked = touched,
        warning = coalesce(j.value ->> 4, iif(without_emails, warning, NULL)),
        waits_on = NULL, counted = iif(sent, 'acknowledged', 'unchanged')
    FROM json_each(?2) j
    WHERE deliveries.connection_id = ?1 AND deliveries.entity = j.value ->> 0
      AND deliveries.object_id = j.value ->> 1 AND deliveries.part = j.value ->> 2
      AND deliveries.state = 'pending' AND deliveries.touched = j.value ->> 3
    RETURNING deliveries.entity, deliveries.object_id, deliveries.part, deliveries.run_id,
              deliveries.counted, deliveries.reason";

const WAIT: &str = "
    UPDATE deliveries SET state = 'waiting', looked = touched, waits_on = j.value ->> 4
    FROM json_each(?2) j
    WHERE deliveries.connection_id = ?1 AND deliveries.entity = j.value ->> 0
      AND deliveries.object_id = j.value ->> 1 AND deliveries.part = j.value ->> 2
      AND deliveries.state = 'pending' AND deliveries.touched = j.value ->> 3
    RETURNING deliveries.entity, deliveries.object_id, deliveries.part, deliveries.run_id,
              deliveries.counted, deliveries.reason";

const PUT_OFF: &str = "
    UPDATE deliveries SET next_at = j.value ->> 4
    FROM json_each(?2) j
    WHERE deliveries.connection_id = ?1 AND deliveries.entity = j.value ->> 0
      AND deliveries.object_id = j.value ->> 1 AND deliveries.part = j.value ->> 2
      AND deliveries.state = 'pending' AND deliveries.touched = j.value ->> 3
    RETURNING deliveries.entity, deliveries.object_id, deliveries.part, deliveries.run_id,
              deliveries.counted, deliveries.reason";

const PARK: &str = "
    UPDATE deliveries SET state = 'parked', looked = touched, waits_on = NULL, counted = 'parked',
        reason = j.value ->> 4, detail = j.value ->> 5
    FROM json_each(?2) j
    WHERE deliveries.connection_id = ?1 AND deliveries.entity = j.value ->> 0
      AND deliveries.object_id = j.value ->> 1 AND deliveries.part = j.value ->> 2
      AND deliveries.state = 'pending' AND deliveries.touched = j.value ->> 3
    RETURNING deliveries.entity, deliveries.object_id, deliveries.part, deliveries.run_id,
              deliveries.counted, deliveries.reason";

const SEND: &str = "
    UPDATE deliveries SET state = 'sending', looked = touched, sent = 1, waits_on = NULL,
        op = j.value ->> 4, intent = j.value ->> 5, intent_parts = j.value ->> 6,
        natural_key = j.value ->> 7, intent_at = ?3, intent_server_at = ?4,
        doubt_since = NULL, empty_reads = 0
    FROM json_each(?2) j
    WHERE deliveries.connection_id = ?1 AND deliveries.entity = j.value ->> 0
      AND deliveries.object_id = j.value ->> 1 AND deliveries.part = j.value ->> 2
      AND deliveries.state = 'pending' AND deliveries.touched = j.value ->> 3
    RETURNING deliveries.entity, deliveries.object_id, deliveries.part, deliveries.run_id,
              deliveries.counted, deliveries.reason";

const FORGET: &str = "
    DELETE FROM deliveries
    WHERE connection_id = ?1 AND state = 'pending' AND (entity, object_id, part, touched) IN
          (SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?2))
    RETURNING entity, object_id, part, run_id, iif(sent, 'acknowledged', 'unchanged'), reason";

impl Store {
    /// Writes decisions down. Returns the deliveries whose calls may be sent now: those that
    /// nothing has touched since they were read. `server_now` is Optiply's time, if it is known.
    ///
    /// # Errors
    /// When the database fails or the lease has moved on.
    pub async fn commit_decisions(
        &self,
        lease: &Lease,
        decisions: &[Decided],
        server_now: Option<DateTime<Utc>>,
    ) -> Result<HashSet<Key>, StoreError> {
        let mut tx = self.write_as(lease).await?;
        let mut groups = Groups::default();
        for decision in decisions {
            groups.add(decision);
        }
        let Groups {
            rest,
            forget,
            wait,
            put_off,
            park,
            send,
        } = groups;
        let mut settled = Vec::new();
        settled.extend(apply(&mut tx, lease, REST, &rest).await?);
        settled.extend(apply(&mut tx, lease, FORGET, &forget).await?);
        settled.extend(apply(&mut tx, lease, PARK, &park).await?);
        apply(&mut tx, lease, WAIT, &wait).await?;
        apply(&mut tx, lease, PUT_OFF, &put_off).await?;
        let mut sent = HashSet::new();
        if !send.is_empty() {
            let rows = sqlx::query(SEND)
                .bind(lease.connection.0)
                .bind(json(&send))
                .bind(self.now_ms())
                .bind(server_now.map(|at| at.timestamp_millis()))
                .fetch_all(tx.conn())
                .await?;
            for row in &rows {
                sent.insert(key(row)?);
            }
        }
        credit(&mut tx, &settled).await?;
        touch_lines(&mut tx, lease, decisions).await?;
        let of = |is: fn(&Step) -> bool| -> Vec<Key> {
            let those = decisions.iter().filter(|decision| is(&decision.step));
            those.map(|decision| decision.key.clone()).collect()
        };
        let parked = of(|step| matches!(step, Step::Park { .. }));
        let fine = of(|step| matches!(step, Step::Rest { .. } | Step::Forget));
        let now = self.now_ms();
        rejected::note(&mut tx, lease.connection, &parked, now).await?;
        rejected::resolve(&mut tx, lease.connection, &fine, now).await?;
        tx.commit().await?;
        Ok(sent)
    }
}

/// Decisions by kind, as the statements take them.
#[derive(Default)]
struct Groups {
    rest: Vec<Value>,
    forget: Vec<Value>,
    wait: Vec<Value>,
    put_off: Vec<Value>,
    park: Vec<Value>,
    send: Vec<Value>,
}

impl Groups {
    fn add(&mut self, decision: &Decided) {
        let ((entity, object, part), touched) = (row(&decision.key), decision.touched);
        match &decision.step {
            Step::Rest { warning } => {
                self.rest
                    .push(array!([entity, object, part, touched, warning]));
            }
            Step::Forget => self.forget.push(array!([entity, object, part, touched])),
            Step::Wait(on) => self.wait.push(array!([entity, object, part, touched, on])),
            Step::PutOff(until) => {
                let until = until.timestamp_millis();
                self.put_off
                    .push(array!([entity, object, part, touched, until]));
            }
            Step::Park { reason, detail } => {
                let code = reason.code();
                self.park
                    .push(array!([entity, object, part, touched, code, detail]));
            }
            Step::Send {
                op,
                payload,
                parts,
                natural_key,
            } => {
                let parts = (!parts.is_empty()).then(|| json(parts));
                self.send.push(array!([
                    entity,
                    object,
                    part,
                    touched,
                    op.name(),
                    payload,
                    parts,
                    natural_key
                ]));
            }
        }
    }
}

async fn apply(
    tx: &mut WriteTx,
    lease: &Lease,
    sql: &'static str,
    rows: &[Value],
) -> Result<Vec<SqliteRow>, StoreError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    Ok(sqlx::query(sql)
        .bind(lease.connection.0)
        .bind(json(rows))
        .fetch_all(tx.conn())
        .await?)
}

/// Credits the run of each row with what it was counted as: entity, object, part, run, outcome and
/// reason.
pub(super) async fn credit(tx: &mut WriteTx, rows: &[SqliteRow]) -> Result<(), StoreError> {
    let mut deltas = Deltas::default();
    for row in rows {
        let (entity, outcome): (String, String) = (row.try_get(0)?, row.try_get(4)?);
        if outcome.is_empty() {
            continue;
        }
        let reason: Option<String> = row.try_get(5)?;
        let reason = reason.filter(|_| outcome == "parked").unwrap_or_default();
        deltas.add(row.try_get(3)?, &entity, &outcome, &reason, 1);
    }
    deltas.write(tx.conn()).await
}

/// The lines of orders that were looked at have their own turn, for the run of their order.
async fn touch_lines(
    tx: &mut WriteTx,
    lease: &Lease,
    decisions: &[Decided],
) -> Result<(), StoreError> {
    let orders: Vec<_> = decisions
        .iter()
        .filter(|decision| !decision.lines.is_empty())
        .map(|decision| row(&decision.key))
        .collect();
    if orders.is_empty() {
        return Ok(());
    }
    let rows = sqlx::query(
        "SELECT d.entity, d.object_id, d.part, d.rank, d.run_id FROM json_each(?2) j
         JOIN deliveries d ON d.connection_id = ?1 AND d.entity = j.value ->> 0
             AND d.object_id = j.value ->> 1 AND d.part = j.value ->> 2",
    )
    .bind(lease.connection.0)
    .bind(json(&orders))
    .fetch_all(tx.conn())
    .await?;
    let mut of_order = std::collections::HashMap::new();
    for row in &rows {
        let place: (i64, i64) = (row.try_get(3)?, row.try_get(4)?);
        of_order.insert(key(row)?, place);
    }
    let mut touched = Vec::new();
    for decision in decisions {
        if let Some((rank, run)) = of_order.get(&decision.key) {
            let lines = decision.lines.iter().cloned();
            touched.extend(lines.map(|line| touch(line, *rank, *run)));
        }
    }
    touches::write(tx, lease.connection, &touched).await
}
