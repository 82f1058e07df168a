//! Records that others name and that are not held: asked for by id.

use crate::batch::json;
use crate::error::StoreError;
use crate::store::Store;
use pipeline::Feed;
use pipeline::id::{ConnectionId, RunId};

/// What can be wanted, in the order in which it is asked for. Voids name sales, orders name vendors
/// and items, arrivals name orders and are wanted by them.
const WANTED: [Feed; 5] = [
    Feed::Sales,
    Feed::Orders,
    Feed::Shipments,
    Feed::Vendors,
    Feed::Items,
];

impl Store {
    /// The feeds of which records are wanted that a run may ask for now.
    ///
    /// None while pages wait for normalize, which may hold what is wanted; it wakes extract when it
    /// rests. Nor a feed that the run has still to read, for most of it will come by itself; nor one
    /// that may not be read.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn wanted_feeds(
        &self,
        connection: ConnectionId,
        run: RunId,
    ) -> Result<Vec<Feed>, StoreError> {
        let mut reader = self.read().await?;
        let names: Vec<String> = sqlx::query_scalar(
            "SELECT w.value FROM json_each(?3) w
             WHERE EXISTS (SELECT 1 FROM wanted_records r
                           WHERE r.connection_id = ?1 AND r.feed = w.value AND r.state = 'wanted')
               AND NOT EXISTS (SELECT 1 FROM feed_runs f
                               WHERE f.run_id = ?2 AND f.feed = w.value AND f.state <> 'done')
               AND NOT EXISTS (SELECT 1 FROM stages s JOIN pages p
                               ON p.run_id = s.run_id AND p.id > s.position
                               WHERE s.connection_id = ?1 AND s.run_id = ?2
                                 AND s.stage = 'normalize')
             ORDER BY w.key",
        )
        .bind(connection.0)
        .bind(run.0)
        .bind(json(&WANTED.map(Feed::name)))
        .fetch_all(reader.conn())
        .await?;
        Ok(WANTED
            .into_iter()
            .filter(|feed| names.iter().any(|name| name == feed.name()))
            .collect())
    }

    /// Records of a feed to be asked for by id, lowest first, from behind `after` on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn wanted_after(
        &self,
        connection: ConnectionId,
        feed: Feed,
        after: i64,
        limit: i64,
    ) -> Result<Vec<i64>, StoreError> {
        let mut reader = self.read().await?;
        Ok(sqlx::query_scalar(
            "SELECT record_id FROM wanted_records
             WHERE connection_id = ?1 AND feed = ?2 AND state = 'wanted' AND record_id > ?3
             ORDER BY record_id LIMIT ?4",
        )
        .bind(connection.0)
        .bind(feed.name())
        .bind(after)
        .bind(limit)
        .fetch_all(reader.conn())
        .await?)
    }
}
