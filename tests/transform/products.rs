//! What a product is, case by case.

use crate::door::{at, chosen, everything, shops};
use pipeline::id::{ItemId, ShopId};
use pipeline::load::{
    ItemFacts, Product, ProductOutcome, ProductStatus, ShopBook, StockFact, product,
};
use pipeline::reason::Reason;
use pipeline::record::ItemKind;
use pipeline::settings::{Locations, PricesIncludeTax, Settings};
use rust_decimal::Decimal;

fn item() -> ItemFacts<'static> {
    ItemFacts {
        id: ItemId(40),
        description: "Chain",
        custom_sku: "",
        system_sku: "210000000040",
        ean: "",
        upc: "",
        kind: &ItemKind::Default,
        archived: false,
        vanished: false,
        taxed: true,
        tax_class: None,
        price: None,
        created_at: Some(at("2024-01-05T10:00:00Z")),
    }
}

fn desired(outcome: ProductOutcome) -> Product {
    match outcome {
        ProductOutcome::Desired(product) => product,
        ProductOutcome::Rejected(reason) => panic!("rejected: {reason}"),
    }
}

fn of(item: ItemFacts<'_>) -> Product {
    desired(product(&item, Some(&[]), &shops(), &chosen()))
}

fn dec(text: &str) -> Decimal {
    text.parse().expect("a number")
}

#[test]
fn a_name_is_cut_at_255_characters_not_bytes() {
    let long = "é".repeat(300);
    assert_eq!(
        of(ItemFacts {
            description: &long,
            ..item()
        })
        .name,
        "é".repeat(255)
    );
}

#[test]
fn a_custom_sku_comes_before_the_generated_one() {
    assert_eq!(
        of(ItemFacts {
            custom_sku: " CH-1 ",
            ..item()
        })
        .sku_code
        .as_deref(),
        Some("CH-1")
    );
    assert_eq!(of(item()).sku_code.as_deref(), Some("210000000040"));
    assert_eq!(
        of(ItemFacts {
            system_sku: " ",
            ..item()
        })
        .sku_code,
        None
    );
}

#[test]
fn an_ean_comes_before_a_upc() {
    let both = ItemFacts {
        ean: "8711234567890",
        upc: "036000291452",
        ..item()
    };
    assert_eq!(of(both).ean_code.as_deref(), Some("8711234567890"));
    assert_eq!(of(item()).ean_code, None);
}

#[test]
fn the_setting_overrules_what_the_shop_says_about_tax() {
    let price = |setting, taxed, default_location| {
        let settings = Settings {
            prices_include_tax: setting,
            default_location,
            ..chosen()
        };
        let item = ItemFacts {
            price: Some(dec("12.10")),
            taxed,
            ..item()
        };
        let product = desired(product(&item, None, &shops(), &settings));
        product.price.expect("a price").to_string()
    };
    let (main, untaxing) = (ShopId(1), ShopId(3));
    assert_eq!(price(PricesIncludeTax::Auto, true, main), "10.00");
    assert_eq!(price(PricesIncludeTax::Auto, false, main), "12.10");
    assert_eq!(price(PricesIncludeTax::Yes, false, main), "10.00");
    assert_eq!(price(PricesIncludeTax::No, true, main), "12.10");
    // Without rates there is nothing to divide by.
    assert_eq!(price(PricesIncludeTax::Auto, true, untaxing), "12.10");
    assert_eq!(price(PricesIncludeTax::Yes, true, untaxing), "12.10");
}

#[test]
fn prices_have_two_decimals_and_round_half_up() {
    for (sent, held) in [
        ("0.005", "0.01"),
        ("2.675", "2.68"),
        ("3", "3.00"),
        ("1.00499", "1.00"),
        ("-0", "0.00"),
    ] {
        let settings = Settings {
            prices_include_tax: PricesIncludeTax::No,
            ..chosen()
        };
        let item = ItemFacts {
            price: Some(dec(sent)),
            ..item()
        };
        let product = desired(product(&item, None, &shops(), &settings));
        assert_eq!(product.price.expect("a price").to_string(), held, "{sent}");
    }
}

