//! Where the adoption of a connection stands.

use super::restored::caught_up;
use super::rows::FORGET;
use crate::deliver;
use crate::error::StoreError;
use crate::events::event_in;
use crate::leases::Lease;
use crate::store::{Store, WriteTx};
use crate::trip::{Answers, Trip};
use pipeline::deliver::{Entity, TO_BE_MATCHED};
use pipeline::id::ConnectionId;
use serde::Serialize;
use sqlx::{Row, SqliteConnection};

/// Where the adoption of a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Adoption {
    /// None was ever asked for.
    None,
    /// It waits until the model holds the whole history, and after a restore what came since.
    WaitsForHistory,
    /// It can be done now.
    Ready,
    /// It is done.
    Done,
}

/// What adoption came to, for one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AdoptionReport {
    /// The kind.
    pub entity: Entity,
    /// Rows that Optiply held.
    pub held: i64,
    /// Those taken over.
    pub adopted: i64,
    /// Objects that several rows may be, or a row that may be several: a person must look.
    pub ambiguous: i64,
    /// Objects that Optiply did not hold.
    pub to_make: i64,
}

/// The model is whole once a backfill was read to its end, what its records name was asked for, and
/// all of it is loaded.
const WHOLE: &str = "
    SELECT EXISTS (SELECT 1 FROM runs WHERE connection_id = ?1 AND kind = 'backfill'
                   AND extracted_at IS NOT NULL)
       AND NOT EXISTS (SELECT 1 FROM runs WHERE connection_id = ?1 AND kind = 'backfill'
                       AND state = 'open' AND extracted_at IS NULL)
       AND NOT EXISTS (SELECT 1 FROM wanted_records w
                       WHERE w.connection_id = ?1 AND w.state = 'wanted'
                         AND NOT EXISTS (SELECT 1 FROM feed_runs f
                                         WHERE f.run_id = (SELECT max(id) FROM runs
                                                           WHERE connection_id = ?1
                                                             AND kind = 'backfill')
                                           AND f.feed = w.feed AND f.state = 'forbidden'))
       AND NOT EXISTS (SELECT 1 FROM record_touches WHERE connection_id = ?1)
       AND NOT EXISTS (SELECT 1 FROM object_touches WHERE connection_id = ?1)
       AND NOT EXISTS (SELECT 1 FROM runs r
                       JOIN stages s ON s.connection_id = ?1 AND s.run_id = r.id
                           AND s.stage = 'normalize'
                       JOIN pages p ON p.run_id = r.id AND p.id > s.position
                       WHERE r.connection_id = ?1 AND r.state = 'open')";

/// Whether an adoption is asked for, or done.
const STATE: &str = "SELECT adoption FROM connections WHERE id = ?1";

/// Whether something waits to be matched although the adoption is done.
const WANTED: &str = "
    SELECT EXISTS (SELECT 1 FROM connections c WHERE c.id = ?1 AND c.adoption = 'done'
                   AND c.stopped_at IS NULL AND c.state IN ('active', 'needs_reconnect'))
       AND EXISTS (SELECT 1 FROM deliveries WHERE connection_id = ?1 AND state = 'waiting'
                   AND waits_on = ?2)";

const REPORT: &str = "
    INSERT OR REPLACE INTO adoption_report
        (connection_id, entity, held, adopted, ambiguous, to_make)
    SELECT ?1, r.entity, r.held,
        (SELECT count(*) FROM deliveries d WHERE d.connection_id = ?1 AND d.entity = r.entity
            AND d.acknowledged IS NOT NULL),
        (SELECT count(*) FROM deliveries d WHERE d.connection_id = ?1 AND d.entity = r.entity
            AND d.acknowledged IS NULL AND d.unmatched IS NOT NULL),
        (SELECT count(*) FROM deliveries d WHERE d.connection_id = ?1 AND d.entity = r.entity
            AND d.acknowledged IS NULL AND d.unmatched IS NULL)
    FROM remote_reads r WHERE r.connection_id = ?1";

