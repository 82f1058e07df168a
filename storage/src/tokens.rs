//! Lightspeed's token pairs. A refresh token works once, so every pair is committed before it is
//! used, and only the successor of the newest one is accepted.

use crate::error::StoreError;
use crate::instant::{instant, millis};
use crate::seal::Sealer;
use crate::secrets::{context, newest_in, put_in, secret_kind::LIGHTSPEED_TOKENS};
use crate::store::Store;
use chrono::{DateTime, Utc};
use pipeline::id::ConnectionId;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sqlx::{Row, SqliteConnection};
use std::time::Duration;
use zeroize::{Zeroize, Zeroizing};

/// Tries to refresh are counted over this time.
const MINUTE_MS: i64 = 60_000;

/// A stored pair.
#[derive(Clone, Debug)]
pub struct TokenRow {
    /// Greater than that of every earlier pair.
    pub generation: i64,
    /// The access token; `None` until the supplied refresh token was first used.
    pub access: Option<SecretString>,
    /// The refresh token.
    pub refresh: SecretString,
    /// When the access token ends.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A pair to be stored.
#[derive(Clone, Debug)]
pub struct NewTokens {
    /// The access token.
    pub access: Option<SecretString>,
    /// The refresh token.
    pub refresh: SecretString,
    /// When the access token ends.
    pub expires_at: Option<DateTime<Utc>>,
}

/// The form under the seal.
#[derive(Serialize, Deserialize)]
struct Pair {
    access: Option<String>,
    refresh: String,
    expires_at: Option<i64>,
}

impl Drop for Pair {
    fn drop(&mut self) {
        self.access.zeroize();
        self.refresh.zeroize();
    }
}

impl Store {
    /// The newest pair.
    ///
    /// # Errors
    /// When it does not open.
    pub async fn tokens(&self, connection: ConnectionId) -> Result<Option<TokenRow>, StoreError> {
        tokens_in(self.read().await?.conn(), &self.inner.sealer, connection).await
    }

    /// Commits the pair got with the pair of `from_generation` (0: there was none), and returns
    /// what is now in force: the new pair, or the one someone else has committed meanwhile.
    ///
    /// The pair it came from is kept until the next one, to be looked at when something went
    /// wrong; older ones are dropped.
    ///
    /// # Errors
    /// When there is no such connection, or no pair of that generation or a newer one.
    pub async fn commit_tokens(
        &self,
        connection: ConnectionId,
        from_generation: i64,
        new: &NewTokens,
    ) -> Result<TokenRow, StoreError> {
        let now = self.now_ms();
        let sealer = &self.inner.sealer;
        let mut tx = self.write().await?;
        let newest = newest_generation_in(tx.conn(), connection).await?;
        if newest != from_generation {
            let stored = tokens_in(tx.conn(), sealer, connection).await?;
            let name = format!("{from_generation} of connection {connection}");
            return match stored {
                Some(stored) if stored.generation > from_generation => Ok(stored),
                _ => Err(StoreError::NotFound {
                    what: "token generation",
                    name,
                }),
            };
        }
        insert_in(tx.conn(), sealer, connection, newest + 1, new, now).await?;
        tx.commit().await?;
        Ok(TokenRow {
            generation: newest + 1,
            access: new.access.clone(),
            refresh: new.refresh.clone(),
            expires_at: new.expires_at,
        })
    }

