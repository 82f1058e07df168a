//! What is to be done about a buy order.

use super::steps::{ExportOp, ExportStep};
use crate::error::StoreError;
use crate::instant::instant;
use crate::store::Store;
use chrono::{DateTime, Utc};
use pipeline::export::{Candidate, Intent, IntentLine};
use pipeline::id::{BuyOrderId, ConnectionId, ItemId, OrderId, OrderLineId};
use sqlx::{Row, SqliteConnection};
use std::collections::BTreeMap;

/// Where a buy order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportState {
    /// It is to be read and decided on.
    Due,
    /// It is being ordered.
    Working,
    /// A person must look at it.
    Parked,
    /// Its purchase order is whole and placed.
    Exported,
    /// It is not to be ordered any more.
    Left,
}

impl ExportState {
    /// The stored spelling.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Working => "working",
            Self::Parked => "parked",
            Self::Exported => "exported",
            Self::Left => "left",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        [
            Self::Due,
            Self::Working,
            Self::Parked,
            Self::Exported,
            Self::Left,
        ]
        .into_iter()
        .find(|state| state.name() == name)
    }
}

/// A call of which no outcome is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenCall {
    /// Which.
    pub op: ExportOp,
    /// The item of a line.
    pub item: Option<ItemId>,
    /// Since when nobody can be sending it any more.
    pub over_at: DateTime<Utc>,
    /// Looks that did not show what it may have done.
    pub looks: i64,
}

/// What is to be done about a buy order.
#[derive(Clone, Debug)]
pub struct ExportWork {
    /// Which.
    pub order: BuyOrderId,
    /// Where it stands.
    pub state: ExportState,
    /// The step that comes next.
    pub step: ExportStep,
    /// What is to be ordered, once that is decided.
    pub intent: Option<Intent>,
    /// What was ordered before a planner changed it, while its purchase order is brought to that.
    pub former: Option<Intent>,
    /// Whether it was ordered and is to be looked at again.
    pub look: bool,
    /// The buy order that it was decided on.
    pub candidate: Option<Candidate>,
    /// When that was decided.
    pub begun_at: Option<DateTime<Utc>>,
    /// Its purchase order, once there is one.
    pub purchase_order: Option<OrderId>,
    /// Lines that are known to be there.
    pub there: BTreeMap<ItemId, OrderLineId>,
    /// The call of which no outcome is known.
    pub open: Option<OpenCall>,
    /// Not before this.
    pub next_at: DateTime<Utc>,
    /// Failures in a row.
    pub attempts: i64,
    /// Why it will be parked, while its draft is archived.
    pub reason: Option<String>,
    /// What was found.
    pub detail: Option<String>,
}

