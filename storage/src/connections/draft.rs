//! Making a connection, and mending one: what a person says, and the token they supply.

use crate::error::StoreError;
use crate::store::Store;
use crate::tokens::{NewTokens, insert_in, newest_generation_in};
use pipeline::id::ConnectionId;
use secrecy::{ExposeSecret, SecretString};
use sqlx::{Row, SqliteConnection};

/// What a person says to make a connection, or to mend one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewConnection {
    /// Its name.
    pub name: String,
    /// The Lightspeed account.
    pub account_id: i64,
    /// Base of the Lightspeed API.
    pub lightspeed_url: String,
    /// Base of Lightspeed's OAuth.
    pub lightspeed_auth_url: String,
    /// Base of the Optiply API.
    pub optiply_url: Option<String>,
    /// Optiply's token endpoint.
    pub optiply_auth_url: Option<String>,
}

/// Another account is another connection, except for a draft, which has not learned anything yet.
const SAVE: &str = "
    INSERT INTO connections (name, state, account_id, lightspeed_url, lightspeed_auth_url,
                             optiply_url, optiply_auth_url, created_at)
    VALUES (?1, 'draft', ?2, ?3, ?4, ?5, ?6, ?7)
    ON CONFLICT (name) DO UPDATE SET
       account_id = excluded.account_id,
       lightspeed_url = excluded.lightspeed_url,
       lightspeed_auth_url = excluded.lightspeed_auth_url,
       optiply_url = excluded.optiply_url,
       optiply_auth_url = excluded.optiply_auth_url
    WHERE state = 'draft' OR account_id = excluded.account_id
    RETURNING id";

/// Why a draft did not come to anything was told of the token before.
const SUPPLY: &str = "
    UPDATE connections SET supplied_token = ?2,
           state_reason = CASE WHEN state <> 'draft' THEN state_reason END
    WHERE id = ?1";

impl Store {
    /// Makes a connection, or takes over new addresses and a new token for the one of this name,
    /// which keeps its state, settings and everything learned.
    ///
    /// A refresh token can be used once, so the supplied one is stored here, before any call, as
    /// the newest generation, and its keyed hash beside it. Supplied again, it is known and
    /// whatever has followed it since stays in force.
    ///
    /// # Errors
    /// When a connection of this name has been active for another account.
    pub async fn save_draft(
        &self,
        new: &NewConnection,
        supplied: Option<&SecretString>,
    ) -> Result<ConnectionId, StoreError> {
        let hash = supplied.map(|token| self.supplied_hash(&new.name, token));
        let now = self.now_ms();
        let mut tx = self.write().await?;
        let known = supplied_in(tx.conn(), &new.name).await?;
        let row = sqlx::query(SAVE)
            .bind(&new.name)
            .bind(new.account_id)
            .bind(&new.lightspeed_url)
            .bind(&new.lightspeed_auth_url)
            .bind(&new.optiply_url)
            .bind(&new.optiply_auth_url)
            .bind(now)
            .fetch_optional(tx.conn())
            .await?;
        let Some(row) = row else {
            let what = "connection to another account of the name";
            return Err(StoreError::Exists {
                what,
                name: new.name.clone(),
            });
        };
        let id = ConnectionId(row.try_get("id")?);
        if let (Some(token), Some(hash)) = (supplied, hash)
            && known.as_deref() != Some(hash.as_slice())
        {
            sqlx::query(SUPPLY)
                .bind(id.0)
                .bind(hash.as_slice())
                .execute(tx.conn())
                .await?;
            let newest = newest_generation_in(tx.conn(), id).await?;
            let first = NewTokens {
                access: None,
                refresh: token.clone(),
                expires_at: None,
            };
            insert_in(tx.conn(), &self.inner.sealer, id, newest + 1, &first, now).await?;
        }
        tx.commit().await?;
        Ok(id)
    }

    /// Whether this token is the one last supplied for the connection of this name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn supplied_token_matches(
        &self,
        name: &str,
        supplied: &SecretString,
    ) -> Result<bool, StoreError> {
        let known = supplied_in(self.read().await?.conn(), name).await?;
        Ok(known.as_deref() == Some(self.supplied_hash(name, supplied).as_slice()))
    }

    fn supplied_hash(&self, name: &str, token: &SecretString) -> [u8; 32] {
        let context = format!("connection/{name}/supplied_token");
        self.inner
            .sealer
            .keyed_hash(&context, token.expose_secret().as_bytes())
    }
}

async fn supplied_in(
    conn: &mut SqliteConnection,
    name: &str,
) -> Result<Option<Vec<u8>>, StoreError> {
    let row = sqlx::query("SELECT supplied_token FROM connections WHERE name = ?1")
        .bind(name)
        .fetch_optional(conn)
        .await?;
    Ok(row
        .map(|row| row.try_get::<Option<Vec<u8>>, _>(0))
        .transpose()?
        .flatten())
}
