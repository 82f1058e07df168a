//! The lists of `deny.toml`, so that this test and `cargo deny` hold the same ones. Only its two
//! lists are read, by hand: a parser of the whole format would be a dependency for ten lines.

use super::files;

/// The licences we accept.
pub(super) fn licences() -> Vec<String> {
    quoted(&block("allow = ["))
}

/// The packages we refuse.
pub(super) fn packages() -> Vec<String> {
    block("deny = [")
        .lines()
        .filter_map(|line| line.split_once("crate = "))
        .filter_map(|(_, rest)| quoted(rest).into_iter().next())
        .collect()
}

/// The lines between `opening` and the bracket that closes it at the start of a line.
fn block(opening: &str) -> String {
    let text = files::text("deny.toml");
    let lines: Vec<&str> = text
        .lines()
        .skip_while(|line| *line != opening)
        .skip(1)
        .take_while(|line| *line != "]")
        .collect();
    assert!(!lines.is_empty(), "deny.toml holds no list {opening:?}");
    lines.join("\n")
}

fn quoted(text: &str) -> Vec<String> {
    text.lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .flat_map(|line| line.split('"').skip(1).step_by(2))
        .map(str::to_owned)
        .collect()
}

#[test]
fn both_lists_of_deny_toml_are_found() {
    assert!(licences().contains(&"Apache-2.0".to_owned()));
    assert!(packages().contains(&"openssl-sys".to_owned()));
    assert!(
        !packages().iter().any(|name| name.contains(' ')),
        "{:?}",
        packages()
    );
}
