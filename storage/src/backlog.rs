//! What is still to be done, told from the tables and nothing else.

use crate::adoption;
use crate::error::StoreError;
use crate::queue::JobAddress;
use crate::store::Store;
use crate::trip::{Answers, Trip};
use pipeline::Stage;
use pipeline::id::{ConnectionId, RunId};
use sqlx::{Row, SqliteConnection};

/// What is still to be looked at, per stage; for progress.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Pages that normalize has not carried through.
    pub pages: i64,
    /// Records that filter must look at.
    pub records: i64,
    /// Objects that load must compute.
    pub objects: i64,
    /// Objects that deliver must bring to Optiply, those that wait for others included.
    pub deliveries: i64,
}

impl Store {
    /// What a run still has to carry through.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn backlog(
        &self,
        connection: ConnectionId,
        run: RunId,
    ) -> Result<Backlog, StoreError> {
        let mut reader = self.read().await?;
        let row = sqlx::query(
            "SELECT (SELECT count(*) FROM stages s JOIN pages p
                         ON p.run_id = s.run_id AND p.id > s.position
                     WHERE s.connection_id = ?1 AND s.run_id = ?2 AND s.stage = 'normalize')
                    + (SELECT count(*) FROM stages s JOIN replay_pages p
                           ON p.run_id = s.run_id AND p.page_id > s.position
                       WHERE s.connection_id = ?1 AND s.run_id = ?2 AND s.stage = 'normalize'),
                    (SELECT count(*) FROM record_touches WHERE connection_id = ?1),
                    (SELECT count(*) FROM object_touches WHERE connection_id = ?1),
                    (SELECT count(*) FROM deliveries WHERE connection_id = ?1 AND counted = '')",
        )
        .bind(connection.0)
        .bind(run.0)
        .fetch_one(reader.conn())
        .await?;
        Ok(Backlog {
            pages: row.try_get(0)?,
            records: row.try_get(1)?,
            objects: row.try_get(2)?,
            deliveries: row.try_get(3)?,
        })
    }
}

/// Whether a stage has something to do, from the tables and nothing else.
pub(crate) async fn upstream(
    conn: &mut SqliteConnection,
    job: &JobAddress,
) -> Result<bool, StoreError> {
    let mut trip = Trip::default();
    upstream_on(&mut trip, job);
    let mut told = trip.make(conn).await?;
    is_upstream(conn, job, &mut told).await
}

/// The first half of [`upstream`] as part of a trip; its answer is for [`is_upstream`].
pub(crate) fn upstream_on(trip: &mut Trip, job: &JobAddress) {
    let sql = match job.stage {
        Stage::Extract => {
            // What is wanted may be in a page that normalize has still before it.
            "SELECT EXISTS (SELECT 1 FROM runs r WHERE r.id = ?2 AND r.connection_id = ?1
                 AND r.state = 'open' AND r.after_run IS NULL
                 AND NOT EXISTS (SELECT 1 FROM connections c
                                 WHERE c.id = ?1 AND c.state = 'paused')
                 AND (r.extracted_at IS NULL
                     OR (EXISTS (SELECT 1 FROM wanted_records w
                                 WHERE w.connection_id = ?1 AND w.state = 'wanted'
                                   AND NOT EXISTS (SELECT 1 FROM feed_runs f
                                                   WHERE f.run_id = ?2 AND f.feed = w.feed
                                                     AND f.state = 'forbidden'))
                         AND NOT EXISTS (SELECT 1 FROM stages s JOIN pages p
                                         ON p.run_id = s.run_id AND p.id > s.position
                                         WHERE s.connection_id = ?1 AND s.run_id = ?2
                                           AND s.stage = 'normalize'))))"
        }
        Stage::Normalize => {
            "SELECT EXISTS (SELECT 1 FROM stages s JOIN pages p ON p.run_id = s.run_id
                 AND p.id > s.position
                 WHERE s.connection_id = ?1 AND s.run_id = ?2 AND s.stage = 'normalize')
             OR EXISTS (SELECT 1 FROM stages s JOIN replay_pages p ON p.run_id = s.run_id
                 AND p.page_id > s.position
                 WHERE s.connection_id = ?1 AND s.run_id = ?2 AND s.stage = 'normalize')"
        }
        Stage::Filter => {
            "SELECT EXISTS (SELECT 1 FROM record_touches WHERE connection_id = ?1)
             OR EXISTS (SELECT 1 FROM runs r JOIN walks w ON w.run_id = r.id AND w.done_at IS NULL
                 WHERE r.connection_id = ?1 AND r.kind = 'refilter' AND r.state = 'open'), ?2"
        }
        Stage::Load => "SELECT EXISTS (SELECT 1 FROM object_touches WHERE connection_id = ?1), ?2",
        // Nothing is sent while a fault that only a person can mend lasts, or somebody paused it.
        Stage::Deliver => {
            "SELECT EXISTS (SELECT 1 FROM connections c WHERE c.id = ?1
                 AND c.delivers_since IS NOT NULL AND c.stopped_at IS NULL
                 AND c.state IN ('active', 'needs_reconnect')
                 AND (EXISTS (SELECT 1 FROM deliveries d WHERE d.connection_id = ?1
                              AND d.state = 'pending')
                      OR EXISTS (SELECT 1 FROM deliveries d WHERE d.connection_id = ?1
                                 AND d.state = 'ambiguous')
                      OR EXISTS (SELECT 1 FROM deliveries d WHERE d.connection_id = ?1
                                 AND d.state = 'sending'))), ?2"
        }
        Stage::Export => {
            "SELECT EXISTS (SELECT 1 FROM runs r JOIN connections c ON c.id = r.connection_id
                 WHERE r.id = ?2 AND r.connection_id = ?1 AND r.state = 'open'
                   AND c.delivers_since IS NOT NULL AND c.state = 'active'
                   AND (r.extracted_at IS NULL
                        OR EXISTS (SELECT 1 FROM exports e WHERE e.connection_id = ?1
                                   AND e.state IN ('due', 'working'))
                        OR EXISTS (SELECT 1 FROM exports e WHERE e.connection_id = ?1
                                   AND e.look > 0 AND e.look = 2)))"
        }
    };
    trip.ask(sql).bind(job.connection.0).bind(job.run.0);
}

/// The other half of [`upstream`].
pub(crate) async fn is_upstream(
    conn: &mut SqliteConnection,
    job: &JobAddress,
    told: &mut Answers,
) -> Result<bool, StoreError> {
    let more = told.next().flag()?;
    Ok(match job.stage {
        Stage::Deliver if more => adoption::may_deliver_in(conn, job.connection).await?,
        Stage::Deliver => adoption::wanted_in(conn, job.connection).await?,
        _ => more,
    })
}
