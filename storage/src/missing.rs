//! What complete walks missed and nobody has accepted yet: which records, and the alarm over them.

use crate::alarms::{self, Alarm, AlarmKind};
use crate::error::StoreError;
use crate::store::{Store, WriteTx};
use pipeline::Feed;
use pipeline::id::ConnectionId;
use sqlx::Row;

/// A record that complete walks missed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingRecord {
    /// Its id.
    pub id: i64,
    /// What it was called when it was last seen.
    pub name: String,
}

impl Store {
    /// The records of a feed that as many complete walks in a row missed, by id, up to so many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn missing_records(
        &self,
        connection: ConnectionId,
        feed: Feed,
        walks: i64,
        most: i64,
    ) -> Result<Vec<MissingRecord>, StoreError> {
        let sql = match feed {
            Feed::Items => {
                "SELECT item_id, description FROM source_items
                 WHERE connection_id = ?1 AND missing_walks >= ?2 AND vanished_at IS NULL
                 ORDER BY item_id LIMIT ?3"
            }
            _ => {
                "SELECT vendor_id, name FROM source_vendors
                 WHERE connection_id = ?1 AND missing_walks >= ?2 AND vanished_at IS NULL
                 ORDER BY vendor_id LIMIT ?3"
            }
        };
        let mut reader = self.read().await?;
        let rows = sqlx::query(sql)
            .bind(connection.0)
            .bind(walks)
            .bind(most)
            .fetch_all(reader.conn())
            .await?;
        rows.iter()
            .map(|row| {
                Ok(MissingRecord {
                    id: row.try_get(0)?,
                    name: row.try_get(1)?,
                })
            })
            .collect()
    }
}

/// Raises the alarm over a feed of which so much is missing, or notes that it lasts.
pub(crate) async fn raise_in(
    tx: &mut WriteTx,
    store: &Store,
    connection: ConnectionId,
    feed: Feed,
    (missing, known, walks): (i64, i64, i64),
) -> Result<(), StoreError> {
    let name: String = sqlx::query_scalar("SELECT name FROM connections WHERE id = ?1")
        .bind(connection.0)
        .fetch_one(tx.conn())
        .await?;
    let alarm = Alarm::new(
        AlarmKind::SweepGuard,
        feed.name(),
        format!(
            "{missing} of {known} {feed} are missing from a complete read; nothing was taken away \
             (reads that agree: {walks})"
        ),
        format!("`stockbridge sweep {name}` lists them; with --accept they are taken as gone"),
    );
    if alarms::raise_in(tx, store, connection, &alarm).await? {
        tracing::warn!(
            connection = name,
            kind = alarm.kind.name(),
            "alarm: {}",
            alarm.text
        );
    }
    Ok(())
}

/// Clears the alarm over a feed.
pub(crate) async fn clear_in(
    tx: &mut WriteTx,
    store: &Store,
    connection: ConnectionId,
    feed: Feed,
) -> Result<(), StoreError> {
    alarms::clear_in(tx, store, connection, AlarmKind::SweepGuard, feed.name()).await?;
    Ok(())
}
