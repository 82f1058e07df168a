//! Rows become deliveries: acknowledged as far as Optiply shows what we would send.

use super::matching::rows;
use crate::batch::json;
use crate::deliver::{AckLine, park_unmatched, row_of_key};
use crate::error::StoreError;
use crate::leases::Lease;
use crate::store::Store;
use pipeline::deliver::{Entity, Key};

/// A delivery that is a row of Optiply's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adopted {
    /// What we call it.
    pub key: Key,
    /// What Optiply calls it.
    pub remote_id: i64,
    /// The attributes that are acknowledged, as canonical JSON.
    pub acknowledged: String,
    /// Of an order: its lines that Optiply holds.
    pub lines: Vec<AckLine>,
}

const ADOPT: &str = "
    UPDATE deliveries SET remote_id = j.value ->> 3 ->> 0, acknowledged = j.value ->> 3 ->> 1,
        acknowledged_at = ?3, unmatched = NULL
    FROM json_each(?2) j
    WHERE deliveries.connection_id = ?1 AND deliveries.entity = j.value ->> 0
      AND deliveries.object_id = j.value ->> 1 AND deliveries.part = j.value ->> 2
      AND deliveries.acknowledged IS NULL AND deliveries.state IN ('pending', 'waiting')";

/// Lines come along with their orders, for whichever run has these. Nothing was sent for them.
const LINES: &str = "
    INSERT INTO deliveries (connection_id, entity, object_id, part, state, lane, rank, run_id,
                            looked, remote_id, acknowledged, acknowledged_at, counted)
    SELECT ?1, j.value ->> 0, j.value ->> 1, j.value ->> 2, 'acknowledged', o.lane, o.rank,
           o.run_id, 1, j.value ->> 3 ->> 0, j.value ->> 3 ->> 1, ?3, 'unchanged'
    FROM json_each(?2) j
    JOIN deliveries o ON o.connection_id = ?1 AND o.entity = j.value ->> 3 ->> 2
        AND o.object_id = j.value ->> 1 AND o.part = ''
    ON CONFLICT (connection_id, entity, object_id, part) DO UPDATE SET
        remote_id = excluded.remote_id, acknowledged = excluded.acknowledged
    WHERE deliveries.acknowledged IS NULL";

/// Another match must look at them.
const ANOTHER_TIME: &str = "
    UPDATE deliveries SET matched = 0
    WHERE connection_id = ?1 AND acknowledged IS NULL AND (entity, object_id, part) IN
          (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?2))";

impl Store {
    /// Leaves deliveries to a later match, which must know first what they name.
    ///
    /// # Errors
    /// When the database fails or the lease has moved on.
    pub async fn match_another_time(&self, lease: &Lease, keys: &[Key]) -> Result<(), StoreError> {
        if keys.is_empty() {
            return Ok(());
        }
        let keys: Vec<_> = keys.iter().map(row_of_key).collect();
        let mut tx = self.write_as(lease).await?;
        sqlx::query(ANOTHER_TIME)
            .bind(lease.connection.0)
            .bind(json(&keys))
            .execute(tx.conn())
            .await?;
        tx.commit().await
    }

    /// Takes rows over, and sets aside what a person must decide.
    ///
    /// # Errors
    /// When the database fails or the lease has moved on.
    pub async fn adopt(
        &self,
        lease: &Lease,
        adopted: &[Adopted],
        unmatched: &[(Key, String)],
    ) -> Result<(), StoreError> {
        if adopted.is_empty() && unmatched.is_empty() {
            return Ok(());
        }
        let now = self.now_ms();
        let mut tx = self.write_as(lease).await?;
        let values = rows(
            adopted
                .iter()
                .map(|one| (&one.key, (one.remote_id, &one.acknowledged))),
        );
        sqlx::query(ADOPT)
            .bind(lease.connection.0)
            .bind(json(&values))
            .bind(now)
            .execute(tx.conn())
            .await?;
        let lines = adopted.iter().flat_map(|one| &one.lines).map(|line| {
            let order = line.key.entity.order().unwrap_or(Entity::SellOrder).name();
            (&line.key, (line.remote_id, &line.acknowledged, order))
        });
        sqlx::query(LINES)
            .bind(lease.connection.0)
            .bind(json(&rows(lines)))
            .bind(now)
            .execute(tx.conn())
            .await?;
        park_unmatched(&mut tx, self, lease.connection, unmatched).await?;
        tx.commit().await
    }
}
