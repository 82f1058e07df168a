//! Deliveries as people and other parts of the program see them.

use super::work::key;
use crate::error::StoreError;
use crate::instant::instant;
use crate::store::Store;
use chrono::{DateTime, Utc};
use pipeline::Reason;
use pipeline::deliver::{Entity, Key};
use pipeline::id::ConnectionId;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use std::collections::BTreeMap;

/// How many deliveries there are, by kind and state.
pub type DeliveryCounts = BTreeMap<(Entity, String), i64>;

/// A delivery as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRow {
    /// What we call it.
    pub key: Key,
    /// `pending`, `waiting`, `sending`, `ambiguous`, `acknowledged` or `parked`.
    pub state: String,
    /// What Optiply calls it, if that is known.
    pub remote_id: Option<i64>,
    /// Its other name there.
    pub uuid: Option<String>,
    /// What Optiply has acknowledged, as canonical JSON; none if it holds no such row.
    pub acknowledged: Option<String>,
    /// When.
    pub acknowledged_at: Option<DateTime<Utc>>,
    /// What it waits for.
    pub waits_on: Option<String>,
    /// Why it is parked.
    pub reason: Option<Reason>,
    /// What Optiply said.
    pub detail: Option<String>,
    /// What a person should know.
    pub warning: Option<String>,
    /// Failures in a row.
    pub attempts: i64,
    /// Its turn does not come before this, if it was put off.
    pub next_at: Option<DateTime<Utc>>,
}

impl Store {
    /// How many deliveries there are, by kind and state. None when the connection does not deliver.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delivery_counts(
        &self,
        connection: ConnectionId,
    ) -> Result<DeliveryCounts, StoreError> {
        let mut reader = self.read().await?;
        let rows = sqlx::query(
            "SELECT entity, state, count(*) FROM deliveries
             WHERE connection_id = ?1 GROUP BY entity, state",
        )
        .bind(connection.0)
        .fetch_all(reader.conn())
        .await?;
        rows.iter()
            .map(|row| {
                let name: String = row.try_get(0)?;
                let entity = name.parse().map_err(|_| StoreError::Inconsistent {
                    table: "deliveries",
                    column: "entity",
                    row: String::new(),
                    found: name,
                })?;
                Ok(((entity, row.try_get(1)?), row.try_get(2)?))
            })
            .collect()
    }

    /// The deliveries of a kind after this key, in order, `most` at once.
    ///
    /// # Errors
    /// When the database fails or holds something impossible.
    pub async fn deliveries_after(
        &self,
        connection: ConnectionId,
        entity: Entity,
        after: Option<&Key>,
        most: i64,
    ) -> Result<Vec<DeliveryRow>, StoreError> {
        let mut reader = self.read().await?;
        let rows = sqlx::query(
            "SELECT entity, object_id, part, state, remote_id, uuid, acknowledged, acknowledged_at,
                    waits_on, reason, detail, warning, attempts, next_at
             FROM deliveries
             WHERE connection_id = ?1 AND entity = ?2 AND (object_id, part) > (?3, ?4)
             ORDER BY object_id, part LIMIT ?5",
        )
        .bind(connection.0)
        .bind(entity.name())
        .bind(after.map_or(i64::MIN, |key| key.object))
        .bind(after.map_or("", |key| key.part.as_str()))
        .bind(most)
        .fetch_all(reader.conn())
        .await?;
        rows.iter().map(of_row).collect()
    }

    /// All deliveries of a record: of an item, a vendor, a sale or an order.
    ///
    /// # Errors
    /// When the database fails or holds something impossible.
    pub async fn deliveries_of(
        &self,
        connection: ConnectionId,
        entity: Entity,
        object: i64,
    ) -> Result<Vec<DeliveryRow>, StoreError> {
        let mut reader = self.read().await?;
        let rows = sqlx::query(
            "SELECT entity, object_id, part, state, remote_id, uuid, acknowledged, acknowledged_at,
                    waits_on, reason, detail, warning, attempts, next_at
             FROM deliveries
             WHERE connection_id = ?1 AND entity = ?2 AND object_id = ?3 ORDER BY part",
        )
        .bind(connection.0)
        .bind(entity.name())
        .bind(object)
        .fetch_all(reader.conn())
        .await?;
        rows.iter().map(of_row).collect()
    }

    /// How many deliveries are parked.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn parked_deliveries(&self, connection: ConnectionId) -> Result<i64, StoreError> {
        let mut reader = self.read().await?;
        Ok(sqlx::query_scalar(
            "SELECT count(*) FROM deliveries WHERE connection_id = ?1 AND state = 'parked'",
        )
        .bind(connection.0)
        .fetch_one(reader.conn())
        .await?)
    }
}

fn of_row(row: &SqliteRow) -> Result<DeliveryRow, StoreError> {
    let reason: Option<String> = row.try_get("reason")?;
    let at = |column: &str| -> Result<Option<i64>, sqlx::Error> { row.try_get(column) };
    Ok(DeliveryRow {
        key: key(row)?,
        state: row.try_get("state")?,
        remote_id: row.try_get("remote_id")?,
        uuid: row.try_get("uuid")?,
        acknowledged: row.try_get("acknowledged")?,
        acknowledged_at: at("acknowledged_at")?.map(instant),
        waits_on: row.try_get("waits_on")?,
        reason: reason.as_deref().and_then(Reason::from_code),
        detail: row.try_get("detail")?,
        warning: row.try_get("warning")?,
        attempts: row.try_get("attempts")?,
        next_at: at("next_at")?.filter(|at| *at > 0).map(instant),
    })
}
