//! What deliveries name, and the lines of orders.

use super::work::{HeldLine, Link, key};
use crate::batch::json;
use crate::error::StoreError;
use pipeline::deliver::Key;
use pipeline::id::ConnectionId;
use sqlx::{Row, SqliteConnection};
use std::collections::{HashMap, HashSet};

const LINKS: &str = "
    SELECT d.entity, d.object_id, d.part, d.remote_id, d.acknowledged IS NOT NULL
    FROM json_each(?2) j
    JOIN deliveries d ON d.connection_id = ?1 AND d.entity = j.value ->> 0
        AND d.object_id = j.value ->> 1 AND d.part = j.value ->> 2";

const LINES: &str = "
    SELECT d.entity, d.object_id, d.part, d.remote_id, d.acknowledged
    FROM json_each(?2) j
    JOIN deliveries d ON d.connection_id = ?1 AND d.entity = j.value ->> 0
        AND d.object_id = j.value ->> 1
    ORDER BY d.entity, d.object_id, d.part";

/// The key as statements take it.
pub(crate) fn row(key: &Key) -> (&'static str, i64, &str) {
    (key.entity.name(), key.object, &key.part)
}

pub(super) async fn links(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
    keys: &HashSet<Key>,
) -> Result<HashMap<Key, Link>, StoreError> {
    let rows: Vec<_> = keys.iter().map(row).collect();
    let rows = sqlx::query(LINKS)
        .bind(connection.0)
        .bind(json(&rows))
        .fetch_all(conn)
        .await?;
    rows.iter()
        .map(|row| {
            let link = Link {
                remote_id: row.try_get(3)?,
                held: row.try_get(4)?,
            };
            Ok((key(row)?, link))
        })
        .collect()
}

/// The lines of those keys that are orders.
pub(super) async fn lines(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
    keys: &[Key],
) -> Result<HashMap<Key, Vec<HeldLine>>, StoreError> {
    let orders: Vec<_> = keys
        .iter()
        .filter_map(|key| Some((key.entity.line()?.name(), key.object)))
        .collect();
    let mut lines: HashMap<Key, Vec<HeldLine>> = HashMap::new();
    if orders.is_empty() {
        return Ok(lines);
    }
    let rows = sqlx::query(LINES)
        .bind(connection.0)
        .bind(json(&orders))
        .fetch_all(conn)
        .await?;
    for row in rows {
        let line = HeldLine {
            key: key(&row)?,
            remote_id: row.try_get(3)?,
            acknowledged: row.try_get(4)?,
        };
        if let Some(order) = line.key.order() {
            lines.entry(order).or_default().push(line);
        }
    }
    Ok(lines)
}
