//! What deliver is given to look at.

use super::{desired, relations};
use crate::error::StoreError;
use crate::instant::instant;
use crate::store::Store;
use chrono::{DateTime, Utc};
use pipeline::deliver::{Desired, Entity, Key};
use pipeline::id::ConnectionId;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use std::collections::{HashMap, HashSet};

/// A delivery whose turn it is.
#[derive(Clone, Debug)]
pub struct Look {
    /// What we call it.
    pub key: Key,
    /// Up to which change it is read.
    pub touched: i64,
    /// What Optiply calls it, if it holds it and that is known.
    pub remote_id: Option<i64>,
    /// What Optiply has acknowledged; none if it holds no such row.
    pub acknowledged: Option<String>,
    /// Failures in a row.
    pub attempts: i64,
    /// How often it was made again because Optiply had lost it.
    pub recreated: i64,
    /// Whether the addresses of this supplier were refused.
    pub without_emails: bool,
    /// What Optiply already held that may be it: it must not be made.
    pub unmatched: Option<String>,
    /// Not known when Optiply's account was matched, which held rows of its kind: when that was.
    /// What is older may be there.
    pub unseen: Option<DateTime<Utc>>,
    /// What it should be; none if it should not be there.
    pub desired: Option<Desired>,
    /// Of an order: its lines, as Optiply is known to hold them.
    pub lines: Vec<HeldLine>,
}

/// A line of an order that Optiply holds, or is about to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldLine {
    /// What we call it.
    pub key: Key,
    /// What Optiply calls it, once it was asked.
    pub remote_id: Option<i64>,
    /// What Optiply has acknowledged.
    pub acknowledged: Option<String>,
}

/// A delivery that another names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What Optiply calls it, if that is known.
    pub remote_id: Option<i64>,
    /// Whether Optiply holds it.
    pub held: bool,
}

/// Deliveries to be looked at, with what they name.
#[derive(Clone, Debug, Default)]
pub struct DeliveryWork {
    /// Those whose turn it is, in order.
    pub looks: Vec<Look>,
    /// The deliveries that these name.
    pub links: HashMap<Key, Link>,
    /// By what rows are found again that are being made or may have been.
    pub in_flight: HashSet<String>,
}

const DUE: &str = "
    SELECT entity, object_id, part, touched, remote_id, acknowledged, attempts, recreated,
           without_emails, unmatched,
           iif(matched OR recreated OR acknowledged IS NOT NULL, NULL,
               (SELECT c.adopted_at FROM connections c JOIN adoption_report a
                    ON a.connection_id = c.id AND a.entity = deliveries.entity AND a.held > 0
                WHERE c.id = ?1)) AS unseen
    FROM deliveries
    WHERE connection_id = ?1 AND state = 'pending' AND next_at <= ?2
    ORDER BY lane, rank LIMIT ?3";

impl Store {
    /// The deliveries whose turn it is, `most` at once.
    ///
    /// # Errors
    /// When the database fails or holds something impossible.
    pub async fn delivery_work(
        &self,
        connection: ConnectionId,
        most: i64,
    ) -> Result<DeliveryWork, StoreError> {
        let now = self.now_ms();
        let mut reader = self.read().await?;
        let conn = reader.conn();
        let rows = sqlx::query(DUE)
            .bind(connection.0)
            .bind(now)
            .bind(most)
            .fetch_all(&mut *conn)
            .await?;
        let looks = rows.iter().map(look).collect::<Result<Vec<_>, _>>()?;
        if looks.is_empty() {
            return Ok(DeliveryWork::default());
        }
        let mut work = with_wishes(conn, connection, looks).await?;
        let in_flight = sqlx::query_scalar(
            "SELECT natural_key FROM deliveries
             WHERE connection_id = ?1 AND natural_key IS NOT NULL",
        )
        .bind(connection.0)
        .fetch_all(conn)
        .await?;
        work.in_flight = in_flight.into_iter().collect();
        Ok(work)
    }
}

/// What the model says of deliveries, and what these name.
pub(super) async fn with_wishes(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
    mut looks: Vec<Look>,
) -> Result<DeliveryWork, StoreError> {
    let keys: Vec<Key> = looks.iter().map(|look| look.key.clone()).collect();
    let mut wishes = desired::read(conn, connection, &keys).await?;
    let mut lines = relations::lines(conn, connection, &keys).await?;
    let mut named: HashSet<Key> = HashSet::new();
    for look in &mut looks {
        look.desired = wishes.remove(&look.key);
        look.lines = lines.remove(&look.key).unwrap_or_default();
        named.extend(look.desired.iter().flat_map(Desired::needs));
        named.extend(look.key.order());
    }
    Ok(DeliveryWork {
        links: relations::links(conn, connection, &named).await?,
        looks,
        in_flight: HashSet::new(),
    })
}

pub(super) fn look(row: &SqliteRow) -> Result<Look, StoreError> {
    Ok(Look {
        key: key(row)?,
        touched: row.try_get("touched")?,
        remote_id: row.try_get("remote_id")?,
        acknowledged: row.try_get("acknowledged")?,
        attempts: row.try_get("attempts")?,
        recreated: row.try_get("recreated")?,
        without_emails: row.try_get("without_emails")?,
        unmatched: row.try_get("unmatched")?,
        unseen: row.try_get::<Option<i64>, _>("unseen")?.map(instant),
        desired: None,
        lines: Vec::new(),
    })
}

/// The key of a row whose first columns are entity, object and part.
pub(crate) fn key(row: &SqliteRow) -> Result<Key, StoreError> {
    let name: String = row.try_get(0)?;
    let object: i64 = row.try_get(1)?;
    let entity: Entity = name.parse().map_err(|_| StoreError::Inconsistent {
        table: "deliveries",
        column: "entity",
        row: object.to_string(),
        found: name,
    })?;
    Ok(Key::new(entity, object, row.try_get::<String, _>(2)?))
}
