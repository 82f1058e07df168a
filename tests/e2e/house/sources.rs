//! What a source file may hold.

use super::files::{Source, ending};
use super::lexer::parts;
use super::{complains_of, no_complaints};

/// Beyond this a file holds a second thing, which deserves a name of its own.
const LINES_MAX: usize = 400;

/// What must not stand in code, and what to do instead.
const FORBIDDEN: [(&str, &str); 6] = [
    (
        "#[allow(",
        "say #[expect(lint, reason = \"..\")], which complains once it is no longer needed",
    ),
    (
        "#![allow(",
        "say #![expect(lint, reason = \"..\")], which complains once it is no longer needed",
    ),
    ("todo!", "write it, or leave it out"),
    ("unimplemented!", "write it, or leave it out"),
    ("dbg!", "use tracing, or an assertion"),
    ("#[ignore", "assert what is true today, with a note"),
];

/// Where the spellings of the two systems may stand: where their answers are made and read.
const WIRE: [&str; 3] = [
    "connectors/",
    "pipeline/src/normalize/",
    "pipeline/src/page.rs",
];

fn at(source: &Source, line: usize, what: &str) -> String {
    format!("{}:{line}: {what}", source.path)
}

/// Whether this is a test or a benchmark: these may quote what the code may not.
fn is_test(path: &str) -> bool {
    path.starts_with("tests/")
        || path.ends_with("/tests.rs")
        || path.contains("/tests/")
        || path.contains("/benches/")
}

/// The file without its tests, which stand last in it.
fn without_tests(text: &str) -> &str {
    text.find("#[cfg(test)]\nmod tests {")
        .map_or(text, |at| &text[..at])
}

fn forbidden(source: &Source) -> Vec<String> {
    let mut complaints = Vec::new();
    for (line, code) in parts(&source.text).code {
        let code: String = code.split_whitespace().collect();
        for (word, instead) in FORBIDDEN {
            // A longer word that merely ends in one of these is another macro.
            let whole = |at: usize| {
                !code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_')
            };
            if code.match_indices(word).any(|(at, _)| whole(at)) {
                complaints.push(at(source, line, &format!("{word}: {instead}")));
            }
        }
    }
    complaints
}

/// Relations and resources of Lightspeed. As types these would be Rust names; as text they are its.
const RELATIONS: [&str; 6] = [
    "ItemComponents",
    "ItemShops",
    "ItemVendorNums",
    "SaleLine",
    "SaleLines",
    "TaxCategory",
];

/// Names like `saleID` or `completeTime`: Rust has none of that shape, so one that appears is a
/// name of Lightspeed's or Optiply's.
fn wire_spellings(source: &Source) -> Vec<String> {
    if is_test(&source.path) || WIRE.iter().any(|room| source.path.starts_with(room)) {
        return Vec::new();
    }
    let parts = parts(without_tests(&source.text));
    let mut complaints = Vec::new();
    let code = parts.code.iter().map(|(line, text)| (line, text, false));
    let strings = parts.strings.iter().map(|(line, text)| (line, text, true));
    for (line, text, quoted) in code.chain(strings) {
        for word in text.split(|letter: char| !letter.is_alphanumeric() && letter != '_') {
            let camel = word.starts_with(|first: char| first.is_ascii_lowercase())
                && word.contains(|letter: char| letter.is_ascii_uppercase())
                && !word.contains('_');
            if camel || (quoted && RELATIONS.contains(&word)) {
                complaints.push(at(
                    source,
                    *line,
                    &format!("{word} belongs in the wire types"),
                ));
            }
        }
    }
    complaints
}

fn sql_outside_storage(source: &Source) -> Vec<String> {
    if is_test(&source.path) || source.path.starts_with("storage/") {
        return Vec::new();
    }
    parts(without_tests(&source.text))
        .strings
        .iter()
        .filter(|(_, text)| is_sql(text))
        .map(|(line, _)| at(source, *line, "SQL is written in storage only"))
        .collect()
}

fn is_sql(text: &str) -> bool {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let has = |word: &str| words.iter().any(|its| its == word);
    match words.iter().map(String::as_str).take(2).collect::<Vec<_>>()[..] {
        ["select", _] | ["with", _] => has("select") && has("from"),
        ["insert" | "replace", "into" | "or"]
        | ["delete", "from"]
        | ["create" | "drop", "table"] => true,
        ["update", _] => has("set"),
        ["pragma", _] => true,
        _ => false,
    }
}

