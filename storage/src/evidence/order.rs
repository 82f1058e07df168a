//! What is known of a purchase order, of what arrived for it, and of the buy order it became.

use super::decision::{Decision, decisions};
use crate::error::StoreError;
use crate::filter::order_head;
use crate::instant::instant;
use crate::load::{item_state, vendor_state};
use crate::store::Store;
use chrono::{DateTime, Utc};
use pipeline::Feed;
use pipeline::filter::{OrderHead, OrderLineFact};
use pipeline::id::{ConnectionId, ItemId, OrderId, OrderLineId, PageId, ShipmentId, VendorId};
use pipeline::load::VendorState;
use pipeline::load::sell_order::ItemState;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

/// A purchase order as it is held.
#[derive(Clone, Debug)]
pub struct OrderEvidence {
    /// What decides whether it counts.
    pub head: OrderHead,
    /// When the goods are expected.
    pub expected_at: Option<DateTime<Utc>>,
    /// When they were received, as the order itself says.
    pub received_at: Option<DateTime<Utc>>,
    /// Whether the source says that it has shipments.
    pub has_shipments: bool,
    /// When it was first seen complete; `None` if it is not.
    pub complete_since: Option<DateTime<Utc>>,
    /// When it last changed, as the source says.
    pub changed_at: Option<DateTime<Utc>>,
    /// Which version of it this is.
    pub version: i64,
    /// The page that brought this version.
    pub page: PageId,
    /// What its vendor is called, if it is held.
    pub vendor_name: Option<String>,
    /// What is known of its vendor.
    pub vendor: VendorState,
    /// Its lines, by id.
    pub lines: Vec<OrderLineEvidence>,
    /// All its arrivals that are held, by id.
    pub shipments: Vec<ArrivalEvidence>,
    /// The buy order of the model, if there is one.
    pub buy_order: Option<BuyOrderRow>,
}

/// A line of a purchase order.
#[derive(Clone, Debug)]
pub struct OrderLineEvidence {
    /// Its id.
    pub id: OrderLineId,
    /// What decides whether it counts.
    pub fact: OrderLineFact,
    /// What the item is called, if it is held.
    pub item_name: Option<String>,
    /// What is known of the item; `None` if it names none.
    pub item_state: Option<ItemState>,
    /// Whether the item came in a form that could not be used.
    pub item_refused: bool,
}

/// An arrival of goods for a purchase order.
#[derive(Clone, Debug)]
pub struct ArrivalEvidence {
    /// Its id.
    pub id: ShipmentId,
    /// Pieces received with it.
    pub pieces: i64,
    /// When it was received, as it says itself.
    pub received_at: Option<DateTime<Utc>>,
    /// What was decided on it.
    pub decision: Option<Decision>,
}

/// A buy order of the model.
#[derive(Clone, Debug)]
pub struct BuyOrderRow {
    /// The supplier.
    pub vendor: VendorId,
    /// When it was ordered.
    pub placed: String,
    /// When the last of it came.
    pub completed: Option<String>,
    /// When it is expected.
    pub expected_delivery_date: Option<String>,
    /// Sum of the lines.
    pub total_value: String,
    /// Its lines, by id.
    pub lines: Vec<BuyOrderLineRow>,
    /// Its receipts, oldest first.
    pub receipts: Vec<ReceiptRow>,
}

/// A line of a buy order of the model.
#[derive(Clone, Debug)]
pub struct BuyOrderLineRow {
    /// Its id.
    pub id: OrderLineId,
    /// The item.
    pub item: ItemId,
    /// The name of its product.
    pub name: Option<String>,
    /// Pieces ordered.
    pub quantity: i64,
    /// Value without taxes.
    pub subtotal_value: String,
}

/// A receipt of the model.
#[derive(Clone, Debug)]
pub struct ReceiptRow {
    /// What tells it from others of its order.
    pub key: String,
    /// The order line it fulfils.
    pub line: OrderLineId,
    /// The arrival it came with; `None` for what was checked in without one.
    pub shipment: Option<ShipmentId>,
    /// The item of the line.
    pub item: Option<ItemId>,
    /// The name of its product.
    pub name: Option<String>,
    /// Pieces.
    pub quantity: i64,
    /// When they came.
    pub occurred: String,
}

