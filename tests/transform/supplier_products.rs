//! Supplier products, case by case.

use crate::door::at;
use pipeline::id::{ItemId, VendorId};
use pipeline::load::{
    ItemFacts, PairFacts, PairNote, Pairs, ProductStatus, SupplierProduct, VendorFacts,
    supplier_products,
};
use pipeline::record::{ItemKind, VendorNumber};
use std::collections::HashMap;

const NONE: [SupplierProduct; 0] = [];

fn number(id: i64, vendor: i64, number: &str, cost: &str) -> VendorNumber {
    VendorNumber {
        id,
        vendor: (vendor != 0).then_some(VendorId(vendor)),
        number: number.to_owned(),
        cost: cost.parse().ok(),
    }
}

/// A chain that is usually bought from vendor 3 for 4.25.
fn chain(numbers: &[VendorNumber]) -> PairFacts<'_> {
    PairFacts {
        item: ItemFacts {
            id: ItemId(40),
            description: "Chain\r\n",
            custom_sku: "C-40",
            system_sku: "210000000040",
            ean: " ",
            upc: "0123",
            kind: &ItemKind::Default,
            archived: false,
            vanished: false,
            taxed: true,
            tax_class: None,
            price: None,
            created_at: Some(at("2024-01-05T10:00:00Z")),
        },
        in_model: true,
        manufacturer_sku: " M-1 ",
        default_vendor: Some(VendorId(3)),
        default_cost: "4.25".parse().ok(),
        numbers,
    }
}

fn supplier() -> VendorFacts {
    VendorFacts {
        in_model: true,
        ..VendorFacts::default()
    }
}

/// Vendors 3, 4 and 5; 4 is as given.
fn with(four: VendorFacts) -> HashMap<VendorId, VendorFacts> {
    [(3, supplier()), (4, four), (5, supplier())]
        .map(|(id, facts)| (VendorId(id), facts))
        .into()
}

fn load(item: &PairFacts<'_>, previous: &[SupplierProduct]) -> Pairs {
    supplier_products(item, &with(supplier()), Some("EUR"), previous)
}

/// What a pair is, shortly: vendor, price, preferred, status.
fn shown(pairs: &Pairs) -> Vec<String> {
    let show = |pair: &SupplierProduct| {
        let price = pair
            .price
            .map_or("none".to_owned(), |price| price.to_string());
        let preferred = pair
            .preferred
            .map_or("open", |yes| if yes { "yes" } else { "no" });
        format!(
            "{} {price} {preferred} {}",
            pair.vendor_id,
            pair.status.name()
        )
    };
    pairs.desired.iter().map(show).collect()
}

#[test]
fn every_vendor_of_an_item_is_one_row_and_the_usual_one_is_preferred() {
    let numbers = [
        number(1, 4, "B-1", "3.333"),
        number(2, 0, "x", "9"),
        number(3, 4, "B-2", "8"),
    ];
    let pairs = load(&chain(&numbers), &NONE);
    assert_eq!(shown(&pairs), ["3 4.25 yes enabled", "4 3.33 no enabled"]);
    let pair = &pairs.desired[1];
    assert_eq!(
        (pair.name.as_str(), pair.sku_code.as_deref()),
        ("Chain", Some("B-1"))
    );
    assert_eq!(pair.ean_code.as_deref(), Some("0123"));
    assert_eq!(pair.article_code.as_deref(), Some("M-1"));
    assert_eq!(pairs.desired[0].sku_code, None);
}

#[test]
fn without_a_usual_vendor_the_planners_choice_is_left_alone() {
    let numbers = [number(1, 4, "", "3")];
    let item = PairFacts {
        default_vendor: None,
        ..chain(&numbers)
    };
    let before = load(&chain(&numbers), &NONE).desired;
    let pairs = load(&item, &before);
    assert_eq!(
        shown(&pairs),
        ["3 4.25 open disabled", "4 3.00 open enabled"]
    );
}

#[test]
fn the_code_is_the_first_that_is_not_blank_by_row() {
    let numbers = [
        number(9, 3, "late", "0"),
        number(2, 3, "  ", "0"),
        number(5, 3, " AC ", "0"),
    ];
    let pairs = load(&chain(&numbers), &NONE);
    assert_eq!(pairs.desired[0].sku_code.as_deref(), Some("AC"));
}

#[test]
fn the_usual_vendor_costs_the_default_cost_and_else_its_own() {
    let numbers = [
        number(1, 3, "", "0"),
        number(2, 3, "", "7.005"),
        number(3, 3, "", "9"),
    ];
    let price = |cost: &str| {
        let item = PairFacts {
            default_cost: cost.parse().ok(),
            ..chain(&numbers)
        };
        shown(&load(&item, &NONE))[0].clone()
    };
    assert_eq!(price("4.255"), "3 4.26 yes enabled");
    for none in ["0", "-1", ""] {
        assert_eq!(price(none), "3 7.01 yes enabled", "{none:?}");
    }
    let nothing = PairFacts {
        default_cost: None,
        numbers: &[],
        ..chain(&[])
    };
    assert_eq!(shown(&load(&nothing, &NONE)), ["3 none yes enabled"]);
}

