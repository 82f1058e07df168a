//! What is known of an item and of the product it became.

use crate::error::StoreError;
use crate::instant::instant;
use crate::store::Store;
use chrono::{DateTime, Utc};
use pipeline::id::{ConnectionId, ItemId, PageId, ShopId};
use pipeline::record::ItemKind;
use sqlx::{Row, SqliteConnection};

/// An item as it is held.
#[derive(Clone, Debug)]
pub struct ItemEvidence {
    /// What it is called.
    pub description: String,
    /// What kind of item it is.
    pub kind: ItemKind,
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
    /// Whether its stock was read.
    pub stock_known: bool,
    /// Its stock by shop, the total left out.
    pub stock: Vec<StockEvidence>,
    /// The product of the model, if there is one.
    pub product: Option<ProductRow>,
    /// Sell orders of the model with a line of it.
    pub orders: i64,
}

/// The stock of an item in a shop.
#[derive(Clone, Debug)]
pub struct StockEvidence {
    /// The shop.
    pub shop: ShopId,
    /// Pieces on hand.
    pub on_hand: i64,
    /// The floor at which to buy again.
    pub reorder_point: i64,
}

/// A product of the model.
#[derive(Clone, Debug)]
pub struct ProductRow {
    /// Its name.
    pub name: String,
    /// The shop's code.
    pub sku_code: Option<String>,
    /// Its barcode.
    pub ean_code: Option<String>,
    /// Net of VAT.
    pub price: Option<String>,
    /// Pieces in the chosen locations.
    pub stock_level: Option<i64>,
    /// Floors of the chosen locations together.
    pub minimum_stock: Option<i64>,
    /// `enabled` or `disabled`.
    pub status: String,
}

impl Store {
    /// An item, if it is held.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn item_evidence(
        &self,
        connection: ConnectionId,
        id: ItemId,
    ) -> Result<Option<ItemEvidence>, StoreError> {
        let mut reader = self.read().await?;
        let conn = reader.conn();
        let row = sqlx::query(
            "SELECT description, kind, archived, version, changed_at, vanished_at, page_id, stock_seen,
                    (SELECT count(*) FROM model_sell_order_lines l
                     WHERE l.connection_id = ?1 AND l.item_id = ?2) AS orders
             FROM source_items WHERE connection_id = ?1 AND item_id = ?2",
        )
        .bind(connection.0)
        .bind(id.0)
        .fetch_optional(&mut *conn)
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(ItemEvidence {
            description: row.try_get("description")?,
            kind: ItemKind::from_name(row.try_get("kind")?),
            archived: row.try_get("archived")?,
            version: row.try_get("version")?,
            changed_at: row.try_get::<Option<i64>, _>("changed_at")?.map(instant),
            vanished_at: row.try_get::<Option<i64>, _>("vanished_at")?.map(instant),
            page: PageId(row.try_get("page_id")?),
            stock_known: row.try_get::<Option<i64>, _>("stock_seen")?.is_some(),
            stock: stock(conn, connection, id).await?,
            product: product(conn, connection, id).await?,
            orders: row.try_get("orders")?,
        }))
    }
}

async fn stock(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
    id: ItemId,
) -> Result<Vec<StockEvidence>, StoreError> {
    let rows = sqlx::query(
        "SELECT shop_id, on_hand, reorder_point FROM source_stock
         WHERE connection_id = ?1 AND item_id = ?2 AND shop_id <> 0 ORDER BY shop_id",
    )
    .bind(connection.0)
    .bind(id.0)
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(StockEvidence {
                shop: ShopId(row.try_get("shop_id")?),
                on_hand: row.try_get("on_hand")?,
                reorder_point: row.try_get("reorder_point")?,
            })
        })
        .collect()
}

async fn product(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
    id: ItemId,
) -> Result<Option<ProductRow>, StoreError> {
    let row = sqlx::query(
        "SELECT name, sku_code, ean_code, price, stock_level, minimum_stock, status
         FROM model_products WHERE connection_id = ?1 AND item_id = ?2",
    )
    .bind(connection.0)
    .bind(id.0)
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        Ok(ProductRow {
            name: row.try_get("name")?,
            sku_code: row.try_get("sku_code")?,
            ean_code: row.try_get("ean_code")?,
            price: row.try_get("price")?,
            stock_level: row.try_get("stock_level")?,
            minimum_stock: row.try_get("minimum_stock")?,
            status: row.try_get("status")?,
        })
    })
    .transpose()
}
