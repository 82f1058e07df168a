//! The rows of the account, with what finds them fast.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use super::{resource::Resource, value::Value};

/// A row. Deleted ones are kept, as the real database does.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) values: Vec<Value>,
    pub(super) created: DateTime<Utc>,
    pub(super) updated: DateTime<Utc>,
    /// From when lists show it.
    pub(super) visible: DateTime<Utc>,
    pub(super) deleted: bool,
    pub(super) from_api: bool,
}

/// All rows of one resource.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) rows: BTreeMap<i64, Row>,
    index: HashMap<(usize, String), BTreeSet<i64>>,
    /// Deleted rows whose pair stays taken.
    dead_pairs: BTreeSet<(i64, i64)>,
}

/// Everything the account holds.
#[derive(Debug)]
pub(super) struct Store {
    tables: BTreeMap<Resource, Table>,
}

impl Store {
    /// Not even the account itself.
    pub(super) fn empty() -> Store {
        let tables = Resource::ALL
            .into_iter()
            .map(|each| (each, Table::default()))
            .collect();
        Store { tables }
    }

    pub(super) fn new(now: DateTime<Utc>) -> Store {
        let mut store = Store::empty();
        let name = Value::Text("Sandbox webshop".to_owned());
        store.insert(Resource::Accounts, vec![name], now, now, false);
        store
    }

    pub(super) fn table(&self, resource: Resource) -> &Table {
        &self.tables[&resource]
    }

    fn table_mut(&mut self, resource: Resource) -> &mut Table {
        self.tables.entry(resource).or_default()
    }

    /// A row that was not deleted.
    pub(super) fn live(&self, resource: Resource, id: i64) -> Option<&Row> {
        self.table(resource)
            .rows
            .get(&id)
            .filter(|row| !row.deleted)
    }

    /// Ids of live rows whose indexed attribute has this value.
    pub(super) fn found(&self, resource: Resource, attr: &str, key: &str) -> Vec<i64> {
        let Some(place) = resource.place(attr) else {
            return Vec::new();
        };
        self.table(resource)
            .index
            .get(&(place, key.to_owned()))
            .map(|ids| ids.iter().copied().collect())
            .unwrap_or_default()
    }

    pub(super) fn insert(
        &mut self,
        resource: Resource,
        values: Vec<Value>,
        now: DateTime<Utc>,
        visible: DateTime<Utc>,
        from_api: bool,
    ) -> i64 {
        let table = self.table_mut(resource);
        let id = table
            .rows
            .last_key_value()
            .map_or(resource.first_id(), |(last, _)| last + 1);
        self.put(
            resource,
            Row {
                id,
                values,
                created: now,
                updated: now,
                visible,
                deleted: false,
                from_api,
            },
        );
        id
    }

    /// Takes a row as it is.
    pub(super) fn put(&mut self, resource: Resource, row: Row) {
        let (id, deleted) = (row.id, row.deleted);
        let table = self.table_mut(resource);
        if !deleted {
            for (place, value) in row.values.iter().enumerate() {
                table.note(resource, place, value, id);
            }
        }
        table.rows.insert(id, row);
        if deleted {
            let pair = self.pair_of(resource, id);
            self.table_mut(resource).dead_pairs.extend(pair);
        }
    }

    /// Sets values of a live row.
    pub(super) fn set(
        &mut self,
        resource: Resource,
        id: i64,
        changes: Vec<(usize, Value)>,
        now: DateTime<Utc>,
    ) {
        let table = self.table_mut(resource);
        for (place, value) in changes {
            let Some(row) = table.rows.get_mut(&id) else {
                return;
            };
            let old = std::mem::replace(&mut row.values[place], value.clone());
            row.updated = now;
            table.forget(place, &old, id);
            table.note(resource, place, &value, id);
        }
        if let Some(row) = table.rows.get_mut(&id) {
            row.updated = now;
        }
    }

    /// Deletes a row and what hangs on it.
    pub(super) fn delete(&mut self, resource: Resource, id: i64, now: DateTime<Utc>) {
        if let Some((child, key)) = resource.children() {
            for below in self.found(child, key, &id.to_string()) {
                self.delete(child, below, now);
            }
        }
        let pair = self.pair_of(resource, id);
        let table = self.table_mut(resource);
        let Some(row) = table.rows.get_mut(&id) else {
            return;
        };
        row.deleted = true;
        row.updated = now;
        let values = row.values.clone();
        for (place, value) in values.iter().enumerate() {
            table.forget(place, value, id);
        }
        table.dead_pairs.extend(pair);
    }

    /// Takes a row back without a trace, as a transaction that did not commit.
    pub(super) fn remove(&mut self, resource: Resource, id: i64) {
        let table = self.table_mut(resource);
        if let Some(row) = table.rows.remove(&id) {
            for (place, value) in row.values.iter().enumerate() {
                table.forget(place, value, id);
            }
        }
    }

    /// The two keys of a row that must be unique together.
    pub(super) fn pair_of(&self, resource: Resource, id: i64) -> Option<(i64, i64)> {
        let (first, second) = resource.pair()?;
        let row = self.table(resource).rows.get(&id)?;
        let value = |name| row.values[resource.place(name)?].int();
        Some((value(first)?, value(second)?))
    }

    /// Whether a pair is taken by a live row, or by a deleted one if these count.
    pub(super) fn pair_taken(
        &self,
        resource: Resource,
        pair: (i64, i64),
        deleted_count: bool,
    ) -> bool {
        let Some((first, _)) = resource.pair() else {
            return false;
        };
        self.found(resource, first, &pair.0.to_string())
            .into_iter()
            .any(|id| self.pair_of(resource, id) == Some(pair))
            || deleted_count && self.table(resource).dead_pairs.contains(&pair)
    }

    /// Whether `part` is `whole` or made of it, so that putting `part` into `whole` would be a
    /// circle.
    pub(super) fn contains(&self, part: i64, whole: i64) -> bool {
        let compositions = Resource::ProductCompositions;
        let (mut open, mut seen) = (vec![part], BTreeSet::new());
        while let Some(next) = open.pop() {
            if next == whole {
                return true;
            }
            if !seen.insert(next) {
                continue;
            }
            let rows = self.found(compositions, "composedProductId", &next.to_string());
            open.extend(
                rows.into_iter()
                    .filter_map(|id| self.pair_of(compositions, id))
                    .map(|(_, part)| part),
            );
        }
        false
    }
}

impl Table {
    fn note(&mut self, resource: Resource, place: usize, value: &Value, id: i64) {
        if resource.attrs()[place].indexed
            && let Some(key) = value.key()
        {
            self.index.entry((place, key)).or_default().insert(id);
        }
    }

    fn forget(&mut self, place: usize, value: &Value, id: i64) {
        if let Some(key) = value.key()
            && let Some(ids) = self.index.get_mut(&(place, key))
        {
            ids.remove(&id);
        }
    }
}
