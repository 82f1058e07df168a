//! How far each walk has come, and what it means that one has ended.

use super::{NewPage, Walk};
use crate::alarms::{self, AlarmKind};
use crate::error::StoreError;
use crate::leases::Lease;
use crate::ledger::Deltas;
use crate::rejections::{self, NewRejection};
use crate::store::{Store, WriteTx};
use crate::trip::{Answers, Trip};
use pipeline::id::{ConnectionId, RunId};
use pipeline::outcome::Outcome;
use pipeline::{Feed, Reason, Stage};

/// How far below the source's time a watermark stays at least (DESIGN 5).
pub(super) const OVERLAP_MS: i64 = 15 * 60 * 1000;

/// Moves the watermark of a feed that was read in full, or since its watermark: all its walks have
/// ended, and it is not marked as done yet. Stock that comes with its items moves with them. A sweep
/// reads no feed in that way.
const MOVE_WATERMARK: &str = "
    INSERT INTO watermarks (connection_id, feed, complete_to, run_id, proven_at, last_id)
    SELECT ?1, moved.value, coalesce(r.safe_at, r.server_at - ?5), r.id, ?4,
           coalesce((SELECT max(w.last_id) FROM walks w
                     WHERE w.run_id = r.id AND w.feed = ?3 AND w.reading = 'all'), 0)
    FROM runs r, json_each(CASE
        WHEN ?3 = 'items' AND NOT EXISTS (SELECT 1 FROM walks w WHERE w.run_id = ?2
                                          AND w.feed = 'items' AND w.since_at IS NOT NULL)
        THEN json_array('items', 'stock') ELSE json_array(?3) END) moved
    WHERE r.id = ?2 AND r.server_at IS NOT NULL AND r.kind IN ('backfill', 'incremental')
      AND EXISTS (SELECT 1 FROM feed_runs f
                  WHERE f.run_id = ?2 AND f.feed = ?3 AND f.state = 'walking')
      AND NOT EXISTS (SELECT 1 FROM walks w
                      WHERE w.run_id = ?2 AND w.feed = ?3 AND w.done_at IS NULL)
    ON CONFLICT (connection_id, feed) DO UPDATE SET
        complete_to = max(complete_to, excluded.complete_to),
        last_id = max(last_id, excluded.last_id),
        run_id = excluded.run_id, proven_at = excluded.proven_at";

/// Marks a feed done when its last walk ended.
const END_FEED: &str = "
    UPDATE feed_runs SET state = 'done', done_at = ?3
    WHERE run_id = ?1 AND feed = ?2 AND state = 'walking'
      AND NOT EXISTS (SELECT 1 FROM walks w
                      WHERE w.run_id = ?1 AND w.feed = ?2 AND w.done_at IS NULL)";

/// Marks a run as extracted when its last feed ended.
const END_EXTRACT: &str = "
    UPDATE runs SET extracted_at = ?2 WHERE id = ?1 AND NOT EXISTS (
        SELECT 1 FROM feed_runs f WHERE f.run_id = ?1 AND f.state IN ('waiting', 'walking'))";

impl Store {
    /// Passes a record that the source cannot deliver: it becomes a rejection and the walk goes on
    /// behind it.
    ///
    /// # Errors
    /// When the database fails or the lease has moved on.
    pub async fn pass_undeliverable(
        &self,
        lease: &Lease,
        run: RunId,
        walk: &Walk,
        id: i64,
        detail: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.write_as(lease).await?;
        let moved = sqlx::query(
            "UPDATE walks SET last_id = ?4, rows = rows + 1
             WHERE run_id = ?1 AND feed = ?2 AND slice = ?3 AND last_id < ?4",
        )
        .bind(run.0)
        .bind(walk.feed.name())
        .bind(walk.slice)
        .bind(id)
        .execute(tx.conn())
        .await?;
        if moved.rows_affected() == 1 {
            let mut deltas = Deltas::default();
            let outcome = Outcome::Rejected(Reason::Undeliverable);
            deltas.count(run, walk.feed, Stage::Extract, outcome);
            deltas.write(tx.conn()).await?;
            let rejection = NewRejection {
                stage: Stage::Extract,
                feed: walk.feed,
                id: Some(id),
                page: None,
                row: 0,
                reason: Reason::Undeliverable,
                path: String::new(),
                detail: detail.to_owned(),
                body: String::new(),
            };
            rejections::store(&mut tx, lease.connection, run, &[rejection], self.now_ms()).await?;
        }
        tx.commit().await
    }
}

