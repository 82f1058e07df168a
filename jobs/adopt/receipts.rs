//! Receipts: matched by line, second and pieces. A line with arrivals that are told otherwise is
//! for a person: counted twice, goods would seem to have arrived that did not.

use super::{PAGE, Wishes, parse};
use crate::stages::{StageError, Turn};
use pipeline::deliver::{Entity, Key};
use std::collections::{BTreeMap, HashMap};
use storage::Adopted;

pub(super) async fn take_over(turn: &Turn) -> Result<(), StageError> {
    let (store, connection) = (&turn.deps.store, turn.job.connection);
    let mut after: Option<Key> = None;
    loop {
        let ahead = store
            .deliveries_ahead(connection, Entity::Receipt, after.as_ref(), PAGE)
            .await?;
        let Some(last) = ahead.work.looks.last() else {
            return Ok(());
        };
        after = Some(last.key.clone());
        let keys = ahead.work.looks.into_iter();
        let keys = keys.filter(|look| look.acknowledged.is_none());
        page(turn, keys.map(|look| look.key).collect()).await?;
    }
}

async fn page(turn: &Turn, keys: Vec<Key>) -> Result<(), StageError> {
    let (store, connection) = (&turn.deps.store, turn.job.connection);
    let wishes = Wishes::of(turn, keys.clone()).await?;
    let (mut wanted, mut of_line) = (Vec::new(), BTreeMap::new());
    for key in keys {
        let Some(payload) = wishes.wanted(&key)? else {
            continue;
        };
        let line = payload.marks().parent;
        if let Some(line) = line {
            of_line.entry(line).or_insert_with(Vec::new);
            wanted.push((line, key, payload));
        }
    }
    let lines: Vec<i64> = of_line.keys().copied().collect();
    for (line, id, shown) in store
        .remote_rows_below(connection, Entity::Receipt, &lines)
        .await?
    {
        let shown = parse(Entity::Receipt, &shown)?;
        of_line.entry(line).or_default().push((id, shown));
    }
    let ids: Vec<i64> = of_line.values().flatten().map(|(id, _)| *id).collect();
    let known: HashMap<i64, Key> = store
        .keys_of_remote(connection, Entity::Receipt, &ids)
        .await?
        .into_iter()
        .collect();
    for rows in of_line.values_mut() {
        rows.retain(|(id, _)| !known.contains_key(id));
    }
    let (mut adopted, mut left) = (Vec::new(), Vec::new());
    for (line, key, payload) in wanted {
        let rows = of_line.entry(line).or_default();
        let alike = rows.iter().position(|(_, shown)| {
            ["quantity", "occurred"]
                .iter()
                .all(|name| shown.value(name) == payload.value(name))
        });
        match alike {
            Some(at) => adopted.push(Adopted {
                key,
                remote_id: rows.remove(at).0,
                acknowledged: payload.to_json(),
                lines: Vec::new(),
            }),
            None => left.push((line, key)),
        }
    }
    let unmatched: Vec<(Key, String)> = left
        .into_iter()
        .filter_map(|(line, key)| {
            let rows = of_line.get(&line).filter(|rows| !rows.is_empty())?;
            let ids: Vec<String> = rows.iter().map(|(id, _)| id.to_string()).collect();
            Some((key, format!("rows {} may be it", ids.join(", "))))
        })
        .collect();
    store.adopt(&turn.lease, &adopted, &unmatched).await?;
    Ok(())
}
