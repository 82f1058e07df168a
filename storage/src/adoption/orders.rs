//! Orders of the same time on both sides, a stretch of time after the other.

use crate::batch::json;
use crate::deliver::park_unmatched;
use crate::error::StoreError;
use crate::leases::Lease;
use crate::store::Store;
use pipeline::deliver::{Entity, Key};
use pipeline::id::ConnectionId;
use sqlx::Row;
use std::collections::BTreeMap;

/// Orders of ours that are not matched, and what Optiply holds of the same time.
#[derive(Clone, Debug, Default)]
pub struct OrdersToMatch {
    /// The deliveries.
    pub keys: Vec<Key>,
    /// Orders that Optiply holds and that are nobody's: id and what is shown.
    pub held: Vec<(i64, String)>,
    /// Their lines, by order: id and what is shown.
    pub lines: BTreeMap<i64, Vec<(i64, String)>>,
    /// Up to which rank this goes.
    pub rank: i64,
}

/// The rank with which a stretch of so many orders ends.
const END: &str = "
    SELECT rank FROM deliveries
    WHERE connection_id = ?1 AND state = 'pending' AND lane = ?2 AND rank > ?3
    ORDER BY rank LIMIT 1 OFFSET ?4";

const OURS: &str = "
    SELECT object_id FROM deliveries
    WHERE connection_id = ?1 AND state = 'pending' AND lane = ?2 AND rank > ?3 AND rank <= ?4
      AND entity = ?5 AND acknowledged IS NULL";

/// A rank is the second at which an order was placed, below zero: the newest goes first.
const THEIRS: &str = "
    SELECT r.remote_id, r.shown FROM remote_rows r
    WHERE r.connection_id = ?1 AND r.entity = ?2 AND r.at >= -(?4) AND r.at < -(?3)
      AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.connection_id = ?1 AND d.entity = ?2
                      AND d.remote_id = r.remote_id)";

const LINES: &str = "
    SELECT r.parent_id, r.remote_id, r.shown FROM json_each(?3) j
    JOIN remote_rows r ON r.connection_id = ?1 AND r.entity = ?2 AND r.parent_id = j.value
    ORDER BY r.parent_id, r.remote_id";

/// Orders of ours that bear the bare number of a buy order that a planner made: another integration
/// brought it to Lightspeed.
const NAMED: &str = "
    SELECT d.object_id, r.remote_id, r.shown FROM deliveries d
    JOIN source_orders o ON o.connection_id = ?1 AND o.order_id = d.object_id
    JOIN remote_rows r ON r.connection_id = ?1 AND r.entity = d.entity
        AND r.remote_id = CAST(o.reference AS INTEGER) AND r.from_api = 0
    WHERE d.connection_id = ?1 AND d.entity = 'buy_order' AND d.object_id > ?2
      AND d.state = 'pending' AND d.acknowledged IS NULL
      AND o.reference <> '' AND o.reference NOT GLOB '*[^0-9]*' AND o.reference NOT GLOB '0*'
      AND NOT EXISTS (SELECT 1 FROM deliveries t WHERE t.connection_id = ?1
                      AND t.entity = 'buy_order' AND t.remote_id = r.remote_id)
    ORDER BY d.object_id LIMIT ?3";

/// Between the oldest and the newest order that Optiply held before we delivered: how many of those
/// are ours now, and how many of ours were not found.
const COVERED: &str = "
    WITH held AS (
        SELECT min(r.at) AS oldest, max(r.at) AS newest,
               coalesce(sum(EXISTS (SELECT 1 FROM deliveries d WHERE d.connection_id = ?1
                   AND d.entity = 'sell_order' AND d.remote_id = r.remote_id)), 0) AS found
        FROM connections c
        JOIN remote_rows r ON r.connection_id = ?1 AND r.entity = 'sell_order'
        WHERE c.id = ?1 AND coalesce(r.created_at < c.delivers_since + ?2, 1))
    SELECT h.found, (SELECT count(*) FROM deliveries d
        WHERE d.connection_id = ?1 AND d.state = 'pending' AND d.lane = 3
          AND d.rank >= -h.newest AND d.rank <= -h.oldest AND d.entity = 'sell_order'
          AND d.acknowledged IS NULL)
    FROM held h";

/// Whoever takes one zone for another may have told the first day's sales as later ones, and the
/// last day's as earlier ones; but no sale was told before it was made.
const NOT_FOUND: &str = "
    WITH held AS (
        SELECT min(r.at) - 86400 AS oldest,
               max(max(r.at), min(max(r.at) + 86400,
                   coalesce(max(r.created_at - ?2) / 1000, max(r.at) + 86400))) AS newest
        FROM connections c
        JOIN remote_rows r ON r.connection_id = ?1 AND r.entity = 'sell_order'
        WHERE c.id = ?1 AND coalesce(r.created_at < c.delivers_since + ?2, 1))
    SELECT d.object_id FROM held h
    JOIN deliveries d ON d.connection_id = ?1 AND d.state = 'pending' AND d.lane = 3
        AND d.rank >= -h.newest AND d.rank <= -h.oldest
    WHERE d.entity = 'sell_order' AND d.acknowledged IS NULL LIMIT 500";

