//! What an item has to do with others: who supplies it, what it is made of, what it is a part of,
//! and which purchase orders name it.

use super::naming::{OrderNaming, orders_of_item};
use crate::batch::json;
use crate::error::StoreError;
use crate::load::{AssemblyFacts, OfferFacts, assemblies_of, offers_of};
use crate::store::Store;
use pipeline::id::{ConnectionId, ItemId, VendorId};
use pipeline::load::{Composition, PartFacts, VendorFacts};
use sqlx::{Row, SqliteConnection};
use std::collections::HashMap;

/// What an item has to do with others.
#[derive(Clone, Debug)]
pub struct ItemLinks {
    /// What its supplier products are computed from, those of the model included.
    pub offer: Option<OfferFacts>,
    /// What is known of its vendors.
    pub vendors: HashMap<VendorId, VendorFacts>,
    /// What its vendors and those of its supplier products are called.
    pub vendor_names: HashMap<VendorId, String>,
    /// The currency of the account, once asked for.
    pub currency: Option<String>,
    /// What its compositions are computed from.
    pub assembly: Option<AssemblyFacts>,
    /// What is known of its parts.
    pub parts: HashMap<ItemId, PartFacts>,
    /// What its parts are called.
    pub part_names: HashMap<ItemId, String>,
    /// Its compositions in the model.
    pub compositions: Vec<Composition>,
    /// Items that name it as a part, by id; a bounded number of them.
    pub part_of: Vec<AssemblyOf>,
    /// How many items name it as a part.
    pub part_of_count: i64,
    /// Purchase orders that name it, newest first; a bounded number of them.
    pub orders: Vec<OrderNaming>,
    /// How many purchase orders name it.
    pub orders_count: i64,
    /// How many buy orders of the model have a line of it.
    pub buy_orders: i64,
}

/// An item that names another one as a part.
#[derive(Clone, Debug)]
pub struct AssemblyOf {
    /// The composed item.
    pub item: ItemId,
    /// What it is called.
    pub name: String,
    /// How many of the part the model holds for one of it; `None` if it holds no such composition.
    pub quantity: Option<i64>,
}

const PART_OF: &str = "
    SELECT c.item_id, s.description, m.part_quantity, count(*) OVER () AS n
    FROM (SELECT DISTINCT item_id FROM source_item_components
          WHERE connection_id = ?1 AND part_id = ?2 AND item_id <> ?2) c
    LEFT JOIN source_items s ON s.connection_id = ?1 AND s.item_id = c.item_id
    LEFT JOIN model_product_compositions m
        ON m.connection_id = ?1 AND m.item_id = c.item_id AND m.part_item_id = ?2
    ORDER BY c.item_id LIMIT ?3";

const BUY_ORDERS: &str = "
    SELECT count(DISTINCT order_id) FROM model_buy_order_lines
    WHERE connection_id = ?1 AND item_id = ?2";

impl Store {
    /// What an item that is held has to do with others; at most `limit` of what can be many.
    ///
    /// # Errors
    /// When the database fails or holds something impossible.
    pub async fn item_links(
        &self,
        connection: ConnectionId,
        id: ItemId,
        limit: u32,
    ) -> Result<ItemLinks, StoreError> {
        let mut reader = self.read().await?;
        let conn = reader.conn();
        let (mut offers, vendors) = offers_of(conn, connection.0, &[id.0]).await?;
        let (mut assemblies, parts) = assemblies_of(conn, connection.0, &[id.0]).await?;
        let offer = offers.pop();
        let assembly = assemblies.pop();
        let mut named: Vec<i64> = vendors.keys().map(|vendor| vendor.0).collect();
        named.extend(
            offer
                .iter()
                .flat_map(|offer| &offer.previous)
                .map(|pair| pair.vendor_id.0),
        );
        let vendor_names = names(
            conn,
            "SELECT vendor_id, name FROM source_vendors
             WHERE connection_id = ?1 AND vendor_id IN (SELECT value FROM json_each(?2))",
            connection,
            &named,
        )
        .await?;
        let named: Vec<i64> = parts.keys().map(|part| part.0).collect();
        let part_names = names(
            conn,
            "SELECT item_id, description FROM source_items
             WHERE connection_id = ?1 AND item_id IN (SELECT value FROM json_each(?2))",
            connection,
            &named,
        )
        .await?;
        let currency = sqlx::query_scalar("SELECT account_currency FROM connections WHERE id = ?1")
            .bind(connection.0)
            .fetch_one(&mut *conn)
            .await?;
        let compositions = compositions(conn, connection, id).await?;
        let (part_of, part_of_count) = part_of(conn, connection, id, limit).await?;
        let (orders, orders_count) = orders_of_item(conn, connection, id, limit).await?;
        let buy_orders = sqlx::query_scalar(BUY_ORDERS)
            .bind(connection.0)
            .bind(id.0)
            .fetch_one(conn)
            .await?;
        Ok(ItemLinks {
            offer,
            vendors,
            vendor_names: vendor_names
                .into_iter()
                .map(|(id, name)| (VendorId(id), name))
                .collect(),
            currency,
            assembly,
            parts,
            part_names: part_names
                .into_iter()
                .map(|(id, name)| (ItemId(id), name))
                .collect(),
            compositions,
            part_of,
            part_of_count,
            orders,
            orders_count,
            buy_orders,
        })
    }
}

async fn names(
    conn: &mut SqliteConnection,
    sql: &'static str,
    connection: ConnectionId,
    ids: &[i64],
) -> Result<Vec<(i64, String)>, StoreError> {
    let rows = sqlx::query(sql)
        .bind(connection.0)
        .bind(json(ids))
        .fetch_all(conn)
        .await?;
    rows.iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect()
}

async fn compositions(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
    id: ItemId,
) -> Result<Vec<Composition>, StoreError> {
    let rows = sqlx::query(
        "SELECT part_item_id, part_quantity FROM model_product_compositions
         WHERE connection_id = ?1 AND item_id = ?2 ORDER BY part_item_id",
    )
    .bind(connection.0)
    .bind(id.0)
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Composition {
                item_id: id,
                part_item_id: ItemId(row.try_get(0)?),
                part_quantity: row.try_get(1)?,
            })
        })
        .collect()
}

async fn part_of(
    conn: &mut SqliteConnection,
    connection: ConnectionId,
    id: ItemId,
    limit: u32,
) -> Result<(Vec<AssemblyOf>, i64), StoreError> {
    let rows = sqlx::query(PART_OF)
        .bind(connection.0)
        .bind(id.0)
        .bind(limit)
        .fetch_all(conn)
        .await?;
    let total = match rows.first() {
        Some(row) => row.try_get("n")?,
        None => 0,
    };
    let parents = rows.iter().map(|row| {
        Ok(AssemblyOf {
            item: ItemId(row.try_get("item_id")?),
            name: row
                .try_get::<Option<String>, _>("description")?
                .unwrap_or_default(),
            quantity: row.try_get("part_quantity")?,
        })
    });
    Ok((parents.collect::<Result<_, StoreError>>()?, total))
}