const HEAD: &str = "
    SELECT o.*, c.since_at AS complete_since, v.name AS vendor_name,
           v.vendor_id IS NOT NULL AS vendor_known, v.vanished_at IS NOT NULL AS vendor_vanished,
           p.vendor_id IS NOT NULL AS vendor_loaded, w.state AS vendor_state
    FROM source_orders o
    LEFT JOIN complete_orders c ON c.connection_id = ?1 AND c.order_id = o.order_id
    LEFT JOIN source_vendors v ON v.connection_id = ?1 AND v.vendor_id = o.vendor_id
    LEFT JOIN model_suppliers p ON p.connection_id = ?1 AND p.vendor_id = o.vendor_id
    LEFT JOIN wanted_records w ON w.connection_id = ?1 AND w.feed = 'vendors'
                              AND w.record_id = o.vendor_id
    WHERE o.connection_id = ?1 AND o.order_id = ?2";

const LINES: &str = "
    SELECT l.line_id, l.item_id, l.quantity, l.checked_in, s.description, s.kind,
           m.item_id IS NOT NULL AS loaded, s.vanished_at IS NOT NULL AS vanished, w.state,
           EXISTS (SELECT 1 FROM rejections r
                   WHERE r.connection_id = ?1 AND r.stage = 'normalize' AND r.feed = 'items'
                     AND r.record_id = l.item_id AND r.resolved_at IS NULL) AS refused
    FROM source_order_lines l
    LEFT JOIN source_items s ON s.connection_id = ?1 AND s.item_id = l.item_id
    LEFT JOIN model_products m ON m.connection_id = ?1 AND m.item_id = l.item_id
    LEFT JOIN wanted_records w ON w.connection_id = ?1 AND w.feed = 'items'
                              AND w.record_id = l.item_id
    WHERE l.connection_id = ?1 AND l.order_id = ?2 ORDER BY l.line_id";

const SHIPMENTS: &str = "
    SELECT s.shipment_id, s.received_at,
           (SELECT coalesce(sum(max(i.received, 0)), 0) FROM source_shipment_items i
            WHERE i.connection_id = ?1 AND i.shipment_id = s.shipment_id) AS pieces
    FROM source_shipments s
    WHERE s.connection_id = ?1 AND s.order_id = ?2 ORDER BY s.shipment_id";

const BUY_ORDER: &str = "
    SELECT vendor_id, placed, completed, expected_delivery_date, total_value
    FROM model_buy_orders WHERE connection_id = ?1 AND order_id = ?2";

const BUY_ORDER_LINES: &str = "
    SELECT l.order_line_id, l.item_id, m.name, l.quantity, l.subtotal_value
    FROM model_buy_order_lines l
    LEFT JOIN model_products m ON m.connection_id = ?1 AND m.item_id = l.item_id
    WHERE l.connection_id = ?1 AND l.order_id = ?2 ORDER BY l.order_line_id";

const RECEIPTS: &str = "
    SELECT r.receipt_key, r.order_line_id, r.shipment_id, r.quantity, r.occurred, l.item_id, m.name
    FROM model_receipt_lines r
    LEFT JOIN model_buy_order_lines l ON l.connection_id = ?1 AND l.order_id = r.order_id
                                     AND l.order_line_id = r.order_line_id
    LEFT JOIN model_products m ON m.connection_id = ?1 AND m.item_id = l.item_id
    WHERE r.connection_id = ?1 AND r.order_id = ?2
    ORDER BY r.occurred, r.order_line_id, r.receipt_key";

impl Store {
    /// A purchase order, if it is held.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn order_evidence(
        &self,
        connection: ConnectionId,
        id: OrderId,
    ) -> Result<Option<OrderEvidence>, StoreError> {
        let mut reader = self.read().await?;
        let conn = reader.conn();
        let Some(row) = fetch(conn, HEAD, connection, id).await?.pop() else {
            return Ok(None);
        };
        let at = |column: &str| -> Result<Option<DateTime<Utc>>, sqlx::Error> {
            Ok(row.try_get::<Option<i64>, _>(column)?.map(instant))
        };
        Ok(Some(OrderEvidence {
            head: order_head(&row)?,
            expected_at: at("expected_at")?,
            received_at: at("received_at")?,
            has_shipments: row.try_get("has_shipments")?,
            complete_since: at("complete_since")?,
            changed_at: at("changed_at")?,
            version: row.try_get("version")?,
            page: PageId(row.try_get("page_id")?),
            vendor_name: row.try_get("vendor_name")?,
            vendor: vendor_state(&row)?,
            lines: lines(conn, connection, id).await?,
            shipments: shipments(conn, connection, id).await?,
            buy_order: buy_order(conn, connection, id).await?,
        }))
    }
}

