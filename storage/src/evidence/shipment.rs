//! What is known of an arrival of goods and of the receipts it became.

use super::decision::{Decision, decision};
use super::naming::Wanted;
use super::order::{ReceiptRow, receipts};
use crate::error::StoreError;
use crate::instant::instant;
use crate::store::Store;
use chrono::{DateTime, Utc};
use pipeline::Feed;
use pipeline::id::{
    ConnectionId, ItemId, OrderId, OrderLineId, PageId, ShipmentId, ShipmentItemId,
};
use sqlx::{Row, SqliteConnection};

/// An arrival as it is held.
#[derive(Clone, Debug)]
pub struct ShipmentEvidence {
    /// The order it is for.
    pub order: OrderId,
    /// Whether that order is held.
    pub order_known: bool,
    /// Whether the order was asked for by its id.
    pub order_wanted: Option<Wanted>,
    /// What was decided on the order.
    pub order_decision: Option<Decision>,
    /// When it was received, as it says itself.
    pub received_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: Option<DateTime<Utc>>,
    /// When it last changed, as the source says.
    pub changed_at: Option<DateTime<Utc>>,
    /// Which version of it this is.
    pub version: i64,
    /// The page that brought this version.
    pub page: PageId,
    /// What it holds, by id.
    pub items: Vec<ShipmentItemEvidence>,
    /// The receipts of the model that came of it.
    pub receipts: Vec<ReceiptRow>,
}

/// What an arrival holds of one item.
#[derive(Clone, Debug)]
pub struct ShipmentItemEvidence {
    /// Its id.
    pub id: ShipmentItemId,
    /// The item, if it names one.
    pub item: Option<ItemId>,
    /// What the item is called, if it is held.
    pub item_name: Option<String>,
    /// The order line that it names.
    pub line: Option<OrderLineId>,
    /// Pieces received.
    pub received: i64,
}

const HEAD: &str = "
    SELECT s.order_id, s.received_at, s.created_at, s.changed_at, s.version, s.page_id,
           o.order_id IS NOT NULL AS known, w.state
    FROM source_shipments s
    LEFT JOIN source_orders o ON o.connection_id = ?1 AND o.order_id = s.order_id
    LEFT JOIN wanted_records w ON w.connection_id = ?1 AND w.feed = 'orders'
                              AND w.record_id = s.order_id
    WHERE s.connection_id = ?1 AND s.shipment_id = ?2";

const ITEMS: &str = "
    SELECT i.shipment_item_id, i.item_id, s.description, i.line_id, i.received
    FROM source_shipment_items i
    LEFT JOIN source_items s ON s.connection_id = ?1 AND s.item_id = i.item_id
    WHERE i.connection_id = ?1 AND i.shipment_id = ?2 ORDER BY i.shipment_item_id";

impl Store {
    /// An arrival, if it is held.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn shipment_evidence(
        &self,
        connection: ConnectionId,
        id: ShipmentId,
    ) -> Result<Option<ShipmentEvidence>, StoreError> {
        let mut reader = self.read().await?;
        let conn = reader.conn();
        let row = sqlx::query(HEAD)
            .bind(connection.0)
            .bind(id.0)
            .fetch_optional(&mut *conn)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let at = |column: &str| -> Result<Option<DateTime<Utc>>, sqlx::Error> {
            Ok(row.try_get::<Option<i64>, _>(column)?.map(instant))
        };
        let order = OrderId(row.try_get("order_id")?);
        let state: Option<&str> = row.try_get("state")?;
        let mut receipts = receipts(conn, connection, order).await?;
        receipts.retain(|receipt| receipt.shipment == Some(id));
        Ok(Some(ShipmentEvidence {
            order,
            order_known: row.try_get("known")?,
            order_wanted: state.map(Wanted::of),
            order_decision: decision(conn, connection, Feed::Orders, order.0).await?,
            received_at: at("received_at")?,
            created_at: at("created_at")?,
            changed_at: at("changed_at")?,
            version: row.try_get("version")?,
            page: PageId(row.try_get("page_id")?),
            items: items(conn, connection, id).await?,
            receipts,
        }))
    }
}

async fn items(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
    id: ShipmentId,
) -> Result<Vec<ShipmentItemEvidence>, StoreError> {
    let rows = sqlx::query(ITEMS)
        .bind(connection.0)
        .bind(id.0)
        .fetch_all(conn)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(ShipmentItemEvidence {
                id: ShipmentItemId(row.try_get("shipment_item_id")?),
                item: row.try_get::<Option<i64>, _>("item_id")?.map(ItemId),
                item_name: row.try_get("description")?,
                line: row.try_get::<Option<i64>, _>("line_id")?.map(OrderLineId),
                received: row.try_get("received")?,
            })
        })
        .collect()
}
