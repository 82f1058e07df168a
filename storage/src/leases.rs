//! Who works on what: a lease per connection and role, with a fence that only grows.

use crate::error::StoreError;
use crate::instant::millis;
use crate::store::Store;
use crate::trip::{Answers, Trip};
use crate::worker_lock::host;
use chrono::{DateTime, Utc};
use pipeline::id::ConnectionId;
use sqlx::{Row, SqliteConnection};
use std::time::Duration;

/// The right to do one role's work for one connection, until it ends or is taken over.
#[derive(Clone, Debug)]
pub struct Lease {
    /// The connection.
    pub connection: ConnectionId,
    /// The role: a stage's name, or another piece of work that only one may do.
    pub role: String,
    /// Who holds it.
    pub owner: String,
    /// Greater than that of every earlier holder.
    pub fence: i64,
    /// How long one renewal lasts.
    pub length: Duration,
}

impl Lease {
    /// The role of whoever refreshes tokens. A command that is not the worker may hold it, so
    /// gaining the worker's lock does not end it: it runs out.
    pub const TOKENS: &'static str = "tokens";

    /// Refuses when a later holder has taken over, and renews otherwise: work is its heartbeat.
    pub(crate) async fn check(
        &self,
        conn: &mut SqliteConnection,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut trip = Trip::default();
        self.check_on(&mut trip, now);
        self.checked(&mut trip.make(conn).await?)
    }

    /// The same as the beginning of a trip; its answer is for [`Lease::checked`].
    pub(crate) fn check_on(&self, trip: &mut Trip, now: DateTime<Utc>) {
        trip.ask(
            "UPDATE leases SET until_at = max(until_at, ?4)
             WHERE connection_id = ?1 AND role = ?2 AND fence = ?3",
        )
        .bind(self.connection.0)
        .bind(&self.role)
        .bind(self.fence)
        .bind(millis(now + self.length));
    }

    /// Whether it is still held. When it is not, the transaction must not be committed.
    pub(crate) fn checked(&self, told: &mut Answers) -> Result<(), StoreError> {
        if told.next().affected == 1 {
            Ok(())
        } else {
            Err(StoreError::Fenced {
                role: self.role.clone(),
            })
        }
    }

    /// Takes it with whatever else the transaction holds; see [`Store::acquire_lease`].
    pub(crate) async fn take_in(
        conn: &mut SqliteConnection,
        connection: ConnectionId,
        role: &str,
        owner: &str,
        length: Duration,
        now: DateTime<Utc>,
    ) -> Result<Option<Lease>, StoreError> {
        let mut trip = Trip::default();
        Self::take_on(&mut trip, connection, role, owner, length, now);
        let mut told = trip.make(conn).await?;
        Self::taken(connection, role, owner, length, &mut told)
    }

    /// The first half of [`Lease::take_in`] as part of a trip; its answer is for [`Lease::taken`].
    pub(crate) fn take_on(
        trip: &mut Trip,
        connection: ConnectionId,
        role: &str,
        owner: &str,
        length: Duration,
        now: DateTime<Utc>,
    ) {
        trip.ask(
            "INSERT INTO leases (connection_id, role, owner, host, fence, until_at)
             VALUES (?1, ?2, ?3, ?4, 1, ?6)
             ON CONFLICT (connection_id, role) DO UPDATE SET
                owner = excluded.owner, host = excluded.host,
                fence = fence + 1, until_at = excluded.until_at
             WHERE until_at <= ?5 OR owner = excluded.owner
             RETURNING fence",
        )
        .bind(connection.0)
        .bind(role)
        .bind(owner)
        .bind(host())
        .bind(millis(now))
        .bind(millis(now + length));
    }

    /// The other half of [`Lease::take_in`].
    pub(crate) fn taken(
        connection: ConnectionId,
        role: &str,
        owner: &str,
        length: Duration,
        told: &mut Answers,
    ) -> Result<Option<Lease>, StoreError> {
        let answer = told.next();
        let Some(row) = answer.rows.first() else {
            return Ok(None);
        };
        Ok(Some(Lease {
            connection,
            role: role.to_owned(),
            owner: owner.to_owned(),
            fence: row.try_get("fence")?,
            length,
        }))
    }

    /// Gives it back with whatever else the transaction holds. The fence moves on, so that nothing
    /// can be written with it from there on.
    pub(crate) fn release_on(&self, trip: &mut Trip) {
        trip.then(
            "UPDATE leases SET until_at = 0, fence = fence + 1
             WHERE connection_id = ?1 AND role = ?2 AND fence = ?3",
        )
        .bind(self.connection.0)
        .bind(&self.role)
        .bind(self.fence);
    }
}

impl Store {
    /// Takes the lease on a role; `None` while someone else holds it. Whoever holds it already
    /// gets a new one, which makes the former one void.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn acquire_lease(
        &self,
        connection: ConnectionId,
        role: &str,
        owner: &str,
        length: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        let mut tx = self.write().await?;
        let now = self.now();
        let taken = Lease::take_in(tx.conn(), connection, role, owner, length, now).await?;
        if taken.is_some() {
            tx.commit().await?;
        }
        Ok(taken)
    }

    /// Makes a lease last its length from now.
    ///
    /// # Errors
    /// When a later holder has taken over.
    pub async fn renew_lease(&self, lease: &Lease) -> Result<(), StoreError> {
        self.write_as(lease).await?.commit().await
    }

    /// Gives a lease back. One that was taken over is left to its later holder.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release_lease(&self, lease: &Lease) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let mut trip = Trip::default();
        lease.release_on(&mut trip);
        trip.make(tx.conn()).await?;
        tx.commit().await
    }

    /// Ends every other owner's leases on this host: for whoever has gained the worker's lock,
    /// which proves that their holders are gone. Leases on tokens run out by themselves.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_leases_of_host_except(&self, owner: &str) -> Result<u64, StoreError> {
        let mut tx = self.write().await?;
        let done = sqlx::query(
            "UPDATE leases SET until_at = 0, fence = fence + 1
             WHERE host = ?1 AND owner <> ?2 AND role <> ?3 AND until_at > 0",
        )
        .bind(host())
        .bind(owner)
        .bind(Lease::TOKENS)
        .execute(tx.conn())
        .await?;
        tx.commit().await?;
        Ok(done.rows_affected())
    }

    /// Ends every lease but those on tokens, whichever host it is of: right where the worker's lock
    /// excludes every other worker, as it does for a database file on a local disk, even when the
    /// host changed its name meanwhile.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_all_leases(&self) -> Result<u64, StoreError> {
        let mut tx = self.write().await?;
        let done = sqlx::query(
            "UPDATE leases SET until_at = 0, fence = fence + 1 WHERE role <> ?1 AND until_at > 0",
        )
        .bind(Lease::TOKENS)
        .execute(tx.conn())
        .await?;
        tx.commit().await?;
        Ok(done.rows_affected())
    }
}
