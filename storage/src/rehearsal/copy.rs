//! What of a database a rehearsal takes over: the records, the decisions and the model of one
//! connection. Nothing that authenticates, no page as received, no job.

use crate::error::StoreError;
use sqlx::{AssertSqlSafe, Row, SqliteConnection};
use std::path::Path;

/// Tables that are copied, beside those of the groups.
const COPIED: &[&str] = &[
    "connections",
    "settings_versions",
    "runs",
    "verdicts",
    "record_touches",
    "object_touches",
    // What was seen of purchase orders once and cannot be told from the records
    "checked_in_steps",
    "complete_orders",
    // Which purchase orders are Optiply's own
    "exports",
    "export_lines",
    "echo_buy_orders",
    "echo_buy_order_lines",
];

/// Groups of tables that are copied, by how their names begin.
const GROUPS: [&str; 4] = ["source_", "model_", "wanted_", "lifecycle_"];

/// Tables that are not: secrets, evidence, who is at work on what, and arithmetic that the copy
/// makes itself.
const LEFT_OUT: &[&str] = &[
    "secrets",
    "sealing",
    "token_tries",
    "renewals",
    "leases",
    "budgets",
    "events",
    "stages",
    "feed_runs",
    "walks",
    "watermarks",
    "ledger",
    "pages",
    "rejections",
    "replay_pages",
    "missing_guards",
    "slots",
    "stage_times",
    "alarms",
    "webhook_outbox",
    "deliveries",
    "delivery_ledger",
    "remote_rows",
    "remote_reads",
    "remote_candidates",
    "adoption_report",
    "export_marks",
];

/// Columns of copied tables that stay behind, and what stands in their place.
const BLANKED: [(&str, &str); 6] = [
    ("connections", "supplied_token"),
    ("connections", "state_reason"),
    // A rehearsal delivers nothing
    ("connections", "delivers_since"),
    ("connections", "adoption"),
    ("connections", "adopted_at"),
    ("runs", "reason"),
];

/// Whether a table is copied; `None` when nobody has decided that yet, which a test refuses.
pub(super) fn is_copied(table: &str) -> Option<bool> {
    let begins = |starts: &[&str]| starts.iter().any(|start| table.starts_with(start));
    if COPIED.contains(&table) || begins(&GROUPS) {
        Some(true)
    } else if LEFT_OUT.contains(&table) || begins(&["sqlite_", "_", "Jobs", "Workers"]) {
        Some(false)
    } else {
        None
    }
}

/// The tables of this database, in the order in which they were made.
pub(super) async fn tables(conn: &mut SqliteConnection) -> Result<Vec<String>, StoreError> {
    Ok(
        sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid")
            .fetch_all(conn)
            .await?,
    )
}

/// A column of a table.
pub(super) struct Column {
    pub(super) name: String,
    pub(super) blob: bool,
    pub(super) key: bool,
}

/// The columns of a table.
pub(super) async fn columns(
    conn: &mut SqliteConnection,
    table: &str,
) -> Result<Vec<Column>, StoreError> {
    let rows = sqlx::query("SELECT name, type, pk FROM pragma_table_info(?1) ORDER BY cid")
        .bind(table)
        .fetch_all(conn)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Column {
                name: row.try_get("name")?,
                blob: row.try_get::<&str, _>("type")? == "BLOB",
                key: row.try_get::<i64, _>("pk")? > 0,
            })
        })
        .collect()
}

/// Fills an empty database of the same version from that in `origin`, in one transaction and so as
/// of one moment.
pub(super) async fn fill(
    conn: &mut SqliteConnection,
    origin: &Path,
    connection: i64,
) -> Result<(), StoreError> {
    sqlx::query("ATTACH DATABASE ?1 AS origin")
        .bind(read_only(origin))
        .execute(&mut *conn)
        .await?;
    sqlx::query("BEGIN").execute(&mut *conn).await?;
    let indexes = without_indexes(conn).await?;
    for table in tables(conn).await? {
        if is_copied(&table) != Some(true) {
            continue;
        }
        let columns = columns(conn, &table).await?;
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let values: Vec<&str> = names
            .iter()
            .map(|name| {
                if BLANKED.contains(&(table.as_str(), name)) {
                    "NULL"
                } else {
                    name
                }
            })
            .collect();
        let owner = if table == "connections" {
            "id"
        } else {
            "connection_id"
        };
        let sql = format!(
            "INSERT INTO main.{table} ({}) SELECT {} FROM origin.{table} WHERE {owner} = ?1",
            names.join(", "),
            values.join(", ")
        );
        sqlx::query(AssertSqlSafe(sql))
            .bind(connection)
            .execute(&mut *conn)
            .await?;
    }
    with_indexes(conn, indexes).await?;
    sqlx::query("COMMIT").execute(&mut *conn).await?;
    sqlx::query("DETACH DATABASE origin").execute(conn).await?;
    Ok(())
}

/// Takes the indexes off and returns how they are made. Filled row by row they would be read from
/// all over the file; made in one go afterwards they are sorted once.
async fn without_indexes(conn: &mut SqliteConnection) -> Result<Vec<String>, StoreError> {
    // The statistics of an index go with it.
    sqlx::query("CREATE TEMP TABLE kept AS SELECT * FROM main.sqlite_stat1")
        .execute(&mut *conn)
        .await?;
    let rows = sqlx::query(
        "SELECT tbl_name, name, sql FROM main.sqlite_schema
         WHERE type = 'index' AND sql IS NOT NULL",
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut indexes = Vec::new();
    for row in rows {
        if is_copied(row.try_get(0)?) != Some(true) {
            continue;
        }
        let drop = format!("DROP INDEX main.{}", row.try_get::<&str, _>(1)?);
        sqlx::query(AssertSqlSafe(drop)).execute(&mut *conn).await?;
        indexes.push(row.try_get(2)?);
    }
    Ok(indexes)
}

async fn with_indexes(conn: &mut SqliteConnection, indexes: Vec<String>) -> Result<(), StoreError> {
    for made in indexes {
        sqlx::query(AssertSqlSafe(made)).execute(&mut *conn).await?;
    }
    for sql in [
        "DELETE FROM main.sqlite_stat1",
        "INSERT INTO main.sqlite_stat1 SELECT * FROM temp.kept",
        "DROP TABLE temp.kept",
    ] {
        sqlx::query(sql).execute(&mut *conn).await?;
    }
    Ok(())
}

/// The address of a file that must not be written.
fn read_only(path: &Path) -> String {
    let path = path.display().to_string();
    let path = path
        .replace('%', "%25")
        .replace('?', "%3f")
        .replace('#', "%23");
    format!("file:{path}?mode=ro")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_odd_letters_stays_one_path() {
        let odd = read_only(Path::new("/a b/c?d#e%f.db"));
        assert_eq!(odd, "file:/a b/c%3fd%23e%25f.db?mode=ro");
    }

    #[test]
    fn what_nobody_has_decided_on_is_not_copied() {
        assert_eq!(is_copied("secrets"), Some(false));
        assert_eq!(is_copied("source_sales"), Some(true));
        assert_eq!(is_copied("passwords"), None);
    }
}
