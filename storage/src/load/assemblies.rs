//! Product compositions of the model.

use super::credit::Written;
use super::needs::Needs;
use crate::batch::{json, run};
use crate::error::StoreError;
use crate::store::WriteTx;
use pipeline::Feed;
use pipeline::deliver::Key;
use pipeline::id::ItemId;
use pipeline::load::{Compositions, ParentFacts, PartFacts};
use pipeline::record::{Component, ItemKind};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use sqlx::{Row, SqliteConnection};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What the compositions of an item are computed from.
#[derive(Clone, Debug)]
pub struct AssemblyFacts {
    id: ItemId,
    kind: ItemKind,
    archived: bool,
    vanished: bool,
    in_model: bool,
    /// Its component rows.
    pub components: Vec<Component>,
    /// What the model holds: parts and how many of each.
    previous: BTreeMap<i64, i64>,
}

impl AssemblyFacts {
    /// The item, as the computation takes it.
    pub fn parent(&self) -> ParentFacts<'_> {
        ParentFacts {
            id: self.id,
            kind: &self.kind,
            archived: self.archived,
            vanished: self.vanished,
            in_model: self.in_model,
        }
    }
}

/// What is known of these items, those included that were asked for and are gone.
const ITEMS: &str = "
    SELECT j.value AS item_id, s.kind, s.archived, s.vanished_at IS NOT NULL AS vanished,
           m.item_id IS NOT NULL AS in_model, w.state
    FROM json_each(?2) j
    LEFT JOIN source_items s ON s.connection_id = ?1 AND s.item_id = j.value
    LEFT JOIN model_products m ON m.connection_id = ?1 AND m.item_id = j.value
    LEFT JOIN wanted_records w ON w.connection_id = ?1 AND w.feed = 'items'
                              AND w.record_id = j.value";

const COMPONENTS: &str = "
    SELECT item_id, row_id, assembly_id, part_id, quantity, grp FROM source_item_components
    WHERE connection_id = ?1 AND item_id IN (SELECT value FROM json_each(?2))";

const PREVIOUS: &str = "
    SELECT item_id, part_item_id, part_quantity FROM model_product_compositions
    WHERE connection_id = ?1 AND item_id IN (SELECT value FROM json_each(?2))";

const DELETE: &str = "
    DELETE FROM model_product_compositions
    WHERE (connection_id, item_id, part_item_id) IN
          (SELECT ?1, value ->> 0, value ->> 1 FROM json_each(?2))";

const UPSERT: &str = "
    INSERT INTO model_product_compositions
        (connection_id, item_id, part_item_id, part_quantity, first_run_id, run_id)
    SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 3
    FROM json_each(?2) WHERE true
    ON CONFLICT (connection_id, item_id, part_item_id) DO UPDATE SET
        part_quantity = excluded.part_quantity, run_id = excluded.run_id";

/// What is known of an item.
struct Known {
    kind: ItemKind,
    archived: bool,
    vanished: bool,
    in_model: bool,
}