/// How far a page moves its walk.
pub(super) struct Moved {
    pub(super) run: RunId,
    pub(super) feed: Feed,
    pub(super) slice: i64,
    pub(super) last: Option<i64>,
    pub(super) page_limit: u32,
    pub(super) rows: usize,
    pub(super) ended: bool,
}

impl From<&NewPage> for Moved {
    fn from(page: &NewPage) -> Self {
        Self {
            run: page.run,
            feed: page.feed,
            slice: page.slice,
            last: page.last,
            page_limit: page.page_limit,
            rows: page.rows,
            ended: page.ended,
        }
    }
}

/// Moves the checkpoint of the walk that a page belongs to. A feed whose last walk ends with it is
/// done, and its watermark moves. What is asked is for [`walk_moved`].
pub(super) fn move_walk(trip: &mut Trip, connection: ConnectionId, page: &Moved, now: i64) {
    let (run, feed) = (page.run.0, page.feed.name());
    trip.ask(
        "UPDATE walks SET last_id = max(last_id, coalesce(?4, last_id)), page_limit = ?5,
                pages = pages + 1, rows = rows + ?6, done_at = CASE WHEN ?7 THEN ?8 END
         WHERE run_id = ?1 AND feed = ?2 AND slice = ?3 AND done_at IS NULL
           AND (?4 IS NULL OR ?4 > last_id)",
    )
    .bind(run)
    .bind(feed)
    .bind(page.slice)
    .bind(page.last)
    .bind(i64::from(page.page_limit))
    .bind(i64::try_from(page.rows).unwrap_or(i64::MAX))
    .bind(page.ended)
    .bind(now);
    if page.ended {
        trip.then(MOVE_WATERMARK)
            .bind(connection.0)
            .bind(run)
            .bind(feed)
            .bind(now)
            .bind(OVERLAP_MS);
        trip.ask(END_FEED).bind(run).bind(feed).bind(now);
        alarms::lasts_on(trip, connection, AlarmKind::RightsLost, feed);
        trip.then(END_EXTRACT).bind(run).bind(now);
    }
}

/// Refuses a checkpoint that did not move, and clears the alarm that a feed could not be read.
pub(super) async fn walk_moved(
    tx: &mut WriteTx,
    store: &Store,
    connection: ConnectionId,
    page: &Moved,
    told: &mut Answers,
) -> Result<(), StoreError> {
    if told.next().affected != 1 {
        return Err(StoreError::Inconsistent {
            table: "walks",
            column: "last_id",
            row: format!("run {} {} slice {}", page.run, page.feed, page.slice),
            found: format!(
                "a checkpoint that would not move forward to {:?}",
                page.last
            ),
        });
    }
    if page.ended {
        let (ended, alarm) = (told.next().affected > 0, told.next());
        if ended && !alarm.rows.is_empty() {
            let (kind, feed) = (AlarmKind::RightsLost, page.feed.name());
            alarms::clear_in(tx, store, connection, kind, feed).await?;
        }
    }
    Ok(())
}

/// Marks a run as extracted when its last feed ended.
pub(super) async fn end_extract(tx: &mut WriteTx, run: RunId, now: i64) -> Result<(), StoreError> {
    let mut trip = Trip::default();
    trip.then(END_EXTRACT).bind(run.0).bind(now);
    trip.make(tx.conn()).await?;
    Ok(())
}
