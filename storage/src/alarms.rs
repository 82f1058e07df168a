//! Alarms: what a person should look at, raised once, and cleared when it has passed.

use crate::error::StoreError;
use crate::events::event_in;
use crate::instant::instant;
use crate::store::{Store, WriteTx};
use crate::trip::Trip;
use crate::webhooks;
use chrono::{DateTime, Utc};
use pipeline::id::ConnectionId;
use sqlx::Row;

/// What an alarm is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlarmKind {
    /// Nothing arrives although the shop usually sells at this hour.
    NoData,
    /// A run rejected too much of what it read.
    Rejections,
    /// The connected employee may not read a feed.
    RightsLost,
    /// The source's clock is far from ours.
    ClockOffset,
    /// Somebody else uses the allowance.
    SharedBudget,
    /// A sweep misses so much that a person must agree.
    SweepGuard,
    /// Several live purchase orders bear the reference of one buy order.
    DuplicateOrders,
    /// A purchase order and its buy order differ in a way that only a person can settle.
    ExportConflict,
}

impl AlarmKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::NoData,
        Self::Rejections,
        Self::RightsLost,
        Self::ClockOffset,
        Self::SharedBudget,
        Self::SweepGuard,
        Self::DuplicateOrders,
        Self::ExportConflict,
    ];

    /// Its name in tables and output.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoData => "no_data",
            Self::Rejections => "rejections",
            Self::RightsLost => "rights_lost",
            Self::ClockOffset => "clock_offset",
            Self::SharedBudget => "shared_budget",
            Self::SweepGuard => "sweep_guard",
            Self::DuplicateOrders => "duplicate_orders",
            Self::ExportConflict => "export_conflict",
        }
    }
}

/// Something a person should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// What it is about.
    pub kind: AlarmKind,
    /// Which one of its kind, such as a feed; empty if there is only one.
    pub subject: String,
    /// What is wrong.
    pub text: String,
    /// What to do about it.
    pub remedy: String,
}

impl Alarm {
    /// An alarm.
    pub fn new(
        kind: AlarmKind,
        subject: impl Into<String>,
        text: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            subject: subject.into(),
            text: text.into(),
            remedy: remedy.into(),
        }
    }
}

/// An alarm that lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raised {
    /// The alarm.
    pub alarm: Alarm,
    /// When it was raised.
    pub raised_at: DateTime<Utc>,
    /// When it was last seen to last.
    pub seen_at: DateTime<Utc>,
}

impl Store {
    /// Raises an alarm, or notes that it lasts. Says whether it is new.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn raise_alarm(
        &self,
        connection: ConnectionId,
        alarm: &Alarm,
    ) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        let new = raise_in(&mut tx, self, connection, alarm).await?;
        tx.commit().await?;
        Ok(new)
    }

    /// Clears an alarm. Says whether it lasted.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn clear_alarm(
        &self,
        connection: ConnectionId,
        kind: AlarmKind,
        subject: &str,
    ) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        let cleared = clear_in(&mut tx, self, connection, kind, subject).await?;
        tx.commit().await?;
        Ok(cleared)
    }

    /// The alarms of a connection that last, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn alarms(&self, connection: ConnectionId) -> Result<Vec<Raised>, StoreError> {
        let mut reader = self.read().await?;
        let rows = sqlx::query(
            "SELECT kind, subject, text, remedy, raised_at, seen_at FROM alarms
             WHERE connection_id = ?1 AND cleared_at IS NULL ORDER BY raised_at, kind, subject",
        )
        .bind(connection.0)
        .fetch_all(reader.conn())
        .await?;
        let mut raised = Vec::new();
        for row in rows {
            let name: String = row.try_get(0)?;
            // One that a later version raises is shown by that version.
            let Some(kind) = AlarmKind::ALL.into_iter().find(|kind| kind.name() == name) else {
                continue;
            };
            raised.push(Raised {
                alarm: Alarm {
                    kind,
                    subject: row.try_get(1)?,
                    text: row.try_get(2)?,
                    remedy: row.try_get(3)?,
                },
                raised_at: instant(row.try_get(4)?),
                seen_at: instant(row.try_get(5)?),
            });
        }
        Ok(raised)
    }
}

/// Raises an alarm with whatever else its transaction holds.
pub(crate) async fn raise_in(
    tx: &mut WriteTx,
    store: &Store,
    connection: ConnectionId,
    alarm: &Alarm,
) -> Result<bool, StoreError> {
    let now = store.now_ms();
    let lasts: Option<i64> = sqlx::query_scalar(
        "UPDATE alarms SET text = ?4, remedy = ?5, seen_at = ?6
         WHERE connection_id = ?1 AND kind = ?2 AND subject = ?3 AND cleared_at IS NULL
         RETURNING 1",
    )
    .bind(connection.0)
    .bind(alarm.kind.name())
    .bind(&alarm.subject)
    .bind(&alarm.text)
    .bind(&alarm.remedy)
    .bind(now)
    .fetch_optional(tx.conn())
    .await?;
    if lasts.is_some() {
        return Ok(false);
    }
    sqlx::query(
        "INSERT INTO alarms (connection_id, kind, subject, text, remedy, raised_at, seen_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)
         ON CONFLICT (connection_id, kind, subject) DO UPDATE SET
             text = excluded.text, remedy = excluded.remedy, raised_at = excluded.raised_at,
             seen_at = excluded.seen_at, cleared_at = NULL",
    )
    .bind(connection.0)
    .bind(alarm.kind.name())
    .bind(&alarm.subject)
    .bind(&alarm.text)
    .bind(&alarm.remedy)
    .bind(now)
    .execute(tx.conn())
    .await?;
    tell(tx, connection, "alarm_raised", alarm, now).await?;
    Ok(true)
}

/// Asks whether an alarm lasts, as part of a trip: seldom one does, and to clear it is a trip more.
pub(crate) fn lasts_on(trip: &mut Trip, connection: ConnectionId, kind: AlarmKind, subject: &str) {
    trip.ask(
        "SELECT 1 FROM alarms
         WHERE connection_id = ?1 AND kind = ?2 AND subject = ?3 AND cleared_at IS NULL",
    )
    .bind(connection.0)
    .bind(kind.name())
    .bind(subject);
}

/// Clears an alarm with whatever else its transaction holds.
pub(crate) async fn clear_in(
    tx: &mut WriteTx,
    store: &Store,
    connection: ConnectionId,
    kind: AlarmKind,
    subject: &str,
) -> Result<bool, StoreError> {
    let now = store.now_ms();
    let row = sqlx::query(
        "UPDATE alarms SET cleared_at = ?4
         WHERE connection_id = ?1 AND kind = ?2 AND subject = ?3 AND cleared_at IS NULL
         RETURNING text, remedy",
    )
    .bind(connection.0)
    .bind(kind.name())
    .bind(subject)
    .bind(now)
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else { return Ok(false) };
    let alarm = Alarm {
        kind,
        subject: subject.to_owned(),
        text: row.try_get(0)?,
        remedy: row.try_get(1)?,
    };
    tell(tx, connection, "alarm_cleared", &alarm, now).await?;
    Ok(true)
}

async fn tell(
    tx: &mut WriteTx,
    connection: ConnectionId,
    event: &'static str,
    alarm: &Alarm,
    now: i64,
) -> Result<(), StoreError> {
    let text = format!("{}: {}", alarm.kind.name(), alarm.text);
    event_in(tx.conn(), connection, None, event, &text, now).await?;
    webhooks::put_in(tx.conn(), connection, event, alarm, now).await
}
