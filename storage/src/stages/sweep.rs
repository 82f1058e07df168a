//! The sweeper: finds work whose job was lost, and gives it a new one.

use crate::backlog::upstream;
use crate::error::StoreError;
use crate::queue::{self, JobAddress};
use crate::runs;
use crate::store::{Store, WriteTx};
use pipeline::Stage;
use pipeline::id::{ConnectionId, RunId};
use sqlx::Row;

/// Every stage of a connection or an open run, whether somebody is at it, and whether its job is
/// still in the queue. Stored pages and touches are carried through even when their run has ended,
/// so of an ended run only extract is left out. One that is done had nothing left when it ended.
const STAGES: &str = "
    SELECT s.connection_id, s.run_id, s.stage, s.turn, s.state, s.next_at,
           EXISTS (SELECT 1 FROM leases l WHERE l.connection_id = s.connection_id
                   AND l.role = s.stage AND l.until_at > ?1) AS held,
           EXISTS (SELECT 1 FROM Jobs j WHERE j.job_type = s.stage
                   AND j.idempotency_key = s.connection_id || ':' || s.run_id || ':' ||
                                           s.stage || ':' || s.turn
                   AND j.status IN ('Pending', 'Queued', 'Running')) AS live
    FROM stages s
    JOIN connections c ON c.id = s.connection_id
    LEFT JOIN runs r ON r.id = s.run_id
    WHERE s.run_id = 0 OR r.state = 'open'
       OR (s.stage <> 'extract' AND (r.state <> 'done' OR s.state <> 'idle'))";

impl Store {
    /// Derives due work from state and gives it a new turn: covers every way in which a job can
    /// be lost. Run at start and every minute by whoever holds the worker lock.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sweep_stages(&self) -> Result<usize, StoreError> {
        let mut tx = self.write().await?;
        let now = self.now_ms();
        let rows = sqlx::query(STAGES).bind(now).fetch_all(tx.conn()).await?;
        let mut woken = 0;
        for row in rows {
            let stage: String = row.try_get("stage")?;
            let Ok(stage) = stage.parse::<Stage>() else {
                continue;
            };
            let address = JobAddress {
                v: 1,
                connection: ConnectionId(row.try_get("connection_id")?),
                run: RunId(row.try_get("run_id")?),
                stage,
                turn: row.try_get("turn")?,
            };
            let state: String = row.try_get("state")?;
            let due = match state.as_str() {
                "running" => !row.try_get::<bool, _>("held")?,
                "queued" => !row.try_get::<bool, _>("live")?,
                _ => upstream(tx.conn(), &address).await?,
            };
            if due {
                let at = row
                    .try_get::<Option<i64>, _>("next_at")?
                    .unwrap_or(now)
                    .max(now);
                requeue(&mut tx, self, &address, at).await?;
                woken += 1;
            }
        }
        let connections: Vec<i64> = sqlx::query_scalar("SELECT id FROM connections")
            .fetch_all(tx.conn())
            .await?;
        for connection in connections {
            runs::finish_drained(&mut tx, self, ConnectionId(connection)).await?;
        }
        tx.commit().await?;
        Ok(woken)
    }
}

async fn requeue(
    tx: &mut WriteTx,
    store: &Store,
    address: &JobAddress,
    at: i64,
) -> Result<(), StoreError> {
    let now = store.now_ms();
    let turn: i64 = sqlx::query_scalar(
        "UPDATE stages SET state = 'queued', turn = turn + 1, updated_at = ?4
         WHERE connection_id = ?1 AND run_id = ?2 AND stage = ?3
         RETURNING turn",
    )
    .bind(address.connection.0)
    .bind(address.run.0)
    .bind(address.stage.name())
    .bind(now)
    .fetch_one(tx.conn())
    .await?;
    queue::push(
        tx.conn(),
        &JobAddress {
            turn,
            ..address.clone()
        },
        now,
        at,
    )
    .await?;
    tx.wakes(store, address.stage);
    Ok(())
}
