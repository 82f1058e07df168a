//! What is known of a sale, of the order it became, and of the returns that lower it.

use super::decision::{Decision, decisions};
use crate::error::StoreError;
use crate::filter::sale_head;
use crate::instant::instant;
use crate::load::item_state;
use crate::store::Store;
use chrono::{DateTime, Utc};
use pipeline::Feed;
use pipeline::filter::{LineFact, SaleHead};
use pipeline::id::{ConnectionId, ItemId, PageId, SaleId, SaleLineId, ShopId};
use pipeline::load::sell_order::ItemState;
use sqlx::{Row, SqliteConnection};

/// A sale as it is held.
#[derive(Clone, Debug)]
pub struct SaleEvidence {
    /// What decides whether it counts.
    pub head: SaleHead,
    /// When it was completed, if the source says.
    pub completed_at: Option<DateTime<Utc>>,
    /// When it last changed, as the source says.
    pub updated_at: Option<DateTime<Utc>>,
    /// Which version of it this is.
    pub version: i64,
    /// The page that brought this version.
    pub page: PageId,
    /// Its lines, by id.
    pub lines: Vec<SaleLineEvidence>,
    /// The sell order of the model, if there is one.
    pub order: Option<OrderRow>,
    /// Lines of other sales that take back what this one sold.
    pub refunds: Vec<Refund>,
}

/// A line of a sale.
#[derive(Clone, Debug)]
pub struct SaleLineEvidence {
    /// Its id.
    pub id: SaleLineId,
    /// What decides whether it counts.
    pub fact: LineFact,
    /// What the item is called, if it is held.
    pub item_name: Option<String>,
    /// What is known of the item; `None` for charges.
    pub item_state: Option<ItemState>,
    /// Whether the item came in a form that could not be used.
    pub item_refused: bool,
    /// Value without taxes, unrounded.
    pub value: String,
    /// The sale that holds the line it refers to.
    pub parent_sale: Option<SaleId>,
    /// What was decided on that sale.
    pub parent_decision: Option<Decision>,
    /// The line it refers to.
    pub parent: Option<SaleLineId>,
}

/// A line of another sale that refers to a line of this one.
#[derive(Clone, Debug)]
pub struct Refund {
    /// The sale that took it back.
    pub sale: SaleId,
    /// The item.
    pub item: Option<ItemId>,
    /// Pieces, negative.
    pub quantity: i64,
    /// What was decided on that sale.
    pub decision: Option<Decision>,
}

/// A sell order of the model.
#[derive(Clone, Debug)]
pub struct OrderRow {
    /// When demand happened.
    pub placed: String,
    /// When the sale was completed.
    pub completed: Option<String>,
    /// Sum of the lines.
    pub total_value: String,
    /// Its lines, by item.
    pub lines: Vec<OrderRowLine>,
}

/// A line of a sell order of the model.
#[derive(Clone, Debug)]
pub struct OrderRowLine {
    /// The item.
    pub item: ItemId,
    /// The name of its product.
    pub name: Option<String>,
    /// Pieces.
    pub quantity: i64,
    /// Value without taxes.
    pub subtotal_value: String,
}

impl Store {
    /// A sale, if it is held.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sale_evidence(
        &self,
        connection: ConnectionId,
        id: SaleId,
    ) -> Result<Option<SaleEvidence>, StoreError> {
        let mut reader = self.read().await?;
        let conn = reader.conn();
        let row = sqlx::query(
            "SELECT s.*, EXISTS (SELECT 1 FROM model_sell_orders m
                              WHERE m.connection_id = ?1 AND m.sale_id = s.sale_id) AS held
                 FROM source_sales s WHERE s.connection_id = ?1 AND s.sale_id = ?2",
        )
        .bind(connection.0)
        .bind(id.0)
        .fetch_optional(&mut *conn)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let at = |column: &str| -> Result<Option<DateTime<Utc>>, sqlx::Error> {
            Ok(row.try_get::<Option<i64>, _>(column)?.map(instant))
        };
        Ok(Some(SaleEvidence {
            head: sale_head(&row)?,
            completed_at: at("completed_at")?,
            updated_at: at("updated_at")?,
            version: row.try_get("version")?,
            page: PageId(row.try_get("page_id")?),
            lines: lines(conn, connection, id).await?,
            order: order(conn, connection, id).await?,
            refunds: refunds(conn, connection, id).await?,
        }))
    }
}

