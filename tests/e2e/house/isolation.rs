//! No statement reads or writes the records of one connection for another.

use super::files;
use super::lexer;
use super::{complains_of, no_complaints};
use std::collections::BTreeSet;

/// A statement that names one of these names a row, a page or a run that its caller found by way of
/// its connection: their numbers are unique in the whole database.
const OF_ONE: [&str; 4] = [" id = ?1", "run_id = ?1", "page_id = ?1", ".id = ?1"];

/// Statements that are about all connections.
const OF_ALL: [(&str, &str); 6] = [
    (
        "UPDATE leases SET until_at = 0",
        "a process that became the worker ends what the last one held",
    ),
    (
        "DELETE FROM events WHERE id IN",
        "old ones go, whoever's they are",
    ),
    (
        "DELETE FROM webhook_outbox WHERE id IN",
        "old ones go, whoever's they are",
    ),
    (
        "DELETE FROM runs WHERE id IN",
        "old ones go, whoever's they are",
    ),
    (
        "SELECT (SELECT page_count FROM pragma_page_count)",
        "the health of the process",
    ),
    (
        "SELECT id FROM rejections WHERE resolved_at IS NULL AND id IN",
        "by their numbers",
    ),
];

/// The tables whose rows belong to a connection.
fn tables_of_connections(sql: &str) -> BTreeSet<String> {
    let mut tables = BTreeSet::new();
    let mut current = None;
    for line in sql.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["CREATE", "TABLE", name, ..] => current = Some(name.trim_end_matches('(').to_owned()),
            ["connection_id", ..] => tables.extend(current.take()),
            _ => {}
        }
    }
    tables
}

/// The statements of a source file that name such a table, and no connection.
fn without_connection(text: &str, tables: &BTreeSet<String>) -> Vec<String> {
    let mut found = Vec::new();
    for (line, text) in lexer::parts(text).strings {
        let flat: Vec<&str> = text
            .split_whitespace()
            .filter(|word| *word != "\\")
            .collect();
        let flat = flat.join(" ");
        let verb = flat.split(' ').next().unwrap_or_default();
        if !["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"].contains(&verb) {
            continue;
        }
        let mut words = flat.split(|c: char| !c.is_alphanumeric() && c != '_');
        if !words.any(|word| tables.contains(word)) || flat.contains("connection_id") {
            continue;
        }
        let one = OF_ONE.iter().any(|key| flat.contains(key));
        let all = OF_ALL.iter().any(|(begin, _)| flat.starts_with(begin));
        if !one && !all {
            found.push(format!("line {line}: {flat}"));
        }
    }
    found
}

#[test]
fn every_statement_names_its_connection() {
    let sql: String = files::ending("sql")
        .into_iter()
        .map(|file| file.text)
        .collect();
    let tables = tables_of_connections(&sql);
    assert!(
        tables.len() > 40,
        "the migrations were not understood: {tables:?}"
    );
    let mut complaints = Vec::new();
    for file in files::ending("rs") {
        if file.path.starts_with("storage/src/") {
            let found = without_connection(&file.text, &tables);
            complaints.extend(
                found
                    .into_iter()
                    .map(|text| format!("{}, {text}", file.path)),
            );
        }
    }
    no_complaints("the statements of storage", &complaints);
}

#[test]
fn a_statement_without_connection_is_found() {
    let tables = tables_of_connections(
        "CREATE TABLE mine (\n  connection_id INTEGER NOT NULL,\n  x TEXT\n);\n\
         CREATE TABLE whole (\n  id INTEGER\n);\n",
    );
    assert_eq!(tables, ["mine".to_owned()].into());
    let source = r#"
        const GOOD: &str = "SELECT x FROM mine WHERE connection_id = ?1";
        const ONE: &str = "UPDATE mine SET x = 1 WHERE id = ?1";
        const OTHER: &str = "SELECT id FROM whole";
        const BAD: &str = "
            SELECT x FROM mine
            WHERE x = ?1";
    "#;
    let found = without_connection(source, &tables);
    complains_of("SELECT x FROM mine WHERE x = ?1", &found);
    assert_eq!(found.len(), 1, "{found:?}");
}
