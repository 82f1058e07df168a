//! What is known of a vendor and of the supplier it became.

use crate::error::StoreError;
use crate::instant::instant;
use crate::store::Store;
use chrono::{DateTime, Utc};
use pipeline::id::{ConnectionId, PageId, VendorId};
use sqlx::Row;

/// A vendor as it is held.
#[derive(Clone, Debug)]
pub struct VendorEvidence {
    /// Its name as sent.
    pub name: String,
    /// Whether it is archived.
    pub archived: bool,
    /// Which version of it this is.
    pub version: i64,
    /// When it last changed, as the source says.
    pub changed_at: Option<DateTime<Utc>>,
    /// The page that brought this version.
    pub page: PageId,
    /// The supplier of the model, if there is one.
    pub supplier: Option<SupplierRow>,
}

/// A supplier of the model.
#[derive(Clone, Debug)]
pub struct SupplierRow {
    /// Its name.
    pub name: String,
    /// Its addresses, as a JSON list.
    pub emails: String,
    /// Whether it is ignored.
    pub ignored: bool,
}

impl Store {
    /// A vendor, if it is held.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn vendor_evidence(
        &self,
        connection: ConnectionId,
        id: VendorId,
    ) -> Result<Option<VendorEvidence>, StoreError> {
        let mut reader = self.read().await?;
        let row = sqlx::query(
            "SELECT s.name, s.archived, s.version, s.changed_at, s.page_id,
                    m.name AS supplier, m.emails, m.ignored
             FROM source_vendors s
             LEFT JOIN model_suppliers m ON m.connection_id = ?1 AND m.vendor_id = s.vendor_id
             WHERE s.connection_id = ?1 AND s.vendor_id = ?2",
        )
        .bind(connection.0)
        .bind(id.0)
        .fetch_optional(reader.conn())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let supplier = match row.try_get::<Option<String>, _>("supplier")? {
            Some(name) => Some(SupplierRow {
                name,
                emails: row.try_get("emails")?,
                ignored: row.try_get("ignored")?,
            }),
            None => None,
        };
        Ok(Some(VendorEvidence {
            name: row.try_get("name")?,
            archived: row.try_get("archived")?,
            version: row.try_get("version")?,
            changed_at: row.try_get::<Option<i64>, _>("changed_at")?.map(instant),
            page: PageId(row.try_get("page_id")?),
            supplier,
        }))
    }
}
