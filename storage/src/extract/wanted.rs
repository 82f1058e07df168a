//! Records that others name and that are not held: asked for by id.

use crate::error::StoreError;
use crate::store::Store;
use pipeline::Feed;
use pipeline::id::ConnectionId;

impl Store {
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
