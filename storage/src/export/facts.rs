//! What is known of Lightspeed that decides on a buy order.

use crate::batch::json;
use crate::error::StoreError;
use crate::store::Store;
use pipeline::export::{Candidate, Facts, ProductFact, ShopFact, VendorFact};
use pipeline::id::{ConnectionId, ItemId, ShopId, VendorId};
use sqlx::Row;

impl Store {
    /// What is known of Lightspeed that decides on a buy order: the Default Location, the vendor
    /// behind its supplier and the items behind its products.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn export_facts(
        &self,
        connection: ConnectionId,
        order: &Candidate,
    ) -> Result<Facts, StoreError> {
        let settings = self.current_settings(connection).await?.settings;
        let mut reader = self.read().await?;
        let shop = sqlx::query(
            "SELECT shop_id, name, archived, time_zone FROM source_shops
             WHERE connection_id = ?1 AND shop_id = ?2",
        )
        .bind(connection.0)
        .bind(settings.default_location.0)
        .fetch_optional(reader.conn())
        .await?;
        let vendor = sqlx::query(
            "SELECT v.vendor_id, v.name, v.archived, v.vanished_at IS NOT NULL
             FROM deliveries d
             JOIN source_vendors v ON v.connection_id = ?1 AND v.vendor_id = d.object_id
             WHERE d.connection_id = ?1 AND d.entity = 'supplier' AND d.remote_id = ?2",
        )
        .bind(connection.0)
        .bind(order.supplier)
        .fetch_optional(reader.conn())
        .await?;
        let products: Vec<i64> = order.lines.iter().map(|line| line.product).collect();
        let items = sqlx::query(
            "SELECT d.remote_id, i.item_id, i.description,
                    coalesce(nullif(i.custom_sku, ''), i.system_sku), i.archived,
                    i.kind = 'non_inventory', i.vanished_at IS NOT NULL
             FROM json_each(?2) j
             JOIN deliveries d ON d.connection_id = ?1 AND d.entity = 'product'
                 AND d.remote_id = j.value
             JOIN source_items i ON i.connection_id = ?1 AND i.item_id = d.object_id",
        )
        .bind(connection.0)
        .bind(json(&products))
        .fetch_all(reader.conn())
        .await?;
        Ok(Facts {
            shop: match shop {
                None => None,
                Some(row) => Some(ShopFact {
                    id: ShopId(row.try_get(0)?),
                    name: row.try_get(1)?,
                    archived: row.try_get(2)?,
                    time_zone: row.try_get(3)?,
                }),
            },
            vendor: match vendor {
                None => None,
                Some(row) => Some(VendorFact {
                    id: VendorId(row.try_get(0)?),
                    name: row.try_get(1)?,
                    archived: row.try_get(2)?,
                    vanished: row.try_get(3)?,
                }),
            },
            products: items
                .iter()
                .map(|row| {
                    let fact = ProductFact {
                        item: ItemId(row.try_get(1)?),
                        name: row.try_get(2)?,
                        sku: row.try_get(3)?,
                        archived: row.try_get(4)?,
                        non_inventory: row.try_get(5)?,
                        vanished: row.try_get(6)?,
                    };
                    Ok((row.try_get(0)?, fact))
                })
                .collect::<Result<_, sqlx::Error>>()?,
        })
    }
}
