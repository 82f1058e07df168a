//! Lines that came with their orders and were not asked for yet: learned from what is shown.

use crate::stages::deliver::payload::resource;
use crate::stages::{StageError, Turn};
use connectors::optiply::{OptiplyError, Payload};
use pipeline::deliver::{Entity, Key};
use std::collections::{BTreeMap, HashSet};

/// Orders whose lines are looked at in one go.
const ORDERS: i64 = 200;

/// Learns what Optiply calls the lines of orders of a kind.
pub(crate) async fn name(turn: &Turn, order: Entity) -> Result<(), StageError> {
    let (store, connection) = (&turn.deps.store, turn.lease.connection);
    let line = order.line().unwrap_or(Entity::SellOrderLine);
    let mut after = Some(i64::MIN);
    while let Some(from) = after {
        let (unnamed, end) = store.unnamed_lines(connection, order, from, ORDERS).await?;
        after = end;
        let orders: Vec<i64> = unnamed.iter().map(|(_, parent, _)| *parent).collect();
        let below = store.remote_rows_below(connection, line, &orders).await?;
        let ids: Vec<i64> = below.iter().map(|(_, id, _)| *id).collect();
        let known = store.keys_of_remote(connection, line, &ids).await?;
        let known: HashSet<i64> = known.into_iter().map(|(id, _)| id).collect();
        let mut shown: BTreeMap<i64, Vec<(i64, Payload)>> = BTreeMap::new();
        for (parent, id, text) in below.iter().filter(|(_, id, _)| !known.contains(id)) {
            let payload = read(line, text)?;
            shown.entry(*parent).or_default().push((*id, payload));
        }
        let mut open: Vec<(Key, i64, Payload)> = Vec::with_capacity(unnamed.len());
        for (key, parent, text) in unnamed {
            open.push((key, parent, read(line, &text)?));
        }
        let mut named = Vec::new();
        // Equal ones first, so that of two of one product each finds its like.
        for alike in [
            Payload::same_line as fn(&Payload, &Payload) -> bool,
            Payload::same_product,
        ] {
            open.retain(|(key, parent, held)| {
                let rows = shown.entry(*parent).or_default();
                let at = rows.iter().position(|(_, shown)| alike(held, shown));
                named.extend(at.map(|at| (key.clone(), rows.remove(at).0)));
                at.is_none()
            });
        }
        store.commit_line_ids(&turn.lease, &named, &[]).await?;
    }
    Ok(())
}

fn read(line: Entity, text: &str) -> Result<Payload, StageError> {
    Payload::from_json(resource(line), text)
        .map_err(|error| StageError::Target(OptiplyError::Payload(error)))
}
