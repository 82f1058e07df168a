//! What holds for every input, whatever anybody sends.

use crate::door::{ALL_RELATIONS, fixture};
use pipeline::feed::Feed;
use pipeline::money::cents;
use pipeline::normalize::normalize;
use proptest::prelude::*;
use rust_decimal::Decimal;

/// One rich page of each feed, to be damaged.
const SEEDS: [(Feed, &str); 7] = [
    (Feed::Shops, "shops/tax-inclusive-with-classes"),
    (Feed::Vendors, "vendors/many-emails"),
    (Feed::Items, "items/assembly-as-one-object"),
    (Feed::Stock, "stock/quantity-not-sent"),
    (Feed::Sales, "sales/discounts-and-taxes"),
    (Feed::Orders, "orders/lines-of-one-item-twice"),
    (Feed::Shipments, "shipments/order-line-named"),
];

/// What a field may be replaced with: every shape and every edge of a number or a date.
const RUBBISH: [&str; 24] = [
    "null",
    "true",
    "\"\"",
    "\" \"",
    "[]",
    "{}",
    "[[]]",
    "[null]",
    "[{}]",
    "{\"x\":1}",
    "\"x\"",
    "-1",
    "0",
    "1.5",
    "1e999",
    "1e-999",
    "\"1e28\"",
    "99999999999999999999999999999999999",
    "\"-79228162514264337593543950335\"",
    "\"9223372036854775807\"",
    "\"0000-00-00\"",
    "\"9999-12-31T23:59:59-23:59\"",
    "\"\\ud800\"",
    "\"é\\u0000\"",
];

/// Replaces the value after the n-th colon.
fn damage(body: &str, place: usize, rubbish: &str) -> String {
    let colons: Vec<usize> = body.match_indices("\": ").map(|(at, _)| at + 3).collect();
    let Some(&start) = colons.get(place % colons.len().max(1)) else {
        return body.to_owned();
    };
    let mut values =
        serde_json::Deserializer::from_str(&body[start..]).into_iter::<serde_json::Value>();
    values.next();
    format!(
        "{}{rubbish}{}",
        &body[..start],
        &body[start + values.byte_offset()..]
    )
}

/// Reads a body and asserts what must hold; the number of rows, if it was a page.
pub(crate) fn read(feed: Feed, body: &str) -> Option<usize> {
    let page = normalize(feed, body, ALL_RELATIONS).ok()?;
    assert_eq!(page.records.len() + page.rejections.len(), page.rows);
    let mut places: Vec<usize> = page.records.iter().map(|record| record.row).collect();
    places.extend(page.rejections.iter().map(|rejection| rejection.row));
    places.sort_unstable();
    assert!(
        places.into_iter().eq(0..page.rows),
        "each row is in exactly one list"
    );
    assert!(
        page.records
            .iter()
            .all(|normal| normal.record.feed() == feed)
    );
    Some(page.rows)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rubbish_in_any_field_never_loses_a_row(
        seed in 0..SEEDS.len(),
        damages in proptest::collection::vec((any::<usize>(), 0..RUBBISH.len()), 1..4),
    ) {
        let (feed, name) = SEEDS[seed];
        let mut body = fixture(name);
        for (place, rubbish) in damages {
            body = damage(&body, place, RUBBISH[rubbish]);
        }
        read(feed, &body);
    }

    #[test]
    fn damaged_text_never_panics(
        seed in 0..SEEDS.len(),
        cut in any::<prop::sample::Index>(),
        byte in any::<char>(),
        from in 0..3_u8,
    ) {
        let (feed, name) = SEEDS[seed];
        let mut body = fixture(name);
        let mut at = cut.index(body.len());
        while !body.is_char_boundary(at) { at -= 1; }
        match from {
            0 => body.truncate(at),
            1 => body.insert(at, byte),
            _ => { body.remove(at); }
        }
        read(feed, &body);
        for other in Feed::ALL { read(other, &body); }
    }

    #[test]
    fn any_text_at_all_is_survived(body in ".{0,200}") {
        for feed in Feed::ALL { read(feed, &body); }
    }

    #[test]
    fn cents_are_the_nearest_and_half_goes_away_from_zero(units in -10_i64.pow(12)..10_i64.pow(12), scale in 0_u32..8) {
        let amount = Decimal::new(units, scale);
        let rounded = cents(amount);
        prop_assert_eq!(rounded.scale(), 2);
        let off = (rounded - amount).abs();
        prop_assert!(off <= Decimal::new(5, 3));
        if off == Decimal::new(5, 3) {
            prop_assert!(rounded.abs() > amount.abs());
        }
        prop_assert_eq!(cents(rounded), rounded);
    }
}

#[test]
fn damage_hits_every_field_once() {
    for (feed, name) in SEEDS {
        let body = fixture(name);
        for place in 0..body.matches("\": ").count() {
            for rubbish in RUBBISH {
                read(feed, &damage(&body, place, rubbish));
            }
        }
    }
}

#[test]
fn deeply_nested_rubbish_is_no_trouble() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for place in ["\"x\"", "\"saleID\"", "\"SaleLines\""] {
        let body =
            format!(r#"{{"@attributes":{{"next":""}},"Sale":[{{"saleID":"1",{place}:{deep}}}]}}"#);
        assert_eq!(read(Feed::Sales, &body), Some(1), "{place}");
    }
}
