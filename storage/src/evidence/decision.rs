//! The newest decisions on records.

use crate::batch::json;
use crate::error::StoreError;
use crate::instant::instant;
use chrono::{DateTime, Utc};
use pipeline::id::{ConnectionId, RunId};
use pipeline::outcome::Outcome;
use pipeline::{Feed, Reason};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use std::collections::HashMap;

/// The newest decision on a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The version of the record it was made on.
    pub version: i64,
    /// The version of the settings it was made by.
    pub settings_version: i64,
    /// The run it is credited to.
    pub run: RunId,
    /// Why filter dropped it; `None` if it was kept.
    pub dropped: Option<Reason>,
    /// What load made of it; `None` before load has looked, and for what filter dropped.
    pub loaded: Option<Outcome>,
    /// When.
    pub at: DateTime<Utc>,
}

impl Decision {
    /// Why the record does not count, as far as it is dropped.
    pub const fn against(&self) -> Option<Reason> {
        match (self.dropped, self.loaded) {
            (Some(reason), _) | (None, Some(Outcome::Dropped(reason))) => Some(reason),
            _ => None,
        }
    }
}

/// The decision on one record.
pub(super) async fn decision(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
    feed: Feed,
    id: i64,
) -> Result<Option<Decision>, StoreError> {
    Ok(decisions(conn, connection, feed, &[id]).await?.remove(&id))
}

/// The decisions on these records.
pub(super) async fn decisions(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
    feed: Feed,
    ids: &[i64],
) -> Result<HashMap<i64, Decision>, StoreError> {
    let rows = sqlx::query(
        "SELECT record_id, version, settings_version, run_id, filtered, filter_reason, loaded,
                load_reason, decided_at
         FROM verdicts WHERE connection_id = ?1 AND feed = ?2
           AND record_id IN (SELECT value FROM json_each(?3))",
    )
    .bind(connection.0)
    .bind(feed.name())
    .bind(json(ids))
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| Ok((row.try_get("record_id")?, of_row(row)?)))
        .collect()
}

fn of_row(row: &SqliteRow) -> Result<Decision, StoreError> {
    let reason = |column: &str| -> Result<Option<Reason>, sqlx::Error> {
        let code: Option<&str> = row.try_get(column)?;
        Ok(code.and_then(Reason::from_code))
    };
    let loaded: Option<&str> = row.try_get("loaded")?;
    let load_reason = reason("load_reason")?;
    Ok(Decision {
        version: row.try_get("version")?,
        settings_version: row.try_get("settings_version")?,
        run: RunId(row.try_get("run_id")?),
        dropped: reason("filter_reason")?,
        loaded: loaded.and_then(|name| Outcome::from_parts(name, load_reason)),
        at: instant(row.try_get("decided_at")?),
    })
}
