//! What Optiply refuses is shown with the records that could not be used.

use super::relations::row;
use super::start;
use super::touches::{self, touch};
use super::unmatched;
use super::work::key;
use crate::batch::json;
use crate::error::StoreError;
use crate::rejections::{self, NewRejection};
use crate::store::{Store, WriteTx};
use pipeline::deliver::{Entity, Key};
use pipeline::id::{ConnectionId, RunId};
use pipeline::{Feed, Reason, Stage};
use sqlx::Row;
use std::collections::{BTreeMap, BTreeSet};

const PARKED: &str = "
    SELECT d.entity, d.object_id, d.part, d.run_id, d.reason, d.detail FROM json_each(?2) j
    JOIN deliveries d ON d.connection_id = ?1 AND d.entity = j.value ->> 0
        AND d.object_id = j.value ->> 1 AND d.part = j.value ->> 2
    WHERE d.state = 'parked'";

const RESOLVE: &str = "
    UPDATE rejections SET resolved_at = ?4
    WHERE connection_id = ?1 AND stage = 'deliver' AND feed = ?2 AND resolved_at IS NULL
      AND record_id IN (SELECT value FROM json_each(?3))
      AND NOT EXISTS (SELECT 1 FROM deliveries d
          WHERE d.connection_id = ?1 AND d.state = 'parked'
            AND d.entity IN (SELECT value FROM json_each(?5))
            AND d.object_id = rejections.record_id)";

/// Shows those of these deliveries that are parked. A record has one rejection, whichever of its
/// deliveries was refused last.
pub(super) async fn note(
    tx: &mut WriteTx,
    connection: ConnectionId,
    keys: &[Key],
    now: i64,
) -> Result<(), StoreError> {
    if keys.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = keys.iter().map(row).collect();
    let rows = sqlx::query(PARKED)
        .bind(connection.0)
        .bind(json(&rows))
        .fetch_all(tx.conn())
        .await?;
    let mut by_run: BTreeMap<i64, Vec<NewRejection>> = BTreeMap::new();
    for row in &rows {
        let key = key(row)?;
        let code: Option<String> = row.try_get(4)?;
        let reason = code.as_deref().and_then(Reason::from_code);
        by_run
            .entry(row.try_get(3)?)
            .or_default()
            .push(NewRejection {
                stage: Stage::Deliver,
                feed: key.entity.feed(),
                id: Some(key.object),
                page: None,
                row: 0,
                reason: reason.unwrap_or(Reason::RefusedByOptiply),
                path: key.to_string(),
                detail: row.try_get::<Option<String>, _>(5)?.unwrap_or_default(),
                body: String::new(),
            });
    }
    for (run, rejected) in by_run {
        rejections::store(tx, connection, RunId(run), &rejected, now).await?;
    }
    Ok(())
}

/// Ends the rejections of records of which nothing is refused any more.
pub(super) async fn resolve(
    tx: &mut WriteTx,
    connection: ConnectionId,
    keys: &[Key],
    now: i64,
) -> Result<(), StoreError> {
    let mut by_feed: BTreeMap<Feed, BTreeSet<i64>> = BTreeMap::new();
    for key in keys {
        by_feed
            .entry(key.entity.feed())
            .or_default()
            .insert(key.object);
    }
    for (feed, records) in by_feed {
        let kinds: Vec<&str> = Entity::ALL
            .into_iter()
            .filter(|entity| entity.feed() == feed)
            .map(Entity::name)
            .collect();
        sqlx::query(RESOLVE)
            .bind(connection.0)
            .bind(feed.name())
            .bind(json(&Vec::from_iter(records)))
            .bind(now)
            .bind(json(&kinds))
            .execute(tx.conn())
            .await?;
    }
    Ok(())
}

/// Has the refused deliveries of these records tried again, for a run.
pub(crate) async fn retry(
    tx: &mut WriteTx,
    store: &Store,
    (connection, run): (ConnectionId, RunId),
    records: &[(Feed, i64)],
) -> Result<(), StoreError> {
    let mut touched = Vec::new();
    for entity in Entity::ALL {
        let of_entity = records.iter().filter(|(feed, _)| *feed == entity.feed());
        let ids: Vec<i64> = of_entity.map(|(_, record)| *record).collect();
        if ids.is_empty() {
            continue;
        }
        let rows = sqlx::query(
            "SELECT entity, object_id, part, rank FROM deliveries
             WHERE connection_id = ?1 AND state = 'parked' AND entity = ?2
               AND object_id IN (SELECT value FROM json_each(?3))",
        )
        .bind(connection.0)
        .bind(entity.name())
        .bind(json(&ids))
        .fetch_all(tx.conn())
        .await?;
        for row in &rows {
            touched.push(touch(key(row)?, row.try_get(3)?, run.0));
        }
    }
    unmatched::match_again(tx, connection, &json(&touched)).await?;
    sqlx::query(
        "UPDATE deliveries SET recreated = 0
         WHERE connection_id = ?1 AND (entity, object_id, part) IN
               (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?2))",
    )
    .bind(connection.0)
    .bind(json(&touched))
    .execute(tx.conn())
    .await?;
    touches::write(tx, connection, &touched).await?;
    start::wake_in(tx, store, connection).await
}
