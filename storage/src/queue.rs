//! The queue: jobs are addresses of work, inserted in the transaction that made the work.

use crate::batch::json;
use crate::error::StoreError;
use crate::store::{Store, WriteTx};
use crate::trip::{Answers, Trip};
use pipeline::Stage;
use pipeline::id::{ConnectionId, RunId};
use serde::{Deserialize, Serialize};
use sqlx::{Row, SqliteConnection};
use ulid::Ulid;

/// What a job says: which stage of which run to advance, and for which turn it was made.
///
/// An address, never a parcel: what is to be done is read from the tables when the job runs, so a
/// job that comes late, twice or never does no harm. Fields are only ever added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobAddress {
    /// Version of this shape.
    pub v: u8,
    /// The connection.
    pub connection: ConnectionId,
    /// The run; 0 for stages that belong to the connection.
    pub run: RunId,
    /// The stage.
    pub stage: Stage,
    /// The turn.
    pub turn: i64,
}

impl JobAddress {
    fn key(&self) -> String {
        format!(
            "{}:{}:{}:{}",
            self.connection, self.run, self.stage, self.turn
        )
    }
}

/// Attempts the queue itself may make; our own next attempt is a new turn.
const QUEUE_ATTEMPTS: i64 = 3;

/// Puts a job into the queue, due at `run_at` (unix milliseconds).
pub(crate) async fn push(
    conn: &mut SqliteConnection,
    address: &JobAddress,
    now_ms: i64,
    run_at: i64,
) -> Result<(), StoreError> {
    let key = address.key();
    // The id must be a ULID. Its random part is derived from the key, which is unique already.
    let digest = blake3::hash(key.as_bytes());
    let mut random = [0u8; 16];
    random.copy_from_slice(&digest.as_bytes()[..16]);
    let id = Ulid::from_parts(
        u64::try_from(now_ms).unwrap_or(0),
        u128::from_be_bytes(random),
    );
    let job = serde_json::to_vec(address)
        .map_err(|e| StoreError::Database(sqlx::Error::Encode(Box::new(e))))?;
    sqlx::query(
        "INSERT INTO Jobs (job, id, job_type, status, attempts, max_attempts, run_at, priority,
                           metadata, idempotency_key)
         VALUES (?1, ?2, ?3, 'Pending', 0, ?4, ?5, ?6, '{}', ?7)
         ON CONFLICT (job_type, idempotency_key) DO NOTHING",
    )
    .bind(job)
    .bind(id.to_string())
    .bind(address.stage.name())
    .bind(QUEUE_ATTEMPTS)
    // Whole seconds: what is due at once is due in this one, and what is due later not before.
    .bind(if run_at <= now_ms {
        now_ms / 1000
    } else {
        run_at.saturating_add(999) / 1000
    })
    .bind(priority(address.stage))
    .bind(key)
    .execute(conn)
    .await?;
    Ok(())
}

/// Late stages first, so that what was begun is finished.
fn priority(stage: Stage) -> i64 {
    match stage {
        Stage::Extract => 0,
        Stage::Normalize => 1,
        Stage::Filter => 2,
        Stage::Load => 3,
        Stage::Deliver | Stage::Export => 4,
    }
}

/// Marks a stage as having work and puts its job into the queue, unless one is there already.
///
/// Does nothing for a stage that is running: it looks upstream again before it leaves.
pub(crate) async fn wake(
    tx: &mut WriteTx,
    store: &Store,
    connection: ConnectionId,
    run: RunId,
    stage: Stage,
) -> Result<(), StoreError> {
    let mut trip = Trip::default();
    wake_on(&mut trip, connection, run, stage, store.now_ms());
    let mut told = trip.make(tx.conn()).await?;
    woken(tx, store, connection, run, stage, &mut told).await
}

