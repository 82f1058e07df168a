//! Storing a page as received, with the checkpoint it moves.

use super::checkpoints::{self, Moved};
use super::{BY_ID, start};
use crate::batch::json;
use crate::budgets;
use crate::error::StoreError;
use crate::instant::millis;
use crate::leases::Lease;
use crate::ledger::Deltas;
use crate::pages::pack;
use crate::queue;
use crate::store::Store;
use crate::trip::Trip;
use chrono::{DateTime, Utc};
use pipeline::id::{ConnectionId, PageId, RunId};
use pipeline::outcome::Outcome;
use pipeline::{Feed, Stage};
use sqlx::Row;

/// A page to be stored, with the checkpoint it moves.
#[derive(Clone, Debug)]
pub struct NewPage {
    /// The run.
    pub run: RunId,
    /// The feed.
    pub feed: Feed,
    /// The slice, or [`BY_ID`].
    pub slice: i64,
    /// When its request was sent.
    pub observation: i64,
    /// The source's time.
    pub server_at: Option<DateTime<Utc>>,
    /// What was asked, without secrets.
    pub request: String,
    /// The ids asked for, if the request named them.
    pub asked: Option<Vec<i64>>,
    /// Rows in it.
    pub rows: usize,
    /// The last id in it.
    pub last: Option<i64>,
    /// Rows to ask for next.
    pub page_limit: u32,
    /// Whether the answer proved that nothing follows.
    pub ended: bool,
    /// The answer.
    pub body: String,
    /// The mirrored budget after it.
    pub budget: Option<String>,
}

impl Store {
    /// Stores a page, moves its checkpoint and wakes normalize, in one transaction. Returns the
    /// page's id, or `None` when there was nothing in it worth keeping.
    ///
    /// # Errors
    /// When the database fails, the lease has moved on, or the checkpoint would move back.
    pub async fn store_page(
        &self,
        lease: &Lease,
        page: NewPage,
    ) -> Result<Option<PageId>, StoreError> {
        let packed = pack(&page.body)?;
        let now = self.now_ms();
        let mut tx = self.write().await?;
        let mut trip = Trip::default();
        lease.check_on(&mut trip, self.now());
        // The first that a run reads; its watermarks depend on when that was.
        if let (Feed::Shops | Feed::Vendors, Some(at)) = (page.feed, page.server_at) {
            start::note_server_time(&mut trip, page.run, at, now);
        }
        let kept = page.rows > 0 || page.asked.is_some();
        if kept {
            insert(&mut trip, lease.connection, &page, packed, now);
        }
        let moved = (page.slice != BY_ID).then(|| Moved::from(&page));
        if let Some(moved) = &moved {
            checkpoints::move_walk(&mut trip, lease.connection, moved, now);
        }
        trip.then("UPDATE connections SET observation = max(observation, ?2) WHERE id = ?1")
            .bind(lease.connection.0)
            .bind(page.observation);
        if let Some(state) = &page.budget {
            budgets::save_budget_on(&mut trip, lease.connection, "lightspeed", state, now);
        }
        let mut deltas = Deltas::default();
        let rows = i64::try_from(page.rows).unwrap_or(i64::MAX);
        deltas.entered(page.run, page.feed, Stage::Extract, rows);
        deltas.outcome(page.run, page.feed, Stage::Extract, Outcome::Passed, rows);
        deltas.write_on(&mut trip);
        let (connection, run, next) = (lease.connection, page.run, Stage::Normalize);
        if kept {
            queue::wake_on(&mut trip, connection, run, next, now);
        }
        let mut told = trip.make(tx.conn()).await?;
        lease.checked(&mut told)?;
        let id = match kept.then(|| told.next()) {
            None => None,
            Some(answer) => answer.rows.first().map(|row| row.try_get(0)).transpose()?,
        };
        if let Some(moved) = &moved {
            checkpoints::walk_moved(&mut tx, self, connection, moved, &mut told).await?;
        }
        if kept {
            queue::woken(&mut tx, self, connection, run, next, &mut told).await?;
        }
        tx.commit().await?;
        Ok(id.map(PageId))
    }

    /// The kind of a run that is about to read, and the highest observation stored; the next
    /// request's is one more. `None` when the run is not open.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn observed(
        &self,
        connection: ConnectionId,
        run: RunId,
    ) -> Result<Option<(String, i64)>, StoreError> {
        let mut reader = self.read().await?;
        Ok(sqlx::query_as(
            "SELECT r.kind, c.observation FROM runs r JOIN connections c ON c.id = r.connection_id
             WHERE c.id = ?1 AND r.id = ?2 AND r.state = 'open'",
        )
        .bind(connection.0)
        .bind(run.0)
        .fetch_optional(reader.conn())
        .await?)
    }
}

fn insert(trip: &mut Trip, connection: ConnectionId, page: &NewPage, packed: Vec<u8>, now: i64) {
    trip.ask(
        "INSERT INTO pages (connection_id, run_id, feed, slice, observation, fetched_at, server_at,
                            request, asked, rows, body_bytes, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) RETURNING id",
    )
    .bind(connection.0)
    .bind(page.run.0)
    .bind(page.feed.name())
    .bind(page.slice)
    .bind(page.observation)
    .bind(now)
    .bind(page.server_at.map(millis))
    .bind(&page.request)
    .bind(page.asked.as_ref().map(|ids| json(ids)))
    .bind(i64::try_from(page.rows).unwrap_or(i64::MAX))
    .bind(i64::try_from(page.body.len()).unwrap_or(i64::MAX))
    .bind(packed);
}
