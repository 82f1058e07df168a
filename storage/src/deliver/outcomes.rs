//! What came of calls, written after them.

use super::intents::credit;
use super::relations::row;
use super::work::key;
use super::{cascade, rejected};
use crate::batch::json;
use crate::error::StoreError;
use crate::leases::Lease;
use crate::store::{Store, WriteTx};
use chrono::{DateTime, Utc};
use pipeline::Reason;
use pipeline::deliver::Key;
use serde_json::{Value, json as array};
use sqlx::sqlite::SqliteRow;

/// What Optiply holds of a delivery, by its own word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ack {
    /// What Optiply calls it.
    pub remote_id: i64,
    /// Its other name.
    pub uuid: Option<String>,
    /// The attributes that are acknowledged, as canonical JSON.
    pub acknowledged: String,
    /// The lines that came with an order.
    pub lines: Vec<AckLine>,
    /// Whether more of it must be sent: Optiply did not take everything.
    pub again: bool,
    /// What a person should know.
    pub warning: Option<String>,
}

/// A line that came with its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AckLine {
    /// What we call it.
    pub key: Key,
    /// What Optiply calls it; the answer to an order does not tell.
    pub remote_id: Option<i64>,
    /// The attributes that are acknowledged; none for a line that is still to be made.
    pub acknowledged: Option<String>,
}

/// What came of a call, or of looking for what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Acknowledged(Ack),
    /// It is deleted, and whatever hung on it.
    Deleted,
    /// Optiply had lost it: what is known of it is forgotten, and it is made again.
    Lost,
    /// Nobody knows. It is looked for from then on.
    Doubtful {
        /// When.
        next_at: DateTime<Utc>,
        /// Optiply's time since which nobody can be sending it, if it is known.
        since: Option<DateTime<Utc>>,
        /// Reads after the settle delay that did not show it.
        empty_reads: i64,
        /// What Optiply said when it refused it without saying that nothing was done.
        refused: Option<String>,
    },
    /// Nothing happened: its turn comes again.
    NotDone {
        /// When.
        next_at: DateTime<Utc>,
        /// Whether that was a failure of its own.
        failed: bool,
    },
    /// Its addresses are refused: it is sent again without them.
    WithoutEmails {
        /// What Optiply said.
        warning: String,
    },
    /// It waits for another delivery.
    Waits(Key),
    /// A person must look at it.
    Parked {
        /// Why.
        reason: Reason,
        /// What Optiply said.
        detail: String,
        /// When it is tried again by itself, if it is.
        next_at: Option<DateTime<Utc>>,
    },
}

/// A delivery and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Which.
    pub key: Key,
    /// What came of it.
    pub outcome: Outcome,
}

const ACKNOWLEDGE: &str = "
    UPDATE deliveries SET state = iif(touched > looked OR j.value ->> 6, 'pending', 'acknowledged'),
        counted = iif(touched > looked OR j.value ->> 6, '', 'acknowledged'),
        remote_id = j.value ->> 3, uuid = coalesce(j.value ->> 4, uuid),
        acknowledged = j.value ->> 5,
        warning = coalesce(j.value ->> 7, iif(without_emails, warning, NULL)), acknowledged_at = j.value ->> 8,
        next_at = 0, attempts = 0, reason = NULL, detail = NULL, op = NULL, intent = NULL, intent_parts = NULL,
        intent_at = NULL, intent_server_at = NULL, natural_key = NULL, doubt_since = NULL,
        empty_reads = 0
    FROM json_each(?2) j
    WHERE deliveries.connection_id = ?1 AND deliveries.entity = j.value ->> 0
      AND deliveries.object_id = j.value ->> 1 AND deliveries.part = j.value ->> 2
      AND deliveries.state IN ('sending', 'ambiguous')
    RETURNING deliveries.entity, deliveries.object_id, deliveries.part, deliveries.run_id,
              deliveries.counted, deliveries.reason";

