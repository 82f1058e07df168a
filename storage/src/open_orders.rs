//! Purchase orders that the list of open ones no longer holds.
//!
//! An incremental run reads every open order, because a line that was taken off leaves no trace.
//! What we hold as open and is not among them was completed or archived meanwhile.

use crate::error::StoreError;
use crate::queue;
use crate::store::{Store, WriteTx};
use crate::trip::{Answers, Trip};
use pipeline::Stage;
use pipeline::id::{ConnectionId, RunId};
use sqlx::Row;

/// Complete lists of open purchase orders that were not looked through yet.
const OPEN_LISTS: &str = "
    UPDATE feed_runs SET judged_at = ?2
    WHERE feed = 'orders' AND state = 'done' AND judged_at IS NULL
      AND after_observation IS NOT NULL
      AND run_id IN (SELECT r.id FROM runs r WHERE r.connection_id = ?1 AND r.state = 'open'
                     AND r.kind = 'incremental' AND r.extracted_at IS NOT NULL)
      AND EXISTS (SELECT 1 FROM walks w WHERE w.run_id = feed_runs.run_id
                  AND w.feed = 'orders' AND w.reading = 'open')
      AND NOT EXISTS (SELECT 1 FROM stages s JOIN pages p
                      ON p.run_id = s.run_id AND p.id > s.position
                      WHERE s.connection_id = ?1 AND s.run_id = feed_runs.run_id
                        AND s.stage = 'normalize')
    RETURNING run_id, after_observation";

/// Orders that we hold as open and that the list of open ones did not hold: read by their ids.
const WANT_ORDERS: &str = "
    INSERT OR IGNORE INTO wanted_records (connection_id, feed, record_id, state, since_at)
    SELECT ?1, 'orders', order_id, 'wanted', ?3 FROM source_orders
    WHERE connection_id = ?1 AND complete = 0 AND archived = 0 AND observation <= ?2";

/// Asks for the lists that [`want_closed_orders`] goes by, as part of a trip.
pub(crate) fn lists_on(trip: &mut Trip, connection: ConnectionId, now: i64) {
    trip.ask(OPEN_LISTS).bind(connection.0).bind(now);
}

/// Wants the orders that complete lists of open ones do not hold.
pub(crate) async fn want_closed_orders(
    tx: &mut WriteTx,
    store: &Store,
    connection: ConnectionId,
    told: &mut Answers,
) -> Result<(), StoreError> {
    let now = store.now_ms();
    for list in told.next().rows {
        let (run, after): (i64, i64) = (list.try_get(0)?, list.try_get(1)?);
        let wanted = sqlx::query(WANT_ORDERS)
            .bind(connection.0)
            .bind(after)
            .bind(now)
            .execute(tx.conn())
            .await?;
        if wanted.rows_affected() > 0 {
            queue::wake(tx, store, connection, RunId(run), Stage::Extract).await?;
        }
    }
    Ok(())
}