/// The first half of [`wake`] as part of a trip; its answer is for [`woken`].
pub(crate) fn wake_on(
    trip: &mut Trip,
    connection: ConnectionId,
    run: RunId,
    stage: Stage,
    now: i64,
) {
    trip.ask(
        "UPDATE stages SET state = 'queued', turn = turn + 1, updated_at = ?4
         WHERE connection_id = ?1 AND run_id = ?2 AND stage = ?3 AND state = 'idle'
         RETURNING turn",
    )
    .bind(connection.0)
    .bind(run.0)
    .bind(stage.name())
    .bind(now);
}

/// The other half of [`wake`]: puts the job into the queue.
pub(crate) async fn woken(
    tx: &mut WriteTx,
    store: &Store,
    connection: ConnectionId,
    run: RunId,
    stage: Stage,
    told: &mut Answers,
) -> Result<(), StoreError> {
    if let Some(row) = told.next().rows.first() {
        let now = store.now_ms();
        let address = JobAddress {
            v: 1,
            connection,
            run,
            stage,
            turn: row.try_get(0)?,
        };
        push(tx.conn(), &address, now, now).await?;
        tx.wakes(store, stage);
    }
    Ok(())
}

impl Store {
    /// Whether a stage was left by a process other than this one: its lease has ended, and it still
    /// counts as at work. The lock of the worker tells sooner, but not of a process on another host.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_abandoned_stages(&self, owner: &str) -> Result<bool, StoreError> {
        let mut reader = self.read().await?;
        Ok(sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM stages s
                 JOIN leases l ON l.connection_id = s.connection_id AND l.role = s.stage
                 WHERE s.state = 'running' AND l.until_at <= ?1
                   AND substr(l.owner, 1, length(?2)) <> ?2)",
        )
        .bind(self.now_ms())
        .bind(owner)
        .fetch_one(reader.conn())
        .await?)
    }

    /// Wakes the workers for whose stage a job is due that nobody has claimed: what was put off, and
    /// what another process put into the queue.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ring_for_due(&self) -> Result<(), StoreError> {
        let mut reader = self.read().await?;
        let due: Vec<String> = sqlx::query_scalar(
            "SELECT value FROM json_each(?1) WHERE EXISTS (
                 SELECT 1 FROM Jobs WHERE job_type = value AND status = 'Pending'
                   AND lock_by IS NULL AND run_at <= ?2)",
        )
        .bind(json(&Stage::ALL.map(Stage::name)))
        .bind(self.now_ms() / 1000)
        .fetch_all(reader.conn())
        .await?;
        let due: Vec<Stage> = due.iter().filter_map(|name| name.parse().ok()).collect();
        self.inner.bells.ring(&due);
        Ok(())
    }

    /// Returns the jobs that workers now gone had claimed. Only for whoever holds the worker lock.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn return_claimed_jobs(&self) -> Result<u64, StoreError> {
        let mut tx = self.write().await?;
        let done = sqlx::query(
            "UPDATE Jobs SET status = 'Pending', lock_by = NULL, lock_at = NULL, done_at = NULL
             WHERE status IN ('Queued', 'Running')",
        )
        .execute(tx.conn())
        .await?;
        for stage in Stage::ALL {
            tx.wakes(self, stage);
        }
        tx.commit().await?;
        Ok(done.rows_affected())
    }

    /// Deletes finished jobs older than `keep_ms` and rows of workers that nobody refers to.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn trim_jobs(&self, keep_ms: i64) -> Result<u64, StoreError> {
        let before = self.now_ms().saturating_sub(keep_ms) / 1000;
        let mut tx = self.write().await?;
        let done = sqlx::query(
            "DELETE FROM Jobs WHERE rowid IN (
                 SELECT rowid FROM Jobs
                 WHERE status IN ('Done', 'Killed', 'Failed') AND done_at < ?1 LIMIT 1000)",
        )
        .bind(before)
        .execute(tx.conn())
        .await?;
        sqlx::query(
            "DELETE FROM Workers WHERE last_seen < ?1
             AND NOT EXISTS (SELECT 1 FROM Jobs WHERE Jobs.lock_by = Workers.id)",
        )
        .bind(before)
        .execute(tx.conn())
        .await?;
        tx.commit().await?;
        Ok(done.rows_affected())
    }
}
