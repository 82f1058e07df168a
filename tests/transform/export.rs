//! Buy orders of Optiply: which are exported, as what, and why not.

use chrono::{DateTime, Utc};
use pipeline::export::{
    Candidate, CandidateLine, Decision, Facts, HeldLine, HeldOrder, NotWanted, ProductFact,
    ShopFact, VendorFact, compare, decide, wanted,
};
use pipeline::id::{BuyOrderId, ItemId, OrderId, OrderLineId, ShopId, VendorId};
use rust_decimal::Decimal;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn line(id: i64, product: i64, quantity: i64, cents: i64) -> CandidateLine {
    CandidateLine {
        id,
        product,
        quantity,
        value: Decimal::new(cents, 2),
    }
}

fn order(lines: Vec<CandidateLine>) -> Candidate {
    Candidate {
        id: BuyOrderId(2_320_457),
        created_at: Some(at("2026-01-06T23:30:00Z")),
        placed: Some(at("2026-01-06T23:30:00Z")),
        expected: Some(at("2026-01-13T00:00:00Z")),
        completed: false,
        assembly: false,
        from_api: Some(false),
        supplier: Some(91),
        lines,
    }
}

fn product(item: i64, name: &str) -> ProductFact {
    ProductFact {
        item: ItemId(item),
        name: name.to_owned(),
        sku: format!("SKU-{item}"),
        archived: false,
        non_inventory: false,
        vanished: false,
    }
}

fn facts() -> Facts {
    Facts {
        shop: Some(ShopFact {
            id: ShopId(1),
            name: "Main Warehouse".to_owned(),
            archived: false,
            time_zone: Some("Europe/Amsterdam".to_owned()),
        }),
        vendor: Some(VendorFact {
            id: VendorId(33),
            name: "Acme".to_owned(),
            archived: false,
            vanished: false,
        }),
        products: [
            (5_012, product(40, "Blue mug")),
            (5_020, product(41, "Red mug")),
            (5_021, product(41, "Red mug")),
        ]
        .into(),
    }
}

/// What is decided, in words.
fn told(order: &Candidate, facts: &Facts) -> String {
    match decide(order, facts) {
        Decision::Order(intent) => format!("{intent:#?}"),
        Decision::Park(parking) => format!("{}: {}", parking.reason, parking.detail),
    }
}

#[test]
fn a_buy_order_as_it_is_ordered() {
    let lines = vec![
        line(1, 5_012, 24, 12_000),
        line(2, 5_020, 3, 1_000),
        // Another product of the same item, and the same product again.
        line(3, 5_021, 1, 334),
        line(4, 5_012, 1, 501),
    ];
    insta::assert_snapshot!(told(&order(lines), &facts()));
}

#[test]
fn why_a_buy_order_is_not_ordered() {
    let lines = vec![line(1, 5_012, 24, 12_000), line(2, 5_020, 3, 1_000)];
    let plain = order(lines.clone());
    let mut text = String::new();
    let mut tell = |case: &str, order: &Candidate, facts: &Facts| {
        text.push_str(&format!("## {case}\n{}\n\n", told(order, facts)));
    };
    let changed = |change: &dyn Fn(&mut Facts)| {
        let mut facts = facts();
        change(&mut facts);
        facts
    };
    tell("no default location", &plain, &changed(&|f| f.shop = None));
    let shop = |change: fn(&mut ShopFact)| {
        changed(&|f: &mut Facts| {
            if let Some(shop) = &mut f.shop {
                change(shop);
            }
        })
    };
    tell(
        "archived location",
        &plain,
        &shop(|shop| shop.archived = true),
    );
    tell("no time zone", &plain, &shop(|shop| shop.time_zone = None));
    tell(
        "odd time zone",
        &plain,
        &shop(|shop| shop.time_zone = Some("Mars".to_owned())),
    );
    tell("no vendor", &plain, &changed(&|f| f.vendor = None));
    let vendor = |change: fn(&mut VendorFact)| {
        changed(&|f: &mut Facts| {
            if let Some(vendor) = &mut f.vendor {
                change(vendor);
            }
        })
    };
    tell(
        "archived vendor",
        &plain,
        &vendor(|vendor| vendor.archived = true),
    );
    tell(
        "vanished vendor",
        &plain,
        &vendor(|vendor| vendor.vanished = true),
    );
    let no_supplier = Candidate {
        supplier: None,
        ..plain.clone()
    };
    tell("no supplier", &no_supplier, &changed(&|f| f.vendor = None));
    tell("no lines", &order(Vec::new()), &facts());
    let item = |change: fn(&mut ProductFact)| {
        changed(&|f: &mut Facts| {
            if let Some(item) = f.products.get_mut(&5_012) {
                change(item);
            }
        })
    };
    tell("archived item", &plain, &item(|item| item.archived = true));
    tell(
        "non-inventory item",
        &plain,
        &item(|item| item.non_inventory = true),
    );
    tell("vanished item", &plain, &item(|item| item.vanished = true));
    tell(
        "item without SKU",
        &plain,
        &item(|item| {
            item.archived = true;
            item.sku.clear();
        }),
    );
    tell(
        "several",
        &order(vec![
            line(1, 99, 1, 1),
            line(2, 5_012, 0, 0),
            line(3, 5_020, 1, -5),
        ]),
        &facts(),
    );
    insta::assert_snapshot!(text);
}

