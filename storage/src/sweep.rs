//! Sweeps: who may ask for one, and what it reads.

use crate::error::StoreError;
use crate::runs;
use crate::store::{Store, WriteTx};
use crate::sync::{self, Requested, SWEEP, Trigger};
use pipeline::Feed;
use pipeline::id::{ConnectionId, RunId};
use sqlx::SqliteConnection;

/// What a sweep reads. Vendors less often than the rest.
pub(crate) const FEEDS: [Feed; 6] = [
    Feed::Shops,
    Feed::Vendors,
    Feed::Items,
    Feed::Sales,
    Feed::Orders,
    Feed::Shipments,
];

/// Vendors are swept weekly; half a day less, so that a nightly sweep meets it.
const VENDORS_EVERY_MS: i64 = (7 * 24 - 12) * 60 * 60 * 1000;

/// What became of a request for a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SweepRequested {
    /// It is opened, or joined.
    Run(Requested),
    /// Not while stored records are filtered again.
    AfterRefilter,
    /// Not before the whole history was read once.
    BeforeHistory,
}

impl Store {
    /// Asks for a sweep, or joins the open one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn request_sweep(
        &self,
        connection: ConnectionId,
        trigger: Trigger,
    ) -> Result<SweepRequested, StoreError> {
        let mut tx = self.write().await?;
        let requested = request_in(&mut tx, self, connection, trigger).await?;
        if let SweepRequested::Run(_) = requested {
            tx.commit().await?;
        }
        Ok(requested)
    }
}

pub(crate) async fn request_in(
    tx: &mut WriteTx,
    store: &Store,
    connection: ConnectionId,
    trigger: Trigger,
) -> Result<SweepRequested, StoreError> {
    if trigger == Trigger::Manual {
        sync::clear_stop(tx.conn(), connection).await?;
    }
    if let Some(open) = runs::open_run(tx.conn(), connection, SWEEP).await? {
        if trigger == Trigger::Manual {
            runs::hurry_in(tx, store, connection).await?;
        }
        return Ok(SweepRequested::Run(Requested {
            run: RunId(open),
            joined: true,
            again: None,
        }));
    }
    if !sync::has_history(tx.conn(), connection).await? {
        return Ok(SweepRequested::BeforeHistory);
    }
    let refilter = crate::refilter::REFILTER;
    if runs::open_run(tx.conn(), connection, refilter)
        .await?
        .is_some()
    {
        return Ok(SweepRequested::AfterRefilter);
    }
    let now = store.now_ms();
    let run = runs::insert(tx.conn(), connection, SWEEP, trigger, None, now).await?;
    sync::start(tx, store, connection, run).await?;
    Ok(SweepRequested::Run(Requested {
        run,
        joined: false,
        again: None,
    }))
}

/// The feed that a sweep leaves to a later one.
pub(crate) async fn not_yet(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
    run: RunId,
    now: i64,
) -> Result<Option<Feed>, StoreError> {
    let lately: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM runs r JOIN feed_runs f ON f.run_id = r.id
             WHERE r.connection_id = ?1 AND r.id <> ?2 AND r.kind IN ('sweep', 'backfill')
               AND f.feed = 'vendors' AND f.state = 'done' AND f.done_at > ?3)",
    )
    .bind(connection.0)
    .bind(run.0)
    .bind(now - VENDORS_EVERY_MS)
    .fetch_one(conn)
    .await?;
    Ok(lately.then_some(Feed::Vendors))
}
