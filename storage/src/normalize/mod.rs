//! What normalize writes: records, the touches they cause, rejections, and its checkpoint.
//!
//! One transaction a page, a fixed number of statements whatever the page holds. One file per feed
//! knows that feed's tables; what they share is in `work` and `versions`.

mod asked;
mod items;
mod moves;
mod orders;
mod sales;
mod shipments;
mod shops;
mod stock;
mod vendors;
mod versions;
mod work;

use crate::batch::json;
use crate::error::StoreError;
use crate::leases::Lease;
use crate::pages::StoredPage;
use crate::queue;
use crate::rejections::{self, NewRejection};
use crate::store::Store;
use crate::trip::Trip;
use pipeline::id::{ConnectionId, RunId};
use pipeline::normalize::Normalized;
use pipeline::outcome::Outcome;
use pipeline::{Feed, Stage};
use sqlx::Row;
use work::Work;

impl Store {
    /// Stores what a page holds and moves normalize's checkpoint past it. A page that was carried
    /// through before changes nothing.
    ///
    /// # Errors
    /// When the database fails or the lease has moved on.
    pub async fn commit_normalized(
        &self,
        lease: &Lease,
        page: &StoredPage,
        normalized: Normalized,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let mut trip = Trip::default();
        lease.check_on(&mut trip, self.now());
        trip.ask(
            "UPDATE stages SET position = ?3 WHERE connection_id = ?1 AND run_id = ?2
             AND stage = 'normalize' AND position < ?3
             RETURNING (SELECT settings_version FROM connections WHERE id = ?1)",
        )
        .bind(lease.connection.0)
        .bind(page.run.0)
        .bind(page.id.0);
        let mut told = trip.make(tx.conn()).await?;
        lease.checked(&mut told)?;
        let moved = told.next();
        let Some(row) = moved.rows.first() else {
            return tx.commit().await;
        };
        let mut work = Work::new(lease.connection, page, row.try_get(0)?);
        let Normalized {
            records,
            rejections,
            rows: _,
        } = normalized;
        for rejection in &rejections {
            work.deltas.count(
                page.run,
                page.feed,
                Stage::Normalize,
                Outcome::Rejected(rejection.reason),
            );
        }
        let fine: Vec<i64> = match page.feed {
            Feed::Shops => shops::apply(&mut tx, &mut work, &records).await?,
            Feed::Vendors => vendors::apply(&mut tx, &mut work, page, &records).await?,
            Feed::Items => items::apply(&mut tx, &mut work, page, &records).await?,
            Feed::Stock => stock::apply(&mut tx, &mut work, &records).await?,
            Feed::Sales => sales::apply(&mut tx, &mut work, page, &records).await?,
            Feed::Orders => orders::apply(&mut tx, &mut work, page, &records).await?,
            Feed::Shipments => shipments::apply(&mut tx, &mut work, page, &records).await?,
        };
        let now = self.now_ms();
        let refused: Vec<usize> = rejections.iter().map(|r| r.row).collect();
        let (connection, mut trip) = (lease.connection, Trip::default());
        rejections::resolve_by_page(&mut trip, connection, page, &fine, &refused, now);
        let rejections: Vec<NewRejection> = rejections
            .into_iter()
            .map(|r| NewRejection::of_row(page, r))
            .collect();
        rejections::store_on(&mut trip, connection, page.run, &rejections, now);
        let Work {
            deltas,
            touches,
            objects,
            judged,
            ..
        } = work;
        touch_records(&mut trip, connection, page.feed, &touches);
        deltas.write_on(&mut trip);
        trip.make(tx.conn()).await?;
        if !touches.is_empty() || judged {
            queue::wake(&mut tx, self, lease.connection, RunId(0), Stage::Filter).await?;
        }
        if objects {
            queue::wake(&mut tx, self, lease.connection, RunId(0), Stage::Load).await?;
        }
        tx.commit().await
    }
}

fn touch_records(
    trip: &mut Trip,
    connection: ConnectionId,
    feed: Feed,
    touches: &[(i64, Option<i64>)],
) {
    if touches.is_empty() {
        return;
    }
    trip.then(
        "INSERT INTO record_touches (connection_id, feed, record_id, run_id)
         SELECT ?1, ?3, value ->> 0, value ->> 1 FROM json_each(?2)",
    )
    .bind(connection.0)
    .bind(json(touches))
    .bind(feed.name());
}