impl Store {
    /// The next stretch of about so many unmatched orders, after that rank. None when there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn orders_to_match(
        &self,
        connection: ConnectionId,
        entity: Entity,
        after: i64,
        most: i64,
    ) -> Result<Option<OrdersToMatch>, StoreError> {
        let lane = entity.lane() as i64;
        let mut reader = self.read().await?;
        let conn = reader.conn();
        let end: Option<i64> = sqlx::query_scalar(END)
            .bind(connection.0)
            .bind(lane)
            .bind(after)
            .bind(most)
            .fetch_optional(&mut *conn)
            .await?;
        // The last stretch has no end of its own.
        let rank = end.unwrap_or(i64::MAX >> 1);
        let ours: Vec<i64> = sqlx::query_scalar(OURS)
            .bind(connection.0)
            .bind(lane)
            .bind(after)
            .bind(rank)
            .bind(entity.name())
            .fetch_all(&mut *conn)
            .await?;
        if ours.is_empty() && end.is_none() {
            return Ok(None);
        }
        let rows = sqlx::query(THEIRS)
            .bind(connection.0)
            .bind(entity.name())
            .bind(after)
            .bind(rank)
            .fetch_all(&mut *conn)
            .await?;
        let held = rows
            .iter()
            .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
            .collect::<Result<Vec<(i64, String)>, StoreError>>()?;
        let ids: Vec<i64> = held.iter().map(|(id, _)| *id).collect();
        let line = entity.line().unwrap_or(Entity::SellOrderLine);
        let rows = sqlx::query(LINES)
            .bind(connection.0)
            .bind(line.name())
            .bind(json(&ids))
            .fetch_all(&mut *conn)
            .await?;
        let mut lines: BTreeMap<i64, Vec<(i64, String)>> = BTreeMap::new();
        for row in &rows {
            let of = lines.entry(row.try_get(0)?).or_default();
            of.push((row.try_get(1)?, row.try_get(2)?));
        }
        Ok(Some(OrdersToMatch {
            keys: ours
                .into_iter()
                .map(|id| Key::new(entity, id, ""))
                .collect(),
            held,
            lines,
            rank,
        }))
    }

    /// Buy orders of ours after that object that bear the number of one that a planner made, by
    /// object: the row, and what is shown (`mapping.md` 9.1). Two may bear the same number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn orders_named(
        &self,
        connection: ConnectionId,
        after: i64,
        most: i64,
    ) -> Result<Vec<(Key, i64, String)>, StoreError> {
        let mut reader = self.read().await?;
        let rows = sqlx::query(NAMED)
            .bind(connection.0)
            .bind(after)
            .bind(most)
            .fetch_all(reader.conn())
            .await?;
        rows.iter()
            .map(|row| {
                let key = Key::new(Entity::BuyOrder, row.try_get(0)?, "");
                Ok((key, row.try_get(1)?, row.try_get(2)?))
            })
            .collect()
    }

    /// The rows that hang on these rows: parent, id and what is shown.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remote_rows_below(
        &self,
        connection: ConnectionId,
        entity: Entity,
        parents: &[i64],
    ) -> Result<Vec<(i64, i64, String)>, StoreError> {
        let mut reader = self.read().await?;
        let rows = sqlx::query(LINES)
            .bind(connection.0)
            .bind(entity.name())
            .bind(json(parents))
            .fetch_all(reader.conn())
            .await?;
        rows.iter()
            .map(|row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?)))
            .collect()
    }

    /// Of the sell orders within the time of those that Optiply held: how many were found there
    /// and how many not. `ahead` is by how much Optiply's clock is ahead of ours.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sell_orders_covered(
        &self,
        connection: ConnectionId,
        ahead: i64,
    ) -> Result<(i64, i64), StoreError> {
        let mut reader = self.read().await?;
        let row = sqlx::query(COVERED)
            .bind(connection.0)
            .bind(ahead)
            .fetch_one(reader.conn())
            .await?;
        Ok((row.try_get(0)?, row.try_get(1)?))
    }

    /// Sets some sell orders aside that fall into the time of those that Optiply held and were not
    /// found there. Returns whether there may be more.
    ///
    /// # Errors
    /// When the database fails or the lease has moved on.
    pub async fn set_covered_aside(
        &self,
        lease: &Lease,
        ahead: i64,
        why: &str,
    ) -> Result<bool, StoreError> {
        let mut tx = self.write_as(lease).await?;
        let ids: Vec<i64> = sqlx::query_scalar(NOT_FOUND)
            .bind(lease.connection.0)
            .bind(ahead)
            .fetch_all(tx.conn())
            .await?;
        let unmatched: Vec<(Key, String)> = ids
            .into_iter()
            .map(|id| (Key::new(Entity::SellOrder, id, ""), why.to_owned()))
            .collect();
        park_unmatched(&mut tx, self, lease.connection, &unmatched).await?;
        tx.commit().await?;
        Ok(!unmatched.is_empty())
    }
}