const DELETED: &str = "
    UPDATE deliveries SET state = 'pending', remote_id = NULL, uuid = NULL, acknowledged = NULL,
        next_at = 0, attempts = 0, recreated = recreated + (j.value ->> 3), op = NULL, intent = NULL, intent_parts = NULL,
        intent_at = NULL, intent_server_at = NULL, natural_key = NULL, doubt_since = NULL,
        empty_reads = 0
    FROM json_each(?2) j
    WHERE deliveries.connection_id = ?1 AND deliveries.entity = j.value ->> 0
      AND deliveries.object_id = j.value ->> 1 AND deliveries.part = j.value ->> 2
      AND deliveries.state IN ('sending', 'ambiguous')
    RETURNING deliveries.entity, deliveries.object_id, deliveries.part, deliveries.run_id,
              deliveries.counted, deliveries.reason";

const DOUBT: &str = "
    UPDATE deliveries SET state = 'ambiguous', next_at = j.value ->> 3, doubt_since = j.value ->> 4,
        empty_reads = j.value ->> 5, detail = coalesce(j.value ->> 6, detail)
    FROM json_each(?2) j
    WHERE deliveries.connection_id = ?1 AND deliveries.entity = j.value ->> 0
      AND deliveries.object_id = j.value ->> 1 AND deliveries.part = j.value ->> 2
      AND deliveries.state IN ('sending', 'ambiguous')
    RETURNING deliveries.entity, deliveries.object_id, deliveries.part, deliveries.run_id,
              deliveries.counted, deliveries.reason";

const NOT_DONE: &str = "
    UPDATE deliveries SET state = 'pending', next_at = j.value ->> 3,
        attempts = attempts + (j.value ->> 4),
        without_emails = max(without_emails, j.value ->> 5),
        warning = coalesce(j.value ->> 6, warning), op = NULL, intent = NULL, intent_parts = NULL,
        intent_at = NULL, intent_server_at = NULL, natural_key = NULL, doubt_since = NULL,
        empty_reads = 0
    FROM json_each(?2) j
    WHERE deliveries.connection_id = ?1 AND deliveries.entity = j.value ->> 0
      AND deliveries.object_id = j.value ->> 1 AND deliveries.part = j.value ->> 2
      AND deliveries.state IN ('sending', 'ambiguous')
    RETURNING deliveries.entity, deliveries.object_id, deliveries.part, deliveries.run_id,
              deliveries.counted, deliveries.reason";

const WAIT: &str = "
    UPDATE deliveries SET state = iif(touched > looked, 'pending', 'waiting'), next_at = 0,
        waits_on = iif(touched > looked, NULL, j.value ->> 3), op = NULL, intent = NULL, intent_parts = NULL,
        intent_at = NULL, intent_server_at = NULL, natural_key = NULL, doubt_since = NULL,
        empty_reads = 0
    FROM json_each(?2) j
    WHERE deliveries.connection_id = ?1 AND deliveries.entity = j.value ->> 0
      AND deliveries.object_id = j.value ->> 1 AND deliveries.part = j.value ->> 2
      AND deliveries.state IN ('sending', 'ambiguous')
    RETURNING deliveries.entity, deliveries.object_id, deliveries.part, deliveries.run_id,
              deliveries.counted, deliveries.reason";

const PARK: &str = "
    UPDATE deliveries SET state = iif(touched > looked, 'pending', 'parked'),
        counted = iif(touched > looked, '', 'parked'), reason = j.value ->> 3,
        detail = j.value ->> 4, next_at = coalesce(j.value ->> 5, 0),
        attempts = attempts + 1, op = NULL, intent = NULL, intent_parts = NULL,
        intent_at = NULL, intent_server_at = NULL, natural_key = NULL, doubt_since = NULL,
        empty_reads = 0
    FROM json_each(?2) j
    WHERE deliveries.connection_id = ?1 AND deliveries.entity = j.value ->> 0
      AND deliveries.object_id = j.value ->> 1 AND deliveries.part = j.value ->> 2
      AND deliveries.state IN ('sending', 'ambiguous')
    RETURNING deliveries.entity, deliveries.object_id, deliveries.part, deliveries.run_id,
              deliveries.counted, deliveries.reason";

