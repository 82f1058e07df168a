//! Time: every spelling of an instant is that instant, to the second.

use crate::door::ALL_RELATIONS;
use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use pipeline::feed::Feed;
use pipeline::normalize::normalize;
use pipeline::record::Record;
use proptest::prelude::*;

/// When a sale was completed, as it is read from this text.
fn completed(text: &str) -> Option<DateTime<Utc>> {
    let body = serde_json::json!({
        "@attributes": {"next": ""},
        "Sale": [{"saleID": "1", "completed": "true", "completeTime": text, "SaleLines": ""}],
    });
    let page = normalize(Feed::Sales, &body.to_string(), ALL_RELATIONS).expect("a page");
    match &page.records.first()?.record {
        Record::Sale(sale) => sale.completed_at,
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_spelling_of_an_instant_is_that_instant(
        // From the year 2 to 9998: years that have four digits in every zone.
        seconds in -62_072_352_000_i64..253_339_228_800,
        quarter in -56_i32..57,
        spelling in 0..5_u8,
        fraction in 0..1_000_u32,
    ) {
        let instant = DateTime::<Utc>::from_timestamp(seconds, 0).expect("in range");
        let zone = FixedOffset::east_opt(quarter * 900).expect("a zone");
        let there = instant.with_timezone(&zone);
        let text = match spelling {
            0 => there.format("%Y-%m-%dT%H:%M:%S%:z").to_string(),
            1 => there.format("%Y-%m-%dT%H:%M:%S%z").to_string(),
            2 => instant.format("%Y-%m-%d %H:%M:%SZ").to_string(),
            3 => instant.format("%Y-%m-%dT%H:%M:%S").to_string(),
            _ => format!("{}.{fraction:03}{}", there.format("%Y-%m-%dT%H:%M:%S"), there.format("%:z")),
        };
        prop_assert_eq!(completed(&text), Some(instant), "{}", text);
    }

    #[test]
    fn a_date_alone_is_its_midnight(days in -700_000_i64..2_900_000) {
        let midnight = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(days);
        prop_assert_eq!(completed(&midnight.format("%Y-%m-%d").to_string()), Some(midnight));
    }
}
