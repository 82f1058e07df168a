//! What is read where the source does not tell which sales were updated: the journal of voids and
//! the changed lines. They only name sales, which are then read again by their ids.

use super::checkpoints::{self, Moved};
use super::slices::Reading;
use crate::alarms::{self, Alarm, AlarmKind};
use crate::batch::json;
use crate::budgets;
use crate::error::StoreError;
use crate::events::event_in;
use crate::leases::Lease;
use crate::store::Store;
use crate::trip::Trip;
use pipeline::Feed;
use pipeline::id::RunId;

/// A page that names sales.
#[derive(Clone, Debug)]
pub struct NewTrail {
    /// The run.
    pub run: RunId,
    /// The slice of the sales' walks.
    pub slice: i64,
    /// Which trail it is of.
    pub reading: Reading,
    /// The sales that its rows name.
    pub sales: Vec<i64>,
    /// Rows in it.
    pub rows: usize,
    /// The last id in it.
    pub last: Option<i64>,
    /// Whether the answer proved that nothing follows.
    pub ended: bool,
    /// The mirrored budget after it.
    pub budget: Option<String>,
}

const WANT: &str = "
    INSERT INTO wanted_records (connection_id, feed, record_id, state, since_at)
    SELECT DISTINCT ?1, 'sales', value, 'wanted', ?3 FROM json_each(?2) WHERE true
    ON CONFLICT (connection_id, feed, record_id) DO UPDATE SET
        state = 'wanted', since_at = excluded.since_at, page_id = NULL";

fn subject(reading: Reading) -> &'static str {
    match reading {
        Reading::Voids => "voids of sales",
        _ => "lines of sales",
    }
}

impl Store {
    /// Wants the sales that a page names and moves the checkpoint of its walk, in one transaction.
    ///
    /// # Errors
    /// When the database fails, the lease has moved on, or the checkpoint would move back.
    pub async fn store_trail(&self, lease: &Lease, trail: &NewTrail) -> Result<(), StoreError> {
        let connection = lease.connection;
        let now = self.now_ms();
        let mut tx = self.write().await?;
        let mut trip = Trip::default();
        lease.check_on(&mut trip, self.now());
        if !trail.sales.is_empty() {
            trip.then(WANT)
                .bind(connection.0)
                .bind(json(&trail.sales))
                .bind(now);
        }
        if trail.reading == Reading::Voids {
            trip.then("UPDATE connections SET last_void_id = max(last_void_id, ?2) WHERE id = ?1")
                .bind(connection.0)
                .bind(trail.last.unwrap_or(0));
        }
        if let Some(state) = &trail.budget {
            budgets::save_budget_on(&mut trip, connection, "lightspeed", state, now);
        }
        let moved = Moved {
            run: trail.run,
            feed: Feed::Sales,
            slice: trail.slice,
            last: trail.last,
            page_limit: 100,
            rows: trail.rows,
            ended: trail.ended,
        };
        checkpoints::move_walk(&mut trip, connection, &moved, now);
        let mut told = trip.make(tx.conn()).await?;
        lease.checked(&mut told)?;
        checkpoints::walk_moved(&mut tx, self, connection, &moved, &mut told).await?;
        if trail.ended {
            let kind = AlarmKind::RightsLost;
            alarms::clear_in(&mut tx, self, connection, kind, subject(trail.reading)).await?;
        }
        tx.commit().await
    }

    /// Goes on without a trail that may not be read: what it would have told is lost until a sweep
    /// finds it, and an alarm says so.
    ///
    /// # Errors
    /// When the database fails or the lease has moved on.
    pub async fn forbid_trail(
        &self,
        lease: &Lease,
        run: RunId,
        slice: i64,
        reading: Reading,
        cause: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.write_as(lease).await?;
        let what = subject(reading);
        let alarm = Alarm::new(
            AlarmKind::RightsLost,
            what,
            format!(
                "the {what} cannot be read, so some changes of sales are only found by the \
                 nightly sweep: {cause}"
            ),
            "grant the employee the right in Lightspeed; the next run reads them again",
        );
        alarms::raise_in(&mut tx, self, lease.connection, &alarm).await?;
        let moved = Moved {
            run,
            feed: Feed::Sales,
            slice,
            last: None,
            page_limit: 100,
            rows: 0,
            ended: true,
        };
        let (connection, mut trip) = (lease.connection, Trip::default());
        checkpoints::move_walk(&mut trip, connection, &moved, self.now_ms());
        let mut told = trip.make(tx.conn()).await?;
        checkpoints::walk_moved(&mut tx, self, connection, &moved, &mut told).await?;
        tx.commit().await
    }

    /// The source refused to tell which sales were updated: remembered, and the run's sales are
    /// planned anew.
    ///
    /// # Errors
    /// When the database fails or the lease has moved on.
    pub async fn refuse_updated(
        &self,
        lease: &Lease,
        run: RunId,
        cause: &str,
    ) -> Result<(), StoreError> {
        let now = self.now_ms();
        let mut tx = self.write_as(lease).await?;
        sqlx::query("UPDATE connections SET updated_refused_at = ?2 WHERE id = ?1")
            .bind(lease.connection.0)
            .bind(now)
            .execute(tx.conn())
            .await?;
        sqlx::query("DELETE FROM walks WHERE run_id = ?1 AND feed = 'sales'")
            .bind(run.0)
            .execute(tx.conn())
            .await?;
        sqlx::query(
            "UPDATE feed_runs SET state = 'waiting' WHERE run_id = ?1 AND feed = 'sales'
               AND state = 'walking'",
        )
        .bind(run.0)
        .execute(tx.conn())
        .await?;
        let text = format!(
            "Lightspeed does not tell which sales were updated ({cause}); their voids and lines \
             are read instead, and it is asked again in a day"
        );
        let run = Some(run);
        event_in(
            tx.conn(),
            lease.connection,
            run,
            "updated_refused",
            &text,
            now,
        )
        .await?;
        tx.commit().await
    }
}
