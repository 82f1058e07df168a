//! Plans: no statement reads a table from end to end that grows with an account.
//!
//! The statements are read from the sources, so that a new one is held to this too.

use crate::support::Home;
use sqlx::{AssertSqlSafe, Row};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use storage::Store;

/// What the queue runs for each job: acknowledge, lock, fetch.
const QUEUE: [&str; 3] = [
    "WITH j AS (SELECT value ->> 'task_id' AS task_id, value ->> 'status' AS status
                FROM json_each(?1))
     UPDATE Jobs SET status = j.status, done_at = strftime('%s', 'now') FROM j
     WHERE Jobs.id = j.task_id AND Jobs.lock_by = ?2",
    "UPDATE Jobs SET status = 'Running', lock_by = ?2
     WHERE id IN (SELECT value FROM json_each(?1))
       AND (status = 'Queued' OR status = 'Pending'
            OR (status = 'Failed' AND attempts < max_attempts))",
    "SELECT ROWID, priority, run_at, id FROM Jobs
     WHERE job_type = ?2 AND status = 'Pending' AND lock_by IS NULL
       AND (run_at IS NULL OR run_at <= ?4)
     ORDER BY priority DESC, run_at ASC, id ASC LIMIT ?3",
];

/// Tables that do not grow with an account, which has a handful of shops.
const SMALL: [&str; 7] = [
    "connections",
    "renewals",
    "leases",
    "stages",
    "runs",
    "Workers",
    "source_shops",
];

/// Tables of which one connection has as many rows as its account has records: the connection
/// alone must not be what finds a row.
fn grows(table: &str) -> bool {
    table.starts_with("source_")
        || table.starts_with("echo_")
        || table.starts_with("model_")
        || ["verdicts", "pages", "deliveries", "exports", "export_lines"].contains(&table)
}

/// Indexes that hold only what is at work just now, or refused.
const OF_THE_MOMENT: [&str; 10] = [
    "exports_watched",
    "exports_at_work",
    "exports_parked",
    "deliveries_due",
    "deliveries_in_doubt",
    "deliveries_sending",
    "deliveries_waiting",
    "deliveries_parked",
    "deliveries_by_natural",
    "deliveries_open",
];

const BUY_ORDERS: &str = "SELECT (SELECT count(*) FROM model_buy_orders WHERE";
const BUY_ORDER_LINES: &str = "SELECT (SELECT count(*) FROM model_buy_order_lines WHERE";

