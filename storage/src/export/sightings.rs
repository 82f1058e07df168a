//! Which buy orders Optiply shows, read page by page.

use crate::adoption;
use crate::batch::json;
use crate::error::StoreError;
use crate::instant::{instant, millis};
use crate::leases::Lease;
use crate::queue;
use crate::store::{Store, WriteTx};
use chrono::{DateTime, TimeDelta, Utc};
use pipeline::Stage;
use pipeline::id::{BuyOrderId, ConnectionId, RunId};
use sqlx::Row;
use std::collections::BTreeMap;

/// For how long after it was ordered an open order is watched.
const WATCHED: TimeDelta = TimeDelta::days(180);

/// How far Optiply's buy orders were seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExportMark {
    /// Up to which change time, by Optiply's clock, they were seen in full.
    pub complete_to: Option<DateTime<Utc>>,
    /// The highest id seen.
    pub last_id: i64,
    /// The lowest id of an order that is not settled, or whose purchase order is open: from there on
    /// all are looked at.
    pub lowest_open: Option<i64>,
    /// The database was put back from a backup: even one that is completed may have been ordered
    /// without our knowing, so that its purchase order must be known for what it is.
    pub restored: bool,
}

/// A buy order that Optiply showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// Which.
    pub order: BuyOrderId,
    /// Optiply's change time.
    pub changed_at: Option<DateTime<Utc>>,
    /// Whether it is to be exported.
    pub wanted: bool,
}

impl Store {
    /// How far Optiply's buy orders were seen, and from when on they are exported: the instant that
    /// was set, or else that at which the connection began to deliver.
    ///
    /// # Errors
    /// When there is no such connection or it has no settings.
    pub async fn export_mark(
        &self,
        connection: ConnectionId,
    ) -> Result<(ExportMark, DateTime<Utc>), StoreError> {
        let set = self
            .current_settings(connection)
            .await?
            .settings
            .export_since;
        let mut reader = self.read().await?;
        let row = sqlx::query(
            "SELECT coalesce(c.delivers_since, c.created_at), m.complete_to, coalesce(m.last_id, 0),
                    (SELECT min(e.buy_order_id) FROM exports e WHERE e.connection_id = ?1
                     AND e.state IN ('due', 'working')),
                    (SELECT min(e.buy_order_id) FROM exports e WHERE e.connection_id = ?1
                     AND e.state = 'parked'),
                    (SELECT min(e.buy_order_id) FROM exports e WHERE e.connection_id = ?1
                     AND e.look > 0), c.restored_at IS NOT NULL
             FROM connections c LEFT JOIN export_marks m ON m.connection_id = c.id
             WHERE c.id = ?1",
        )
        .bind(connection.0)
        .fetch_one(reader.conn())
        .await?;
        let since = set.unwrap_or(instant(row.try_get(0)?));
        let lowest: [Option<i64>; 3] = [row.try_get(3)?, row.try_get(4)?, row.try_get(5)?];
        Ok((
            ExportMark {
                complete_to: row.try_get::<Option<i64>, _>(1)?.map(instant),
                last_id: row.try_get(2)?,
                lowest_open: lowest.into_iter().flatten().min(),
                restored: row.try_get(6)?,
            },
            since,
        ))
    }

