//! The mirrored state of each system's request budget, so that a restart does not forget it.

use crate::error::StoreError;
use crate::store::Store;
use crate::trip::Trip;
use pipeline::id::ConnectionId;
use sqlx::Row;

impl Store {
    /// Keeps the state of a budget, as JSON of whoever reads it back.
    ///
    /// # Errors
    /// When there is no such connection.
    pub async fn save_budget(
        &self,
        connection: ConnectionId,
        api: &str,
        state: &str,
    ) -> Result<(), StoreError> {
        let now = self.now_ms();
        let mut tx = self.write().await?;
        let mut trip = Trip::default();
        save_budget_on(&mut trip, connection, api, state, now);
        trip.make(tx.conn()).await?;
        tx.commit().await
    }

    /// The state of a budget, if one was kept.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn budget(
        &self,
        connection: ConnectionId,
        api: &str,
    ) -> Result<Option<String>, StoreError> {
        let row = sqlx::query("SELECT state FROM budgets WHERE connection_id = ?1 AND api = ?2")
            .bind(connection.0)
            .bind(api)
            .fetch_optional(self.read().await?.conn())
            .await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }
}

/// Keeps the state of a budget with whatever else its transaction holds.
pub(crate) fn save_budget_on(
    trip: &mut Trip,
    connection: ConnectionId,
    api: &str,
    state: &str,
    now_ms: i64,
) {
    trip.then(
        "INSERT INTO budgets (connection_id, api, state, stored_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (connection_id, api)
         DO UPDATE SET state = excluded.state, stored_at = excluded.stored_at",
    )
    .bind(connection.0)
    .bind(api)
    .bind(state)
    .bind(now_ms);
}