#[test]
fn only_what_a_planner_ordered_and_still_wants_is_exported() {
    let since = at("2026-01-01T00:00:00Z");
    let plain = order(Vec::new());
    assert_eq!(wanted(&plain, since), Ok(()));
    let but = |change: &dyn Fn(&mut Candidate)| {
        let mut order = plain.clone();
        change(&mut order);
        wanted(&order, since)
    };
    assert_eq!(but(&|o| o.from_api = Some(true)), Err(NotWanted::FromApi));
    assert_eq!(but(&|o| o.from_api = None), Err(NotWanted::FromApi));
    assert_eq!(but(&|o| o.completed = true), Err(NotWanted::Completed));
    assert_eq!(but(&|o| o.assembly = true), Err(NotWanted::Assembly));
    assert_eq!(
        but(&|o| o.created_at = Some(since - chrono::TimeDelta::seconds(1))),
        Err(NotWanted::BeforeStart)
    );
    assert_eq!(but(&|o| o.created_at = Some(since)), Ok(()));
}

#[test]
fn what_lightspeed_holds_is_compared_as_a_multiset() {
    let lines = vec![line(1, 5_012, 24, 12_000), line(2, 5_020, 3, 1_000)];
    let Decision::Order(intent) = decide(&order(lines), &facts()) else {
        panic!("it can be ordered");
    };
    let held_line = |id: i64, item: i64, quantity: i64, price: &str| HeldLine {
        id: OrderLineId(id),
        item: Some(ItemId(item)),
        quantity: Decimal::from(quantity),
        price: price.parse().expect("a price"),
        received: Decimal::ZERO,
    };
    let held = |lines: Vec<HeldLine>| HeldOrder {
        id: OrderId(812),
        reference: intent.reference.clone(),
        vendor: Some(VendorId(33)),
        shop: Some(ShopId(1)),
        ordered: false,
        received: false,
        archived: false,
        lines,
    };
    let (blue, red) = (held_line(9, 40, 24, "5.00"), held_line(8, 41, 3, "3.3333"));
    let whole = compare(&intent, &held(vec![blue.clone(), red.clone()]));
    assert!(whole.is_whole(), "{whole:?}");
    let short = compare(&intent, &held(vec![red.clone()]));
    assert_eq!(short.missing, [ItemId(40)]);
    let copied = held_line(10, 40, 24, "5");
    let twice = compare(&intent, &held(vec![blue.clone(), red.clone(), copied]));
    assert_eq!(twice.surplus, [OrderLineId(10)]);
    assert_eq!(twice.strange, Vec::<String>::new());
    // A changed line is neither missing nor surplus: sending or deleting it would be wrong.
    let changed = compare(&intent, &held(vec![held_line(9, 40, 23, "5"), red.clone()]));
    assert_eq!((changed.missing.len(), changed.surplus.len()), (0, 0));
    assert_eq!(
        changed.strange,
        ["line 9 of item 40 has 23 pieces at 5 instead of 24 at 5"]
    );
    let stranger = compare(
        &intent,
        &held(vec![blue.clone(), red.clone(), held_line(11, 77, 1, "1")]),
    );
    assert_eq!(
        stranger.strange,
        ["line 11 orders 1 pieces of item 77, which the buy order does not"]
    );
    let elsewhere = HeldOrder {
        vendor: None,
        shop: Some(ShopId(2)),
        received: true,
        ..held(vec![blue, red])
    };
    assert_eq!(
        compare(&intent, &elsewhere).strange,
        [
            "its vendor is none instead of 33",
            "it is for shop 2 instead of 1",
            "goods are being received on it"
        ]
    );
}