pub(crate) async fn read(
    conn: &mut SqliteConnection,
    connection: i64,
    ids: &[i64],
) -> Result<(Vec<AssemblyFacts>, HashMap<ItemId, PartFacts>), StoreError> {
    let touched = json(ids);
    let mut components: HashMap<i64, Vec<Component>> = HashMap::new();
    let mut previous: HashMap<i64, BTreeMap<i64, i64>> = HashMap::new();
    let mut named: BTreeSet<i64> = ids.iter().copied().collect();
    let rows = sqlx::query(COMPONENTS)
        .bind(connection)
        .bind(&touched)
        .fetch_all(&mut *conn)
        .await?;
    for row in rows {
        let item: i64 = row.try_get(0)?;
        let part: Option<i64> = row.try_get(3)?;
        named.extend(part);
        let quantity: String = row.try_get(4)?;
        components.entry(item).or_default().push(Component {
            id: row.try_get(1)?,
            assembly: row.try_get::<Option<i64>, _>(2)?.map(ItemId),
            part: part.map(ItemId),
            quantity: pieces(&quantity, item)?,
            group: row.try_get(5)?,
        });
    }
    let rows = sqlx::query(PREVIOUS)
        .bind(connection)
        .bind(&touched)
        .fetch_all(&mut *conn)
        .await?;
    for row in rows {
        previous
            .entry(row.try_get(0)?)
            .or_default()
            .insert(row.try_get(1)?, row.try_get(2)?);
    }
    let rows = sqlx::query(ITEMS)
        .bind(connection)
        .bind(json(&Vec::from_iter(named)))
        .fetch_all(conn)
        .await?;
    let mut known: HashMap<i64, Known> = HashMap::new();
    let mut parts = HashMap::new();
    for row in rows {
        let id: i64 = row.try_get("item_id")?;
        match row.try_get::<Option<&str>, _>("kind")? {
            Some(kind) => {
                let facts = Known {
                    kind: ItemKind::from_name(kind),
                    archived: row.try_get("archived")?,
                    vanished: row.try_get("vanished")?,
                    in_model: row.try_get("in_model")?,
                };
                known.insert(id, facts);
            }
            None if row.try_get::<Option<&str>, _>("state")? == Some("gone") => {
                parts.insert(ItemId(id), PartFacts::Gone);
            }
            None => {}
        }
    }
    let mut assemblies = Vec::with_capacity(ids.len());
    for id in ids {
        if let Some(item) = known.get(id) {
            assemblies.push(AssemblyFacts {
                id: ItemId(*id),
                kind: item.kind.clone(),
                archived: item.archived,
                vanished: item.vanished,
                in_model: item.in_model,
                components: components.remove(id).unwrap_or_default(),
                previous: previous.remove(id).unwrap_or_default(),
            });
        }
    }
    parts.extend(known.into_iter().map(|(id, item)| {
        let facts = PartFacts::Known {
            in_model: item.in_model,
            kind: item.kind,
            archived: item.archived,
            vanished: item.vanished,
        };
        (ItemId(id), facts)
    }));
    Ok((assemblies, parts))
}

/// A stored quantity. Earlier versions kept fractions, which are refused now: until their item is
/// read again such a row counts as none.
fn pieces(text: &str, item: i64) -> Result<i64, StoreError> {
    let quantity: Decimal = text.parse().map_err(|_| StoreError::Inconsistent {
        table: "source_item_components",
        column: "quantity",
        row: item.to_string(),
        found: text.to_owned(),
    })?;
    Ok(Some(quantity)
        .filter(|quantity| quantity.fract().is_zero())
        .and_then(|quantity| quantity.to_i64())
        .unwrap_or_default())
}

/// Replaces the compositions of these items. What appears or goes changes whether its part is
/// needed; what is not known of yet is asked for.
pub(super) async fn write(
    tx: &mut WriteTx,
    written: &mut Written<'_>,
    made: &[(ItemId, Compositions)],
    current: i64,
    needs: &mut Needs,
) -> Result<(), StoreError> {
    let held: HashMap<ItemId, &BTreeMap<i64, i64>> = written
        .work
        .assemblies
        .iter()
        .map(|facts| (facts.id, &facts.previous))
        .collect();
    let (none, mut rows, mut removed) = (BTreeMap::new(), Vec::new(), Vec::new());
    for (item, compositions) in made {
        let held = held.get(item).copied().unwrap_or(&none);
        needs.missing(Feed::Items, compositions.missing.iter().map(|part| part.0));
        let mut left: BTreeSet<i64> = held.keys().copied().collect();
        for one in &compositions.desired {
            let part = one.part_item_id.0;
            left.remove(&part);
            match held.get(&part) {
                Some(quantity) if *quantity == one.part_quantity => continue,
                Some(_) => {}
                None => {
                    needs.items.insert(part);
                }
            }
            rows.push((item.0, part, one.part_quantity, current));
        }
        needs.items.extend(&left);
        removed.extend(left.into_iter().map(|part| (item.0, part)));
    }
    let key = |item: i64, part: i64| Key::composition(ItemId(item), ItemId(part));
    for (item, part, ..) in &rows {
        written.deliveries.add(key(*item, *part), *item, current);
    }
    for (item, part) in &removed {
        written.deliveries.gone(key(*item, *part), current);
    }
    let connection = written.connection.0;
    run(tx.conn(), DELETE, connection, &removed).await?;
    run(tx.conn(), UPSERT, connection, &rows).await?;
    Ok(())
}
