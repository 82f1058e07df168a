//! What may be linked: one TLS stack, one SQLite, no part of the queue that we do without.

use super::cargo::{Package, foreign, tree};
use super::{complains_of, deny, files, no_complaints};

/// Of these there must be one copy: two would be two sets of trusted roots, or two SQLite
/// libraries holding locks on one file without knowing of each other.
const ONE_COPY: [&str; 2] = ["rustls", "libsqlite3-sys"];

/// Other TLS stacks by the beginning of their names, so that a wrapper of one is caught as well.
const OTHER_TLS: [&str; 7] = [
    "native-tls",
    "tokio-native-tls",
    "openssl-s",
    "aws-lc",
    "boring",
    "mbedtls",
    "s2n-tls",
];

fn refused<'a>(names: impl Iterator<Item = &'a str>, deny: &[String]) -> Vec<String> {
    let mut complaints: Vec<String> = names
        .filter(|name| {
            deny.iter().any(|refused| refused == name)
                || OTHER_TLS.iter().any(|start| name.starts_with(start))
        })
        .map(|name| format!("{name} (find who brings it with `cargo tree -i {name}`)"))
        .collect();
    complaints.sort();
    complaints.dedup();
    complaints
}

fn not_single(linked: &[&Package]) -> Vec<String> {
    ONE_COPY
        .iter()
        .filter_map(|name| {
            let copies: Vec<&str> = linked
                .iter()
                .filter(|package| package.name == *name)
                .map(|package| package.version.as_str())
                .collect();
            (copies.len() != 1)
                .then(|| format!("{name} is linked in versions {copies:?}, not once"))
        })
        .collect()
}

#[test]
fn nothing_that_we_refuse_is_linked() {
    let linked = tree().linked();
    assert!(linked.len() > 100, "the walk ended early: {}", linked.len());
    let complaints = refused(
        linked.iter().map(|package| package.name.as_str()),
        &deny::packages(),
    );
    no_complaints(
        "linked, though deny.toml or one TLS stack forbids it",
        &complaints,
    );
}

#[test]
fn nothing_that_we_refuse_is_locked_for_any_platform() {
    let lock = files::text("Cargo.lock");
    let names = lock
        .lines()
        .filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
    let complaints = refused(names, &deny::packages());
    no_complaints(
        "locked, though deny.toml or one TLS stack forbids it",
        &complaints,
    );
}

#[test]
fn there_is_one_tls_stack_and_one_sqlite() {
    no_complaints("not exactly one copy", &not_single(&tree().linked()));
}

#[test]
fn a_second_tls_stack_or_sqlite_is_refused() {
    let names = [
        "rustls",
        "openssl-sys",
        "openssl-probe",
        "aws-lc-rs",
        "boring2",
        "apalis-cron",
    ];
    let complaints = refused(names.into_iter(), &deny::packages());
    for named in ["openssl-sys", "aws-lc-rs", "boring2", "apalis-cron"] {
        complains_of(named, &complaints);
    }
    assert_eq!(complaints.len(), 4, "{complaints:?}");

    let two = [
        foreign("rustls", "0.22.0", None),
        foreign("rustls", "0.23.0", None),
        foreign("libsqlite3-sys", "0.37.0", None),
    ];
    let linked: Vec<&Package> = two.iter().collect();
    complains_of("rustls", &not_single(&linked));
    complains_of("libsqlite3-sys", &not_single(&linked[..2]));
    assert_eq!(not_single(&linked).len(), 1);
}
