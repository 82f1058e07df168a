//! Messages to webhooks: a durable outbox, written with what they tell of.

use crate::alarms::Alarm;
use crate::error::StoreError;
use crate::events::event_in;
use crate::instant::{instant, millis, text};
use crate::secrets::{self, secret_kind::WEBHOOK_URL};
use crate::store::Store;
use chrono::{DateTime, Utc};
use pipeline::id::ConnectionId;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use sqlx::{Row, SqliteConnection};

/// A message that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its number, by which a receiver tells a repetition.
    pub id: i64,
    /// The connection it tells of.
    pub connection: ConnectionId,
    /// The JSON to be sent.
    pub body: String,
    /// How often it was tried in vain.
    pub attempts: i64,
    /// When it was written.
    pub created_at: DateTime<Utc>,
}

#[derive(Serialize)]
struct Body<'a> {
    event: &'a str,
    connection: &'a str,
    at: String,
    alarm: Told<'a>,
}

#[derive(Serialize)]
struct Told<'a> {
    kind: &'a str,
    subject: &'a str,
    text: &'a str,
    remedy: &'a str,
}

impl Store {
    /// Sets, or with `None` removes, the address to which alarms of a connection are sent. It is
    /// sealed, because such addresses often hold a key. Messages that wait for the former address
    /// go to the new one; without one they are given up. `what` tells the change, without the
    /// address, and is kept among the events.
    ///
    /// # Errors
    /// When there is no such connection, or it cannot be sealed.
    pub async fn set_webhook_url(
        &self,
        connection: ConnectionId,
        url: Option<&SecretString>,
        what: &str,
    ) -> Result<(), StoreError> {
        let now = self.now_ms();
        let mut tx = self.write().await?;
        event_in(tx.conn(), connection, None, "webhook_changed", what, now).await?;
        if let Some(url) = url {
            let plain = url.expose_secret().as_bytes();
            let sealer = &self.inner.sealer;
            secrets::put_in(tx.conn(), sealer, connection, WEBHOOK_URL, 1, plain, now).await?;
            return tx.commit().await;
        }
        sqlx::query("DELETE FROM secrets WHERE connection_id = ?1 AND kind = ?2")
            .bind(connection.0)
            .bind(WEBHOOK_URL)
            .execute(tx.conn())
            .await?;
        sqlx::query(
            "UPDATE webhook_outbox SET ended_at = ?2, outcome = 'given_up', cause = 'no address'
             WHERE connection_id = ?1 AND ended_at IS NULL",
        )
        .bind(connection.0)
        .bind(now)
        .execute(tx.conn())
        .await?;
        tx.commit().await
    }

    /// The address to which alarms of a connection are sent.
    ///
    /// # Errors
    /// When it does not open.
    pub async fn webhook_url(
        &self,
        connection: ConnectionId,
    ) -> Result<Option<SecretString>, StoreError> {
        self.secret(connection, WEBHOOK_URL).await
    }

    /// Messages that are due, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn due_messages(&self, limit: i64) -> Result<Vec<Message>, StoreError> {
        let now = self.now_ms();
        let mut reader = self.read().await?;
        let rows = sqlx::query(
            "SELECT id, connection_id, body, attempts, created_at FROM webhook_outbox
             WHERE ended_at IS NULL AND next_at <= ?1 ORDER BY next_at, id LIMIT ?2",
        )
        .bind(now)
        .bind(limit)
        .fetch_all(reader.conn())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Message {
                    id: row.try_get(0)?,
                    connection: ConnectionId(row.try_get(1)?),
                    body: row.try_get(2)?,
                    attempts: row.try_get(3)?,
                    created_at: instant(row.try_get(4)?),
                })
            })
            .collect()
    }

    /// Notes that a message arrived.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn message_delivered(&self, id: i64) -> Result<(), StoreError> {
        self.end_message(id, "delivered", None).await
    }

    /// Gives a message up that nobody will take.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn message_given_up(&self, id: i64, cause: &str) -> Result<(), StoreError> {
        self.end_message(id, "given_up", Some(cause)).await
    }

    async fn end_message(
        &self,
        id: i64,
        outcome: &str,
        cause: Option<&str>,
    ) -> Result<(), StoreError> {
        let now = self.now_ms();
        let mut tx = self.write().await?;
        sqlx::query(
            "UPDATE webhook_outbox SET ended_at = ?2, outcome = ?3, cause = ?4,
                    attempts = attempts + 1
             WHERE id = ?1 AND ended_at IS NULL",
        )
        .bind(id)
        .bind(now)
        .bind(outcome)
        .bind(cause)
        .execute(tx.conn())
        .await?;
        tx.commit().await
    }

    /// Puts a message off that did not arrive.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn message_failed(
        &self,
        id: i64,
        next_at: DateTime<Utc>,
        cause: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        sqlx::query(
            "UPDATE webhook_outbox SET attempts = attempts + 1, next_at = ?2, cause = ?3
             WHERE id = ?1 AND ended_at IS NULL",
        )
        .bind(id)
        .bind(millis(next_at))
        .bind(cause)
        .execute(tx.conn())
        .await?;
        tx.commit().await
    }
}

/// Writes a message, if the connection has an address to send it to.
pub(crate) async fn put_in(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
    event: &str,
    alarm: &Alarm,
    now: i64,
) -> Result<(), StoreError> {
    let name: Option<String> = sqlx::query_scalar(
        "SELECT c.name FROM connections c JOIN secrets s ON s.connection_id = c.id
         WHERE c.id = ?1 AND s.kind = ?2",
    )
    .bind(connection.0)
    .bind(WEBHOOK_URL)
    .fetch_optional(&mut *conn)
    .await?;
    let Some(name) = name else { return Ok(()) };
    let body = Body {
        event,
        connection: &name,
        at: text(instant(now)),
        alarm: Told {
            kind: alarm.kind.name(),
            subject: &alarm.subject,
            text: &alarm.text,
            remedy: &alarm.remedy,
        },
    };
    let body = serde_json::to_string(&body)
        .map_err(|e| StoreError::Database(sqlx::Error::Encode(Box::new(e))))?;
    sqlx::query(
        "INSERT INTO webhook_outbox (connection_id, body, created_at, next_at)
         VALUES (?1, ?2, ?3, ?3)",
    )
    .bind(connection.0)
    .bind(body)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}
