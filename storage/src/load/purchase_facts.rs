//! Reading what buy orders and receipts are computed from: orders, what arrived for them, and what
//! is remembered of both.

use super::work::HeldObject;
use crate::batch::json;
use crate::error::StoreError;
use crate::filter::order_head;
use crate::instant::instant;
use chrono::{DateTime, Utc};
use pipeline::filter::OrderLineFact;
use pipeline::id::{ItemId, OrderId, OrderLineId, ShipmentId, ShipmentItemId};
use pipeline::load::{
    CheckedIn, OrderFacts, OrderLineFacts, PurchaseFacts, ShipmentFacts, ShipmentItemFacts,
    VendorState,
};
use rust_decimal::Decimal;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What a buy order and its receipts are computed from.
#[derive(Clone, Debug)]
pub struct OrderWork {
    /// The purchase order.
    pub order: OrderFacts,
    pub(super) held: bool,
    /// Whether it is the purchase order of an exported buy order.
    exported: bool,
    vendor: VendorState,
    pub(super) shipments: Vec<ShipmentFacts>,
    pub(super) checked_in: Vec<CheckedIn>,
    pub(super) complete_since: Option<DateTime<Utc>>,
    seen_at: DateTime<Utc>,
    /// The receipts that the model holds, by key.
    pub(super) receipts: BTreeMap<String, HeldReceipt>,
}

impl OrderWork {
    /// The order with all that bears on it, as the computation takes it.
    pub fn facts(&self) -> PurchaseFacts<'_> {
        PurchaseFacts {
            order: &self.order,
            held: self.held,
            exported: self.exported,
            vendor: self.vendor,
            shipments: &self.shipments,
            checked_in: &self.checked_in,
            complete_since: self.complete_since,
            seen_at: self.seen_at,
        }
    }
}

/// A receipt of the model as it is.
#[derive(Clone, Debug)]
pub(super) struct HeldReceipt {
    pub(super) line: i64,
    pub(super) shipment: Option<i64>,
    pub(super) quantity: i64,
    pub(super) occurred: String,
    /// The run that wrote it last; 0 when fan-out did.
    pub(super) run: i64,
}

/// An arrival whose order is not held.
#[derive(Clone, Copy, Debug)]
pub struct Orphan {
    /// The arrival.
    pub id: ShipmentId,
    /// The order it names.
    pub order: OrderId,
    /// Whether any of its items holds received pieces.
    pub received: bool,
    /// Whether the order was asked for by its id and not returned.
    pub gone: bool,
}

/// The orders of these arrivals, and whether they are held.
const ORDERS_OF_SHIPMENTS: &str = "
    SELECT s.shipment_id, s.order_id, s.received, o.order_id IS NOT NULL AS known, w.state
    FROM source_shipments s
    LEFT JOIN source_orders o ON o.connection_id = ?1 AND o.order_id = s.order_id
    LEFT JOIN wanted_records w ON w.connection_id = ?1 AND w.feed = 'orders'
                              AND w.record_id = s.order_id
    WHERE s.connection_id = ?1 AND s.shipment_id IN (SELECT value FROM json_each(?2))";

const HEADS: &str = "
    SELECT o.*, m.hash AS model_hash, m.run_id AS model_run, c.since_at AS complete_since,
           v.vendor_id IS NOT NULL AS vendor_known, v.vanished_at IS NOT NULL AS vendor_vanished,
           p.vendor_id IS NOT NULL AS vendor_loaded, w.state AS vendor_state,
           EXISTS (SELECT 1 FROM exports e
                   WHERE e.connection_id = ?1 AND e.order_id = o.order_id)
               OR EXISTS (SELECT 1 FROM exports e
                          WHERE e.connection_id = ?1
                            AND e.buy_order_id = CAST(substr(o.reference, 5) AS INTEGER)
                            AND e.order_id IS NULL
                            AND o.reference = 'OPT-' || e.buy_order_id) AS exported
    FROM source_orders o
    LEFT JOIN model_buy_orders m ON m.connection_id = ?1 AND m.order_id = o.order_id
    LEFT JOIN complete_orders c ON c.connection_id = ?1 AND c.order_id = o.order_id
    LEFT JOIN source_vendors v ON v.connection_id = ?1 AND v.vendor_id = o.vendor_id
    LEFT JOIN model_suppliers p ON p.connection_id = ?1 AND p.vendor_id = o.vendor_id
    LEFT JOIN wanted_records w ON w.connection_id = ?1 AND w.feed = 'vendors'
                              AND w.record_id = o.vendor_id
    WHERE o.connection_id = ?1 AND o.order_id IN (SELECT value FROM json_each(?2))";

const LINES: &str = "
    SELECT order_id, line_id, item_id, quantity, value, checked_in FROM source_order_lines
    WHERE connection_id = ?1 AND order_id IN (SELECT value FROM json_each(?2))";