fn too_long(source: &Source) -> Vec<String> {
    let lines = source.text.lines().count();
    if lines > LINES_MAX {
        vec![format!(
            "{}: {lines} lines, past {LINES_MAX}: what second thing moved in?",
            source.path
        )]
    } else {
        Vec::new()
    }
}

#[track_caller]
fn every_source(rule: &str, check: fn(&Source) -> Vec<String>) {
    let sources = ending("rs");
    assert!(
        sources.len() > 100,
        "the walk ended early: {}",
        sources.len()
    );
    let complaints: Vec<String> = sources.iter().flat_map(check).collect();
    no_complaints(rule, &complaints);
}

fn sample(path: &str, text: &str) -> Source {
    Source {
        path: path.to_owned(),
        text: text.to_owned(),
    }
}

#[test]
fn no_source_holds_what_we_forbid() {
    every_source("forbidden in code", forbidden);
}

#[test]
fn what_we_forbid_is_found() {
    let bad = "#[allow(dead_code)]\n#![ allow (x)]\nfn f() { todo!() }\nlet x = dbg!(y);\n\
               std::unimplemented!();\n#[ignore = \"slow\"]\n";
    let complaints = forbidden(&sample("jobs/bad.rs", bad));
    for named in [
        "bad.rs:1", "bad.rs:2", "bad.rs:3", "bad.rs:4", "bad.rs:5", "bad.rs:6",
    ] {
        complains_of(named, &complaints);
    }
    let good = "// todo!() #[allow(x)]\nlet x = \"dbg! #[ignore]\"; my_todo!(); #[expect(x)]\n";
    assert_eq!(
        forbidden(&sample("jobs/good.rs", good)),
        Vec::<String>::new()
    );
}

#[test]
fn the_two_systems_spellings_stay_at_the_wire() {
    every_source("wire spellings inside the house", wire_spellings);
}

#[test]
fn a_wire_spelling_inside_the_house_is_found() {
    let bad = "struct Sale { saleID: u64 }\nconst PATH: &str = \"$.completeTime\";\n\
               let x = \"/ItemShops\";\n";
    let complaints = wire_spellings(&sample("jobs/bad.rs", bad));
    complains_of("bad.rs:1: saleID", &complaints);
    complains_of("bad.rs:2: completeTime", &complaints);
    complains_of("bad.rs:3: ItemShops", &complaints);
    assert!(!wire_spellings(&sample("storage/src/bad.rs", bad)).is_empty());

    for path in [
        "connectors/src/x.rs",
        "pipeline/src/normalize/x.rs",
        "tests/wire/x.rs",
    ] {
        assert_eq!(wire_spellings(&sample(path, bad)), Vec::<String>::new());
    }
    let good = "// saleID\nlet sale_id: SaleId = MAX_ROWS; f(1e5, Self::New, \"https://x/Y\");\n\
                #[cfg(test)]\nmod tests {\n let x = \"itemID\"; }\n";
    assert_eq!(
        wire_spellings(&sample("jobs/good.rs", good)),
        Vec::<String>::new()
    );
}

#[test]
fn sql_is_written_in_storage_only() {
    every_source("SQL in the wrong room", sql_outside_storage);
}

#[test]
fn sql_in_another_room_is_found() {
    for sql in [
        "SELECT * FROM runs",
        "select id\n from runs",
        "INSERT INTO runs VALUES (1)",
        "delete from runs",
        "UPDATE runs SET state = 1",
        "WITH x AS (SELECT 1 FROM y) SELECT 2",
        "PRAGMA user_version",
    ] {
        let text = format!("fn f() {{\n    run(\"{sql}\");\n}}\n");
        complains_of(
            "bad.rs:2",
            &sql_outside_storage(&sample("jobs/bad.rs", &text)),
        );
        assert!(sql_outside_storage(&sample("storage/src/a.rs", &text)).is_empty());
    }
    for words in [
        "Select a location from the list",
        "update it",
        "with care",
        "deleted",
    ] {
        let text = format!("let x = \"{words}\";");
        let complaints = sql_outside_storage(&sample("jobs/good.rs", &text));
        assert_eq!(complaints.is_empty(), !is_sql(words), "{words}");
    }
    assert!(!is_sql("update it") && !is_sql("with care") && !is_sql(""));
}

#[test]
fn files_stay_small() {
    every_source("files past reading", too_long);
}

#[test]
fn a_file_past_reading_is_found() {
    let long = "\n".repeat(LINES_MAX + 1);
    complains_of(
        "bad.rs: 401 lines",
        &too_long(&sample("jobs/bad.rs", &long)),
    );
    assert!(too_long(&sample("jobs/good.rs", &"\n".repeat(LINES_MAX))).is_empty());
}
