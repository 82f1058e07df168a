//! What deliver has before it, for whoever wants to know before it happens. Nothing is written.

use super::relations::row;
use super::work::{DeliveryWork, key, look, with_wishes};
use crate::batch::json;
use crate::error::StoreError;
use crate::store::Store;
use pipeline::deliver::{Desired, Entity, Key};
use pipeline::id::ConnectionId;
use std::collections::HashSet;

/// A page of what deliver has before it.
#[derive(Clone, Debug, Default)]
pub struct Ahead {
    /// The deliveries, with what they should be and what they name.
    pub work: DeliveryWork,
    /// What these name that Optiply does not hold yet and that will be made before them.
    pub coming: HashSet<Key>,
}

/// Whatever is not decided yet, in the order of its keys: also what waits for something else.
const AHEAD: &str = "
    SELECT entity, object_id, part, touched, remote_id, acknowledged, attempts, recreated,
           without_emails, unmatched,
           iif(matched OR recreated OR acknowledged IS NOT NULL, NULL,
               (SELECT c.adopted_at FROM connections c JOIN adoption_report a
                    ON a.connection_id = c.id AND a.entity = ?2 AND a.held > 0
                WHERE c.id = ?1)) AS unseen
    FROM deliveries
    WHERE connection_id = ?1 AND entity = ?2 AND (object_id, part) > (?3, ?4)
      AND state IN ('pending', 'waiting')
    ORDER BY object_id, part LIMIT ?5";

/// Deliveries by their keys, those that there are none of too, less those that wait for their turn.
const AT: &str = "
    SELECT j.value ->> 0 AS entity, j.value ->> 1 AS object_id, j.value ->> 2 AS part,
           coalesce(d.touched, 0) AS touched, d.remote_id, d.acknowledged,
           coalesce(d.attempts, 0) AS attempts, coalesce(d.recreated, 0) AS recreated,
           coalesce(d.without_emails, 0) AS without_emails, d.unmatched, NULL AS unseen
    FROM json_each(?2) j
    LEFT JOIN deliveries d ON d.connection_id = ?1 AND d.entity = j.value ->> 0
        AND d.object_id = j.value ->> 1 AND d.part = j.value ->> 2
    WHERE coalesce(d.state, '') NOT IN ('pending', 'waiting')";

const OF: &str = "
    SELECT d.entity, d.object_id, d.part, d.touched, d.remote_id, d.acknowledged, d.attempts,
           d.recreated, d.without_emails, d.unmatched, NULL AS unseen
    FROM json_each(?2) j
    JOIN deliveries d ON d.connection_id = ?1 AND d.entity = j.value ->> 0
        AND d.object_id = j.value ->> 1 AND d.part = j.value ->> 2";

/// What is on its way to being made. A product is not before its stock is known, and lines come
/// with their orders.
const COMING: &str = "
    SELECT d.entity, d.object_id, d.part FROM json_each(?2) j
    JOIN deliveries d ON d.connection_id = ?1 AND d.entity = j.value ->> 0
        AND d.object_id = j.value ->> 1 AND d.part = j.value ->> 2
    LEFT JOIN model_products m ON d.entity = 'product' AND m.connection_id = ?1
        AND m.item_id = d.object_id
    WHERE d.acknowledged IS NULL AND d.state <> 'parked'
      AND (d.entity <> 'product' OR m.stock_level IS NOT NULL)
    UNION
    SELECT 'buy_order_line', l.order_id, CAST(l.order_line_id AS TEXT) FROM json_each(?2) j
    JOIN model_buy_order_lines l ON j.value ->> 0 = 'buy_order_line' AND l.connection_id = ?1
        AND l.order_id = j.value ->> 1 AND l.order_line_id = CAST(j.value ->> 2 AS INTEGER)
    JOIN deliveries d ON d.connection_id = ?1 AND d.entity = 'buy_order'
        AND d.object_id = l.order_id AND d.part = ''
    WHERE d.state <> 'parked'";

impl Store {
    /// Deliveries of a kind that are not settled, by their keys, after that one.
    ///
    /// # Errors
    /// When the database fails or holds something impossible.
    pub async fn deliveries_ahead(
        &self,
        connection: ConnectionId,
        entity: Entity,
        after: Option<&Key>,
        most: i64,
    ) -> Result<Ahead, StoreError> {
        let mut reader = self.read().await?;
        let rows = sqlx::query(AHEAD)
            .bind(connection.0)
            .bind(entity.name())
            .bind(after.map_or(i64::MIN, |key| key.object))
            .bind(after.map_or("", |key| key.part.as_str()))
            .bind(most)
            .fetch_all(reader.conn())
            .await?;
        let looks = rows.iter().map(look).collect::<Result<Vec<_>, _>>()?;
        let work = with_wishes(reader.conn(), connection, looks).await?;
        ahead(reader.conn(), connection, work).await
    }

    /// Those of these deliveries that are settled or that there are none of, as if their turn had
    /// come.
    ///
    /// # Errors
    /// When the database fails or holds something impossible.
    pub async fn deliveries_at(
        &self,
        connection: ConnectionId,
        keys: &[Key],
    ) -> Result<Ahead, StoreError> {
        let mut reader = self.read().await?;
        let rows: Vec<_> = keys.iter().map(row).collect();
        let rows = sqlx::query(AT)
            .bind(connection.0)
            .bind(json(&rows))
            .fetch_all(reader.conn())
            .await?;
        let looks = rows.iter().map(look).collect::<Result<Vec<_>, _>>()?;
        let work = with_wishes(reader.conn(), connection, looks).await?;
        ahead(reader.conn(), connection, work).await
    }

    /// What these deliveries should be, and what they name, whatever they are at.
    ///
    /// # Errors
    /// When the database fails or holds something impossible.
    pub async fn deliveries_of_keys(
        &self,
        connection: ConnectionId,
        keys: &[Key],
    ) -> Result<DeliveryWork, StoreError> {
        let mut reader = self.read().await?;
        let rows: Vec<_> = keys.iter().map(row).collect();
        let rows = sqlx::query(OF)
            .bind(connection.0)
            .bind(json(&rows))
            .fetch_all(reader.conn())
            .await?;
        let looks = rows.iter().map(look).collect::<Result<Vec<_>, _>>()?;
        with_wishes(reader.conn(), connection, looks).await
    }
}

async fn ahead(
    conn: &mut sqlx::SqliteConnection,
    connection: ConnectionId,
    work: DeliveryWork,
) -> Result<Ahead, StoreError> {
    let absent: HashSet<Key> = work
        .looks
        .iter()
        .flat_map(|look| look.desired.iter().flat_map(Desired::needs))
        .filter(|key| !work.links.get(key).is_some_and(|link| link.held))
        .collect();
    let rows: Vec<_> = absent.iter().map(row).collect();
    let rows = sqlx::query(COMING)
        .bind(connection.0)
        .bind(json(&rows))
        .fetch_all(conn)
        .await?;
    let coming = rows.iter().map(key).collect::<Result<_, _>>()?;
    Ok(Ahead { work, coming })
}
