//! Incremental runs beside a long backfill: a feed becomes incremental when its own backfill ended
//! with proof, its runs go first, and the backfill yields at its next page (DESIGN 5).

use crate::error::StoreError;
use crate::store::Store;
use pipeline::Feed;
use pipeline::id::{ConnectionId, RunId};
use sqlx::SqliteConnection;

/// Whether a backfill has read any feed to its end that incremental runs can go on with. Shops do
/// not count: what waits for them alone can wait for the backfill.
pub(crate) async fn has_read_something(
    conn: &mut SqliteConnection,
    run: RunId,
) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM feed_runs
             WHERE run_id = ?1 AND state = 'done' AND feed <> 'shops')
         AND EXISTS (SELECT 1 FROM feed_runs
             WHERE run_id = ?1 AND state IN ('waiting', 'walking'))",
    )
    .bind(run.0)
    .fetch_one(conn)
    .await?)
}

/// The feeds that an open backfill has still to read to their ends.
pub(crate) async fn unread(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
) -> Result<Vec<Feed>, StoreError> {
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT f.feed FROM runs r JOIN feed_runs f ON f.run_id = r.id
         WHERE r.connection_id = ?1 AND r.kind = 'backfill' AND r.state = 'open'
           AND r.after_run IS NULL AND f.state <> 'done'",
    )
    .bind(connection.0)
    .fetch_all(conn)
    .await?;
    let mut feeds: Vec<Feed> = names.iter().filter_map(|name| name.parse().ok()).collect();
    if feeds.contains(&Feed::Items) {
        // Their stock comes with them.
        feeds.push(Feed::Stock);
    }
    Ok(feeds)
}

impl Store {
    /// Whether extract of a run must make room: what reads everything gives way to a run that
    /// reads changes and has work to do now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn gives_way(
        &self,
        connection: ConnectionId,
        run: RunId,
    ) -> Result<bool, StoreError> {
        let mut reader = self.read().await?;
        gives_way_in(reader.conn(), connection, run, self.now_ms()).await
    }
}

pub(crate) async fn gives_way_in(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
    run: RunId,
    now: i64,
) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM runs WHERE id = ?2 AND kind IN ('backfill', 'sweep'))
         AND EXISTS (SELECT 1 FROM runs r JOIN stages s ON s.run_id = r.id
             WHERE r.connection_id = ?1 AND r.kind = 'incremental' AND r.state = 'open'
               AND r.after_run IS NULL AND s.connection_id = ?1 AND s.stage = 'extract'
               AND s.state = 'queued' AND coalesce(s.next_at, 0) <= ?3)",
    )
    .bind(connection.0)
    .bind(run.0)
    .bind(now)
    .fetch_one(conn)
    .await?)
}
