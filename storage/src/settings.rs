//! Settings of a connection: every version that was ever in force, who made it and when.

use crate::connections::missing;
use crate::error::StoreError;
use crate::instant::instant;
use crate::store::Store;
use chrono::{DateTime, Utc};
use pipeline::id::ConnectionId;
use pipeline::settings::Settings;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

/// One version of a connection's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsVersion {
    /// 1 for the first; grows by one.
    pub version: i64,
    /// When it came into force.
    pub changed_at: DateTime<Utc>,
    /// Who made it so.
    pub changed_by: String,
    /// The settings.
    pub settings: Settings,
}

impl Store {
    /// Puts settings in force and returns their version; the present one when nothing differs.
    ///
    /// # Errors
    /// When there is no such connection.
    pub async fn put_settings(
        &self,
        connection: ConnectionId,
        settings: &Settings,
        by: &str,
    ) -> Result<i64, StoreError> {
        let now = self.now_ms();
        let mut tx = self.write().await?;
        let present = present_in(tx.conn(), connection).await?;
        if let Some(present) = &present
            && present.settings == *settings
        {
            return Ok(present.version);
        }
        let before = present.map_or(0, |present| present.version);
        if !put_in(tx.conn(), connection, before, settings, by, now).await? {
            return Err(missing(connection));
        }
        tx.commit().await?;
        Ok(before + 1)
    }

    /// The settings in force.
    ///
    /// # Errors
    /// When none were put in force.
    pub async fn current_settings(
        &self,
        connection: ConnectionId,
    ) -> Result<SettingsVersion, StoreError> {
        current_in(self.read().await?.conn(), connection).await
    }

    /// Every version, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn settings_history(
        &self,
        connection: ConnectionId,
    ) -> Result<Vec<SettingsVersion>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM settings_versions WHERE connection_id = ?1 ORDER BY version DESC",
        )
        .bind(connection.0)
        .fetch_all(self.read().await?.conn())
        .await?;
        rows.iter().map(|row| of_row(connection, row)).collect()
    }
}

/// Puts the version after `before` in force; `false` when that is not the one in force.
pub(crate) async fn put_in(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
    before: i64,
    settings: &Settings,
    by: &str,
    now_ms: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE connections SET settings_version = ?3
         WHERE id = ?1 AND settings_version = ?2",
    )
    .bind(connection.0)
    .bind(before)
    .bind(before + 1)
    .execute(&mut *conn)
    .await?;
    if done.rows_affected() != 1 {
        return Ok(false);
    }
    let text = serde_json::to_string(settings)
        .map_err(|error| odd(connection, before + 1, error.to_string()))?;
    sqlx::query(
        "INSERT INTO settings_versions (connection_id, version, changed_at, changed_by, settings)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )
    .bind(connection.0)
    .bind(before + 1)
    .bind(now_ms)
    .bind(by)
    .bind(text)
    .execute(conn)
    .await?;
    Ok(true)
}

/// The version in force: what a stage compares before it writes what it decided under another.
pub(crate) async fn version_in(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
) -> Result<i64, StoreError> {
    Ok(
        sqlx::query_scalar("SELECT settings_version FROM connections WHERE id = ?1")
            .bind(connection.0)
            .fetch_one(conn)
            .await?,
    )
}

/// The settings in force, as this transaction sees them.
pub(crate) async fn current_in(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
) -> Result<SettingsVersion, StoreError> {
    present_in(conn, connection)
        .await?
        .ok_or_else(|| StoreError::NotFound {
            what: "version of the settings of connection",
            name: connection.to_string(),
        })
}

async fn present_in(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
) -> Result<Option<SettingsVersion>, StoreError> {
    let row = sqlx::query(
        "SELECT s.* FROM connections c
         JOIN settings_versions s ON s.connection_id = c.id AND s.version = c.settings_version
         WHERE c.id = ?1",
    )
    .bind(connection.0)
    .fetch_optional(conn)
    .await?;
    row.map(|row| of_row(connection, &row)).transpose()
}

fn of_row(connection: ConnectionId, row: &SqliteRow) -> Result<SettingsVersion, StoreError> {
    let version: i64 = row.try_get("version")?;
    let text: String = row.try_get("settings")?;
    Ok(SettingsVersion {
        version,
        changed_at: instant(row.try_get("changed_at")?),
        changed_by: row.try_get("changed_by")?,
        settings: serde_json::from_str(&text).map_err(|_| odd(connection, version, text))?,
    })
}

fn odd(connection: ConnectionId, version: i64, found: String) -> StoreError {
    StoreError::Inconsistent {
        table: "settings_versions",
        column: "settings",
        row: format!("connection {connection}, version {version}"),
        found,
    }
}
