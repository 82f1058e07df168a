//! Credentials, sealed for their row.

use crate::error::StoreError;
use crate::seal::Sealer;
use crate::store::Store;
use pipeline::id::ConnectionId;
use secrecy::{ExposeSecret, SecretString};
use sqlx::{Row, SqliteConnection};

/// The kinds of secrets of a connection.
pub mod secret_kind {
    /// The client id of the Lightspeed application.
    pub const LIGHTSPEED_CLIENT_ID: &str = "lightspeed_client_id";
    /// The client secret of the Lightspeed application.
    pub const LIGHTSPEED_CLIENT_SECRET: &str = "lightspeed_client_secret";
    /// The pair of Lightspeed tokens: [`Store::tokens`](crate::Store::tokens) reads it.
    pub const LIGHTSPEED_TOKENS: &str = "lightspeed_tokens";
    /// The client id for Optiply.
    pub const OPTIPLY_CLIENT_ID: &str = "optiply_client_id";
    /// The client secret for Optiply.
    pub const OPTIPLY_CLIENT_SECRET: &str = "optiply_client_secret";
    /// The user name for Optiply.
    pub const OPTIPLY_USERNAME: &str = "optiply_username";
    /// The password for Optiply.
    pub const OPTIPLY_PASSWORD: &str = "optiply_password";
    /// The account in Optiply.
    pub const OPTIPLY_ACCOUNT_ID: &str = "optiply_account_id";
    /// Where alarms are sent; such an address often holds a key.
    pub const WEBHOOK_URL: &str = "webhook_url";
}

impl Store {
    /// Keeps a secret. Older generations of its kind are dropped; an older generation than the
    /// one kept is not stored.
    ///
    /// # Errors
    /// When there is no such connection, or the secret cannot be sealed.
    pub async fn put_secret(
        &self,
        connection: ConnectionId,
        kind: &str,
        generation: i64,
        secret: &SecretString,
    ) -> Result<(), StoreError> {
        let now = self.now_ms();
        let mut tx = self.write().await?;
        let plain = secret.expose_secret().as_bytes();
        put_in(
            tx.conn(),
            &self.inner.sealer,
            connection,
            kind,
            generation,
            plain,
            now,
        )
        .await?;
        sqlx::query(
            "DELETE FROM secrets WHERE connection_id = ?1 AND kind = ?2 AND generation <
                (SELECT max(generation) FROM secrets WHERE connection_id = ?1 AND kind = ?2)",
        )
        .bind(connection.0)
        .bind(kind)
        .execute(tx.conn())
        .await?;
        tx.commit().await
    }

    /// The newest secret of a kind.
    ///
    /// # Errors
    /// When it does not open.
    pub async fn secret(
        &self,
        connection: ConnectionId,
        kind: &str,
    ) -> Result<Option<SecretString>, StoreError> {
        let newest = newest_in(self.read().await?.conn(), connection, kind).await?;
        let Some((generation, sealed)) = newest else {
            return Ok(None);
        };
        self.inner
            .sealer
            .open_text(&context(connection, kind, generation), &sealed)
            .map(Some)
    }

    /// Tells whether any of a connection's secrets was stored since: the same as long as none was.
    /// The pair of Lightspeed tokens is left out, as it is renewed all the time.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn credentials_mark(
        &self,
        connection: ConnectionId,
    ) -> Result<CredentialsMark, StoreError> {
        let row = sqlx::query(
            "SELECT count(*), coalesce(sum(generation), 0), coalesce(sum(stored_at), 0)
             FROM secrets WHERE connection_id = ?1 AND kind <> ?2",
        )
        .bind(connection.0)
        .bind(secret_kind::LIGHTSPEED_TOKENS)
        .fetch_one(self.read().await?.conn())
        .await?;
        let [kept, generations, stored] = [row.try_get(0)?, row.try_get(1)?, row.try_get(2)?];
        Ok(CredentialsMark([kept, generations, stored]))
    }
}

/// Which secrets a client was made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CredentialsMark([i64; 3]);

/// Where a secret is at home.
pub(crate) fn context(connection: ConnectionId, kind: &str, generation: i64) -> String {
    format!("connection/{connection}/{kind}/{generation}")
}

pub(crate) async fn put_in(
    conn: &mut SqliteConnection,
    sealer: &Sealer,
    connection: ConnectionId,
    kind: &str,
    generation: i64,
    plain: &[u8],
    now_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO secrets (connection_id, kind, generation, sealed, stored_at)
         VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (connection_id, kind, generation)
         DO UPDATE SET sealed = excluded.sealed, stored_at = excluded.stored_at",
    )
    .bind(connection.0)
    .bind(kind)
    .bind(generation)
    .bind(sealer.seal(&context(connection, kind, generation), plain)?)
    .bind(now_ms)
    .execute(conn)
    .await?;
    Ok(())
}

/// Generation and sealed form of the newest secret of a kind.
pub(crate) async fn newest_in(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
    kind: &str,
) -> Result<Option<(i64, Vec<u8>)>, StoreError> {
    let row = sqlx::query(
        "SELECT generation, sealed FROM secrets WHERE connection_id = ?1 AND kind = ?2
         ORDER BY generation DESC LIMIT 1",
    )
    .bind(connection.0)
    .bind(kind)
    .fetch_optional(conn)
    .await?;
    Ok(row
        .map(|row| Ok::<_, sqlx::Error>((row.try_get(0)?, row.try_get(1)?)))
        .transpose()?)
}
