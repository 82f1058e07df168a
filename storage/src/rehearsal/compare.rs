//! The model before and after, told apart by SQL: nothing of it is held in memory but samples.

use super::copy::{columns, tables};
use crate::error::StoreError;
use serde_json::{Map, Value};
use sqlx::{AssertSqlSafe, Row, SqliteConnection};

/// An entity: its name, its table, and the table of its lines.
type Entity = (&'static str, &'static str, Option<&'static str>);

/// The entities of the model. Those whose table this version does not have are left out.
const ENTITIES: [Entity; 7] = [
    ("products", "model_products", None),
    ("suppliers", "model_suppliers", None),
    ("supplier_products", "model_supplier_products", None),
    ("compositions", "model_product_compositions", None),
    (
        "sell_orders",
        "model_sell_orders",
        Some("model_sell_order_lines"),
    ),
    (
        "buy_orders",
        "model_buy_orders",
        Some("model_buy_order_lines"),
    ),
    ("receipts", "model_receipt_lines", None),
];

/// Columns that say who wrote a row, not what it is.
const BOOKKEEPING: [&str; 4] = ["connection_id", "hash", "first_run_id", "run_id"];

/// Columns by which people know an object, in the order in which they are told.
const LABELS: [&str; 5] = ["name", "placed", "total_value", "quantity", "part_quantity"];

/// How an object is put out of use without being removed: the column and its value then.
const OFF: [(&str, &str); 2] = [("status", "'disabled'"), ("ignored", "1")];

/// What would become of the objects of an entity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntityChange {
    /// `products`, `sell_orders` and so on.
    pub entity: &'static str,
    /// Objects before.
    pub before: i64,
    /// Objects that are new.
    pub created: i64,
    /// Objects that differ and stay in use.
    pub changed: i64,
    /// Objects that are put out of use: disabled or ignored.
    pub disabled: i64,
    /// Objects that leave the model.
    pub removed: i64,
    /// Some of each.
    pub samples: Vec<Sample>,
}

/// An object that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// `created`, `changed`, `disabled` or `removed`.
    pub change: &'static str,
    /// The ids that name it, by column.
    pub key: Map<String, Value>,
    /// What people know it by, by column.
    pub label: Map<String, Value>,
    /// What differs; nothing for what is created or removed.
    pub fields: Vec<FieldChange>,
}

/// A field that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// The column, or `lines`.
    pub field: String,
    /// What it was.
    pub from: Value,
    /// What it is.
    pub to: Value,
}

/// Whether a table of the model is compared, by itself or with the object it belongs to.
pub(super) fn compares(table: &str) -> bool {
    ENTITIES
        .iter()
        .any(|(_, own, lines)| *own == table || *lines == Some(table))
}

/// Copies the tables of the model as they are now.
pub(super) async fn mark(conn: &mut SqliteConnection) -> Result<(), StoreError> {
    for table in tables(conn).await? {
        if !compares(&table) {
            continue;
        }
        let made: String = sqlx::query_scalar("SELECT sql FROM sqlite_schema WHERE name = ?1")
            .bind(&table)
            .fetch_one(&mut *conn)
            .await?;
        let sql = [
            format!("DROP TABLE IF EXISTS before_{table}"),
            made.replacen(&table, &format!("before_{table}"), 1),
            format!("INSERT INTO before_{table} SELECT * FROM {table}"),
        ];
        for sql in sql {
            sqlx::query(AssertSqlSafe(sql)).execute(&mut *conn).await?;
        }
    }
    Ok(())
}

/// The differences between what was marked and what is.
pub(super) async fn changes(
    conn: &mut SqliteConnection,
    connection: i64,
    samples: i64,
) -> Result<Vec<EntityChange>, StoreError> {
    let present = tables(conn).await?;
    let mut changes = Vec::new();
    for (entity, table, lines) in ENTITIES {
        if present.iter().any(|name| name == table) {
            let shape = Shape::of(conn, table, lines).await?;
            changes.push(shape.changes(conn, entity, connection, samples).await?);
        }
    }
    Ok(changes)
}

/// The parts of the statements about one table: `n` is the row now, `o` the row before.
struct Shape {
    table: &'static str,
    join: String,
    key: Vec<String>,
    label: Vec<String>,
    fields: Vec<String>,
    differs: String,
    off: String,
    lines: Option<(&'static str, Vec<String>)>,
}

impl Shape {
    async fn of(
        conn: &mut SqliteConnection,
        table: &'static str,
        lines: Option<&'static str>,
    ) -> Result<Self, StoreError> {
        let columns = columns(conn, table).await?;
        let has = |name: &str| columns.iter().any(|column| column.name == name);
        let shown = |name: &str| !BOOKKEEPING.contains(&name);
        let keys: Vec<&str> = columns
            .iter()
            .filter(|column| column.key)
            .map(|column| column.name.as_str())
            .collect();
        let equal: Vec<String> = keys
            .iter()
            .map(|key| format!("o.{key} = n.{key}"))
            .collect();
        let key: Vec<String> = keys
            .iter()
            .filter(|name| shown(name))
            .map(|name| (*name).to_owned())
            .collect();
        let fields: Vec<String> = columns
            .iter()
            .filter(|column| !column.key && !column.blob && shown(&column.name))
            .map(|column| column.name.clone())
            .collect();
        // The hash covers all that an object is, its lines included.
        let differs = if has("hash") {
            "n.hash IS NOT o.hash".to_owned()
        } else {
            let each: Vec<String> = fields
                .iter()
                .map(|name| format!("n.{name} IS NOT o.{name}"))
                .collect();
            if each.is_empty() {
                "0".to_owned()
            } else {
                format!("({})", each.join(" OR "))
            }
        };
        let off = OFF.iter().find(|(column, _)| has(column)).map_or_else(
            || "0".to_owned(),
            |(column, value)| format!("(n.{column} = {value} AND o.{column} <> {value})"),
        );
        let label = LABELS
            .iter()
            .filter(|name| has(name))
            .map(|name| (*name).to_owned())
            .collect();
        let lines = match lines {
            Some(lines) => {
                let of_lines = self::columns(conn, lines).await?;
                let names = of_lines
                    .into_iter()
                    .filter(|column| !column.blob && shown(&column.name))
                    .map(|column| column.name)
                    .filter(|name| !key.contains(name))
                    .collect();
                Some((lines, names))
            }
            None => None,
        };
        Ok(Self {
            table,
            join: equal.join(" AND "),
            key,
            label,
            fields,
            differs,
            off,
            lines,
        })
    }