const STEPS: &str = "
    SELECT l.order_id, s.line_id, s.cumulative, s.occurred_at
    FROM source_order_lines l
    CROSS JOIN checked_in_steps s ON s.connection_id = ?1 AND s.line_id = l.line_id
    WHERE l.connection_id = ?1 AND l.order_id IN (SELECT value FROM json_each(?2))";

const SHIPMENTS: &str = "
    SELECT order_id, shipment_id, received_at, created_at, changed_at FROM source_shipments
    WHERE connection_id = ?1 AND order_id IN (SELECT value FROM json_each(?2))";

const SHIPMENT_ITEMS: &str = "
    SELECT i.shipment_id, i.shipment_item_id, i.item_id, i.line_id, i.received
    FROM source_shipments s
    CROSS JOIN source_shipment_items i
        ON i.connection_id = ?1 AND i.shipment_id = s.shipment_id
    WHERE s.connection_id = ?1 AND s.order_id IN (SELECT value FROM json_each(?2))";

const RECEIPTS: &str = "
    SELECT order_id, receipt_key, order_line_id, shipment_id, quantity, occurred, run_id
    FROM model_receipt_lines
    WHERE connection_id = ?1 AND order_id IN (SELECT value FROM json_each(?2))";

#[derive(Default)]
pub(super) struct Read {
    pub(super) purchases: Vec<OrderWork>,
    pub(super) orphans: Vec<Orphan>,
    /// Items that lines of the orders name.
    pub(super) named: BTreeSet<i64>,
    pub(super) held: Vec<HeldObject>,
}

/// Reads the touched orders and those of the touched arrivals.
pub(super) async fn read(
    conn: &mut SqliteConnection,
    connection: i64,
    orders: &[i64],
    shipments: &[i64],
) -> Result<Read, StoreError> {
    let mut read = Read::default();
    let mut wanted: BTreeSet<i64> = orders.iter().copied().collect();
    if !shipments.is_empty() {
        let shipments = json(shipments);
        for row in fetch(conn, ORDERS_OF_SHIPMENTS, connection, &shipments).await? {
            let order: i64 = row.try_get(1)?;
            if row.try_get(3)? {
                wanted.insert(order);
            } else {
                read.orphans.push(Orphan {
                    id: ShipmentId(row.try_get(0)?),
                    order: OrderId(order),
                    received: row.try_get(2)?,
                    gone: row.try_get::<Option<&str>, _>(4)? == Some("gone"),
                });
            }
        }
    }
    if wanted.is_empty() {
        return Ok(read);
    }
    let ids = json(&Vec::from_iter(wanted));
    let mut lines = lines(conn, connection, &ids, &mut read.named).await?;
    let mut steps = steps(conn, connection, &ids).await?;
    let mut arrived = shipments_of(conn, connection, &ids).await?;
    let mut receipts = receipts(conn, connection, &ids).await?;
    for row in fetch(conn, HEADS, connection, &ids).await? {
        let id: i64 = row.try_get("order_id")?;
        let hash: Option<Vec<u8>> = row.try_get("model_hash")?;
        let since: Option<i64> = row.try_get("complete_since")?;
        read.purchases.push(OrderWork {
            order: order(&row, lines.remove(&id).unwrap_or_default())?,
            held: hash.is_some(),
            exported: row.try_get("exported")?,
            vendor: vendor(&row)?,
            shipments: arrived.remove(&id).unwrap_or_default(),
            checked_in: steps.remove(&id).unwrap_or_default(),
            complete_since: since.map(instant),
            seen_at: instant(row.try_get("seen_at")?),
            receipts: receipts.remove(&id).unwrap_or_default(),
        });
        if let Some(hash) = hash {
            let run = row.try_get("model_run")?;
            read.held.push(HeldObject { id, run, hash });
        }
    }
    Ok(read)
}

async fn fetch(
    conn: &mut SqliteConnection,
    sql: &'static str,
    connection: i64,
    ids: &str,
) -> Result<Vec<SqliteRow>, StoreError> {
    Ok(sqlx::query(sql)
        .bind(connection)
        .bind(ids)
        .fetch_all(conn)
        .await?)
}

fn order(row: &SqliteRow, lines: Vec<OrderLineFacts>) -> Result<OrderFacts, StoreError> {
    let at = |column: &str| -> Result<Option<_>, sqlx::Error> {
        Ok(row.try_get::<Option<i64>, _>(column)?.map(instant))
    };
    let head = order_head(row)?;
    let received_at = at("received_at")?;
    Ok(OrderFacts {
        id: OrderId(row.try_get("order_id")?),
        expected_at: at("expected_at")?,
        received_at,
        checked_in_at: received_at.or(at("changed_at")?).or(head.placed),
        has_shipments: row.try_get("has_shipments")?,
        head,
        lines,
    })
}

