//! The decision about a sale, over every combination of what it depends on.

use crate::door::at;
use pipeline::filter::{self, LineFact, SaleHead};
use pipeline::id::{ItemId, ShopId};
use pipeline::reason::Reason;
use pipeline::settings::{Locations, Settings};
use proptest::prelude::*;

fn head(completed: bool, voided: bool, archived: bool) -> SaleHead {
    SaleHead {
        shop: Some(ShopId(1)),
        completed,
        voided,
        archived,
        placed: Some(at("2026-02-01T10:00:05Z")),
        held: false,
    }
}

fn bike(quantity: i64, shop: i64) -> LineFact {
    LineFact {
        item: Some(ItemId(40)),
        shop: Some(ShopId(shop)),
        fee: false,
        quantity,
    }
}

fn reason(head: SaleHead, lines: &[LineFact], settings: &Settings) -> Option<Reason> {
    filter::sale(&head, lines, settings).reason()
}

fn one(default: i64) -> Settings {
    Settings::new(Locations::One, ShopId(default))
}

#[test]
fn the_first_rule_that_fits_gives_the_reason() {
    let late = Settings {
        history_since: Some(at("2026-03-01T00:00:00Z")),
        ..one(2)
    };
    let none = [LineFact {
        item: None,
        ..bike(1, 1)
    }];
    assert_eq!(
        reason(head(false, true, true), &none, &late),
        Some(Reason::Voided)
    );
    assert_eq!(
        reason(head(false, false, true), &none, &late),
        Some(Reason::Archived)
    );
    assert_eq!(
        reason(head(false, false, false), &none, &late),
        Some(Reason::NotCompleted)
    );
    assert_eq!(
        reason(head(true, false, false), &none, &late),
        Some(Reason::BeforeHistory)
    );
    assert_eq!(
        reason(head(true, false, false), &none, &one(2)),
        Some(Reason::NoProductLine)
    );
    assert_eq!(
        reason(head(true, false, false), &[bike(1, 1)], &one(2)),
        Some(Reason::OtherLocation)
    );
    assert_eq!(
        reason(head(true, false, false), &[bike(1, 1)], &one(1)),
        None
    );
}

#[test]
fn history_begins_with_the_instant_itself() {
    let since = |text| Settings {
        history_since: Some(at(text)),
        ..one(1)
    };
    let verdict = |settings| filter::sale(&head(true, false, false), &[bike(1, 1)], &settings);
    assert!(verdict(since("2026-02-01T10:00:05Z")).keeps());
    assert_eq!(
        verdict(since("2026-02-01T10:00:06Z")).reason(),
        Some(Reason::BeforeHistory)
    );
}

#[test]
fn an_open_sale_counts_under_sync_all_and_is_still_judged_by_location() {
    let sync_all = |default| Settings {
        sync_all_sales_orders: true,
        ..one(default)
    };
    let verdict = |settings| filter::sale(&head(false, false, false), &[bike(1, 1)], &settings);
    assert!(verdict(sync_all(1)).keeps());
    assert_eq!(verdict(sync_all(2)).reason(), Some(Reason::OtherLocation));
}

#[test]
fn the_modes_choose_locations() {
    let chosen = |locations, default, shop| {
        filter::counts(
            &bike(1, shop),
            None,
            &Settings::new(locations, ShopId(default)),
        )
    };
    assert!(chosen(Locations::All, 1, 99));
    assert!(chosen(Locations::One, 2, 2));
    assert!(!chosen(Locations::One, 2, 1));
    assert!(chosen(
        Locations::Multiple(vec![ShopId(1), ShopId(3)]),
        2,
        3
    ));
    // The default location exports; only being chosen makes it count.
    assert!(!chosen(
        Locations::Multiple(vec![ShopId(1), ShopId(3)]),
        2,
        2
    ));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_verdict_follows_from_the_lines_that_count(
        lines in proptest::collection::vec(
            (proptest::option::of(1..4_i64), proptest::option::of(1..4_i64), any::<bool>(), -2..3_i64),
            0..6,
        ),
        sale_shop in proptest::option::of(1..4_i64),
        mode in 0..3_u8,
    ) {
        let locations = match mode {
            0 => Locations::All,
            1 => Locations::One,
            _ => Locations::Multiple(vec![ShopId(2), ShopId(3)]),
        };
        let settings = Settings::new(locations, ShopId(1));
        let lines: Vec<LineFact> = lines
            .into_iter()
            .map(|(item, shop, fee, quantity)| LineFact {
                item: item.map(ItemId), shop: shop.map(ShopId), fee, quantity,
            })
            .collect();
        let head = SaleHead { shop: sale_shop.map(ShopId), ..head(true, false, false) };
        let products = lines.iter().filter(|l| l.item.is_some() && !l.fee && l.quantity != 0).count();
        let counting = lines.iter().filter(|l| filter::counts(l, head.shop, &settings)).count();
        let expected = match (products, counting) {
            (0, _) => Some(Reason::NoProductLine),
            (_, 0) => Some(Reason::OtherLocation),
            _ => None,
        };
        prop_assert!(counting <= products);
        prop_assert_eq!(filter::sale(&head, &lines, &settings).reason(), expected);
        // A wider choice never loses a line.
        let wide = Settings { locations: Locations::All, ..settings.clone() };
        let all = lines.iter().filter(|l| filter::counts(l, head.shop, &wide)).count();
        prop_assert_eq!(all, products);
    }
}
