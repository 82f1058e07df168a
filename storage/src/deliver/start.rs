//! Whether a connection delivers, and the first time it does.

use crate::error::StoreError;
use crate::queue::{self, JobAddress};
use crate::runs;
use crate::store::{Store, WriteTx};
use pipeline::Stage;
use pipeline::id::{ConnectionId, RunId};
use sqlx::{Row, SqliteConnection};

/// Everything that the model holds, credited to no run.
const ALL: [&str; 7] = [
    "INSERT OR IGNORE INTO deliveries
         (connection_id, entity, object_id, part, state, lane, rank, run_id)
     SELECT connection_id, 'product', item_id, '', 'pending', 1, item_id, 0
     FROM model_products WHERE connection_id = ?1",
    "INSERT OR IGNORE INTO deliveries
         (connection_id, entity, object_id, part, state, lane, rank, run_id)
     SELECT connection_id, 'supplier', vendor_id, '', 'pending', 1, 0, 0
     FROM model_suppliers WHERE connection_id = ?1",
    "INSERT OR IGNORE INTO deliveries
         (connection_id, entity, object_id, part, state, lane, rank, run_id)
     SELECT connection_id, 'supplier_product', item_id, vendor_id, 'pending', 2, item_id, 0
     FROM model_supplier_products WHERE connection_id = ?1",
    "INSERT OR IGNORE INTO deliveries
         (connection_id, entity, object_id, part, state, lane, rank, run_id)
     SELECT connection_id, 'composition', item_id, part_item_id, 'pending', 2, item_id, 0
     FROM model_product_compositions WHERE connection_id = ?1",
    "INSERT OR IGNORE INTO deliveries
         (connection_id, entity, object_id, part, state, lane, rank, run_id)
     SELECT connection_id, 'sell_order', sale_id, '', 'pending', 3, -unixepoch(placed), 0
     FROM model_sell_orders WHERE connection_id = ?1",
    "INSERT OR IGNORE INTO deliveries
         (connection_id, entity, object_id, part, state, lane, rank, run_id)
     SELECT connection_id, 'buy_order', order_id, '', 'pending', 4, -unixepoch(placed), 0
     FROM model_buy_orders WHERE connection_id = ?1",
    "INSERT OR IGNORE INTO deliveries
         (connection_id, entity, object_id, part, state, lane, rank, run_id)
     SELECT connection_id, 'receipt', order_id, receipt_key, 'pending', 5, -unixepoch(occurred), 0
     FROM model_receipt_lines WHERE connection_id = ?1",
];

impl Store {
    /// Begins to deliver: from here on every change of the model is sent, and everything that it
    /// holds now is. Says whether it did not before. Delivery must be possible: the credentials are
    /// stored first.
    ///
    /// # Errors
    /// When there is no such connection.
    pub async fn start_delivery(&self, connection: ConnectionId) -> Result<bool, StoreError> {
        self.begin(connection, None).await
    }

    /// Begins to deliver to an account that may hold data already: all of it is the same, but
    /// nothing is sent before what is there was matched.
    ///
    /// # Errors
    /// When there is no such connection.
    pub async fn start_adoption(&self, connection: ConnectionId) -> Result<bool, StoreError> {
        self.begin(connection, Some("pending")).await
    }

    async fn begin(
        &self,
        connection: ConnectionId,
        adoption: Option<&str>,
    ) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        let now = self.now_ms();
        let started = sqlx::query(
            "UPDATE connections SET delivers_since = ?2, adoption = ?3
             WHERE id = ?1 AND delivers_since IS NULL",
        )
        .bind(connection.0)
        .bind(now)
        .bind(adoption)
        .execute(tx.conn())
        .await?
        .rows_affected()
            == 1;
        runs::stage_rows(tx.conn(), connection, RunId(0), &[Stage::Deliver], now).await?;
        if started {
            for sql in ALL {
                sqlx::query(sql)
                    .bind(connection.0)
                    .execute(tx.conn())
                    .await?;
            }
        }
        wake_in(&mut tx, self, connection).await?;
        tx.commit().await?;
        Ok(started)
    }

    /// Whether a connection delivers.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delivers(&self, connection: ConnectionId) -> Result<bool, StoreError> {
        delivers_in(self.read().await?.conn(), connection).await
    }

    /// Whether deliver may send now: nobody paused the connection or switched it off.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn may_deliver(&self, connection: ConnectionId) -> Result<bool, StoreError> {
        let mut reader = self.read().await?;
        Ok(sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM connections
             WHERE id = ?1 AND delivers_since IS NOT NULL
               AND state IN ('active', 'needs_reconnect'))",
        )
        .bind(connection.0)
        .fetch_one(reader.conn())
        .await?)
    }
}

pub(super) async fn delivers_in(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM connections WHERE id = ?1 AND delivers_since IS NOT NULL)",
    )
    .bind(connection.0)
    .fetch_one(conn)
    .await?)
}

/// Wakes deliver, also when it waits for something that is due later. Put off by a fault or by
/// Optiply itself it stays so.
pub(crate) async fn wake_in(
    tx: &mut WriteTx,
    store: &Store,
    connection: ConnectionId,
) -> Result<(), StoreError> {
    queue::wake(tx, store, connection, RunId(0), Stage::Deliver).await?;
    let now = store.now_ms();
    let hurried = sqlx::query(
        "UPDATE stages SET turn = turn + 1, next_at = NULL, updated_at = ?2
         WHERE connection_id = ?1 AND run_id = 0 AND stage = 'deliver' AND state = 'queued'
           AND next_at > ?2 AND waits_for IS NULL
         RETURNING turn",
    )
    .bind(connection.0)
    .bind(now)
    .fetch_optional(tx.conn())
    .await?;
    if let Some(row) = hurried {
        let address = JobAddress {
            v: 1,
            connection,
            run: RunId(0),
            stage: Stage::Deliver,
            turn: row.try_get(0)?,
        };
        queue::push(tx.conn(), &address, now, now).await?;
        tx.wakes(store, Stage::Deliver);
    }
    Ok(())
}

/// When the next delivery is due, by our clock.
pub(crate) async fn next_at(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
) -> Result<Option<i64>, StoreError> {
    Ok(sqlx::query_scalar(
        "SELECT min(at) FROM (
             SELECT min(next_at) AS at FROM deliveries
             WHERE connection_id = ?1 AND state = 'pending'
             UNION ALL
             SELECT min(next_at) FROM deliveries WHERE connection_id = ?1 AND state = 'ambiguous')",
    )
    .bind(connection.0)
    .fetch_one(conn)
    .await?)
}