    /// Records that a refresh is about to be tried, unless the tries of the last minute, by any
    /// process, have reached the limit: then returns how long to wait.
    ///
    /// # Errors
    /// When there is no such connection.
    pub async fn token_try(
        &self,
        connection: ConnectionId,
        now: DateTime<Utc>,
        max_per_minute: u32,
    ) -> Result<Option<Duration>, StoreError> {
        let now = millis(now);
        let mut tx = self.write().await?;
        // Tries from far ahead were made before the clock was set back; they say nothing.
        sqlx::query(
            "DELETE FROM token_tries
             WHERE connection_id = ?1 AND (tried_at <= ?2 - ?3 OR tried_at > ?2 + ?3)",
        )
        .bind(connection.0)
        .bind(now)
        .bind(MINUTE_MS)
        .execute(tx.conn())
        .await?;
        // The try whose end makes room: with a limit of 4, the fourth newest.
        let blocking = sqlx::query(
            "SELECT tried_at FROM token_tries WHERE connection_id = ?1
             ORDER BY tried_at DESC, n DESC LIMIT 1 OFFSET ?2",
        )
        .bind(connection.0)
        .bind(i64::from(max_per_minute.max(1)) - 1)
        .fetch_optional(tx.conn())
        .await?;
        let wait = match blocking {
            Some(row) => Some(row.try_get::<i64, _>(0)? + MINUTE_MS - now),
            None => None,
        };
        if wait.is_none() {
            sqlx::query(
                "INSERT INTO token_tries (connection_id, tried_at, n)
                 SELECT ?1, ?2, coalesce(max(n) + 1, 0) FROM token_tries
                 WHERE connection_id = ?1 AND tried_at = ?2",
            )
            .bind(connection.0)
            .bind(now)
            .execute(tx.conn())
            .await?;
        }
        tx.commit().await?;
        Ok(wait.map(|ms| Duration::from_millis(ms.unsigned_abs())))
    }
}

/// The newest generation, 0 when there is none.
pub(crate) async fn newest_generation_in(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
) -> Result<i64, StoreError> {
    let row = sqlx::query(
        "SELECT coalesce(max(generation), 0) FROM secrets WHERE connection_id = ?1 AND kind = ?2",
    )
    .bind(connection.0)
    .bind(LIGHTSPEED_TOKENS)
    .fetch_one(conn)
    .await?;
    Ok(row.try_get(0)?)
}

/// Stores a pair under a new generation and keeps the one before it.
pub(crate) async fn insert_in(
    conn: &mut SqliteConnection,
    sealer: &Sealer,
    connection: ConnectionId,
    generation: i64,
    new: &NewTokens,
    now_ms: i64,
) -> Result<(), StoreError> {
    let pair = Pair {
        access: new
            .access
            .as_ref()
            .map(|token| token.expose_secret().to_owned()),
        refresh: new.refresh.expose_secret().to_owned(),
        expires_at: new.expires_at.map(millis),
    };
    let plain = serde_json::to_vec(&pair)
        .map(Zeroizing::new)
        .map_err(|error| {
            StoreError::Key(format!(
                "the tokens of connection {connection} cannot be written: {error}"
            ))
        })?;
    put_in(
        conn,
        sealer,
        connection,
        LIGHTSPEED_TOKENS,
        generation,
        &plain,
        now_ms,
    )
    .await?;
    sqlx::query("DELETE FROM secrets WHERE connection_id = ?1 AND kind = ?2 AND generation < ?3")
        .bind(connection.0)
        .bind(LIGHTSPEED_TOKENS)
        .bind(generation - 1)
        .execute(conn)
        .await?;
    Ok(())
}

async fn tokens_in(
    conn: &mut SqliteConnection,
    sealer: &Sealer,
    connection: ConnectionId,
) -> Result<Option<TokenRow>, StoreError> {
    let newest = newest_in(conn, connection, LIGHTSPEED_TOKENS).await?;
    let Some((generation, sealed)) = newest else {
        return Ok(None);
    };
    let context = context(connection, LIGHTSPEED_TOKENS, generation);
    let plain = sealer.open(&context, &sealed)?;
    let pair: Pair = serde_json::from_slice(&plain)
        .map_err(|_| StoreError::Key(format!("the sealed {context} is not a pair of tokens")))?;
    Ok(Some(TokenRow {
        generation,
        access: pair.access.as_deref().map(SecretString::from),
        refresh: SecretString::from(pair.refresh.as_str()),
        expires_at: pair.expires_at.map(instant),
    }))
}
