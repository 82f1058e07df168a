//! Differences are made good by deliver: they are only marked here.

use crate::batch::json;
use crate::deliver::{self, row_of_key};
use crate::error::StoreError;
use crate::leases::Lease;
use crate::store::Store;
use pipeline::deliver::{Entity, Key};
use serde_json::json as array;

/// What is shown otherwise is not acknowledged any more.
const DIFFERENT: &str = "
    UPDATE deliveries SET acknowledged = j.value ->> 3
    FROM json_each(?2) j
    WHERE deliveries.connection_id = ?1 AND deliveries.entity = j.value ->> 0
      AND deliveries.object_id = j.value ->> 1 AND deliveries.part = j.value ->> 2
      AND deliveries.state = 'acknowledged' AND deliveries.acknowledged IS NOT NULL";

const AT_REST: &str = "
    SELECT d.entity, d.object_id, d.part FROM json_each(?2) j
    JOIN deliveries d ON d.connection_id = ?1 AND d.entity = j.value ->> 0
        AND d.object_id = j.value ->> 1 AND d.part = j.value ->> 2
    WHERE d.state = 'acknowledged'";

/// A row of ours that nothing desires: deliver deletes it. No record has an id below zero.
const SURPLUS: &str = "
    INSERT OR IGNORE INTO deliveries
        (connection_id, entity, object_id, part, state, lane, rank, run_id, remote_id, acknowledged)
    SELECT ?1, ?2, -r.remote_id, '', 'pending', ?4, 0, 0, r.remote_id, r.shown
    FROM json_each(?3) j
    JOIN remote_rows r ON r.connection_id = ?1 AND r.entity = ?2 AND r.remote_id = j.value
    WHERE NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.connection_id = ?1 AND d.entity = ?2
                      AND d.remote_id = r.remote_id)";

impl Store {
    /// Has deliveries that Optiply does not show made again, and those that it shows otherwise
    /// (each with what is acknowledged still) sent again.
    ///
    /// # Errors
    /// When the database fails or the lease has moved on.
    pub async fn repair(
        &self,
        lease: &Lease,
        missing: &[Key],
        different: &[(Key, String)],
    ) -> Result<(), StoreError> {
        let mut tx = self.write_as(lease).await?;
        let connection = lease.connection;
        let rows: Vec<_> = missing.iter().map(row_of_key).collect();
        let found = sqlx::query(AT_REST)
            .bind(connection.0)
            .bind(json(&rows))
            .fetch_all(tx.conn())
            .await?;
        let lost = found
            .iter()
            .map(deliver::key_of_row)
            .collect::<Result<Vec<_>, _>>()?;
        deliver::lost(&mut tx, connection, &lost).await?;
        let rows: Vec<_> = different
            .iter()
            .map(|(key, left)| {
                let (entity, object, part) = row_of_key(key);
                array!([entity, object, part, left])
            })
            .collect();
        sqlx::query(DIFFERENT)
            .bind(connection.0)
            .bind(json(&rows))
            .execute(tx.conn())
            .await?;
        let keys = different.iter().map(|(key, _)| key.clone()).collect();
        deliver::touch_again(&mut tx, connection, keys).await?;
        deliver::wake_in(&mut tx, self, connection).await?;
        tx.commit().await
    }

    /// Has rows deleted that repeat others of ours.
    ///
    /// # Errors
    /// When the database fails or the lease has moved on.
    pub async fn remove_surplus(
        &self,
        lease: &Lease,
        entity: Entity,
        ids: &[i64],
    ) -> Result<(), StoreError> {
        let mut tx = self.write_as(lease).await?;
        sqlx::query(SURPLUS)
            .bind(lease.connection.0)
            .bind(entity.name())
            .bind(json(ids))
            .bind(entity.lane() as i64)
            .execute(tx.conn())
            .await?;
        deliver::wake_in(&mut tx, self, lease.connection).await?;
        tx.commit().await
    }
}
