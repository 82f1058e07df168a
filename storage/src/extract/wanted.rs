//! Items that sales name and that are not held: asked for by id.

use crate::error::StoreError;
use crate::store::Store;
use pipeline::id::ConnectionId;

impl Store {
    /// Items to be asked for by id, lowest first, from behind `after` on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn wanted_items_after(
        &self,
        connection: ConnectionId,
        after: i64,
        limit: i64,
    ) -> Result<Vec<i64>, StoreError> {
        let mut reader = self.read().await?;
        Ok(sqlx::query_scalar(
            "SELECT item_id FROM wanted_items WHERE connection_id = ?1 AND state = 'wanted'
             AND item_id > ?2 ORDER BY item_id LIMIT ?3",
        )
        .bind(connection.0)
        .bind(after)
        .bind(limit)
        .fetch_all(reader.conn())
        .await?)
    }
}