async fn lines(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
    id: SaleId,
) -> Result<Vec<SaleLineEvidence>, StoreError> {
    let rows = sqlx::query(
        "SELECT l.line_id, l.item_id, l.shop_id, l.parent_id, l.fee, l.quantity, l.value,
                s.description, s.kind, m.item_id IS NOT NULL AS loaded, w.state,
                s.vanished_at IS NOT NULL AS vanished, p.sale_id AS parent_sale,
                EXISTS (SELECT 1 FROM rejections r
                        WHERE r.connection_id = ?1 AND r.stage = 'normalize' AND r.feed = 'items'
                          AND r.record_id = l.item_id AND r.resolved_at IS NULL) AS refused
         FROM source_sale_lines l
         LEFT JOIN source_items s ON s.connection_id = ?1 AND s.item_id = l.item_id
         LEFT JOIN model_products m ON m.connection_id = ?1 AND m.item_id = l.item_id
         LEFT JOIN wanted_records w ON w.connection_id = ?1 AND w.feed = 'items'
                                   AND w.record_id = l.item_id
         LEFT JOIN source_sale_lines p ON p.connection_id = ?1 AND p.line_id = l.parent_id
         WHERE l.connection_id = ?1 AND l.sale_id = ?2 ORDER BY l.line_id",
    )
    .bind(connection.0)
    .bind(id.0)
    .fetch_all(&mut *conn)
    .await?;
    let parents: Vec<i64> = rows
        .iter()
        .filter_map(|row| row.try_get("parent_sale").transpose())
        .collect::<Result<_, _>>()?;
    let decided = decisions(conn, connection, Feed::Sales, &parents).await?;
    rows.iter()
        .map(|row| {
            let item = row.try_get::<Option<i64>, _>("item_id")?.map(ItemId);
            let parent_sale = row.try_get::<Option<i64>, _>("parent_sale")?;
            let state = item_state(row)?;
            Ok(SaleLineEvidence {
                id: SaleLineId(row.try_get("line_id")?),
                fact: LineFact {
                    item,
                    shop: row.try_get::<Option<i64>, _>("shop_id")?.map(ShopId),
                    fee: row.try_get("fee")?,
                    quantity: row.try_get("quantity")?,
                },
                item_name: row.try_get("description")?,
                item_state: item.map(|_| state),
                item_refused: row.try_get("refused")?,
                value: row.try_get("value")?,
                parent_sale: parent_sale.map(SaleId),
                parent_decision: parent_sale.and_then(|sale| decided.get(&sale).cloned()),
                parent: row.try_get::<Option<i64>, _>("parent_id")?.map(SaleLineId),
            })
        })
        .collect()
}

async fn order(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
    id: SaleId,
) -> Result<Option<OrderRow>, StoreError> {
    let head = sqlx::query(
        "SELECT placed, completed, total_value FROM model_sell_orders
         WHERE connection_id = ?1 AND sale_id = ?2",
    )
    .bind(connection.0)
    .bind(id.0)
    .fetch_optional(&mut *conn)
    .await?;
    let Some(head) = head else { return Ok(None) };
    let rows = sqlx::query(
        "SELECT l.item_id, m.name, l.quantity, l.subtotal_value FROM model_sell_order_lines l
         LEFT JOIN model_products m ON m.connection_id = ?1 AND m.item_id = l.item_id
         WHERE l.connection_id = ?1 AND l.sale_id = ?2 ORDER BY l.item_id",
    )
    .bind(connection.0)
    .bind(id.0)
    .fetch_all(conn)
    .await?;
    let lines = rows.iter().map(|row| {
        Ok(OrderRowLine {
            item: ItemId(row.try_get("item_id")?),
            name: row.try_get("name")?,
            quantity: row.try_get("quantity")?,
            subtotal_value: row.try_get("subtotal_value")?,
        })
    });
    Ok(Some(OrderRow {
        placed: head.try_get("placed")?,
        completed: head.try_get("completed")?,
        total_value: head.try_get("total_value")?,
        lines: lines.collect::<Result<_, StoreError>>()?,
    }))
}

async fn refunds(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
    id: SaleId,
) -> Result<Vec<Refund>, StoreError> {
    let rows = sqlx::query(
        "SELECT c.sale_id, c.item_id, c.quantity FROM source_sale_lines l
         CROSS JOIN source_sale_lines c ON c.connection_id = ?1 AND c.parent_id = l.line_id
         WHERE l.connection_id = ?1 AND l.sale_id = ?2 AND c.sale_id <> ?2
           AND c.fee = 0 AND c.quantity < 0 AND c.parent_id IS NOT NULL
         ORDER BY c.sale_id, c.line_id",
    )
    .bind(connection.0)
    .bind(id.0)
    .fetch_all(&mut *conn)
    .await?;
    let sales: Vec<i64> = rows
        .iter()
        .map(|row| row.try_get("sale_id"))
        .collect::<Result<_, _>>()?;
    let decided = decisions(conn, connection, Feed::Sales, &sales).await?;
    rows.iter()
        .zip(sales)
        .map(|(row, sale)| {
            Ok(Refund {
                sale: SaleId(sale),
                item: row.try_get::<Option<i64>, _>("item_id")?.map(ItemId),
                quantity: row.try_get("quantity")?,
                decision: decided.get(&sale).cloned(),
            })
        })
        .collect()
}