#[test]
fn a_price_that_cannot_be_computed_or_is_too_large_is_refused() {
    let outcome = |price| {
        product(
            &ItemFacts {
                price: Some(price),
                taxed: false,
                ..item()
            },
            None,
            &shops(),
            &chosen(),
        )
    };
    assert_eq!(
        outcome(dec("10000000")),
        ProductOutcome::Rejected(Reason::OutOfRange)
    );
    assert_eq!(
        outcome(Decimal::MAX),
        ProductOutcome::Rejected(Reason::OutOfRange)
    );
    assert!(matches!(
        outcome(dec("9999999")),
        ProductOutcome::Desired(_)
    ));
}

#[test]
fn unknown_stock_is_not_no_stock() {
    let with = |stock| desired(product(&item(), stock, &ShopBook::default(), &everything()));
    assert_eq!(
        (with(None).stock_level, with(None).minimum_stock),
        (None, None)
    );
    assert_eq!(
        (with(Some(&[])).stock_level, with(Some(&[])).minimum_stock),
        (Some(0), Some(0))
    );
}

#[test]
fn stock_follows_the_choice_of_locations() {
    let row = |shop: i64, on_hand, reorder_point| StockFact {
        shop: (shop != 0).then_some(ShopId(shop)),
        on_hand,
        reorder_point,
        transfer_in: 0,
    };
    let rows = [
        row(0, 9, 99),
        row(1, 6, 5),
        row(3, -1, 2),
        row(5, 4, 1),
        row(7, 100, 100),
    ];
    let levels = |locations| {
        let settings = Settings::new(locations, ShopId(3));
        let product = desired(product(&item(), Some(&rows), &shops(), &settings));
        (product.stock_level, product.minimum_stock)
    };
    assert_eq!(
        levels(Locations::Multiple(vec![ShopId(1), ShopId(3)])),
        (Some(5), Some(7))
    );
    assert_eq!(
        levels(Locations::All),
        (Some(9), Some(8)),
        "the archived shop 7 counts 0"
    );
    assert_eq!(levels(Locations::One), (Some(-1), Some(2)));
    assert_eq!(
        levels(Locations::Multiple(vec![ShopId(7)])),
        (Some(0), Some(0))
    );
}

#[test]
fn stock_beyond_what_can_be_held_is_refused_both_ways() {
    for on_hand in [10_000_000, -10_000_000, i64::MAX] {
        let rows = [StockFact {
            shop: Some(ShopId(1)),
            on_hand,
            reorder_point: 0,
            transfer_in: 0,
        }; 2];
        let outcome = product(&item(), Some(&rows), &shops(), &chosen());
        assert_eq!(
            outcome,
            ProductOutcome::Rejected(Reason::OutOfRange),
            "{on_hand}"
        );
    }
}

#[test]
fn archived_and_non_inventory_items_are_disabled() {
    assert_eq!(of(item()).status, ProductStatus::Enabled);
    assert_eq!(
        of(ItemFacts {
            archived: true,
            ..item()
        })
        .status,
        ProductStatus::Disabled
    );
    let labour = ItemFacts {
        kind: &ItemKind::NonInventory,
        ..item()
    };
    assert_eq!(of(labour).status, ProductStatus::Disabled);
}

#[test]
fn composed_kinds_are_assembled() {
    for (kind, assembled) in [
        ("assembly", true),
        ("box", true),
        ("serialized_assembly", true),
        ("default", false),
        ("serialized", false),
        ("hologram", false),
    ] {
        let kind = ItemKind::from_name(kind);
        assert_eq!(
            of(ItemFacts {
                kind: &kind,
                ..item()
            })
            .assembled,
            assembled,
            "{kind:?}"
        );
    }
}
