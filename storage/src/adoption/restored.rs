//! A database that was put back from a backup: what it does not know is found before it writes.
//!
//! Since the backup was taken rows were made in Optiply, and purchase orders in Lightspeed, of which
//! it knows nothing. So nothing is delivered before an import and an export have caught up and what
//! Optiply holds was matched anew; and every buy order that was there by then is looked up in
//! Lightspeed however long ago it may have been ordered.

use super::begin::clear;
use crate::batch::json;
use crate::deliver;
use crate::error::StoreError;
use crate::events::event_in;
use crate::export;
use crate::leases::Lease;
use crate::store::{Store, WriteTx};
use crate::sync::{self, Trigger};
use pipeline::deliver::Key;
use pipeline::id::ConnectionId;
use serde_json::json as array;
use sqlx::Row;

/// Every buy order that is there: until Optiply was asked which that is.
const ALL_ORDERS: i64 = i64::MAX;

const BEGIN: &str = "
    UPDATE connections SET restored_at = ?2, restored_orders_to = ?3, adoption = 'pending',
        adopted_at = NULL
    WHERE id = ?1 AND delivers_since IS NOT NULL";

/// What was on its way is long settled, one way or the other, and a person's word is of before.
const STATES: [&str; 5] = [
    "UPDATE deliveries SET state = 'pending', next_at = 0, op = NULL, intent = NULL,
         intent_parts = NULL, intent_at = NULL, intent_server_at = NULL, natural_key = NULL,
         doubt_since = NULL, empty_reads = 0, vouched = 0
     WHERE connection_id = ?1 AND state = 'sending'",
    "UPDATE deliveries SET state = 'pending', next_at = 0, op = NULL, intent = NULL,
         intent_parts = NULL, intent_at = NULL, intent_server_at = NULL, natural_key = NULL,
         doubt_since = NULL, empty_reads = 0, vouched = 0
     WHERE connection_id = ?1 AND state = 'ambiguous'",
    "UPDATE deliveries SET vouched = 0 WHERE connection_id = ?1 AND state = 'pending'",
    // Whoever begins to order one looks for its purchase order without regard to time.
    "UPDATE exports SET begun_at = NULL
     WHERE connection_id = ?1 AND state IN ('due', 'working')",
    "UPDATE runs SET extracted_at = NULL
     WHERE connection_id = ?1 AND kind = 'export' AND state = 'open'",
];

/// What Optiply refused may have been mended and made since.
const REFUSED: &str = "
    SELECT entity, object_id, part FROM deliveries
    WHERE connection_id = ?1 AND state = 'parked' AND acknowledged IS NULL AND unmatched IS NULL";

/// An import that asked after the database was put back was read to its end, and so were Optiply's
/// buy orders; none of them is on its way.
const CAUGHT_UP: &str = "
    SELECT c.restored_at IS NULL
        OR (EXISTS (SELECT 1 FROM runs WHERE connection_id = ?1
                    AND kind IN ('incremental', 'backfill', 'sweep')
                    AND asked_at >= c.restored_at AND extracted_at IS NOT NULL)
            AND EXISTS (SELECT 1 FROM runs r WHERE r.connection_id = ?1 AND r.kind = 'export'
                        AND r.extracted_at >= c.restored_at
                        AND (r.state <> 'open'
                             OR NOT EXISTS (SELECT 1 FROM exports e WHERE e.connection_id = ?1
                                            AND e.state IN ('due', 'working')))))
    FROM connections c WHERE c.id = ?1";

/// What Optiply shows otherwise is not acknowledged any more.
const SHOWN_OTHERWISE: &str = "
    UPDATE deliveries SET acknowledged = j.value ->> 3
    FROM json_each(?2) j
    WHERE deliveries.connection_id = ?1 AND deliveries.entity = j.value ->> 0
      AND deliveries.object_id = j.value ->> 1 AND deliveries.part = j.value ->> 2
      AND deliveries.acknowledged IS NOT NULL";