async fn fetch(
    conn: &mut SqliteConnection,
    sql: &'static str,
    connection: ConnectionId,
    id: OrderId,
) -> Result<Vec<SqliteRow>, StoreError> {
    Ok(sqlx::query(sql)
        .bind(connection.0)
        .bind(id.0)
        .fetch_all(conn)
        .await?)
}

async fn lines(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
    id: OrderId,
) -> Result<Vec<OrderLineEvidence>, StoreError> {
    let rows = fetch(conn, LINES, connection, id).await?;
    rows.iter()
        .map(|row| {
            let item = row.try_get::<Option<i64>, _>("item_id")?.map(ItemId);
            let state = item_state(row)?;
            Ok(OrderLineEvidence {
                id: OrderLineId(row.try_get("line_id")?),
                fact: OrderLineFact {
                    item,
                    quantity: row.try_get("quantity")?,
                    checked_in: row.try_get("checked_in")?,
                },
                item_name: row.try_get("description")?,
                item_state: item.map(|_| state),
                item_refused: row.try_get("refused")?,
            })
        })
        .collect()
}

async fn shipments(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
    id: OrderId,
) -> Result<Vec<ArrivalEvidence>, StoreError> {
    let rows = fetch(conn, SHIPMENTS, connection, id).await?;
    let ids: Vec<i64> = rows
        .iter()
        .map(|row| row.try_get("shipment_id"))
        .collect::<Result<_, _>>()?;
    let decided = decisions(conn, connection, Feed::Shipments, &ids).await?;
    rows.iter()
        .zip(ids)
        .map(|(row, id)| {
            Ok(ArrivalEvidence {
                id: ShipmentId(id),
                pieces: row.try_get("pieces")?,
                received_at: row.try_get::<Option<i64>, _>("received_at")?.map(instant),
                decision: decided.get(&id).cloned(),
            })
        })
        .collect()
}

async fn buy_order(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
    id: OrderId,
) -> Result<Option<BuyOrderRow>, StoreError> {
    let Some(row) = fetch(conn, BUY_ORDER, connection, id).await?.pop() else {
        return Ok(None);
    };
    let lines = fetch(conn, BUY_ORDER_LINES, connection, id).await?;
    let lines = lines.iter().map(|row| {
        Ok(BuyOrderLineRow {
            id: OrderLineId(row.try_get("order_line_id")?),
            item: ItemId(row.try_get("item_id")?),
            name: row.try_get("name")?,
            quantity: row.try_get("quantity")?,
            subtotal_value: row.try_get("subtotal_value")?,
        })
    });
    Ok(Some(BuyOrderRow {
        vendor: VendorId(row.try_get("vendor_id")?),
        placed: row.try_get("placed")?,
        completed: row.try_get("completed")?,
        expected_delivery_date: row.try_get("expected_delivery_date")?,
        total_value: row.try_get("total_value")?,
        lines: lines.collect::<Result<_, StoreError>>()?,
        receipts: receipts(conn, connection, id).await?,
    }))
}

/// The receipts of an order in the model.
pub(super) async fn receipts(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
    id: OrderId,
) -> Result<Vec<ReceiptRow>, StoreError> {
    let rows = fetch(conn, RECEIPTS, connection, id).await?;
    rows.iter()
        .map(|row| {
            Ok(ReceiptRow {
                key: row.try_get("receipt_key")?,
                line: OrderLineId(row.try_get("order_line_id")?),
                shipment: row
                    .try_get::<Option<i64>, _>("shipment_id")?
                    .map(ShipmentId),
                item: row.try_get::<Option<i64>, _>("item_id")?.map(ItemId),
                name: row.try_get("name")?,
                quantity: row.try_get("quantity")?,
                occurred: row.try_get("occurred")?,
            })
        })
        .collect()
}
