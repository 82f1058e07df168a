//! Damaged pages through every rule: each row has one outcome, whatever stands in it.

#[path = "../wire/support/mutate.rs"]
mod mutate;

use crate::door::ALL_RELATIONS;
use crate::meaning::meaning;
use crate::properties::read;
use mutate::{Dice, cases, damaged};
use pipeline::feed::Feed;
use pipeline::id::ShopId;
use pipeline::location::{LocationBook, ShopEntry};
use pipeline::normalize::normalize;
use std::path::Path;

fn fixtures(feed: Feed) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fixtures/lightspeed")
        .join(feed.name());
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("a folder of fixtures")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    let all = files
        .iter()
        .map(|path| std::fs::read(path).expect("a fixture"));
    all.collect()
}

#[test]
fn damaged_pages_pass_every_rule() {
    for feed in Feed::ALL {
        let corpus = fixtures(feed);
        let mut rows = 0;
        for seed in 0..cases(400) {
            let mut dice = Dice::new(seed);
            let body = damaged(&mut dice, &corpus);
            // What is not text was refused when it was received.
            let Ok(body) = String::from_utf8(body) else {
                continue;
            };
            rows += read(feed, &body).unwrap_or(0);
            let Ok(page) = normalize(feed, &body, ALL_RELATIONS) else {
                continue;
            };
            for normal in page.records.iter().take(200) {
                let meant = meaning(&normal.record);
                assert!(meant.is_object() || meant.is_null(), "{feed} {seed}");
            }
            let said = page
                .rejections
                .iter()
                .map(|one| one.detail.len() + one.path.len());
            let longest = said.max().unwrap_or(0);
            assert!(
                longest < 2_048,
                "{feed} {seed}: {longest} bytes are shown of a value"
            );
        }
        assert!(
            rows > 100,
            "{feed}: only {rows} rows were whole enough to be read"
        );
    }
}

/// What a person may type where locations belong.
#[test]
fn any_list_of_locations_is_read_or_refused() {
    let shop = |(id, name): (i64, &str)| ShopEntry {
        id: ShopId(id),
        name: name.to_owned(),
        archived: id == 3,
    };
    let names = [
        (1, "Main Warehouse"),
        (2, "Downtown, 2nd floor"),
        (3, "Old"),
        (4, "é \"x\""),
    ];
    let book = LocationBook::new(names.into_iter().map(shop).collect());
    let corpus: Vec<Vec<u8>> = [
        "Main Warehouse,\"Downtown, 2nd floor\"",
        "#1, #2 ,#99999999999999999999",
        "\"é \"\"x\"\"\",main warehouse",
        "\"\",,\"",
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .collect();
    let mut chosen = 0;
    for seed in 0..cases(1_500) {
        let mut dice = Dice::new(seed);
        let mut text = String::from_utf8_lossy(&damaged(&mut dice, &corpus)).into_owned();
        // Longer than that no command line is; comparing names takes the product of their lengths.
        while text.len() > 4_096 {
            text.pop();
        }
        if let Ok(shops) = book.resolve_list(&text) {
            chosen += 1;
            assert!(
                shops.iter().all(|shop| [1, 2, 4].contains(&shop.0)),
                "{seed}: {shops:?}"
            );
        }
        drop(book.resolve_one(&text));
    }
    assert!(
        chosen > 3,
        "only {chosen} lists were whole enough to be read"
    );
}
