//! The top of the checkout tells the trade, and nothing else stands there.

use std::fs;

use super::files::{Source, ending, text, top};
use super::{complains_of, no_complaints};

const ALLOWED: [&str; 17] = [
    ".ci",
    ".git",
    ".gitignore",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "clippy.toml",
    "connectors",
    "deny.toml",
    "docs",
    "fixtures",
    "jobs",
    "pipeline",
    "rustfmt.toml",
    "storage",
    "tests",
];

/// Of the allowed, what need not be there: an archive has no history, and the defaults of the
/// formatter do.
const OPTIONAL: [&str; 2] = [".git", "rustfmt.toml"];

fn misplaced(entries: &[String], ignored: &[String]) -> Vec<String> {
    let is_ignored = |name: &str| {
        ignored.iter().any(|pattern| match pattern.split_once('*') {
            Some((start, end)) => name.starts_with(start) && glob_end(&name[start.len()..], end),
            None => pattern.trim_end_matches('/') == name,
        })
    };
    let mut complaints: Vec<String> = entries
        .iter()
        .filter(|name| !ALLOWED.contains(&name.as_str()) && !is_ignored(name))
        .map(|name| format!("{name} stands at the top and is not of the plan"))
        .collect();
    complaints.extend(
        ALLOWED
            .iter()
            .filter(|name| !OPTIONAL.contains(name) && !entries.iter().any(|entry| entry == *name))
            .map(|name| format!("{name} is missing at the top")),
    );
    complaints
}

/// The rest of a pattern after its first star; a second star may stand at its end (`*.db-*`).
fn glob_end(rest: &str, end: &str) -> bool {
    match end.strip_suffix('*') {
        Some(middle) => rest.contains(middle),
        None => rest.ends_with(end),
    }
}

/// A manifest of a room takes its lints from the workspace, or it would have none.
fn without_lints(manifest: &Source) -> Vec<String> {
    if manifest.text.contains("[lints]\nworkspace = true") {
        Vec::new()
    } else {
        vec![format!(
            "{} does not say `[lints] workspace = true`",
            manifest.path
        )]
    }
}

#[test]
fn only_what_the_plan_names_stands_at_the_top() {
    let entries: Vec<String> = fs::read_dir(top())
        .expect("the checkout can be read")
        .map(|entry| entry.expect("an entry can be read").file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    let ignored: Vec<String> = text(".gitignore").lines().map(str::to_owned).collect();
    no_complaints("the top of the checkout", &misplaced(&entries, &ignored));
}

#[test]
fn a_stray_entry_at_the_top_is_found() {
    let mut entries: Vec<String> = ALLOWED.iter().map(|name| (*name).to_owned()).collect();
    let ignored = ["target/", "*.db", "*.db-*"].map(str::to_owned);
    entries.extend(["target", "demo.db", "demo.db-wal"].map(str::to_owned));
    assert_eq!(misplaced(&entries, &ignored), Vec::<String>::new());
    entries.extend(["benches", "src", "notes.txt"].map(str::to_owned));
    entries.retain(|name| name != "LICENSE" && name != "rustfmt.toml");
    let complaints = misplaced(&entries, &ignored);
    for named in ["benches", "src", "notes.txt", "LICENSE is missing"] {
        complains_of(named, &complaints);
    }
    assert_eq!(complaints.len(), 4, "{complaints:?}");
}

#[test]
fn every_room_takes_the_lints_of_the_workspace() {
    let manifests: Vec<Source> = ending("toml")
        .into_iter()
        .filter(|file| file.path.ends_with("Cargo.toml"))
        .collect();
    assert_eq!(manifests.len(), 5, "a manifest a room");
    let complaints: Vec<String> = manifests.iter().flat_map(without_lints).collect();
    no_complaints("rooms without lints", &complaints);
    let bad = Source {
        path: "attic/Cargo.toml".to_owned(),
        text: "[package]\nname = \"attic\"\n".to_owned(),
    };
    complains_of("attic/Cargo.toml", &without_lints(&bad));
}
