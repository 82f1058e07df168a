//! Rows as Optiply shows them, kept while they are compared with ours.

use crate::batch::json;
use crate::error::StoreError;
use crate::leases::Lease;
use crate::store::Store;
use pipeline::deliver::Entity;
use pipeline::id::ConnectionId;
use serde_json::{Value, json as array};
use sqlx::Row;

/// A row as Optiply shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteRow {
    /// What Optiply calls it.
    pub remote_id: i64,
    /// Whether it was made through the API, by us or by another integration.
    pub from_api: Option<bool>,
    /// When it was made, in milliseconds.
    pub created_at: Option<i64>,
    /// The attributes that are ours, as canonical JSON.
    pub shown: String,
    /// What it hangs on.
    pub parent: Option<i64>,
    /// The other one that it names.
    pub other: Option<i64>,
    /// Its article code.
    pub article_code: Option<String>,
    /// Its SKU.
    pub sku_code: Option<String>,
    /// Its barcode.
    pub ean_code: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// When it was placed or occurred, in seconds.
    pub at: Option<i64>,
}

const KEEP: &str = "
    INSERT OR REPLACE INTO remote_rows
        (connection_id, entity, remote_id, from_api, created_at, shown, parent_id, other_id,
         article_code, sku_code, ean_code, name, at)
    SELECT ?1, ?2, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
           value ->> 6, value ->> 7, value ->> 8, value ->> 9, value ->> 10
    FROM json_each(?3)";

impl Store {
    /// Up to which id the rows of a kind were read; none when they were read to their end.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remote_position(
        &self,
        connection: ConnectionId,
        entity: Entity,
    ) -> Result<Option<i64>, StoreError> {
        let mut reader = self.read().await?;
        let row = sqlx::query(
            "SELECT position, ended FROM remote_reads WHERE connection_id = ?1 AND entity = ?2",
        )
        .bind(connection.0)
        .bind(entity.name())
        .fetch_optional(reader.conn())
        .await?;
        Ok(match row {
            None => Some(0),
            Some(row) if row.try_get::<bool, _>(1)? => None,
            Some(row) => Some(row.try_get(0)?),
        })
    }

    /// Keeps a page of rows. `ended` says that no more follow.
    ///
    /// # Errors
    /// When the database fails or the lease has moved on.
    pub async fn keep_remote_rows(
        &self,
        lease: &Lease,
        entity: Entity,
        rows: &[RemoteRow],
        ended: bool,
    ) -> Result<(), StoreError> {
        let values: Vec<Value> = rows
            .iter()
            .map(|row| {
                array!([
                    row.remote_id,
                    row.from_api,
                    row.created_at,
                    row.shown,
                    row.parent,
                    row.other,
                    row.article_code,
                    row.sku_code,
                    row.ean_code,
                    row.name,
                    row.at
                ])
            })
            .collect();
        let mut tx = self.write_as(lease).await?;
        sqlx::query(KEEP)
            .bind(lease.connection.0)
            .bind(entity.name())
            .bind(json(&values))
            .execute(tx.conn())
            .await?;
        sqlx::query(
            "INSERT INTO remote_reads (connection_id, entity, position, held, ended)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (connection_id, entity) DO UPDATE SET
                 position = max(position, excluded.position), held = held + excluded.held,
                 ended = excluded.ended",
        )
        .bind(lease.connection.0)
        .bind(entity.name())
        .bind(rows.last().map_or(0, |row| row.remote_id))
        .bind(i64::try_from(rows.len()).unwrap_or(i64::MAX))
        .bind(ended)
        .execute(tx.conn())
        .await?;
        tx.commit().await
    }

    /// Forgets all rows that were kept.
    ///
    /// # Errors
    /// When the database fails or the lease has moved on.
    pub async fn forget_remote_rows(&self, lease: &Lease) -> Result<(), StoreError> {
        let mut tx = self.write_as(lease).await?;
        for sql in FORGET {
            sqlx::query(sql)
                .bind(lease.connection.0)
                .execute(tx.conn())
                .await?;
        }
        tx.commit().await
    }
}

pub(super) const FORGET: [&str; 3] = [
    "DELETE FROM remote_rows WHERE connection_id = ?1",
    "DELETE FROM remote_candidates WHERE connection_id = ?1",
    "DELETE FROM remote_reads WHERE connection_id = ?1",
];