impl Store {
    /// Buy orders about which something is to be done now, at most so many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn due_exports(
        &self,
        connection: ConnectionId,
        most: i64,
    ) -> Result<Vec<BuyOrderId>, StoreError> {
        let mut reader = self.read().await?;
        let ids: Vec<i64> = sqlx::query_scalar(
            "SELECT buy_order_id FROM (
                 SELECT buy_order_id, next_at FROM exports
                 WHERE connection_id = ?1 AND state IN ('due', 'working') AND next_at <= ?2
                 UNION ALL
                 SELECT buy_order_id, next_at FROM exports
                 WHERE connection_id = ?1 AND look > 0 AND look = 2 AND next_at <= ?2)
             ORDER BY next_at, buy_order_id LIMIT ?3",
        )
        .bind(connection.0)
        .bind(self.now_ms())
        .bind(most)
        .fetch_all(reader.conn())
        .await?;
        Ok(ids.into_iter().map(BuyOrderId).collect())
    }

    /// What is to be done about a buy order; none if it is not known.
    ///
    /// # Errors
    /// When the database fails or holds something impossible.
    pub async fn export_work(
        &self,
        connection: ConnectionId,
        order: BuyOrderId,
    ) -> Result<Option<ExportWork>, StoreError> {
        let mut reader = self.read().await?;
        let row =
            sqlx::query("SELECT * FROM exports WHERE connection_id = ?1 AND buy_order_id = ?2")
                .bind(connection.0)
                .bind(order.0)
                .fetch_optional(reader.conn())
                .await?;
        let Some(row) = row else { return Ok(None) };
        let lines = sqlx::query(
            "SELECT item_id, quantity, price, buy_lines, order_line_id FROM export_lines
             WHERE connection_id = ?1 AND buy_order_id = ?2 ORDER BY item_id",
        )
        .bind(connection.0)
        .bind(order.0)
        .fetch_all(reader.conn())
        .await?;
        let wrong = |column, found: String| StoreError::Inconsistent {
            table: "exports",
            column,
            row: order.to_string(),
            found,
        };
        let (mut wanted, mut there) = (Vec::new(), BTreeMap::new());
        for line in &lines {
            let item = ItemId(line.try_get(0)?);
            let (price, of): (String, String) = (line.try_get(2)?, line.try_get(3)?);
            wanted.push(IntentLine {
                item,
                quantity: line.try_get(1)?,
                price: price.parse().map_err(|_| wrong("price", price))?,
                of: serde_json::from_str(&of).map_err(|_| wrong("buy_lines", of))?,
            });
            if let Some(id) = line.try_get::<Option<i64>, _>(4)? {
                there.insert(item, OrderLineId(id));
            }
        }
        let intent: Option<String> = row.try_get("intent")?;
        let intent = match intent {
            None => None,
            Some(text) => {
                let read: Result<Intent, _> = serde_json::from_str(&text);
                let mut intent = read.map_err(|_| wrong("intent", text))?;
                intent.lines = wanted;
                Some(intent)
            }
        };
        let (state, step): (String, String) = (row.try_get("state")?, row.try_get("step")?);
        let op: Option<String> = row.try_get("op")?;
        let open = match op {
            None => None,
            Some(op) => Some(OpenCall {
                op: ExportOp::from_name(&op).ok_or_else(|| wrong("op", op))?,
                item: row.try_get::<Option<i64>, _>("op_item")?.map(ItemId),
                over_at: instant(row.try_get::<Option<i64>, _>("op_over_at")?.unwrap_or(0)),
                looks: row.try_get("looks")?,
            }),
        };
        Ok(Some(ExportWork {
            order,
            state: ExportState::from_name(&state).ok_or_else(|| wrong("state", state))?,
            step: ExportStep::from_name(&step).ok_or_else(|| wrong("step", step))?,
            intent,
            former: match row.try_get::<Option<String>, _>("former")? {
                None => None,
                Some(text) => Some(serde_json::from_str(&text).map_err(|_| wrong("former", text))?),
            },
            look: row.try_get::<i64, _>("look")? == 2,
            candidate: match row.try_get::<Option<String>, _>("candidate")? {
                None => None,
                Some(text) => {
                    Some(serde_json::from_str(&text).map_err(|_| wrong("candidate", text))?)
                }
            },
            begun_at: row.try_get::<Option<i64>, _>("begun_at")?.map(instant),
            purchase_order: row.try_get::<Option<i64>, _>("order_id")?.map(OrderId),
            there,
            open,
            next_at: instant(row.try_get("next_at")?),
            attempts: row.try_get("attempts")?,
            reason: row.try_get("reason")?,
            detail: row.try_get("detail")?,
        }))
    }
}

/// When something is to be done next.
pub(crate) async fn next_at(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
) -> Result<Option<i64>, StoreError> {
    Ok(sqlx::query_scalar(
        "SELECT min(next_at) FROM (
             SELECT min(next_at) AS next_at FROM exports
             WHERE connection_id = ?1 AND state IN ('due', 'working')
             UNION ALL
             SELECT min(next_at) FROM exports
             WHERE connection_id = ?1 AND look > 0 AND look = 2)",
    )
    .bind(connection.0)
    .fetch_one(conn)
    .await?)
}
