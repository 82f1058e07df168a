//! The README and the command line name the same commands, variables and exit codes.

use std::process::Command;

use super::{complains_of, files, no_complaints};

/// What `--help` lists below `Commands:`.
fn commands_of(help: &str) -> Vec<String> {
    help.lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| line.starts_with("  "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

/// The commands in the README's table: rows that begin with one.
fn commands_in(readme: &str) -> Vec<String> {
    readme
        .lines()
        .skip_while(|line| !line.starts_with("| Command |"))
        .skip(2)
        .take_while(|line| line.starts_with("| `"))
        .filter_map(|line| line.split('`').nth(1)?.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

/// Words that begin with the prefix of our variables.
fn variables(text: &str) -> Vec<String> {
    let mut names: Vec<String> = text
        .split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .filter(|word| word.starts_with("STOCKBRIDGE_") && !word.ends_with('_'))
        .map(str::to_owned)
        .collect();
    names.sort();
    names.dedup();
    names
}

fn differences(what: &str, real: &[String], described: &[String]) -> Vec<String> {
    let missing = real
        .iter()
        .filter(|name| !described.contains(name))
        .map(|name| format!("the {what} {name} is not in the README"));
    let invented = described
        .iter()
        .filter(|name| !real.contains(name))
        .map(|name| format!("the README names a {what} {name} that is not there"));
    missing.chain(invented).collect()
}

#[test]
fn the_readme_lists_every_command() {
    let output = Command::new(env!("CARGO_BIN_EXE_stockbridge"))
        .arg("--help")
        .output()
        .expect("the program starts");
    let help = String::from_utf8(output.stdout).expect("help is UTF-8");
    let real = commands_of(&help);
    assert!(real.len() > 5, "help was not understood: {help}");
    let described = commands_in(&files::text("README.md"));
    no_complaints("commands", &differences("command", &real, &described));
}

#[test]
fn the_readme_lists_every_variable() {
    let real = variables(&files::text("jobs/config.rs"));
    assert!(
        real.len() > 5,
        "the configuration was not understood: {real:?}"
    );
    let described = variables(&files::text("README.md"));
    no_complaints("variables", &differences("variable", &real, &described));
}

#[test]
fn a_command_that_the_readme_leaves_out_is_found() {
    let help =
        "About\n\nCommands:\n  demo  Show\n  new   Make\n  help  Help\n\nOptions:\n  -h  x\n";
    let readme =
        "| Command | What |\n|---|---|\n| `demo` | x |\n| `old NAME` | x |\n\n| `after` |\n";
    let complaints = differences("command", &commands_of(help), &commands_in(readme));
    complains_of("command new is not", &complaints);
    complains_of("names a command old", &complaints);
    assert_eq!(complaints.len(), 2, "{complaints:?}");
    assert_eq!(
        variables("`STOCKBRIDGE_KEY`, STOCKBRIDGE_ and STOCKBRIDGE_KEY=1"),
        ["STOCKBRIDGE_KEY"]
    );
}
