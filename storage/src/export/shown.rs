//! Exports as they are shown.

use super::work::ExportState;
use crate::error::StoreError;
use crate::instant::instant;
use crate::store::Store;
use chrono::{DateTime, Utc};
use pipeline::Reason;
use pipeline::id::{BuyOrderId, ConnectionId, ItemId, OrderId, OrderLineId};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use std::collections::BTreeMap;

/// How many buy orders stand where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportCounts {
    /// By state, as it is stored.
    pub states: BTreeMap<String, i64>,
    /// Of those at work: lines that are there, and all of them.
    pub lines: (i64, i64),
}

/// A buy order as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportRow {
    /// Which.
    pub order: BuyOrderId,
    /// Where it stands.
    pub state: ExportState,
    /// The step that comes next, as it is stored.
    pub step: String,
    /// Its purchase order.
    pub purchase_order: Option<OrderId>,
    /// Lines that are there.
    pub lines_done: i64,
    /// All lines, repeated items merged.
    pub lines_total: i64,
    /// Why it is parked.
    pub reason: Option<Reason>,
    /// What was found, and what to do.
    pub detail: Option<String>,
    /// What a person should know.
    pub warning: Option<String>,
    /// When it is looked at again, if it waits for a time.
    pub next_at: Option<DateTime<Utc>>,
    /// When it was seen first.
    pub first_seen_at: DateTime<Utc>,
    /// When it was ordered.
    pub exported_at: Option<DateTime<Utc>>,
}

/// A line of a buy order as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportRowLine {
    /// The item.
    pub item: ItemId,
    /// Its description, if it is known.
    pub name: Option<String>,
    /// Pieces.
    pub quantity: i64,
    /// Unit cost.
    pub price: String,
    /// The line in Lightspeed, once it is known to be there.
    pub line: Option<OrderLineId>,
}

const ONE: &str = "
    SELECT e.*, (SELECT count(l.order_line_id) FROM export_lines l
                 WHERE l.connection_id = ?1 AND l.buy_order_id = e.buy_order_id) AS lines_done
    FROM exports e WHERE e.connection_id = ?1 AND e.buy_order_id = ?2";

const AT_WORK: &str = "
    SELECT e.*, (SELECT count(l.order_line_id) FROM export_lines l
                 WHERE l.connection_id = ?1 AND l.buy_order_id = e.buy_order_id) AS lines_done
    FROM exports e WHERE e.connection_id = ?1 AND e.state IN ('due', 'working')
    ORDER BY e.buy_order_id LIMIT ?2";

const PARKED: &str = "
    SELECT e.*, (SELECT count(l.order_line_id) FROM export_lines l
                 WHERE l.connection_id = ?1 AND l.buy_order_id = e.buy_order_id) AS lines_done
    FROM exports e WHERE e.connection_id = ?1 AND e.state = 'parked'
    ORDER BY e.buy_order_id LIMIT ?2";

