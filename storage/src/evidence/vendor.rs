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
    /// Since when it counts as vanished: complete reads did not return it.
    pub vanished_at: Option<DateTime<Utc>>,
    /// The page that brought this version.
    pub page: PageId,
    /// The supplier of the model, if there is one.
    pub supplier: Option<SupplierRow>,
    /// Its supplier products in the model that are enabled.
    pub enabled: i64,
    /// Those that are disabled.
    pub disabled: i64,
    /// Buy orders of the model from it.
    pub buy_orders: i64,
    /// Those of them on which goods are still expected.
    pub open_orders: i64,
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
            "SELECT s.name, s.archived, s.version, s.changed_at, s.vanished_at, s.page_id,
                    m.name AS supplier, m.emails, m.ignored,
                    p.enabled, p.n - p.enabled AS disabled,
                    b.n AS buy_orders, b.n - b.completed AS open_orders
             FROM source_vendors s
             LEFT JOIN model_suppliers m ON m.connection_id = ?1 AND m.vendor_id = s.vendor_id
             CROSS JOIN (SELECT count(*) AS n, count(*) FILTER (WHERE status = 'enabled') AS enabled
                         FROM model_supplier_products
                         WHERE connection_id = ?1 AND vendor_id = ?2) p
             CROSS JOIN (SELECT count(*) AS n, count(completed) AS completed
                         FROM model_buy_orders
                         WHERE connection_id = ?1 AND vendor_id = ?2) b
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
            vanished_at: row.try_get::<Option<i64>, _>("vanished_at")?.map(instant),
            page: PageId(row.try_get("page_id")?),
            supplier,
            enabled: row.try_get("enabled")?,
            disabled: row.try_get("disabled")?,
            buy_orders: row.try_get("buy_orders")?,
            open_orders: row.try_get("open_orders")?,
        }))
    }
}
