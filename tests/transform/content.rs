//! When two versions of a record are the same, and which of them stays.

use crate::door::{ALL_RELATIONS, at, fixture};
use pipeline::feed::Feed;
use pipeline::hash::{ContentHash, content_hash};
use pipeline::newest::{Arrival, Incoming, Stored, arrival};
use pipeline::normalize::normalize;

#[test]
fn a_bumped_time_alone_is_the_same_content() {
    let hash = |feed, name: &str, from: &str, to: &str| {
        let whole = fixture(name);
        let bumped = whole.replace(from, to);
        assert_ne!(whole, bumped, "{name}");
        let read = |body: &str| {
            normalize(feed, body, ALL_RELATIONS)
                .expect("a page")
                .records
                .remove(0)
        };
        let (whole, bumped) = (read(&whole), read(&bumped));
        assert_ne!(whole.record, bumped.record);
        whole.hash == bumped.hash
    };
    let stamp = r#""timeStamp": "2026-02-01T10:00:05+00:00""#;
    let later = r#""timeStamp": "2026-02-01T10:00:06+00:00""#;
    assert!(hash(Feed::Items, "items/upc-only", stamp, later));
    assert!(hash(Feed::Stock, "stock/total-row", stamp, later));
    assert!(hash(Feed::Vendors, "vendors/no-contact", stamp, later));
    assert!(hash(
        Feed::Shops,
        "shops/tax-inclusive-with-classes",
        stamp,
        later
    ));
    assert!(hash(
        Feed::Sales,
        "sales/exchange",
        r#""updatetime": "2026"#,
        r#""updatetime": "2027"#
    ));
    // The legacy stamp of a sale may be the time it was placed, so it is content.
    assert!(!hash(Feed::Sales, "sales/exchange", stamp, later));
    assert!(!hash(
        Feed::Sales,
        "sales/exchange",
        r#""completeTime": "2026"#,
        r#""completeTime": "2025"#
    ));
    assert!(!hash(
        Feed::Items,
        "items/upc-only",
        "036000291452",
        "036000291453"
    ));
}

#[test]
fn how_a_number_is_written_is_no_content() {
    let read = |body: &str| {
        normalize(Feed::Sales, body, ALL_RELATIONS)
            .expect("a page")
            .records
            .remove(0)
    };
    let text = fixture("sales/exchange");
    let native = text
        .replace("\"7.5\"", "7.50")
        .replace("\"saleID\": \"549\"", "\"saleID\": 549");
    assert_ne!(text, native);
    assert_eq!(read(&text), read(&native));
}

#[test]
fn change_times_are_told_but_never_the_legacy_stamp_of_a_sale() {
    let changed = |feed, name| {
        normalize(feed, &fixture(name), ALL_RELATIONS)
            .expect("a page")
            .records
            .remove(0)
            .changed_at
    };
    assert_eq!(
        changed(Feed::Items, "items/upc-only"),
        Some(at("2026-02-01T10:00:05Z"))
    );
    assert_eq!(
        changed(Feed::Sales, "sales/exchange"),
        Some(at("2026-02-01T10:00:06Z"))
    );
    assert_eq!(changed(Feed::Sales, "sales/legacy-time-only"), None);
}

#[test]
fn a_change_time_is_content_only_where_nothing_else_tells_when() {
    let hashes = |body: &str| -> Vec<ContentHash> {
        let page = normalize(Feed::Orders, body, ALL_RELATIONS).expect("a page");
        page.records.iter().map(|normal| normal.hash).collect()
    };
    let body = fixture("orders/times");
    let later = body.replace("2026-02-01T10:00:05", "2026-02-02T10:00:05");
    let same: Vec<bool> = hashes(&body)
        .iter()
        .zip(hashes(&later))
        .map(|(before, after)| *before == after)
        .collect();
    assert_eq!(same, [true, true, false, true]);
}

#[test]
fn a_content_hash_is_the_same_in_every_version_of_this_program() {
    let hex = |hash: [u8; 16]| {
        hash.iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    assert_eq!(
        hex(content_hash(&("sale", 7, None::<i64>))),
        "96488e17826e99c47e5f4eede89558f3"
    );
}

#[test]
fn a_later_observation_wins_unless_the_source_calls_it_older() {
    let (old, new) = (
        Some(at("2026-02-01T10:00:00Z")),
        Some(at("2026-02-01T10:00:01Z")),
    );
    let stored = |observation, changed_at| {
        Some(Stored {
            observation,
            changed_at,
            hash: Some([1; 16]),
        })
    };
    let come = |observation, changed_at, hash| Incoming {
        observation,
        changed_at,
        hash: [hash; 16],
    };
    for (stored, incoming, expected) in [
        (None, come(1, None, 1), Arrival::New),
        (stored(5, old), come(6, new, 2), Arrival::Changed),
        (stored(5, old), come(6, new, 1), Arrival::Same),
        (stored(5, new), come(6, old, 2), Arrival::Stale),
        (stored(5, old), come(4, new, 2), Arrival::Stale),
        // A replayed page keeps its observation and changes nothing, or mends what a parser got wrong.
        (stored(5, old), come(5, old, 1), Arrival::Same),
        (stored(5, old), come(5, old, 2), Arrival::Changed),
        // Without a change time on both sides only the order of seeing counts.
        (stored(5, None), come(6, old, 2), Arrival::Changed),
        (stored(5, new), come(6, None, 2), Arrival::Changed),
    ] {
        assert_eq!(
            arrival(stored, incoming),
            expected,
            "{stored:?} {incoming:?}"
        );
    }
    let emptied = Some(Stored {
        observation: 5,
        changed_at: old,
        hash: None,
    });
    assert_eq!(arrival(emptied, come(6, old, 1)), Arrival::Changed);
}
