//! The recorded orders, vendors and items, carried through to what Optiply should hold.

use super::all;
use crate::door::{at, chosen, everything, shops};
use pipeline::feed::Feed;
use pipeline::load::sell_order::ItemState;
use pipeline::load::{
    self, BuyOrder, ItemFacts, OrderFacts, OrderOutcome, Product, ProductOutcome, ProductStatus,
    PurchaseFacts, StockFact, VendorState,
};
use pipeline::reason::Reason;
use pipeline::record::{Item, Order, Record};
use pipeline::settings::Settings;
use std::collections::BTreeMap;

/// What becomes of an order of which no more than its record is known.
fn bought(order: &Order, settings: &Settings) -> Result<BuyOrder, Reason> {
    let facts = OrderFacts::from(order);
    let named = order.lines.iter().filter_map(|line| line.item);
    let purchase = load::purchase(
        &PurchaseFacts {
            order: &facts,
            held: false,
            exported: false,
            vendor: VendorState::Supplier,
            shipments: &[],
            checked_in: &[],
            complete_since: None,
            seen_at: at("2016-06-01T00:00:00Z"),
        },
        &named.map(|item| (item, ItemState::Product)).collect(),
        settings,
    );
    assert_eq!(purchase.receipts, [], "nothing of theirs was checked in");
    match purchase.order {
        OrderOutcome::Order(order) | OrderOutcome::Echo(order) => Ok(order),
        OrderOutcome::None(reason) => Err(reason),
        waiting @ OrderOutcome::Waiting { .. } => panic!("nothing is missing: {waiting:?}"),
    }
}

#[test]
fn the_recorded_orders_become_buy_orders() {
    let Some((_, page)) = all(Feed::Orders) else {
        return;
    };
    let orders: Vec<Order> = page
        .records
        .into_iter()
        .map(|normal| match normal.record {
            Record::Order(order) => order,
            other => panic!("{other:?} among the orders"),
        })
        .collect();
    assert_eq!(
        orders.iter().map(|order| order.lines.len()).sum::<usize>(),
        9
    );
    // Nobody sent a creation time in those years: the change time places a draft.
    assert!(
        orders
            .iter()
            .all(|order| order.created_at.is_none() && order.placed().is_some())
    );
    let outcomes = |settings: &Settings| {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for order in &orders {
            let outcome = bought(order, settings).map_or_else(
                |reason| reason.code().to_owned(),
                |order| order.total_value.to_string(),
            );
            *counts.entry(outcome).or_default() += 1;
        }
        counts.into_iter().collect::<Vec<_>>()
    };
    let counted = |text: &str, count| (text.to_owned(), count);
    assert_eq!(
        outcomes(&chosen()),
        [counted("0.00", 1), counted("draft_order", 5)]
    );
    assert_eq!(
        outcomes(&everything()),
        [
            counted("0.00", 2),
            counted("2.00", 1),
            counted("no_product_line", 3)
        ]
    );
    let placed = bought(&orders[0], &chosen()).expect("the one that was placed");
    assert_eq!(
        (placed.order_id.0, placed.vendor_id.0, placed.lines.len()),
        (1, 73, 4)
    );
    assert_eq!(placed.placed, at("2015-11-05T08:00:00Z"));
    assert_eq!(
        placed.expected_delivery_date,
        Some(at("2015-11-26T08:00:00Z"))
    );
}

#[test]
fn the_recorded_items_become_products() {
    let Some((_, page)) = all(Feed::Items) else {
        return;
    };
    let items: Vec<Item> = page
        .records
        .into_iter()
        .map(|normal| match normal.record {
            Record::Item(item) => item,
            other => panic!("{other:?} among the items"),
        })
        .collect();
    let products: Vec<Product> = items
        .iter()
        .map(|item| {
            let stock: Option<Vec<StockFact>> = item
                .stock
                .as_ref()
                .map(|rows| rows.iter().map(StockFact::from).collect());
            let facts = ItemFacts::from(item);
            match load::product(&facts, stock.as_deref(), &shops(), &chosen()) {
                ProductOutcome::Desired(product) => product,
                ProductOutcome::Rejected(reason) => panic!("{}: {reason}", item.id),
            }
        })
        .collect();
    let shown: Vec<_> = products
        .iter()
        .map(|one| {
            (
                one.item_id.0,
                one.name.as_str(),
                one.sku_code.as_deref(),
                one.stock_level,
            )
        })
        .collect();
    let sku = |code| Some(code);
    assert_eq!(
        shown,
        [
            (428, "Item to destroy", sku("210000000434"), Some(0)),
            (428, "Item to destroy", sku("210000000434"), Some(0)),
            (430, "Item to update", sku("210000000436"), Some(0)),
            (430, "T-Shirt Red Small", sku("210000000436"), Some(0)),
        ]
    );
    let disabled = products
        .iter()
        .filter(|one| one.status == ProductStatus::Disabled);
    assert_eq!(disabled.count(), 1);
}

#[test]
fn the_recorded_vendors_become_suppliers_with_names() {
    let Some((_, page)) = all(Feed::Vendors) else {
        return;
    };
    let names: Vec<String> = page
        .records
        .into_iter()
        .map(|normal| match normal.record {
            Record::Vendor(vendor) => load::supplier(&vendor, false).supplier.name,
            other => panic!("{other:?} among the vendors"),
        })
        .collect();
    assert_eq!(names.len(), 715);
    assert!(names.iter().all(|name| !name.trim().is_empty()));
    let blank = names.iter().filter(|name| name.starts_with("Vendor "));
    assert!(
        blank.count() >= 18,
        "those without a name are named by their ids"
    );
}
