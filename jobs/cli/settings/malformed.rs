//! Whatever a person or a script may type is read or refused, and never worse.

#[path = "../../../tests/wire/support/mutate.rs"]
mod mutate;

use super::keys::{KEYS, changed};
use crate::cli::Cli;
use crate::config::Environment;
use clap::Parser;
use mutate::{Dice, cases, damaged};
use pipeline::id::ShopId;
use pipeline::location::{LocationBook, ShopEntry};
use pipeline::settings::{Locations, Settings};

fn bytes(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// A text of the corpus: every other time as it is.
fn text(dice: &mut Dice, corpus: &[Vec<u8>]) -> String {
    let chosen = match dice.below(2) {
        0 => dice.of(corpus).clone(),
        _ => damaged(dice, corpus),
    };
    let mut text = String::from_utf8_lossy(&chosen).into_owned();
    // As much as is typed, and more.
    while text.len() > 4_096 {
        text.pop();
    }
    text
}

#[test]
fn any_value_of_any_setting_is_read_or_refused() {
    let shop = |id, name: &str| ShopEntry {
        id: ShopId(id),
        name: name.to_owned(),
        archived: false,
    };
    let book = LocationBook::new(vec![shop(1, "Main Warehouse"), shop(2, "A, \"B\"")]);
    let before = Settings::new(Locations::All, ShopId(1));
    let corpus = bytes(&[
        "2026-02-01",
        "2026-02-01T10:00:00Z",
        "all",
        "one",
        "multiple",
        "true",
        "false",
        "none",
        "connect",
        "Main Warehouse,\"A, \"\"B\"\"\"",
        "#1",
        "+262142-12-31",
        "9999-12-31T23:59:59Z",
        "-0001-01-01",
        "9999999999999999999",
        "auto",
        "delete",
    ]);
    let mut taken = 0;
    for seed in 0..cases(2_000) {
        let mut dice = Dice::new(seed);
        let sets: Vec<String> = (0..=dice.below(3))
            .map(|_| {
                let key = dice.of(KEYS).name;
                match dice.below(8) {
                    0 => text(&mut dice, &corpus),
                    1 => format!("{key}{}", text(&mut dice, &corpus)),
                    _ => format!("{key}={}", text(&mut dice, &corpus)),
                }
            })
            .collect();
        if let Ok(after) = changed(&before, &sets, &book) {
            taken += 1;
            for key in KEYS {
                let shown = key.value(&after, &book);
                assert!(
                    shown.len() < 256,
                    "{seed}: {} is {} bytes",
                    key.name,
                    shown.len()
                );
                if key.name.ends_with("-since") {
                    let again = changed(&after, &[format!("{}={shown}", key.name)], &book);
                    assert_eq!(again.expect(&shown), after, "{seed}: {shown}");
                }
            }
        }
    }
    assert!(
        taken > 20,
        "only {taken} changes were whole enough to be taken"
    );
}

#[test]
fn any_command_line_is_read_or_refused() {
    let lines: [&[&str]; 6] = [
        &[
            "connect",
            "shop",
            "--account-id",
            "123456",
            "--default-location",
            "Main",
            "--history-since",
            "2026-01-01",
        ],
        &[
            "settings",
            "shop",
            "--set",
            "returns=ignore",
            "--preview",
            "--yes",
        ],
        &[
            "replay",
            "shop",
            "--feed",
            "sales",
            "--since",
            "2026-01-01T00:00:00Z",
        ],
        &["explain", "shop", "buy-order", "85"],
        &[
            "sandbox",
            "--size",
            "large",
            "--registers",
            "5",
            "--latency-ms",
            "300",
        ],
        &[
            "worker",
            "--listen",
            "127.0.0.1:4870",
            "--json",
            "--log-format",
            "json",
        ],
    ];
    let words: Vec<Vec<u8>> = lines.iter().flat_map(|line| bytes(line)).collect();
    let mut read = 0;
    for seed in 0..cases(2_000) {
        let mut dice = Dice::new(seed);
        let mut line: Vec<String> = dice
            .of(&lines)
            .iter()
            .map(|word| (*word).to_owned())
            .collect();
        let at = dice.below(line.len());
        match dice.below(4) {
            0 => drop(line.remove(at)),
            1 => line.insert(at, text(&mut dice, &words)),
            _ => line[at] = text(&mut dice, &words),
        }
        line.insert(0, "stockbridge".to_owned());
        read += usize::from(Cli::try_parse_from(&line).is_ok());
    }
    assert!(read > 50, "only {read} lines were whole enough to be read");
}

#[test]
fn any_address_is_read_or_refused() {
    let corpus = bytes(&[
        "https://api.lightspeedapp.com/API/V3",
        "http://127.0.0.1:1/v1/",
        "http://[::1]:9/x",
        "https://user:word@host/",
        "sqlite:file.db",
        "https://xn--nxasmq6b/?q#f",
        "//",
        ":0",
    ]);
    let env = Environment::of([]);
    for seed in 0..cases(2_000) {
        let given = text(&mut Dice::new(seed), &corpus);
        if let Ok(taken) = env.address(Some(&given), "X", None, "https://a.example") {
            let plain = taken.starts_with("http:");
            let here = ["127.", "localhost", "[::1]"]
                .iter()
                .any(|host| taken.contains(host));
            assert!(!plain || here, "{seed}: {taken}");
        }
    }
}
