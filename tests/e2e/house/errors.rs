//! Every error code of the program is described, with what to do about it.

use super::files;
use super::{complains_of, no_complaints};
use std::collections::BTreeSet;

/// What stands before a code where an error is made.
const BEFORE: [&str; 7] = [
    "usage(",
    "code:",
    "NOT_FOUND,",
    "METHOD_NOT_ALLOWED,",
    "CONFLICT,",
    "FORBIDDEN,",
    "UNAUTHORIZED,",
];

/// The codes that a source file gives to errors.
fn codes(path: &str, text: &str) -> BTreeSet<String> {
    // Where errors of other rooms get their codes, every word is one.
    let all = path.ends_with("cli/exit.rs");
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let mut codes = BTreeSet::new();
    let mut before = String::new();
    for (place, part) in text.split('"').enumerate() {
        if place % 2 == 0 {
            before = part.split_whitespace().collect();
            continue;
        }
        let word = !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        let made = BEFORE.iter().any(|mark| before.ends_with(mark));
        let json = ["({", ":{"].iter().any(|mark| before.ends_with(mark));
        let known = all && !json && before.ends_with(['>', '(', '{']);
        if word && (made || known) {
            codes.insert(part.to_owned());
        }
    }
    codes
}

/// The codes that a document describes with a remedy.
fn described(markdown: &str) -> BTreeSet<String> {
    let rows = markdown.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| {
        let cells: Vec<&str> = row.split(" | ").collect();
        let code = cells.first()?.split('`').next()?;
        (cells.len() == 3).then(|| code.to_owned())
    })
    .collect()
}

fn differences(program: &BTreeSet<String>, document: &BTreeSet<String>) -> Vec<String> {
    let missing = program.difference(document);
    let unknown = document.difference(program);
    missing
        .map(|code| format!("{code} is not described"))
        .chain(unknown.map(|code| format!("{code} is no code of the program")))
        .collect()
}

#[test]
fn every_error_code_is_described_with_its_remedy() {
    let mut program = BTreeSet::new();
    for file in files::ending("rs") {
        if file.path.starts_with("jobs/") {
            program.extend(codes(&file.path, &file.text));
        }
    }
    assert!(
        program.len() > 50,
        "the program was not understood: {program:?}"
    );
    let document = described(&files::text("docs/errors.md"));
    no_complaints("docs/errors.md", &differences(&program, &document));
}

#[test]
fn a_code_that_is_not_described_is_found() {
    let source = r#"CliError::usage(
        "new_one", format!("{x} is wrong"), "do this")"#;
    let document = "| Code | | |\n| `old_one` | It was | Nothing |\n| `half` | no remedy |\n";
    let found = differences(&codes("jobs/cli/x.rs", source), &described(document));
    for named in ["new_one", "old_one"] {
        complains_of(named, &found);
    }
    assert_eq!(found.len(), 2, "{found:?}");
}
