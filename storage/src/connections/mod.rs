//! Connections: a Lightspeed account and what it is joined to.

mod draft;

pub use draft::NewConnection;

use crate::batch::json;
use crate::error::StoreError;
use crate::instant::instant;
use crate::queue;
use crate::store::Store;
use chrono::{DateTime, Utc};
use pipeline::Stage;
use pipeline::id::{ConnectionId, RunId};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

/// Where a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConnectionState {
    /// Being made: not yet proven to work.
    Draft,
    /// At work.
    Active,
    /// Stopped by a person, to be resumed.
    Paused,
    /// Lightspeed no longer accepts its token; everything else is kept.
    NeedsReconnect,
    /// Switched off.
    Disabled,
}

impl ConnectionState {
    /// Every state.
    pub const ALL: [Self; 5] = [
        Self::Draft,
        Self::Active,
        Self::Paused,
        Self::NeedsReconnect,
        Self::Disabled,
    ];

    /// The state's name in tables and output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Active => "active",
            Self::Paused => "paused",
            Self::NeedsReconnect => "needs_reconnect",
            Self::Disabled => "disabled",
        }
    }
}

impl std::fmt::Display for ConnectionState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// A connection as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Its id.
    pub id: ConnectionId,
    /// Its name, as a person gave it.
    pub name: String,
    /// Where it stands.
    pub state: ConnectionState,
    /// Why it stands there, if there is more to say.
    pub state_reason: Option<String>,
    /// The Lightspeed account.
    pub account_id: i64,
    /// The account's name, once asked for.
    pub account_name: Option<String>,
    /// The code of the account's own currency, once asked for.
    pub account_currency: Option<String>,
    /// Base of the Lightspeed API.
    pub lightspeed_url: String,
    /// Base of Lightspeed's OAuth.
    pub lightspeed_auth_url: String,
    /// Base of the Optiply API.
    pub optiply_url: Option<String>,
    /// Optiply's token endpoint.
    pub optiply_auth_url: Option<String>,
    /// Version of the settings in force; 0 when there are none.
    pub settings_version: i64,
    /// How far Lightspeed's clock is from ours, when measured.
    pub clock_offset_ms: Option<i64>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

impl Store {
    /// The connection of this name.
    ///
    /// # Errors
    /// When there is none.
    pub async fn connection(&self, name: &str) -> Result<Connection, StoreError> {
        let row = sqlx::query("SELECT * FROM connections WHERE name = ?1")
            .bind(name)
            .fetch_optional(self.read().await?.conn())
            .await?;
        match row {
            Some(row) => of_row(&row),
            None => Err(missing(name)),
        }
    }

    /// The connection of this id.
    ///
    /// # Errors
    /// When there is none.
    pub async fn connection_by_id(&self, id: ConnectionId) -> Result<Connection, StoreError> {
        let row = sqlx::query("SELECT * FROM connections WHERE id = ?1")
            .bind(id.0)
            .fetch_optional(self.read().await?.conn())
            .await?;
        match row {
            Some(row) => of_row(&row),
            None => Err(missing(id)),
        }
    }

