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
use pipeline::deliver::Key;
use pipeline::id::ConnectionId;
use serde_json::{Value, json as array};

const PARK: &str = "
    UPDATE deliveries SET state = 'parked', looked = touched, waits_on = NULL, counted = 'parked',
        reason = ?3, detail = j.value ->> 3, unmatched = j.value ->> 3
    FROM json_each(?2) j
    WHERE deliveries.connection_id = ?1 AND deliveries.entity = j.value ->> 0
      AND deliveries.object_id = j.value ->> 1 AND deliveries.part = j.value ->> 2
      AND deliveries.state IN ('pending', 'waiting') AND deliveries.acknowledged IS NULL
    RETURNING deliveries.entity, deliveries.object_id, deliveries.part, deliveries.run_id,
              deliveries.counted, deliveries.reason";

/// A person has them matched again: nothing is sent before that is done.
const MATCH_AGAIN: &str = "
    UPDATE deliveries SET unmatched = NULL
    WHERE connection_id = ?1 AND unmatched IS NOT NULL AND (entity, object_id, part) IN
          (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?2))";

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