    async fn changes(
        &self,
        conn: &mut SqliteConnection,
        entity: &'static str,
        connection: i64,
        samples: i64,
    ) -> Result<EntityChange, StoreError> {
        let (table, join, differs, off) = (self.table, &self.join, &self.differs, &self.off);
        let now = format!(
            "SELECT count(*) FILTER (WHERE o.connection_id IS NULL),
                    count(*) FILTER (WHERE o.connection_id IS NOT NULL AND {differs} AND NOT {off}),
                    count(*) FILTER (WHERE o.connection_id IS NOT NULL AND {off})
             FROM {table} n LEFT JOIN before_{table} o ON {join} WHERE n.connection_id = ?1"
        );
        let before = format!(
            "SELECT count(*), count(*) FILTER (WHERE n.connection_id IS NULL)
             FROM before_{table} o LEFT JOIN {table} n ON {join} WHERE o.connection_id = ?1"
        );
        let now = sqlx::query(AssertSqlSafe(now))
            .bind(connection)
            .fetch_one(&mut *conn)
            .await?;
        let before = sqlx::query(AssertSqlSafe(before))
            .bind(connection)
            .fetch_one(&mut *conn)
            .await?;
        let mut change = EntityChange {
            entity,
            before: before.try_get(0)?,
            created: now.try_get(0)?,
            changed: now.try_get(1)?,
            disabled: now.try_get(2)?,
            removed: before.try_get(1)?,
            samples: Vec::new(),
        };
        let both = "o.connection_id IS NOT NULL";
        let kinds = [
            (
                "created",
                change.created,
                "o.connection_id IS NULL".to_owned(),
            ),
            (
                "changed",
                change.changed,
                format!("{both} AND {differs} AND NOT {off}"),
            ),
            ("disabled", change.disabled, format!("{both} AND {off}")),
        ];
        for (kind, n, which) in kinds {
            if n > 0 {
                let from = format!(
                    "{table} n LEFT JOIN before_{table} o ON {join}
                     WHERE n.connection_id = ?1 AND {which}"
                );
                change
                    .samples
                    .extend(self.samples(conn, kind, &from, connection, samples).await?);
            }
        }
        if change.removed > 0 {
            let from = format!(
                "before_{table} o LEFT JOIN {table} n ON {join}
                 WHERE o.connection_id = ?1 AND n.connection_id IS NULL"
            );
            change.samples.extend(
                self.samples(conn, "removed", &from, connection, samples)
                    .await?,
            );
        }
        Ok(change)
    }

    async fn samples(
        &self,
        conn: &mut SqliteConnection,
        change: &'static str,
        from: &str,
        connection: i64,
        limit: i64,
    ) -> Result<Vec<Sample>, StoreError> {
        let row = |alias: &str, before: &str| {
            let mut parts: Vec<String> = self
                .key
                .iter()
                .chain(&self.fields)
                .map(|name| format!("'{name}', {alias}.{name}"))
                .collect();
            if let Some((lines, names)) = &self.lines {
                let of: Vec<String> = self
                    .key
                    .iter()
                    .map(|key| format!("l.{key} = {alias}.{key}"))
                    .collect();
                let fields: Vec<String> = names
                    .iter()
                    .map(|name| format!("'{name}', l.{name}"))
                    .collect();
                parts.push(format!(
                    "'lines', (SELECT json_group_array(json_object({})) FROM {before}{lines} l
                               WHERE l.connection_id = ?1 AND {})",
                    fields.join(", "),
                    of.join(" AND ")
                ));
            }
            format!("json_object({})", parts.join(", "))
        };
        let sql = format!(
            "SELECT {}, {} FROM {from} LIMIT ?2",
            row("n", ""),
            row("o", "before_")
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(connection)
            .bind(limit)
            .fetch_all(conn)
            .await?;
        rows.iter()
            .map(|row| Ok(self.sample(change, object(row.try_get(0)?), object(row.try_get(1)?))))
            .collect()
    }

    fn sample(
        &self,
        change: &'static str,
        now: Map<String, Value>,
        before: Map<String, Value>,
    ) -> Sample {
        let told = if change == "removed" { &before } else { &now };
        let pick = |names: &[String]| -> Map<String, Value> {
            names
                .iter()
                .filter_map(|name| Some((name.clone(), told.get(name)?.clone())))
                .collect()
        };
        let both = !["created", "removed"].contains(&change);
        let fields = now
            .iter()
            .filter(|(name, to)| both && before.get(*name) != Some(to))
            .map(|(name, to)| FieldChange {
                field: name.clone(),
                from: before.get(name).cloned().unwrap_or(Value::Null),
                to: to.clone(),
            })
            .collect();
        Sample {
            change,
            key: pick(&self.key),
            label: pick(&self.label),
            fields,
        }
    }
}

/// A row that the database wrote as an object.
fn object(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
}
