//! Who names a record, and whether it was asked for by its id.

use super::decision::{Decision, decisions};
use crate::error::StoreError;
use crate::store::Store;
use pipeline::Feed;
use pipeline::id::{ConnectionId, ItemId, OrderId};
use sqlx::{Row, SqliteConnection};

/// What became of asking for a record by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// It is still to be asked for.
    Open,
    /// It was asked for and not returned.
    Gone,
}

impl Wanted {
    /// What the name of a state means.
    pub(super) fn of(state: &str) -> Self {
        if state == "gone" {
            Self::Gone
        } else {
            Self::Open
        }
    }
}

/// How many held records name another one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Naming {
    /// Sales.
    pub sales: i64,
    /// Purchase orders.
    pub orders: i64,
    /// Arrivals.
    pub shipments: i64,
    /// Items that are made of it, or that it supplies.
    pub items: i64,
    /// Whether it was asked for by its id.
    pub wanted: Option<Wanted>,
}

/// A purchase order that names an item.
#[derive(Clone, Debug)]
pub struct OrderNaming {
    /// The order.
    pub order: OrderId,
    /// Pieces of the item in it.
    pub quantity: i64,
    /// Whether a buy order of the model holds the item for it.
    pub held: bool,
    /// What was decided on it.
    pub decision: Option<Decision>,
}

const BY_ITEM: &str = "
    SELECT (SELECT count(DISTINCT sale_id) FROM source_sale_lines
            WHERE connection_id = ?1 AND item_id = ?2),
           (SELECT count(DISTINCT order_id) FROM source_order_lines
            WHERE connection_id = ?1 AND item_id = ?2),
           0,
           (SELECT count(DISTINCT item_id) FROM source_item_components
            WHERE connection_id = ?1 AND part_id = ?2)";

const BY_VENDOR: &str = "
    SELECT 0,
           (SELECT count(*) FROM source_orders WHERE connection_id = ?1 AND vendor_id = ?2),
           0,
           (SELECT count(*) FROM (
                SELECT item_id FROM source_item_vendors
                WHERE connection_id = ?1 AND vendor_id = ?2
                UNION
                SELECT item_id FROM source_items
                WHERE connection_id = ?1 AND default_vendor = ?2))";

const BY_ORDER: &str = "
    SELECT 0, 0,
           (SELECT count(*) FROM source_shipments WHERE connection_id = ?1 AND order_id = ?2), 0";

const NOBODY: &str = "SELECT 0, 0, 0, 0";

impl Store {
    /// Who names this item, vendor or order, and whether it was asked for; of other feeds nobody.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn naming(
        &self,
        connection: ConnectionId,
        feed: Feed,
        id: i64,
    ) -> Result<Naming, StoreError> {
        let mut reader = self.read().await?;
        let sql = match feed {
            Feed::Items => BY_ITEM,
            Feed::Vendors => BY_VENDOR,
            Feed::Orders => BY_ORDER,
            _ => NOBODY,
        };
        let row = sqlx::query(sql)
            .bind(connection.0)
            .bind(id)
            .fetch_one(reader.conn())
            .await?;
        let state: Option<String> = sqlx::query_scalar(
            "SELECT state FROM wanted_records
             WHERE connection_id = ?1 AND feed = ?2 AND record_id = ?3",
        )
        .bind(connection.0)
        .bind(feed.name())
        .bind(id)
        .fetch_optional(reader.conn())
        .await?;
        Ok(Naming {
            sales: row.try_get(0)?,
            orders: row.try_get(1)?,
            shipments: row.try_get(2)?,
            items: row.try_get(3)?,
            wanted: state.as_deref().map(Wanted::of),
        })
    }
}

/// The newest purchase orders that name an item, at most `limit` of them, and how many there are.
pub(super) async fn orders_of_item(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
    id: ItemId,
    limit: u32,
) -> Result<(Vec<OrderNaming>, i64), StoreError> {
    let rows = sqlx::query(
        "SELECT l.order_id, sum(l.quantity) AS quantity,
                EXISTS (SELECT 1 FROM model_buy_order_lines m WHERE m.connection_id = ?1
                        AND m.order_id = l.order_id AND m.item_id = ?2) AS held,
                count(*) OVER () AS n
         FROM source_order_lines l WHERE l.connection_id = ?1 AND l.item_id = ?2
         GROUP BY l.order_id ORDER BY l.order_id DESC LIMIT ?3",
    )
    .bind(connection.0)
    .bind(id.0)
    .bind(limit)
    .fetch_all(&mut *conn)
    .await?;
    let total = match rows.first() {
        Some(row) => row.try_get("n")?,
        None => 0,
    };
    let ids: Vec<i64> = rows
        .iter()
        .map(|row| row.try_get("order_id"))
        .collect::<Result<_, _>>()?;
    let decided = decisions(conn, connection, Feed::Orders, &ids).await?;
    let orders = rows.iter().zip(ids).map(|(row, order)| {
        Ok(OrderNaming {
            order: OrderId(order),
            quantity: row.try_get("quantity")?,
            held: row.try_get("held")?,
            decision: decided.get(&order).cloned(),
        })
    });
    Ok((orders.collect::<Result<_, StoreError>>()?, total))
}