impl Store {
    /// Where the adoption of a connection stands.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn adoption(&self, connection: ConnectionId) -> Result<Adoption, StoreError> {
        let mut reader = self.read().await?;
        let state = column(reader.conn(), connection).await?;
        Ok(match state.as_deref() {
            None => Adoption::None,
            Some("pending") if is_whole(reader.conn(), connection).await? => Adoption::Ready,
            Some("pending") => Adoption::WaitsForHistory,
            Some(_) if wanted_in(reader.conn(), connection).await? => Adoption::Ready,
            Some(_) => Adoption::Done,
        })
    }

    /// Ends the adoption: what is pending is sent from here on.
    ///
    /// # Errors
    /// When the database fails or the lease has moved on.
    pub async fn finish_adoption(&self, lease: &Lease) -> Result<(), StoreError> {
        let mut tx = self.write_as(lease).await?;
        let (connection, now) = (lease.connection, self.now_ms());
        sqlx::query(REPORT)
            .bind(connection.0)
            .execute(tx.conn())
            .await?;
        sqlx::query(
            "UPDATE connections SET adoption = 'done', adopted_at = coalesce(adopted_at, ?2),
                 restored_at = NULL
             WHERE id = ?1 AND adoption = 'pending'",
        )
        .bind(connection.0)
        .bind(now)
        .execute(tx.conn())
        .await?;
        for sql in FORGET {
            sqlx::query(sql)
                .bind(connection.0)
                .execute(tx.conn())
                .await?;
        }
        let text = "what the Optiply account held already was matched";
        event_in(tx.conn(), connection, None, "adopted", text, now).await?;
        deliver::wake_in(&mut tx, self, connection).await?;
        tx.commit().await
    }

    /// What the last adoption came to, by kind. Empty before it has ended.
    ///
    /// # Errors
    /// When the database fails or holds a name of another version.
    pub async fn adoption_report(
        &self,
        connection: ConnectionId,
    ) -> Result<Vec<AdoptionReport>, StoreError> {
        let mut reader = self.read().await?;
        let rows = sqlx::query(
            "SELECT entity, held, adopted, ambiguous, to_make FROM adoption_report
             WHERE connection_id = ?1",
        )
        .bind(connection.0)
        .fetch_all(reader.conn())
        .await?;
        let mut report = Vec::with_capacity(rows.len());
        for row in rows {
            let name: String = row.try_get(0)?;
            let entity = name.parse().map_err(|_| StoreError::Inconsistent {
                table: "adoption_report",
                column: "entity",
                row: connection.to_string(),
                found: name,
            })?;
            report.push(AdoptionReport {
                entity,
                held: row.try_get(1)?,
                adopted: row.try_get(2)?,
                ambiguous: row.try_get(3)?,
                to_make: row.try_get(4)?,
            });
        }
        report.sort_by_key(|one| one.entity);
        Ok(report)
    }
}

async fn column(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
) -> Result<Option<String>, StoreError> {
    let state: Option<Option<String>> = sqlx::query_scalar(STATE)
        .bind(connection.0)
        .fetch_optional(conn)
        .await?;
    Ok(state.flatten())
}

async fn is_whole(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
) -> Result<bool, StoreError> {
    let whole: bool = sqlx::query_scalar(WHOLE)
        .bind(connection.0)
        .fetch_one(&mut *conn)
        .await?;
    Ok(whole && caught_up(conn, connection).await?)
}

/// Whether deliver has anything to do as far as adoption is concerned: to match, once the model is
/// whole, or to send.
pub(crate) async fn may_deliver_in(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
) -> Result<bool, StoreError> {
    match column(conn, connection).await?.as_deref() {
        Some("pending") => is_whole(conn, connection).await,
        _ => Ok(true),
    }
}

/// Whether something came to light that must be matched too, and can be now.
pub(crate) async fn wanted_in(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
) -> Result<bool, StoreError> {
    let wanted: bool = sqlx::query_scalar(WANTED)
        .bind(connection.0)
        .bind(TO_BE_MATCHED)
        .fetch_one(&mut *conn)
        .await?;
    Ok(wanted && is_whole(conn, connection).await?)
}

/// Asks what [`wake_when_ready`] goes by, as part of a trip.
pub(crate) fn ready_on(trip: &mut Trip, connection: ConnectionId) {
    trip.ask(STATE).bind(connection.0);
    trip.ask(WANTED).bind(connection.0).bind(TO_BE_MATCHED);
}

/// Wakes deliver when the last of the history has just been loaded.
pub(crate) async fn wake_when_ready(
    tx: &mut WriteTx,
    store: &Store,
    connection: ConnectionId,
    told: &mut Answers,
) -> Result<(), StoreError> {
    let (state, wanted) = (told.next(), told.next().flag()?);
    let state: Option<String> = match state.rows.first() {
        None => None,
        Some(row) => row.try_get(0)?,
    };
    let pending = state.as_deref() == Some("pending");
    if (pending || wanted) && is_whole(tx.conn(), connection).await? {
        deliver::wake_in(tx, store, connection).await?;
    }
    Ok(())
}