impl Store {
    /// Writes down what came of calls. A row whose intent was settled by somebody else meanwhile is
    /// left alone.
    ///
    /// # Errors
    /// When the database fails or the lease has moved on.
    pub async fn commit_outcomes(
        &self,
        lease: &Lease,
        settled: &[Settled],
    ) -> Result<(), StoreError> {
        if settled.is_empty() {
            return Ok(());
        }
        let mut tx = self.write_as(lease).await?;
        let (connection, now) = (lease.connection, self.now_ms());
        let mut groups = Groups {
            now,
            ..Groups::default()
        };
        for one in settled {
            groups.add(one);
        }
        let acknowledged = apply(&mut tx, lease, ACKNOWLEDGE, &groups.acknowledged).await?;
        let parked = apply(&mut tx, lease, PARK, &groups.parked).await?;
        credit(&mut tx, &acknowledged).await?;
        credit(&mut tx, &parked).await?;
        let mut done = keys(&acknowledged)?;
        cascade::lines_of(&mut tx, connection, settled, &done).await?;
        let gone = apply(&mut tx, lease, DELETED, &groups.deleted).await?;
        cascade::below(&mut tx, connection, &keys(&gone)?).await?;
        apply(&mut tx, lease, DOUBT, &groups.doubtful).await?;
        apply(&mut tx, lease, NOT_DONE, &groups.not_done).await?;
        apply(&mut tx, lease, WAIT, &groups.waits).await?;
        let parked = keys(&parked)?;
        done.extend(groups.lines);
        cascade::wake(&mut tx, connection, &done, &parked).await?;
        rejected::note(&mut tx, connection, &parked, now).await?;
        rejected::resolve(&mut tx, connection, &done, now).await?;
        tx.commit().await
    }

    /// Forgets what was known of deliveries that Optiply has lost, and has them made again.
    ///
    /// # Errors
    /// When the database fails or the lease has moved on.
    pub async fn forget_lost(&self, lease: &Lease, lost: &[Key]) -> Result<(), StoreError> {
        if lost.is_empty() {
            return Ok(());
        }
        let mut tx = self.write_as(lease).await?;
        cascade::lost(&mut tx, lease.connection, lost).await?;
        tx.commit().await
    }
}

/// Outcomes by kind, as the statements take them.
#[derive(Default)]
struct Groups {
    now: i64,
    acknowledged: Vec<Value>,
    deleted: Vec<Value>,
    doubtful: Vec<Value>,
    not_done: Vec<Value>,
    waits: Vec<Value>,
    parked: Vec<Value>,
    /// Lines that came with the orders among those that are acknowledged.
    lines: Vec<Key>,
}

impl Groups {
    fn add(&mut self, settled: &Settled) {
        let (entity, object, part) = row(&settled.key);
        match &settled.outcome {
            Outcome::Acknowledged(ack) => {
                self.lines
                    .extend(ack.lines.iter().map(|line| line.key.clone()));
                self.acknowledged.push(array!([
                    entity,
                    object,
                    part,
                    ack.remote_id,
                    ack.uuid,
                    ack.acknowledged,
                    ack.again,
                    ack.warning,
                    self.now
                ]));
            }
            Outcome::Deleted => self.deleted.push(array!([entity, object, part, 0])),
            Outcome::Lost => self.deleted.push(array!([entity, object, part, 1])),
            Outcome::Doubtful {
                next_at,
                since,
                empty_reads,
                refused,
            } => {
                let since = since.map(|at| at.timestamp_millis());
                let next_at = next_at.timestamp_millis();
                self.doubtful.push(array!([
                    entity,
                    object,
                    part,
                    next_at,
                    since,
                    empty_reads,
                    refused
                ]));
            }
            Outcome::NotDone { next_at, failed } => {
                let next_at = next_at.timestamp_millis();
                self.not_done
                    .push(array!([entity, object, part, next_at, failed, 0, null]));
            }
            Outcome::WithoutEmails { warning } => {
                self.not_done
                    .push(array!([entity, object, part, 0, 0, 1, warning]));
            }
            Outcome::Waits(on) => {
                let on = on.to_string();
                self.waits.push(array!([entity, object, part, on]));
            }
            Outcome::Parked {
                reason,
                detail,
                next_at,
            } => {
                let next_at = next_at.map(|at| at.timestamp_millis());
                self.parked.push(array!([
                    entity,
                    object,
                    part,
                    reason.code(),
                    detail,
                    next_at
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

fn keys(rows: &[SqliteRow]) -> Result<Vec<Key>, StoreError> {
    rows.iter().map(key).collect()
}