    /// Notes a page of buy orders: new ones are due, and those that wait are looked at again once
    /// they changed, as are those whose purchase order is open. Those that Optiply no longer wants
    /// ordered are left.
    ///
    /// # Errors
    /// When the database fails or the lease has moved on.
    pub async fn note_sightings(
        &self,
        lease: &Lease,
        run: RunId,
        seen: &[Sighting],
    ) -> Result<(), StoreError> {
        let rows: Vec<(i64, Option<i64>, bool)> = seen
            .iter()
            .map(|seen| (seen.order.0, seen.changed_at.map(millis), seen.wanted))
            .collect();
        let mut tx = self.write_as(lease).await?;
        sqlx::query(
            "INSERT INTO exports (connection_id, buy_order_id, state, changed_at, seen_run,
                                  first_seen_at, updated_at)
             SELECT ?1, value ->> 0, 'due', value ->> 1, ?3, ?4, ?4 FROM json_each(?2)
             WHERE value ->> 2
                OR EXISTS (SELECT 1 FROM exports e WHERE e.connection_id = ?1
                           AND e.buy_order_id = value ->> 0)
             ON CONFLICT (connection_id, buy_order_id) DO UPDATE SET
                 seen_run = excluded.seen_run,
                 state = iif(state IN ('parked', 'left')
                             AND changed_at IS NOT excluded.changed_at, 'due', state),
                 next_at = iif(state IN ('parked', 'left')
                               AND changed_at IS NOT excluded.changed_at, 0, next_at),
                 look = iif(look = 1 AND changed_at IS NOT excluded.changed_at, 2, look),
                 changed_at = excluded.changed_at",
        )
        .bind(lease.connection.0)
        .bind(json(&rows))
        .bind(run.0)
        .bind(self.now_ms())
        .execute(tx.conn())
        .await?;
        tx.commit().await
    }

    /// Notes a page of their lines, each by its buy order and its change time: an order of which one
    /// changed is looked at again.
    ///
    /// # Errors
    /// When the database fails or the lease has moved on.
    pub async fn note_line_sightings(
        &self,
        lease: &Lease,
        seen: &[(BuyOrderId, DateTime<Utc>)],
    ) -> Result<(), StoreError> {
        let mut newest: BTreeMap<i64, i64> = BTreeMap::new();
        for (order, at) in seen {
            let newest = newest.entry(order.0).or_insert(i64::MIN);
            *newest = (*newest).max(millis(*at));
        }
        if newest.is_empty() {
            return Ok(());
        }
        let rows: Vec<(i64, i64)> = newest.into_iter().collect();
        let mut tx = self.write_as(lease).await?;
        sqlx::query(
            "UPDATE exports SET look = iif(look = 1, 2, look), lines_changed_at = j.value ->> 1
             FROM json_each(?2) j
             WHERE exports.connection_id = ?1 AND exports.buy_order_id = j.value ->> 0
               AND coalesce(exports.lines_changed_at, 0) < j.value ->> 1",
        )
        .bind(lease.connection.0)
        .bind(json(&rows))
        .execute(tx.conn())
        .await?;
        tx.commit().await
    }

    /// Everything was read: the mark moves, and what was looked for and is not there any more is
    /// looked at by its id.
    ///
    /// # Errors
    /// When the database fails or the lease has moved on.
    pub async fn finish_sightings(
        &self,
        lease: &Lease,
        run: RunId,
        complete_to: DateTime<Utc>,
        last_id: i64,
    ) -> Result<(), StoreError> {
        let now = self.now_ms();
        let mut tx = self.write_as(lease).await?;
        sqlx::query(
            "INSERT INTO export_marks (connection_id, complete_to, last_id, run_id)
             VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (connection_id) DO UPDATE SET
                 complete_to = max(complete_to, excluded.complete_to),
                 last_id = max(last_id, excluded.last_id), run_id = excluded.run_id",
        )
        .bind(lease.connection.0)
        .bind(millis(complete_to))
        .bind(last_id)
        .bind(run.0)
        .execute(tx.conn())
        .await?;
        sqlx::query(
            "UPDATE exports SET state = 'due', next_at = 0
             WHERE connection_id = ?1 AND state = 'parked' AND seen_run <> ?2",
        )
        .bind(lease.connection.0)
        .bind(run.0)
        .execute(tx.conn())
        .await?;
        // Of those whose purchase order is open, deleted ones are not shown any more. What is
        // completed, or was ordered long ago, is settled.
        for sql in [
            "UPDATE exports SET look = 2, next_at = 0
             WHERE connection_id = ?1 AND look > 0 AND look = 1 AND seen_run <> ?2",
            "UPDATE exports SET look = 0
             WHERE connection_id = ?1 AND look > 0 AND look = 1
               AND (exported_at < ?3
                    OR EXISTS (SELECT 1 FROM echo_buy_orders b WHERE b.connection_id = ?1
                               AND b.order_id = exports.order_id AND b.completed IS NOT NULL))",
        ] {
            sqlx::query(sql)
                .bind(lease.connection.0)
                .bind(run.0)
                .bind(now - WATCHED.num_milliseconds())
                .execute(tx.conn())
                .await?;
        }
        adoption::orders_seen(&mut tx, self, lease.connection, last_id).await?;
        // What a person archived is not ordered again, and not deleted in Optiply either.
        sqlx::query(
            "UPDATE exports SET warning = 'its purchase order was archived in Lightspeed'
             FROM source_orders o JOIN echo_buy_orders b
                 ON b.connection_id = o.connection_id AND b.order_id = o.order_id
             WHERE exports.connection_id = ?1 AND exports.order_id IS NOT NULL
               AND exports.state = 'exported' AND exports.warning IS NULL
               AND o.connection_id = ?1 AND o.reference GLOB 'OPT-*' AND o.archived = 1
               AND o.order_id = exports.order_id AND b.completed IS NULL",
        )
        .bind(lease.connection.0)
        .execute(tx.conn())
        .await?;
        sqlx::query("UPDATE runs SET extracted_at = ?2 WHERE id = ?1 AND state = 'open'")
            .bind(run.0)
            .bind(now)
            .execute(tx.conn())
            .await?;
        tx.commit().await
    }
}

/// Purchase orders that bear the reference of a buy order of which none was known are judged anew.
pub(crate) async fn judge_again(
    tx: &mut WriteTx,
    store: &Store,
    connection: ConnectionId,
) -> Result<(), StoreError> {
    let touched = sqlx::query(
        "INSERT INTO record_touches (connection_id, feed, record_id)
         SELECT ?1, 'orders', o.order_id FROM source_orders o
         JOIN exports e ON e.connection_id = ?1 AND e.order_id IS NULL
             AND e.buy_order_id = CAST(substr(o.reference, 5) AS INTEGER)
         WHERE o.connection_id = ?1 AND o.reference GLOB 'OPT-*'",
    )
    .bind(connection.0)
    .execute(tx.conn())
    .await?;
    if touched.rows_affected() > 0 {
        queue::wake(tx, store, connection, RunId(0), Stage::Filter).await?;
    }
    Ok(())
}