/// Statements that may read one more table from end to end, or all that is of a connection in it,
/// each with its reason.
const KNOWN: [(&str, &str); 50] = [
    // Once, before the first delivery: what Optiply held is matched with everything there is.
    (ADOPTS, "deliveries"),
    (ADOPTS, "model_products"),
    (ADOPTS, "model_suppliers"),
    ("INSERT OR REPLACE INTO adoption_report", "deliveries"),
    // For a person who wants both sides counted.
    ("SELECT count(*) FROM model_products", "model_products"),
    ("SELECT count(*) FROM model_suppliers", "model_suppliers"),
    (
        "SELECT count(*) FROM model_supplier_products",
        "model_supplier_products",
    ),
    (
        "SELECT count(*) FROM model_product_compositions",
        "model_product_compositions",
    ),
    (
        "SELECT count(*) FROM model_sell_orders",
        "model_sell_orders",
    ),
    (
        "SELECT count(*) FROM model_sell_order_lines",
        "model_sell_order_lines",
    ),
    (BUY_ORDERS, "model_buy_orders"),
    (BUY_ORDERS, "echo_buy_orders"),
    (BUY_ORDER_LINES, "echo_buy_order_lines"),
    (BUY_ORDER_LINES, "model_buy_order_lines"),
    (
        "SELECT count(*) FROM model_receipt_lines",
        "model_receipt_lines",
    ),
    ("SELECT coalesce(sum(m.status = 'enabled'", "model_products"),
    ("SELECT count(*) FROM (", "source_stock"),
    // Only those that bear a reference of ours, by an index that holds no others.
    (
        "SELECT e.buy_order_id, e.order_id, o.order_id FROM source_orders o",
        "source_orders",
    ),
    // For a person who wants to see how many there are.
    ("SELECT state, count(*) FROM exports", "exports"),
    // Once in the life of a connection, when it gets the credentials to deliver.
    (BEGIN_TO_DELIVER, "model_products"),
    (BEGIN_TO_DELIVER, "model_suppliers"),
    (BEGIN_TO_DELIVER, "model_supplier_products"),
    (BEGIN_TO_DELIVER, "model_product_compositions"),
    (BEGIN_TO_DELIVER, "model_sell_orders"),
    (BEGIN_TO_DELIVER, "model_buy_orders"),
    (BEGIN_TO_DELIVER, "model_receipt_lines"),
    // For a person who wants to see how many there are.
    (
        "SELECT entity, state, count(*) FROM deliveries",
        "deliveries",
    ),
    // Only those that wait, by an index that holds no others.
    (
        "UPDATE webhook_outbox SET ended_at = ?2, outcome = 'given_up'",
        "webhook_outbox",
    ),
    ("SELECT (SELECT page_count", "webhook_outbox"),
    // The newest ones only, however many there are.
    ("WITH newest AS", "source_sales"),
    // Once when a worker starts.
    ("UPDATE Jobs SET status = 'Pending'", "Jobs"),
    // Now and then, a thousand at a time.
    ("DELETE FROM Jobs WHERE rowid IN", "Jobs"),
    // Now and then, for the workers of earlier days.
    ("DELETE FROM Workers", "Jobs"),
    // When a person replaces the key: there is a handful of each connection.
    ("SELECT connection_id, kind, generation, sealed", "secrets"),
    // A part of the program that only deferred foreign keys set in motion; there are none.
    ("INSERT INTO connections", "pages"),
    // For a person who looks the database over; finished jobs stay a day.
    ("SELECT sqlite_version()", "Jobs"),
    // For a person who wants every page of the connection read again.
    ("INSERT INTO replay_pages (run_id, page_id)", "pages"),
    // For a person who wants every record of the connection counted.
    ("SELECT feed, CASE WHEN filtered", "verdicts"),
    // A shop that appears or changes concerns every product, and hardly ever does.
    (
        "INSERT INTO object_touches (connection_id, object, object_id)\n    SELECT ?1, 'product'",
        "source_items",
    ),
    (
        "INSERT INTO object_touches (connection_id, object, object_id)\n    SELECT DISTINCT ?1, 'product'",
        "source_stock",
    ),
    // An account gets another currency once in its life, if ever.
    (
        "INSERT INTO object_touches (connection_id, object, object_id)\n             SELECT ?1, 'supplier_products'",
        "model_supplier_products",
    ),
    // Open purchase orders are few, and the index holds no others.
    (
        "INSERT OR IGNORE INTO wanted_records (connection_id, feed, record_id, state, since_at)\n    SELECT ?1, 'orders'",
        "source_orders",
    ),
    // For a person who looks at what complete walks missed.
    (
        "SELECT item_id, description FROM source_items",
        "source_items",
    ),
    (
        "SELECT vendor_id, name FROM source_vendors",
        "source_vendors",
    ),
    // Once at the end of a complete walk: what it did not return can only be told from all.
    (
        "SELECT count(*) FROM source_items\n        WHERE connection_id = ?1 AND first_obs",
        "source_items",
    ),
    ("UPDATE source_items SET missing_walks", "source_items"),
    (
        "SELECT item_id FROM source_items\n        WHERE connection_id = ?1 AND missing_walks",
        "source_items",
    ),
    (
        "SELECT count(*) FROM source_vendors\n        WHERE connection_id = ?1 AND first_obs",
        "source_vendors",
    ),
    ("UPDATE source_vendors SET missing_walks", "source_vendors"),
    (
        "SELECT vendor_id FROM source_vendors\n        WHERE connection_id = ?1 AND missing_walks",
        "source_vendors",
    ),
];

const ADOPTS: &str = "INSERT OR IGNORE INTO remote_candidates";

const BEGIN_TO_DELIVER: &str = "INSERT OR IGNORE INTO deliveries";

async fn plan(store: &Store, sql: &str) -> Vec<String> {
    let rows = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")))
        .fetch_all(store.queue_pool())
        .await
        .unwrap_or_else(|error| panic!("{error}: {sql}"));
    rows.iter().map(|row| row.get("detail")).collect()
}

/// The tables that a statement reads from end to end, or all of one connection's part of.
async fn walked(store: &Store, sql: &str, tables: &HashSet<String>) -> Vec<String> {
    let mut found = Vec::new();
    for detail in plan(store, sql).await {
        let mut words = detail.split_whitespace();
        let (step, name) = (
            words.next().unwrap_or_default(),
            words.next().unwrap_or_default(),
        );
        // A page of rows handed over as JSON is as long as the page.
        if !["SCAN", "SEARCH"].contains(&step) || detail.contains("VIRTUAL TABLE") {
            continue;
        }
        let whole = step == "SCAN" || detail.contains("AUTOMATIC");
        // A feed has as many verdicts as records.
        let of_the_moment = OF_THE_MOMENT.iter().any(|index| detail.contains(index));
        let of_connection = !of_the_moment
            && ["(connection_id=?)", "(connection_id=? AND feed=?)"]
                .iter()
                .any(|by| detail.ends_with(by));
        found.extend(
            tables_of(sql, name, tables)
                .into_iter()
                .filter(|table| whole || (of_connection && grows(table)))
                .filter(|table| !SMALL.contains(&table.as_str()))
                .filter(|table| {
                    !KNOWN
                        .iter()
                        .any(|(start, of)| sql.starts_with(start) && table == of)
                }),
        );
    }
    found
}

