//! What must not be made, because Optiply already held what may be it.

use super::intents::credit;
use super::rejected;
use super::relations::row;
use super::work::key;
use crate::adoption;
use crate::batch::json;
use crate::error::StoreError;
use crate::store::{Store, WriteTx};
use pipeline::Reason;
use pipeline::deliver::{Entity, Key};
use pipeline::id::ConnectionId;
use serde_json::{Value, json as array};

const PARK: &str = "
    UPDATE deliveries SET state = 'parked', looked = touched, waits_on = NULL, counted = 'parked',
        reason = ?3, detail = j.value ->> 3, unmatched = j.value ->> 3
    FROM json_each(?2) j
    WHERE deliveries.connection_id = ?1 AND deliveries.entity = j.value ->> 0
      AND deliveries.object_id = j.value ->> 1 AND deliveries.part = j.value ->> 2
      AND deliveries.state IN ('pending', 'waiting') AND deliveries.acknowledged IS NULL
      AND deliveries.vouched = 0
    RETURNING deliveries.entity, deliveries.object_id, deliveries.part, deliveries.run_id,
              deliveries.counted, deliveries.reason";

/// A person has them matched again: nothing is sent before that is done.
const MATCH_AGAIN: &str = "
    UPDATE deliveries SET unmatched = NULL
    WHERE connection_id = ?1 AND unmatched IS NOT NULL AND (entity, object_id, part) IN
          (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?2))";

/// Of open rejections that these ids choose: what was set aside is made from now on.
const VOUCH: &str = "
    UPDATE deliveries SET vouched = 1
    WHERE connection_id = ?1 AND state = 'parked' AND unmatched IS NOT NULL
      AND (entity, object_id) IN
          (SELECT e.value ->> 1, r.record_id FROM rejections r
           JOIN json_each(?3) e ON e.value ->> 0 = r.feed
           WHERE r.connection_id = ?1 AND r.stage = 'deliver' AND r.resolved_at IS NULL
             AND r.id IN (SELECT value FROM json_each(?2)))";

/// Sets these aside, each with what it may be, for a person to decide.
pub(crate) async fn park_unmatched(
    tx: &mut WriteTx,
    store: &Store,
    connection: ConnectionId,
    unmatched: &[(Key, String)],
) -> Result<(), StoreError> {
    if unmatched.is_empty() {
        return Ok(());
    }
    let rows: Vec<Value> = unmatched
        .iter()
        .map(|(of, detail)| {
            let (entity, object, part) = row(of);
            array!([entity, object, part, detail])
        })
        .collect();
    let parked = sqlx::query(PARK)
        .bind(connection.0)
        .bind(json(&rows))
        .bind(Reason::SeveralInOptiply.code())
        .fetch_all(tx.conn())
        .await?;
    credit(tx, &parked).await?;
    let keys = parked.iter().map(key).collect::<Result<Vec<_>, _>>()?;
    rejected::note(tx, connection, &keys, store.now_ms()).await
}

impl Store {
    /// Takes a person's word that Optiply does not hold what was set aside under these rejections.
    /// A match that finds it none the less, and nothing else that it may be, still takes it over.
    /// Returns how many objects that concerns; [`Store::retry_rejections`] then has them made.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn vouch_for(
        &self,
        connection: ConnectionId,
        rejections: &[i64],
    ) -> Result<u64, StoreError> {
        let kinds: Vec<_> = Entity::ALL
            .into_iter()
            .map(|entity| [entity.feed().name(), entity.name()])
            .collect();
        let mut tx = self.write().await?;
        let vouched = sqlx::query(VOUCH)
            .bind(connection.0)
            .bind(json(rejections))
            .bind(json(&kinds))
            .execute(tx.conn())
            .await?;
        tx.commit().await?;
        Ok(vouched.rows_affected())
    }
}

/// Has those of these deliveries matched again that must not be made, `rows` being their keys.
pub(super) async fn match_again(
    tx: &mut WriteTx,
    connection: ConnectionId,
    rows: &str,
) -> Result<(), StoreError> {
    let cleared = sqlx::query(MATCH_AGAIN)
        .bind(connection.0)
        .bind(rows)
        .execute(tx.conn())
        .await?;
    if cleared.rows_affected() > 0 {
        adoption::clear(tx, connection).await?;
        // What waits for them is matched with them, or it would be made once they are there.
        for sql in [
            "UPDATE deliveries SET state = 'pending', waits_on = NULL, next_at = 0
             WHERE connection_id = ?1 AND state = 'waiting'",
            "UPDATE connections SET adoption = 'pending' WHERE id = ?1",
        ] {
            sqlx::query(sql)
                .bind(connection.0)
                .execute(tx.conn())
                .await?;
        }
    }
    Ok(())
}
