//! The documents name what is there: tables and columns, reasons, and each other.

use std::collections::BTreeMap;
use std::path::Path;

use pipeline::Reason;

use super::files::{self, Source};
use super::{complains_of, no_complaints};

/// Names of columns, by table.
type Tables = BTreeMap<String, Vec<String>>;

/// The columns of the `model_*` tables as the migrations leave them.
fn tables_of_sql(sql: &str) -> Tables {
    let mut tables = Tables::new();
    let mut current = None;
    for line in sql.lines().map(str::trim) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["CREATE", "TABLE", name, ..] => {
                let name = name.trim_end_matches('(');
                current = name.starts_with("model_").then(|| name.to_owned());
            }
            ["ALTER", "TABLE", name, "ADD", "COLUMN", column, ..] if name.starts_with("model_") => {
                tables
                    .entry(name.to_owned())
                    .or_default()
                    .push(column.to_owned());
            }
            [")" | ");", ..] => current = None,
            [
                "--" | "PRIMARY" | "FOREIGN" | "UNIQUE" | "CHECK" | "CONSTRAINT",
                ..,
            ]
            | [] => {}
            [column, ..] => {
                if let Some(table) = &current {
                    tables
                        .entry(table.clone())
                        .or_default()
                        .push(column.to_owned());
                }
            }
        }
    }
    tables
}

/// The columns that a document describes: the first cells of the tables below a heading that names
/// a `model_*` table.
fn tables_of_markdown(markdown: &str) -> Tables {
    let mut tables = Tables::new();
    let mut current: Option<String> = None;
    for line in markdown.lines() {
        if line.starts_with('#') {
            current = ticked(line).filter(|name| name.starts_with("model_"));
        } else if let (Some(table), Some(cells)) = (&current, line.strip_prefix("| `")) {
            let column = cells.split('`').next().unwrap_or_default();
            tables
                .entry(table.clone())
                .or_default()
                .push(column.to_owned());
        }
    }
    tables
}

/// What stands first between backticks.
fn ticked(line: &str) -> Option<String> {
    line.split('`').nth(1).map(str::to_owned)
}

fn undocumented(schema: &Tables, described: &Tables) -> Vec<String> {
    let pairs = |tables: &Tables| -> Vec<String> {
        tables
            .iter()
            .flat_map(|(table, columns)| {
                columns
                    .iter()
                    .map(move |column| format!("{table}.{column}"))
            })
            .collect()
    };
    let (schema, described) = (pairs(schema), pairs(described));
    let missing = schema
        .iter()
        .filter(|name| !described.contains(name))
        .map(|name| format!("{name} is not described"));
    let invented = described
        .iter()
        .filter(|name| !schema.contains(name))
        .map(|name| format!("{name} is described and does not exist"));
    missing.chain(invented).collect()
}

/// Reasons are listed with the very words the commands print.
fn wrong_reasons(markdown: &str) -> Vec<String> {
    let rows: Vec<(String, &str)> = markdown
        .lines()
        .filter(|line| line.starts_with("| `"))
        .filter_map(|line| Some((ticked(line)?, line)))
        .collect();
    let mut complaints = Vec::new();
    for reason in Reason::ALL {
        match rows.iter().find(|(code, _)| code == reason.code()) {
            None => complaints.push(format!("{reason} is missing")),
            Some((_, row)) if !row.contains(reason.advice()) => {
                complaints.push(format!("{reason} has other words: {}", reason.advice()));
            }
            Some(_) => {}
        }
    }
    let unknown = rows
        .iter()
        .filter(|(code, _)| Reason::from_code(code).is_none());
    complaints.extend(unknown.map(|(code, _)| format!("{code} is no reason")));
    complaints
}

/// Links to files that are not there.
fn broken_links(document: &Source) -> Vec<String> {
    let folder = Path::new(&document.path).parent().unwrap_or(Path::new(""));
    document
        .text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .map(|link| link.split('#').next().unwrap_or_default())
        .filter(|link| !link.is_empty() && !link.contains("://"))
        .filter(|link| !files::top().join(folder).join(link).exists())
        .map(|link| format!("{} links to {link}, which is not there", document.path))
        .collect()
}

#[test]
fn the_model_is_described_column_by_column() {
    let sql: String = files::ending("sql")
        .into_iter()
        .map(|file| file.text)
        .collect();
    let schema = tables_of_sql(&sql);
    assert!(
        schema.len() >= 4,
        "the migrations were not understood: {schema:?}"
    );
    let described = tables_of_markdown(&files::text("docs/model.md"));
    no_complaints(
        "docs/model.md and the migrations",
        &undocumented(&schema, &described),
    );
}

#[test]
fn a_column_without_description_is_found() {
    let sql = "CREATE TABLE model_a (\n  -- why\n  id INTEGER NOT NULL,\n  name TEXT,\n  PRIMARY KEY (id)\n\
               ) STRICT;\nCREATE TABLE other (\n  x TEXT\n);\nALTER TABLE model_a ADD COLUMN late TEXT;\n";
    let markdown = "# Model\n| `id` | no table yet |\n## `model_a`\n| Column | |\n|---|---|\n| `id` | x |\n| `nome` | x |\n";
    let complaints = undocumented(&tables_of_sql(sql), &tables_of_markdown(markdown));
    for named in ["model_a.name", "model_a.late", "model_a.nome"] {
        complains_of(named, &complaints);
    }
    assert_eq!(complaints.len(), 3, "{complaints:?}");
}

#[test]
fn every_reason_is_described_in_the_words_of_the_program() {
    no_complaints(
        "docs/reasons.md",
        &wrong_reasons(&files::text("docs/reasons.md")),
    );
}

#[test]
fn a_wrong_list_of_reasons_is_found() {
    let complaints = wrong_reasons("| `voided` | other words |\n| `bad_mood` | no |\n");
    for named in [
        "voided has other words",
        "bad_mood is no reason",
        "archived is missing",
    ] {
        complains_of(named, &complaints);
    }
}

#[test]
fn links_of_the_documents_lead_somewhere() {
    let documents = files::ending("md");
    assert!(
        documents
            .iter()
            .any(|document| document.path == "README.md")
    );
    let complaints: Vec<String> = documents.iter().flat_map(broken_links).collect();
    no_complaints("links", &complaints);

    let index = files::text("docs/index.md");
    let unlisted: Vec<String> = documents
        .iter()
        .filter_map(|document| document.path.strip_prefix("docs/"))
        .filter(|name| *name != "index.md" && !index.contains(&format!("]({name}")))
        .map(|name| format!("docs/index.md does not list {name}"))
        .collect();
    no_complaints("the table of contents", &unlisted);
}

#[test]
fn a_link_to_nowhere_is_found() {
    let document = Source {
        path: "docs/bad.md".to_owned(),
        text: "[a](nowhere.md#x) [b](../README.md) [c](https://example.com/x) [d](#here)"
            .to_owned(),
    };
    let complaints = broken_links(&document);
    complains_of("nowhere.md", &complaints);
    assert_eq!(complaints.len(), 1, "{complaints:?}");
}