    /// All connections, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn connections(&self) -> Result<Vec<Connection>, StoreError> {
        let rows = sqlx::query("SELECT * FROM connections ORDER BY name")
            .fetch_all(self.read().await?.conn())
            .await?;
        rows.iter().map(of_row).collect()
    }

    /// Moves a connection from one of these states to another. Says whether it moved: it does not
    /// when it stands in none of them.
    ///
    /// # Errors
    /// When there is no such connection.
    pub async fn set_connection_state(
        &self,
        id: ConnectionId,
        from: &[ConnectionState],
        to: ConnectionState,
        reason: Option<&str>,
    ) -> Result<bool, StoreError> {
        let from: Vec<&str> = from.iter().map(|state| state.name()).collect();
        let mut tx = self.write().await?;
        let done = sqlx::query(
            "UPDATE connections SET state = ?3, state_reason = ?4,
                    stopped_at = iif(?3 = 'active', NULL, stopped_at)
             WHERE id = ?1 AND state IN (SELECT value FROM json_each(?2))",
        )
        .bind(id.0)
        .bind(json(&from))
        .bind(to.name())
        .bind(reason)
        .execute(tx.conn())
        .await?;
        let moved = done.rows_affected() == 1;
        if !moved {
            let there = sqlx::query("SELECT 1 FROM connections WHERE id = ?1")
                .bind(id.0)
                .fetch_optional(tx.conn())
                .await?;
            if there.is_none() {
                return Err(missing(id));
            }
        }
        tx.commit().await?;
        Ok(moved)
    }

    /// Keeps the name of the Lightspeed account.
    ///
    /// # Errors
    /// When there is no such connection.
    pub async fn set_account_name(&self, id: ConnectionId, name: &str) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let done = sqlx::query("UPDATE connections SET account_name = ?2 WHERE id = ?1")
            .bind(id.0)
            .bind(name)
            .execute(tx.conn())
            .await?;
        if done.rows_affected() != 1 {
            return Err(missing(id));
        }
        tx.commit().await
    }

    /// Keeps the currency of the Lightspeed account. When it is another one than was known, every
    /// price that a vendor asks is looked at again.
    ///
    /// # Errors
    /// When there is no such connection.
    pub async fn set_account_currency(
        &self,
        id: ConnectionId,
        code: Option<&str>,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let known: Option<Option<String>> =
            sqlx::query_scalar("SELECT account_currency FROM connections WHERE id = ?1")
                .bind(id.0)
                .fetch_optional(tx.conn())
                .await?;
        let Some(known) = known else {
            return Err(missing(id));
        };
        if known.as_deref() == code {
            return Ok(());
        }
        sqlx::query("UPDATE connections SET account_currency = ?2 WHERE id = ?1")
            .bind(id.0)
            .bind(code)
            .execute(tx.conn())
            .await?;
        let touched = sqlx::query(
            "INSERT INTO object_touches (connection_id, object, object_id)
             SELECT ?1, 'supplier_products', item_id FROM (
                 SELECT DISTINCT item_id FROM model_supplier_products WHERE connection_id = ?1)",
        )
        .bind(id.0)
        .execute(tx.conn())
        .await?;
        if touched.rows_affected() > 0 {
            queue::wake(&mut tx, self, id, RunId(0), Stage::Load).await?;
        }
        tx.commit().await
    }

    /// Keeps how far Lightspeed's clock is from ours.
    ///
    /// # Errors
    /// When there is no such connection.
    pub async fn set_clock_offset(&self, id: ConnectionId, ms: i64) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let done = sqlx::query("UPDATE connections SET clock_offset_ms = ?2 WHERE id = ?1")
            .bind(id.0)
            .bind(ms)
            .execute(tx.conn())
            .await?;
        if done.rows_affected() != 1 {
            return Err(missing(id));
        }
        tx.commit().await
    }
}

pub(crate) fn missing(name: impl ToString) -> StoreError {
    StoreError::NotFound {
        what: "connection",
        name: name.to_string(),
    }
}

fn of_row(row: &SqliteRow) -> Result<Connection, StoreError> {
    let name: String = row.try_get("name")?;
    let state: String = row.try_get("state")?;
    let Some(state) = ConnectionState::ALL
        .into_iter()
        .find(|known| known.name() == state)
    else {
        return Err(StoreError::Inconsistent {
            table: "connections",
            column: "state",
            row: name,
            found: state,
        });
    };
    Ok(Connection {
        id: ConnectionId(row.try_get("id")?),
        name,
        state,
        state_reason: row.try_get("state_reason")?,
        account_id: row.try_get("account_id")?,
        account_name: row.try_get("account_name")?,
        account_currency: row.try_get("account_currency")?,
        lightspeed_url: row.try_get("lightspeed_url")?,
        lightspeed_auth_url: row.try_get("lightspeed_auth_url")?,
        optiply_url: row.try_get("optiply_url")?,
        optiply_auth_url: row.try_get("optiply_auth_url")?,
        settings_version: row.try_get("settings_version")?,
        clock_offset_ms: row.try_get("clock_offset_ms")?,
        created_at: instant(row.try_get("created_at")?),
    })
}