#[test]
fn a_cost_counts_only_in_the_accounts_currency() {
    let numbers = [number(1, 4, "B-1", "3")];
    let price = |vendor: Option<&str>, account: Option<&str>| {
        let four = VendorFacts {
            currency: vendor.map(str::to_owned),
            ..supplier()
        };
        let pairs = supplier_products(&chain(&numbers), &with(four), account, &NONE);
        let foreign = pairs.notes == [(VendorId(4), PairNote::ForeignCurrency)];
        (shown(&pairs)[1].clone(), foreign)
    };
    let counts = ("4 3.00 no enabled".to_owned(), false);
    let foreign = ("4 none no enabled".to_owned(), true);
    assert_eq!(price(None, Some("EUR")), counts);
    assert_eq!(price(Some(" "), None), counts);
    assert_eq!(price(Some("eur"), Some("EUR")), counts);
    assert_eq!(price(Some("USD"), Some("EUR")), foreign);
    assert_eq!(price(Some("EUR"), None), foreign);
}

#[test]
fn a_price_beyond_what_optiply_takes_is_left_out_and_told() {
    let item = PairFacts {
        default_cost: "123456789012".parse().ok(),
        ..chain(&[])
    };
    let pairs = load(&item, &NONE);
    assert_eq!(shown(&pairs), ["3 none yes enabled"]);
    assert_eq!(pairs.notes, [(VendorId(3), PairNote::PriceTooLarge)]);
}

#[test]
fn a_pair_of_something_archived_is_created_by_nothing_and_disabled_once_it_exists() {
    let numbers = [number(1, 4, "B-1", "3")];
    let before = load(&chain(&numbers), &NONE).desired;
    let gone = |item: ItemFacts<'static>| PairFacts { item, ..chain(&[]) };
    let all = chain(&[]).item;
    let labour = ItemFacts {
        kind: &ItemKind::NonInventory,
        ..all
    };
    for item in [
        ItemFacts {
            archived: true,
            ..all
        },
        ItemFacts {
            vanished: true,
            ..all
        },
        labour,
    ] {
        assert_eq!(shown(&load(&gone(item), &NONE)), [""; 0]);
        let disabled = ["3 4.25 yes disabled", "4 3.00 no disabled"];
        assert_eq!(shown(&load(&gone(item), &before)), disabled);
    }
    let away = [
        VendorFacts {
            archived: true,
            ..supplier()
        },
        VendorFacts {
            vanished: true,
            ..supplier()
        },
    ];
    for four in away {
        let vendors = with(four);
        let pairs = supplier_products(&chain(&numbers), &vendors, Some("EUR"), &NONE);
        assert_eq!(shown(&pairs), ["3 4.25 yes enabled"]);
        assert_eq!(pairs.notes, [(VendorId(4), PairNote::NeverEnabled)]);
        let pairs = supplier_products(&chain(&numbers), &vendors, Some("EUR"), &before);
        assert_eq!(shown(&pairs), ["3 4.25 yes enabled", "4 3.00 no disabled"]);
    }
}

#[test]
fn a_pair_that_disappeared_keeps_its_code_and_price_and_comes_back() {
    let numbers = [number(1, 4, "B-1", "3")];
    let before = load(&chain(&numbers), &NONE).desired;
    let without = load(&chain(&[]), &before);
    assert_eq!(
        shown(&without),
        ["3 4.25 yes enabled", "4 3.00 no disabled"]
    );
    assert_eq!(without.desired[1].sku_code.as_deref(), Some("B-1"));
    assert_eq!(without.notes, [(VendorId(4), PairNote::Disappeared)]);
    assert_eq!(load(&chain(&[]), &without.desired).desired, without.desired);
    assert_eq!(load(&chain(&numbers), &without.desired).desired, before);
}

#[test]
fn a_change_of_the_usual_vendor_moves_the_preference_between_rows() {
    let numbers = [number(1, 4, "B-1", "3"), number(2, 3, "A-1", "2")];
    let before = load(&chain(&numbers), &NONE).desired;
    let moved = PairFacts {
        default_vendor: Some(VendorId(4)),
        ..chain(&numbers)
    };
    let pairs = load(&moved, &before);
    assert_eq!(shown(&pairs), ["3 2.00 no enabled", "4 4.25 yes enabled"]);
}

#[test]
fn a_pair_needs_both_its_product_and_its_supplier() {
    let numbers = [number(1, 8, "Z", "3")];
    let pairs = load(&chain(&numbers), &NONE);
    assert_eq!(shown(&pairs), ["3 4.25 yes enabled"]);
    assert_eq!(pairs.notes, [(VendorId(8), PairNote::NoSupplier)]);
    let no_product = PairFacts {
        in_model: false,
        ..chain(&numbers)
    };
    assert_eq!(load(&no_product, &NONE), Pairs::default());
}

#[test]
fn statuses_have_a_stored_spelling() {
    for status in [ProductStatus::Enabled, ProductStatus::Disabled] {
        assert_eq!(ProductStatus::from_name(status.name()), Some(status));
    }
    assert_eq!(ProductStatus::from_name("sleeping"), None);
}
