//! The content as lines that can be compared.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::{
    resource::Resource,
    store::{Row, Store},
};

/// A row as a judge sees it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OptiplyRow {
    /// What it is.
    pub resource: Resource,
    /// Its id.
    pub id: i64,
    /// Its own attributes by name, as the API would write them; what is not set is null.
    pub attributes: Map<String, Json>,
    /// Whether it was made through the API.
    pub created_from_public_api: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Whether it was deleted.
    pub deleted: bool,
}

impl OptiplyRow {
    pub(super) fn of(resource: Resource, row: &Row) -> OptiplyRow {
        OptiplyRow {
            resource,
            id: row.id,
            attributes: attributes(resource, row),
            created_from_public_api: row.from_api,
            created_at: row.created,
            updated_at: row.updated,
            deleted: row.deleted,
        }
    }

    /// An attribute that is a whole number.
    #[must_use]
    pub fn int(&self, name: &str) -> Option<i64> {
        self.attributes.get(name)?.as_i64()
    }

    /// An attribute that is a text, a decimal or a time.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.attributes.get(name)?.as_str()
    }
}

/// The attributes of a row, unset ones as null.
pub(super) fn attributes(resource: Resource, row: &Row) -> Map<String, Json> {
    resource
        .attrs()
        .iter()
        .zip(&row.values)
        .map(|(attr, value)| (attr.name.to_owned(), value.json()))
        .collect()
}

/// The live rows of a resource, one JSON object a line, by id.
pub(super) fn dump(store: &Store, resource: Resource) -> String {
    let mut lines = String::new();
    for row in store.table(resource).rows.values() {
        if row.deleted {
            continue;
        }
        let line = json!({
            "resource": resource.name(),
            "id": row.id,
            "attributes": attributes(resource, row),
            "createdFromPublicApi": row.from_api,
        });
        // Writing into a String cannot fail.
        let _ = writeln!(lines, "{line}");
    }
    lines
}
