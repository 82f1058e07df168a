//! From a query string to a plan: what a list request asks for, and what it costs.

use base64::{Engine, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode_str;

use super::{
    filter::{self, Filter},
    list::Key,
    tables::{Field, Kind, Relation, Table, Wants},
};

/// A query parameter: decoded, and its value as it stood in the URL.
#[derive(Debug, Clone)]
pub(crate) struct Pair {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) raw: String,
}

/// Whether archived records are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Archived {
    Hidden,
    Both,
    Only,
}

/// A position in a walk: the sort key of a record.
#[derive(Debug, Clone)]
pub(crate) struct Cursor {
    /// Forward from the key, or backward.
    pub(crate) after: bool,
    pub(crate) key: (Key, u64),
}

/// A list request, understood.
pub(crate) struct Plan {
    pub(crate) limit: usize,
    pub(crate) sort: &'static Field,
    pub(crate) descending: bool,
    pub(crate) cursor: Option<Cursor>,
    pub(crate) filters: Vec<Filter>,
    pub(crate) archived: Archived,
    pub(crate) wants: Wants,
    pub(crate) count: bool,
    pub(crate) uses_updatetime: bool,
}

/// Splits a raw query into its pairs.
pub(crate) fn pairs(raw: &str) -> Vec<Pair> {
    let decode = |text: &str| {
        percent_decode_str(&text.replace('+', " "))
            .decode_utf8_lossy()
            .into_owned()
    };
    raw.split('&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            Pair {
                name: decode(name),
                value: decode(value),
                raw: value.to_owned(),
            }
        })
        .collect()
}

impl Plan {
    /// Reads the parameters; the error is the message of a 400.
    pub(crate) fn read(table: &dyn Table, pairs: &[Pair]) -> Result<Plan, String> {
        let fields = table.fields();
        let mut plan = Plan {
            limit: 100,
            sort: &fields[0],
            descending: false,
            cursor: None,
            filters: Vec::new(),
            archived: Archived::Hidden,
            wants: Wants::default(),
            count: false,
            uses_updatetime: false,
        };
        let mut cursor = None;
        let mut paged = false;
        for Pair { name, value, raw } in pairs {
            match name.as_str() {
                "limit" => {
                    paged = true;
                    plan.limit = value
                        .parse()
                        .ok()
                        .filter(|limit| (1..=100).contains(limit))
                        .ok_or("limit must be between 1 and 100.")?;
                }
                "sort" => {
                    paged = true;
                    plan.descending = value.starts_with('-');
                    let wanted = value.trim_start_matches('-');
                    plan.sort = sort_field(fields, wanted)?;
                }
                "after" | "before" => {
                    paged = true;
                    cursor = Some((name == "after", value));
                }
                "archived" => {
                    plan.archived = match value.as_str() {
                        "false" => Archived::Hidden,
                        "true" => Archived::Both,
                        "only" => Archived::Only,
                        other => return Err(format!("archived cannot be '{other}'.")),
                    }
                }
                "load_relations" => plan.wants = relations(table.relations(), value)?,
                "count" => plan.count = value == "1",
                field => {
                    let field = fields
                        .iter()
                        .find(|each| each.name == field)
                        .ok_or_else(|| format!("'{field}' is not a field of {}.", table.name()))?;
                    plan.filters.push(filter::parse(field, value, raw)?);
                }
            }
        }
        if plan.count && paged {
            return Err("count cannot be combined with limit, sort, after or before.".to_owned());
        }
        if let Some((after, text)) = cursor {
            let key = read_key(plan.sort, fields[0].name, text)
                .ok_or("The cursor does not belong to this sort order.")?;
            plan.cursor = Some(Cursor { after, key });
        }
        plan.uses_updatetime = plan.sort.name == "updatetime"
            || plan
                .filters
                .iter()
                .any(|filter| filter.field.name == "updatetime");
        Ok(plan)
    }
}

impl Plan {
    /// Whether it asks by a field.
    pub(crate) fn filters_on(&self, field: &str) -> bool {
        self.filters.iter().any(|filter| filter.field.name == field)
    }
}

/// Reads the relations asked for on a single record; other parameters have no meaning there.
pub(crate) fn record_relations(table: &dyn Table, pairs: &[Pair]) -> Result<Wants, String> {
    match pairs.iter().find(|pair| pair.name == "load_relations") {
        Some(pair) => relations(table.relations(), &pair.value),
        None => Ok(Wants::default()),
    }
}

/// Thousandths of a drip: 1, plus 0.1 or 0.2 per relation, doubled on lists and where nested.
pub(crate) fn cost_milli(table: &dyn Table, wants: &Wants, list: bool, count: bool) -> u64 {
    if count {
        return 10_000;
    }
    let extra: u64 = table
        .relations()
        .iter()
        .filter(|relation| wants.0.contains(&relation.name))
        .map(|relation| {
            let base = if relation.many { 200 } else { 100 };
            if list || relation.name.contains('.') {
                base * 2
            } else {
                base
            }
        })
        .sum();
    1_000 + extra
}

fn sort_field(fields: &'static [Field], wanted: &str) -> Result<&'static Field, String> {
    fields
        .iter()
        .find(|field| field.sortable && field.name == wanted)
        .ok_or_else(|| {
            let allowed: Vec<&str> = fields
                .iter()
                .filter(|field| field.sortable)
                .map(|field| field.name)
                .collect();
            format!(
                "Cannot sort by '{wanted}'. Allowed: {}.",
                allowed.join(", ")
            )
        })
}

fn relations(known: &'static [Relation], value: &str) -> Result<Wants, String> {
    if value == "all" {
        return Ok(Wants(known.iter().map(|relation| relation.name).collect()));
    }
    let asked: Vec<String> = serde_json::from_str(value)
        .map_err(|_| "load_relations must be a JSON array of names.".to_owned())?;
    let found = asked.iter().map(|name| {
        known
            .iter()
            .find(|relation| relation.name == name)
            .map(|relation| relation.name)
            .ok_or_else(|| format!("'{name}' is not a relation that can be loaded."))
    });
    found.collect::<Result<Vec<_>, _>>().map(Wants)
}

/// The cursor text of a key: base64 JSON, `[id]` or `[value,id]`.
pub(crate) fn write_key(sort: &Field, primary: &str, (key, id): &(Key, u64)) -> String {
    let value = if sort.name == primary {
        serde_json::json!([id])
    } else {
        serde_json::json!([key.to_json(), id])
    };
    STANDARD.encode(value.to_string())
}

fn read_key(sort: &Field, primary: &str, text: &str) -> Option<(Key, u64)> {
    let decoded = STANDARD.decode(text).ok()?;
    let values: Vec<serde_json::Value> = serde_json::from_slice(&decoded).ok()?;
    match values.as_slice() {
        [id] if sort.name == primary => id.as_u64().map(|id| (Key::Null, id)),
        [value, id] if sort.name != primary => {
            let key = match (sort.kind, value) {
                (_, serde_json::Value::Null) => Key::Null,
                (Kind::Time, value) => Key::Time(filter::instant(value.as_str()?)?.timestamp()),
                (Kind::Id, value) => Key::Id(value.as_u64()?),
                (Kind::Text, value) => Key::Text(value.as_str()?.to_owned()),
                _ => return None,
            };
            Some((key, id.as_u64()?))
        }
        _ => None,
    }
}