/// The tables that a name in a plan may stand for: itself, or what the statement calls so. None
/// for the parts of a statement that it makes itself.
fn tables_of(sql: &str, name: &str, tables: &HashSet<String>) -> Vec<String> {
    if tables.contains(name) {
        return vec![name.to_owned()];
    }
    let parts = |c: char| c.is_whitespace() || "(),".contains(c);
    let words: Vec<&str> = sql
        .split(parts)
        .filter(|w| !w.is_empty() && *w != "AS")
        .collect();
    let pairs = words.windows(2).filter(|pair| pair[1] == name);
    pairs
        .map(|pair| pair[0].to_owned())
        .filter(|word| tables.contains(word))
        .collect()
}

async fn tables(store: &Store) -> HashSet<String> {
    let names = sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type = 'table'")
        .fetch_all(store.queue_pool())
        .await
        .unwrap();
    names.into_iter().collect()
}

#[tokio::test]
async fn the_queue_finds_its_jobs_by_index() {
    let home = Home::new();
    let store = home.open().await;
    let tables = tables(&store).await;
    for sql in QUEUE {
        let found = walked(&store, sql, &tables).await;
        assert!(found.is_empty(), "{found:?}: {sql}");
    }
    // By id, and not through whatever else was true of the job.
    for sql in &QUEUE[..2] {
        let plan = plan(&store, sql).await.join("; ");
        assert!(plan.contains("(id=?)"), "{plan}: {sql}");
    }
}

#[tokio::test]
async fn our_statements_find_their_rows_by_index() {
    let home = Home::new();
    let store = home.open().await;
    let tables = tables(&store).await;
    let mut sources = Vec::new();
    collect(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut sources,
    );
    let (mut checked, mut found) = (0, Vec::new());
    for path in sources {
        let texts = statements(&std::fs::read_to_string(&path).unwrap());
        for sql in texts.iter().flat_map(|text| text.split(';')) {
            checked += 1;
            let bad = walked(&store, sql.trim(), &tables).await;
            if !bad.is_empty() {
                let plan = plan(&store, sql).await.join("\n  ");
                found.push(format!("{}: {bad:?}\n  {plan}\n{sql}\n", path.display()));
            }
        }
    }
    assert!(checked > 100, "only {checked} statements were found");
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[tokio::test]
async fn a_statement_that_walks_a_table_is_found() {
    let home = Home::new();
    let store = home.open().await;
    let tables = tables(&store).await;
    for (sql, table) in [
        (
            "SELECT * FROM source_sales WHERE voided = 1",
            "source_sales",
        ),
        (
            "SELECT count(*) FROM source_items s WHERE s.connection_id = ?1",
            "source_items",
        ),
        (
            "SELECT record_id FROM verdicts WHERE connection_id = ?1 AND feed = ?2 AND version = 1",
            "verdicts",
        ),
        (
            "SELECT p.id FROM runs r JOIN pages p ON p.connection_id = r.connection_id",
            "pages",
        ),
        (
            "SELECT seq FROM object_touches WHERE object_id = ?1",
            "object_touches",
        ),
        (
            "DELETE FROM model_products WHERE connection_id = ?1 AND name IN (SELECT value FROM json_each(?2))",
            "model_products",
        ),
    ] {
        assert_eq!(walked(&store, sql, &tables).await, [table], "{sql}");
    }
}

#[test]
fn statements_are_found_wherever_they_stand() {
    let source = "const A: &str = \"\n    SELECT 1\";\n// \"SELECT 2\"\nrun(\"UPDATE x\", '\"', \"Select a shop\");";
    assert_eq!(statements(source), ["SELECT 1", "UPDATE x"]);
}

fn collect(folder: &Path, sources: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // A rehearsal copies a connection and compares it with itself: it reads everything.
        if path.is_dir() && !path.ends_with("rehearsal") {
            collect(&path, sources);
        } else if path.is_file() {
            sources.push(path);
        }
    }
}

/// The string literals of a source that are statements.
fn statements(source: &str) -> Vec<String> {
    const VERBS: [&str; 5] = ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH "];
    let mut texts = Vec::new();
    let mut chars = source.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '/' if chars.peek() == Some(&'/') => {
                chars.by_ref().find(|c| *c == '\n');
            }
            '\'' => {
                // A character, which may be a quote; a lifetime has no closing quote near.
                let ahead: Vec<char> = chars.clone().take(3).collect();
                if ahead.first() == Some(&'\\') {
                    chars.nth(2);
                } else if ahead.get(1) == Some(&'\'') {
                    chars.nth(1);
                }
            }
            '"' => {
                let mut text = String::new();
                while let Some(c) = chars.next() {
                    match c {
                        '"' => break,
                        '\\' => text.extend(chars.next()),
                        c => text.push(c),
                    }
                }
                texts.push(text);
            }
            _ => {}
        }
    }
    texts
        .into_iter()
        .map(|text| text.trim_start().to_owned())
        .filter(|text| VERBS.iter().any(|verb| text.starts_with(verb)))
        .collect()
}
