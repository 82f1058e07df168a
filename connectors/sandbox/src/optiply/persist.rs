//! The content as a text, so that a rehearsal can go on where an earlier one ended.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{
    Optiply,
    attr::{Attr, Kind},
    resource::Resource,
    store::{Row, Store},
    value::{self, Value},
};
use crate::sandbox::lock;

/// A row as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    id: i64,
    created: DateTime<Utc>,
    updated: DateTime<Utc>,
    visible: DateTime<Utc>,
    deleted: bool,
    from_api: bool,
    values: Vec<Box<RawValue>>,
}

impl Optiply {
    /// Everything the account holds, deleted rows too; not its history.
    ///
    /// # Errors
    /// When a value cannot be written, which would be a mistake of this crate.
    pub fn save(&self) -> Result<String, serde_json::Error> {
        let state = lock(&self.inner.state);
        let mut all = BTreeMap::new();
        for resource in Resource::ALL {
            let rows = state.store.table(resource).rows.values();
            let kept: Result<Vec<Kept>, _> = rows.map(keep).collect();
            all.insert(resource.name(), kept?);
        }
        serde_json::to_string(&all)
    }

    /// Replaces what the account holds by what [`Optiply::save`] wrote. All of it is shown at once:
    /// the clock of a rehearsal may begin anew, and rows would be of its future.
    ///
    /// # Errors
    /// When the text is not one of those.
    pub fn restore(&self, text: &str) -> Result<(), serde_json::Error> {
        let mut all: BTreeMap<String, Vec<Kept>> = serde_json::from_str(text)?;
        let mut state = lock(&self.inner.state);
        let now = self.now(&state);
        let mut store = Store::empty();
        for resource in Resource::ALL {
            for kept in all.remove(resource.name()).unwrap_or_default() {
                let values = resource
                    .attrs()
                    .iter()
                    .zip(&kept.values)
                    .map(|(attr, raw)| read(attr, raw))
                    .collect();
                store.put(
                    resource,
                    Row {
                        id: kept.id,
                        values,
                        created: kept.created,
                        updated: kept.updated,
                        visible: kept.visible.min(now),
                        deleted: kept.deleted,
                        from_api: kept.from_api,
                    },
                );
            }
        }
        state.store = store;
        Ok(())
    }
}

fn keep(row: &Row) -> Result<Kept, serde_json::Error> {
    let values: Result<Vec<_>, _> = row
        .values
        .iter()
        .map(|value| serde_json::value::to_raw_value(&value.json()))
        .collect();
    Ok(Kept {
        id: row.id,
        created: row.created,
        updated: row.updated,
        visible: row.visible,
        deleted: row.deleted,
        from_api: row.from_api,
        values: values?,
    })
}

/// What was accepted once is taken again, whatever the rules for new values are.
fn read(attr: &Attr, raw: &RawValue) -> Value {
    let wide = match attr.kind {
        Kind::Int(..) => Attr::new(attr.name, Kind::Int(i64::MIN, i64::MAX)),
        _ => *attr,
    };
    if raw.get() == "null" {
        Value::Null
    } else {
        value::read(&wide, raw).unwrap_or(Value::Null)
    }
}
