//! The shops of a connection, for whoever looks one up by its name.

use crate::error::StoreError;
use crate::store::Store;
use pipeline::id::{ConnectionId, ShopId};
use pipeline::location::ShopEntry;
use sqlx::Row;

impl Store {
    /// The shops of a connection as they were last read, by id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn shops(&self, connection: ConnectionId) -> Result<Vec<ShopEntry>, StoreError> {
        let mut reader = self.read().await?;
        let rows = sqlx::query(
            "SELECT shop_id, name, archived FROM source_shops
             WHERE connection_id = ?1 ORDER BY shop_id",
        )
        .bind(connection.0)
        .fetch_all(reader.conn())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(ShopEntry {
                    id: ShopId(row.try_get("shop_id")?),
                    name: row.try_get("name")?,
                    archived: row.try_get("archived")?,
                })
            })
            .collect()
    }
}