/// What is known of the vendor of an order: whoever is or was a supplier stays one.
pub(crate) fn vendor(row: &SqliteRow) -> Result<VendorState, StoreError> {
    let gone = row.try_get::<Option<&str>, _>("vendor_state")? == Some("gone");
    let known: bool = row.try_get("vendor_known")?;
    Ok(if row.try_get("vendor_loaded")? {
        VendorState::Supplier
    } else if row.try_get("vendor_vanished")? || (gone && !known) {
        VendorState::Gone
    } else if known {
        VendorState::Supplier
    } else {
        VendorState::Missing
    })
}

async fn lines(
    conn: &mut SqliteConnection,
    connection: i64,
    ids: &str,
    named: &mut BTreeSet<i64>,
) -> Result<HashMap<i64, Vec<OrderLineFacts>>, StoreError> {
    let mut lines: HashMap<i64, Vec<OrderLineFacts>> = HashMap::new();
    for row in fetch(conn, LINES, connection, ids).await? {
        let (id, item): (i64, Option<i64>) = (row.try_get(1)?, row.try_get(2)?);
        named.extend(item);
        lines
            .entry(row.try_get(0)?)
            .or_default()
            .push(OrderLineFacts {
                id: OrderLineId(id),
                fact: OrderLineFact {
                    item: item.map(ItemId),
                    quantity: row.try_get(3)?,
                    checked_in: row.try_get(5)?,
                },
                value: decimal(row.try_get(4)?, id)?,
            });
    }
    Ok(lines)
}

async fn steps(
    conn: &mut SqliteConnection,
    connection: i64,
    ids: &str,
) -> Result<HashMap<i64, Vec<CheckedIn>>, StoreError> {
    let mut steps: HashMap<i64, Vec<CheckedIn>> = HashMap::new();
    for row in fetch(conn, STEPS, connection, ids).await? {
        steps.entry(row.try_get(0)?).or_default().push(CheckedIn {
            order_line_id: OrderLineId(row.try_get(1)?),
            cumulative: row.try_get(2)?,
            occurred: instant(row.try_get(3)?),
        });
    }
    Ok(steps)
}

async fn shipments_of(
    conn: &mut SqliteConnection,
    connection: i64,
    ids: &str,
) -> Result<HashMap<i64, Vec<ShipmentFacts>>, StoreError> {
    let mut items: HashMap<i64, Vec<ShipmentItemFacts>> = HashMap::new();
    for row in fetch(conn, SHIPMENT_ITEMS, connection, ids).await? {
        items
            .entry(row.try_get(0)?)
            .or_default()
            .push(ShipmentItemFacts {
                id: ShipmentItemId(row.try_get(1)?),
                item: row.try_get::<Option<i64>, _>(2)?.map(ItemId),
                line: row.try_get::<Option<i64>, _>(3)?.map(OrderLineId),
                received: row.try_get(4)?,
            });
    }
    let mut shipments: HashMap<i64, Vec<ShipmentFacts>> = HashMap::new();
    for row in fetch(conn, SHIPMENTS, connection, ids).await? {
        let at = |column: usize| -> Result<Option<_>, sqlx::Error> {
            Ok(row.try_get::<Option<i64>, _>(column)?.map(instant))
        };
        let id: i64 = row.try_get(1)?;
        let received_at = at(2)?;
        shipments
            .entry(row.try_get(0)?)
            .or_default()
            .push(ShipmentFacts {
                id: ShipmentId(id),
                received_at,
                occurred: received_at.or(at(3)?).or(at(4)?),
                items: items.remove(&id).unwrap_or_default(),
            });
    }
    Ok(shipments)
}

async fn receipts(
    conn: &mut SqliteConnection,
    connection: i64,
    ids: &str,
) -> Result<HashMap<i64, BTreeMap<String, HeldReceipt>>, StoreError> {
    let mut receipts: HashMap<i64, BTreeMap<String, HeldReceipt>> = HashMap::new();
    for row in fetch(conn, RECEIPTS, connection, ids).await? {
        let held = HeldReceipt {
            line: row.try_get(2)?,
            shipment: row.try_get(3)?,
            quantity: row.try_get(4)?,
            occurred: row.try_get(5)?,
            run: row.try_get(6)?,
        };
        receipts
            .entry(row.try_get(0)?)
            .or_default()
            .insert(row.try_get(1)?, held);
    }
    Ok(receipts)
}

fn decimal(text: &str, line: i64) -> Result<Decimal, StoreError> {
    text.parse().map_err(|_| StoreError::Inconsistent {
        table: "source_order_lines",
        column: "value",
        row: line.to_string(),
        found: text.to_owned(),
    })
}
