//! Figures that are asked for often, and what alarms are judged by. Cheap to read.

use crate::error::StoreError;
use crate::instant::instant;
use crate::store::Store;
use chrono::{DateTime, Utc};
use pipeline::id::{ConnectionId, RunId};
use sqlx::Row;
use std::collections::BTreeMap;

/// Sales looked at to learn when a shop sells: the newest ones, whatever the size of the account.
const SALES_LOOKED_AT: i64 = 20_000;

const HOUR_MS: i64 = 60 * 60 * 1000;

/// Hours of a week.
pub const WEEK_HOURS: i64 = 168;

/// Figures of the whole database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pulse {
    /// Size of the database in bytes, free pages included.
    pub bytes: i64,
    /// Jobs that wait in the queue or are at work.
    pub jobs: i64,
    /// Messages to webhooks that have not arrived.
    pub messages: i64,
}

/// When a shop sells, as its stored sales tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SellingHours {
    /// When the newest sale was completed.
    pub newest: Option<DateTime<Utc>>,
    /// Since when there are sales, within what was looked at.
    pub oldest: Option<DateTime<Utc>>,
    /// In how many weeks the shop sold something, per hour of the week (counted from 1970 in UTC).
    pub weeks: BTreeMap<i64, i64>,
}

impl Store {
    /// Figures of the whole database. Fails when the database does not answer.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pulse(&self) -> Result<Pulse, StoreError> {
        let mut reader = self.read().await?;
        let row = sqlx::query(
            "SELECT (SELECT page_count FROM pragma_page_count)
                        * (SELECT page_size FROM pragma_page_size),
                    (SELECT count(*) FROM Jobs
                     WHERE job_type IN ('extract', 'normalize', 'filter', 'load')
                       AND status IN ('Pending', 'Queued', 'Running')),
                    (SELECT count(*) FROM webhook_outbox WHERE ended_at IS NULL)",
        )
        .fetch_one(reader.conn())
        .await?;
        Ok(Pulse {
            bytes: row.try_get(0)?,
            jobs: row.try_get(1)?,
            messages: row.try_get(2)?,
        })
    }

    /// When the shop of a connection sold something in these past weeks.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn selling_hours(
        &self,
        connection: ConnectionId,
        since: DateTime<Utc>,
    ) -> Result<SellingHours, StoreError> {
        let mut reader = self.read().await?;
        let rows = sqlx::query(
            "WITH newest AS (
                 SELECT completed_at AS at FROM (
                     SELECT completed_at FROM source_sales WHERE connection_id = ?1
                     ORDER BY sale_id DESC LIMIT ?3)
                 WHERE completed_at >= ?2)
             SELECT (at / ?4) % ?5, count(DISTINCT at / (?4 * ?5)), min(at), max(at)
             FROM newest GROUP BY 1",
        )
        .bind(connection.0)
        .bind(since.timestamp_millis())
        .bind(SALES_LOOKED_AT)
        .bind(HOUR_MS)
        .bind(WEEK_HOURS)
        .fetch_all(reader.conn())
        .await?;
        let mut hours = SellingHours::default();
        for row in rows {
            hours.weeks.insert(row.try_get(0)?, row.try_get(1)?);
            let (oldest, newest) = (instant(row.try_get(2)?), instant(row.try_get(3)?));
            hours.oldest = Some(hours.oldest.map_or(oldest, |at| at.min(oldest)));
            hours.newest = Some(hours.newest.map_or(newest, |at| at.max(newest)));
        }
        Ok(hours)
    }

    /// The newest import of a connection that is done.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn last_done(&self, connection: ConnectionId) -> Result<Option<RunId>, StoreError> {
        let mut reader = self.read().await?;
        let id: Option<i64> = sqlx::query_scalar(
            "SELECT id FROM runs WHERE connection_id = ?1 AND state = 'done'
               AND kind IN ('incremental', 'backfill') ORDER BY id DESC LIMIT 1",
        )
        .bind(connection.0)
        .fetch_optional(reader.conn())
        .await?;
        Ok(id.map(RunId))
    }
}
