//! The door: one function from a fixture to its snapshot.

use crate::meaning::meaning;
use chrono::{DateTime, Utc};
use pipeline::feed::Feed;
use pipeline::id::ShopId;
use pipeline::load::{ShopBook, ShopFacts};
use pipeline::normalize::{Normalized, normalize};
use pipeline::record::{TaxCategory, TaxClassRates};
use pipeline::settings::{Locations, Settings};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// What a request for everything would have asked for.
pub(crate) const ALL_RELATIONS: &[&str] = &[
    "SaleLines",
    "ItemShops",
    "ItemVendorNums",
    "ItemComponents",
    "Contact",
    "TaxCategory",
    "OrderLines",
    "OrderShipmentItems",
];

/// Compares what we make of a fixture with its snapshot.
pub(crate) fn check(name: &str) {
    check_asked(name, ALL_RELATIONS, name);
}

/// The same for a request that asked for these relations only.
pub(crate) fn check_asked(name: &str, asked: &[&str], snapshot: &str) {
    let (feed, _) = name
        .split_once('/')
        .expect("fixtures stand in the folder of their feed");
    let feed: Feed = feed.parse().expect("the folder is the name of a feed");
    let page = normalize(feed, &fixture(name), asked).expect("a fixture is a page");
    assert_eq!(
        page.records.len() + page.rejections.len(),
        page.rows,
        "every row has one outcome"
    );
    insta::with_settings!({
        snapshot_path => concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/transform/snapshots"),
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_json_snapshot!(snapshot.replace('/', "--"), report(&page));
    });
}

/// The text of a fixture.
pub(crate) fn fixture(name: &str) -> String {
    let path = format!(
        "{}/../fixtures/lightspeed/{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Locations 1, 3 and the archived 7; completed sales only.
pub(crate) fn chosen() -> Settings {
    Settings::new(
        Locations::Multiple(vec![ShopId(1), ShopId(3), ShopId(7)]),
        ShopId(1),
    )
}

/// Every location, open sales and drafts of purchase orders too.
pub(crate) fn everything() -> Settings {
    Settings {
        sync_all_sales_orders: true,
        include_open_pos: true,
        ..Settings::new(Locations::All, ShopId(1))
    }
}

/// Shop 1 sells at prices with 21 % tax (class 2: 9 %), shop 7 is archived.
pub(crate) fn shops() -> ShopBook {
    let rate = |percent: i64| Decimal::new(percent, 2);
    let class = TaxClassRates {
        class: 2,
        rate1: rate(9),
        rate2: rate(0),
    };
    let tax = TaxCategory {
        inclusive: true,
        rate1: rate(21),
        rate2: rate(0),
        classes: vec![class],
    };
    [
        (
            ShopId(1),
            ShopFacts {
                archived: false,
                tax: Some(tax),
            },
        ),
        (ShopId(3), ShopFacts::default()),
        (ShopId(5), ShopFacts::default()),
        (
            ShopId(7),
            ShopFacts {
                archived: true,
                tax: None,
            },
        ),
    ]
    .into_iter()
    .collect()
}

/// An instant of a test.
pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn report(page: &Normalized) -> Value {
    let rejected = page.rejections.iter().map(|rejection| {
        json!({
            "row": rejection.row, "id": rejection.id, "reason": rejection.reason,
            "path": rejection.path, "detail": rejection.detail,
        })
    });
    let read = page.records.iter().map(|normal| {
        json!({
            "row": normal.row, "changed_at": normal.changed_at,
            "record": normal.record, "meaning": meaning(&normal.record),
        })
    });
    json!({ "records": read.collect::<Vec<_>>(), "rejections": rejected.collect::<Vec<_>>() })
}