impl Store {
    /// Notes that this database was put back from a backup: every connection that delivers looks
    /// through both systems before it writes to either. Those that can are put to work for it.
    /// Returns the names of these connections.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_restored(&self) -> Result<Vec<String>, StoreError> {
        let mut tx = self.write().await?;
        let rows = sqlx::query("SELECT id, name, state = 'active' FROM connections ORDER BY name")
            .fetch_all(tx.conn())
            .await?;
        let mut noted = Vec::new();
        for row in &rows {
            let connection = ConnectionId(row.try_get(0)?);
            if begin(&mut tx, self, connection, row.try_get(2)?).await? {
                noted.push(row.try_get(1)?);
            }
        }
        tx.commit().await?;
        Ok(noted)
    }

    /// Whether this connection's database was put back from a backup and both systems were not yet
    /// looked through.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_restored(&self, connection: ConnectionId) -> Result<bool, StoreError> {
        let mut reader = self.read().await?;
        Ok(sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM connections WHERE id = ?1 AND restored_at IS NOT NULL)",
        )
        .bind(connection.0)
        .fetch_one(reader.conn())
        .await?)
    }

    /// Has deliveries looked at again that Optiply shows otherwise than it once acknowledged, each
    /// with what is acknowledged still.
    ///
    /// # Errors
    /// When the database fails or the lease has moved on.
    pub async fn shown_otherwise(
        &self,
        lease: &Lease,
        different: &[(Key, String)],
    ) -> Result<(), StoreError> {
        if different.is_empty() {
            return Ok(());
        }
        let rows: Vec<_> = different
            .iter()
            .map(|(key, left)| {
                let (entity, object, part) = deliver::row_of_key(key);
                array!([entity, object, part, left])
            })
            .collect();
        let mut tx = self.write_as(lease).await?;
        sqlx::query(SHOWN_OTHERWISE)
            .bind(lease.connection.0)
            .bind(json(&rows))
            .execute(tx.conn())
            .await?;
        let keys = different.iter().map(|(key, _)| key.clone()).collect();
        deliver::touch_again(&mut tx, lease.connection, keys).await?;
        tx.commit().await
    }
}

async fn begin(
    tx: &mut WriteTx,
    store: &Store,
    connection: ConnectionId,
    active: bool,
) -> Result<bool, StoreError> {
    let now = store.now_ms();
    let begun = sqlx::query(BEGIN)
        .bind(connection.0)
        .bind(now)
        .bind(ALL_ORDERS)
        .execute(tx.conn())
        .await?;
    if begun.rows_affected() == 0 {
        return Ok(false);
    }
    clear(tx, connection).await?;
    for sql in STATES {
        sqlx::query(sql)
            .bind(connection.0)
            .execute(tx.conn())
            .await?;
    }
    let refused = sqlx::query(REFUSED)
        .bind(connection.0)
        .fetch_all(tx.conn())
        .await?;
    let refused = refused
        .iter()
        .map(deliver::key_of_row)
        .collect::<Result<Vec<_>, _>>()?;
    deliver::touch_again(tx, connection, refused).await?;
    let text = "the database was put back from a backup: both systems are looked through before \
                anything is written";
    event_in(tx.conn(), connection, None, "restored", text, now).await?;
    if active {
        sync::request_in(tx, store, connection, Trigger::Manual).await?;
        export::request_in(tx, store, connection, Trigger::Manual).await?;
    }
    Ok(true)
}

/// Whether all that happened since the backup is known from Lightspeed and from Optiply's buy orders.
pub(super) async fn caught_up(
    conn: &mut sqlx::SqliteConnection,
    connection: ConnectionId,
) -> Result<bool, StoreError> {
    let caught_up: Option<bool> = sqlx::query_scalar(CAUGHT_UP)
        .bind(connection.0)
        .fetch_optional(conn)
        .await?;
    Ok(caught_up.unwrap_or(true))
}

/// Optiply's buy orders were read: none that is younger than the last can have been ordered before.
/// Purchase orders that were taken for orders of their own before that are judged again.
pub(crate) async fn orders_seen(
    tx: &mut WriteTx,
    store: &Store,
    connection: ConnectionId,
    last: i64,
) -> Result<(), StoreError> {
    let settled = sqlx::query(
        "UPDATE connections SET restored_orders_to = ?2 WHERE id = ?1 AND restored_orders_to = ?3",
    )
    .bind(connection.0)
    .bind(last)
    .bind(ALL_ORDERS)
    .execute(tx.conn())
    .await?;
    if settled.rows_affected() == 1 {
        export::judge_again(tx, store, connection).await?;
    }
    Ok(())
}