impl Store {
    /// How many buy orders stand where.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn export_counts(
        &self,
        connection: ConnectionId,
    ) -> Result<ExportCounts, StoreError> {
        let mut reader = self.read().await?;
        let rows = sqlx::query(
            "SELECT state, count(*) FROM exports WHERE connection_id = ?1 GROUP BY state",
        )
        .bind(connection.0)
        .fetch_all(reader.conn())
        .await?;
        let mut counts = ExportCounts::default();
        for row in &rows {
            counts.states.insert(row.try_get(0)?, row.try_get(1)?);
        }
        let lines = sqlx::query(
            "SELECT count(l.order_line_id), count(l.item_id) FROM exports e
             JOIN export_lines l ON l.connection_id = ?1 AND l.buy_order_id = e.buy_order_id
             WHERE e.connection_id = ?1 AND e.state IN ('due', 'working')",
        )
        .bind(connection.0)
        .fetch_one(reader.conn())
        .await?;
        counts.lines = (lines.try_get(0)?, lines.try_get(1)?);
        Ok(counts)
    }

    /// A buy order; none if it was never to be exported.
    ///
    /// # Errors
    /// When the database fails or holds something impossible.
    pub async fn export_row(
        &self,
        connection: ConnectionId,
        order: BuyOrderId,
    ) -> Result<Option<ExportRow>, StoreError> {
        let mut reader = self.read().await?;
        let row = sqlx::query(ONE)
            .bind(connection.0)
            .bind(order.0)
            .fetch_optional(reader.conn())
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// The buy orders at work or parked, the oldest first, at most so many.
    ///
    /// # Errors
    /// When the database fails or holds something impossible.
    pub async fn open_exports(
        &self,
        connection: ConnectionId,
        most: i64,
    ) -> Result<Vec<ExportRow>, StoreError> {
        let mut reader = self.read().await?;
        let mut shown = Vec::new();
        for sql in [AT_WORK, PARKED] {
            let rows = sqlx::query(sql)
                .bind(connection.0)
                .bind(most)
                .fetch_all(reader.conn())
                .await?;
            for row in &rows {
                shown.push(read(row)?);
            }
        }
        Ok(shown)
    }

    /// Live purchase orders that bear the reference of a buy order whose purchase order is another
    /// one: the buy order, its own, and the stranger.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn export_copies(
        &self,
        connection: ConnectionId,
    ) -> Result<Vec<(BuyOrderId, OrderId, OrderId)>, StoreError> {
        let mut reader = self.read().await?;
        let rows = sqlx::query(
            "SELECT e.buy_order_id, e.order_id, o.order_id FROM source_orders o
             JOIN exports e ON e.connection_id = ?1
                 AND e.buy_order_id = CAST(substr(o.reference, 5) AS INTEGER)
             WHERE o.connection_id = ?1 AND o.reference GLOB 'OPT-*' AND o.archived = 0
               AND o.reference = 'OPT-' || e.buy_order_id AND e.order_id <> o.order_id
             ORDER BY e.buy_order_id, o.order_id",
        )
        .bind(connection.0)
        .fetch_all(reader.conn())
        .await?;
        rows.iter()
            .map(|row| {
                Ok((
                    BuyOrderId(row.try_get(0)?),
                    OrderId(row.try_get(1)?),
                    OrderId(row.try_get(2)?),
                ))
            })
            .collect()
    }

    /// The lines of a buy order as they are ordered.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn export_lines(
        &self,
        connection: ConnectionId,
        order: BuyOrderId,
    ) -> Result<Vec<ExportRowLine>, StoreError> {
        let mut reader = self.read().await?;
        let rows = sqlx::query(
            "SELECT l.item_id, i.description, l.quantity, l.price, l.order_line_id
             FROM export_lines l
             LEFT JOIN source_items i ON i.connection_id = ?1 AND i.item_id = l.item_id
             WHERE l.connection_id = ?1 AND l.buy_order_id = ?2 ORDER BY l.item_id",
        )
        .bind(connection.0)
        .bind(order.0)
        .fetch_all(reader.conn())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(ExportRowLine {
                    item: ItemId(row.try_get(0)?),
                    name: row.try_get(1)?,
                    quantity: row.try_get(2)?,
                    price: row.try_get(3)?,
                    line: row.try_get::<Option<i64>, _>(4)?.map(OrderLineId),
                })
            })
            .collect()
    }
}

fn read(row: &SqliteRow) -> Result<ExportRow, StoreError> {
    let order = BuyOrderId(row.try_get("buy_order_id")?);
    let state: String = row.try_get("state")?;
    let reason: Option<String> = row.try_get("reason")?;
    let at = |column: &str| -> Result<Option<DateTime<Utc>>, sqlx::Error> {
        Ok(row
            .try_get::<Option<i64>, _>(column)?
            .filter(|at| *at > 0)
            .map(instant))
    };
    Ok(ExportRow {
        order,
        state: ExportState::from_name(&state).ok_or_else(|| StoreError::Inconsistent {
            table: "exports",
            column: "state",
            row: order.to_string(),
            found: state,
        })?,
        step: row.try_get("step")?,
        purchase_order: row.try_get::<Option<i64>, _>("order_id")?.map(OrderId),
        lines_done: row.try_get("lines_done")?,
        lines_total: row.try_get("lines_total")?,
        reason: reason.as_deref().and_then(Reason::from_code),
        detail: row.try_get("detail")?,
        warning: row.try_get("warning")?,
        next_at: at("next_at")?,
        first_seen_at: instant(row.try_get("first_seen_at")?),
        exported_at: at("exported_at")?,
    })
}
