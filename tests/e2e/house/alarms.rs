//! Every alarm of the program is described, with its cause, its remedy and its end.

use super::files;
use super::{complains_of, no_complaints};
use std::collections::BTreeSet;
use storage::AlarmKind;

/// The alarms that a document describes in full.
fn described(markdown: &str) -> BTreeSet<String> {
    let rows = markdown.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| {
        let cells: Vec<&str> = row.trim_end_matches(" |").split(" | ").collect();
        let name = cells.first()?.strip_suffix('`')?;
        let full = cells.len() == 4 && cells.iter().all(|cell| !cell.trim().is_empty());
        full.then(|| name.to_owned())
    })
    .collect()
}

fn differences(program: &BTreeSet<String>, document: &BTreeSet<String>) -> Vec<String> {
    let missing = program.difference(document);
    let unknown = document.difference(program);
    missing
        .map(|name| format!("{name} is not described"))
        .chain(unknown.map(|name| format!("{name} is no alarm of the program")))
        .collect()
}

fn program() -> BTreeSet<String> {
    let kinds = AlarmKind::ALL.into_iter();
    kinds.map(|kind| kind.name().to_owned()).collect()
}

#[test]
fn every_alarm_is_described_with_its_remedy() {
    let document = described(&files::text("docs/alarms.md"));
    no_complaints("docs/alarms.md", &differences(&program(), &document));
}

/// A name in the program that nobody raises would be described in vain.
#[test]
fn every_alarm_is_raised_somewhere() {
    let sources: Vec<String> = files::ending("rs")
        .into_iter()
        .filter(|file| {
            ["jobs/", "storage/src/"]
                .iter()
                .any(|room| file.path.starts_with(room))
        })
        .filter(|file| file.path != "storage/src/alarms.rs")
        .map(|file| file.text)
        .collect();
    let silent: Vec<String> = AlarmKind::ALL
        .into_iter()
        .filter(|kind| {
            let name = format!("AlarmKind::{kind:?}");
            !sources.iter().any(|text| text.contains(&name))
        })
        .map(|kind| format!("{kind:?} is never raised"))
        .collect();
    no_complaints("alarms", &silent);
}

#[test]
fn an_alarm_that_is_not_described_is_found() {
    let document = described(
        "| Alarm | | | |\n| `no_data` | a | b | c |\n| `rejections` | a | | c |\n| `bad_mood` | a | b | c |\n",
    );
    let found = differences(&program(), &document);
    for named in [
        "rejections is not",
        "bad_mood is no alarm",
        "sweep_guard is not",
    ] {
        complains_of(named, &found);
    }
    assert!(
        !found.iter().any(|text| text.contains("no_data")),
        "{found:?}"
    );
}
