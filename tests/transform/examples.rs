//! The worked examples, from a page to what Optiply should hold.

use crate::door::{ALL_RELATIONS, everything, fixture, shops};
use pipeline::feed::Feed;
use pipeline::filter::{LineFact, SaleHead};
use pipeline::id::{ItemId, SaleId, ShopId};
use pipeline::load::sell_order::{ItemState, LineFacts, SaleFacts, SaleOutcome, sell_orders};
use pipeline::load::{ItemFacts, ProductOutcome, StockFact, product};
use pipeline::normalize::normalize;
use pipeline::record::{Record, Sale};
use pipeline::settings::{Locations, Settings};
use std::collections::HashMap;

fn records(feed: Feed, name: &str) -> Vec<Record> {
    let page = normalize(feed, &fixture(name), ALL_RELATIONS).expect("a page");
    assert_eq!(page.rejections, []);
    page.records
        .into_iter()
        .map(|normal| normal.record)
        .collect()
}

fn sales() -> Vec<Sale> {
    records(Feed::Sales, "sales/worked-example")
        .into_iter()
        .filter_map(|record| match record {
            Record::Sale(sale) => Some(sale),
            _ => None,
        })
        .collect()
}

/// The order of the first sale as `item x quantity = value`, and its total.
fn sold(sales: &[Sale]) -> String {
    let facts = |sale: &Sale| SaleFacts {
        id: sale.id,
        head: SaleHead::from(sale),
        completed_at: sale.completed_at,
        lines: sale
            .lines
            .iter()
            .map(|line| LineFacts {
                id: line.id,
                fact: LineFact::from(line),
                parent: line.parent,
                value: line.value,
            })
            .collect(),
    };
    let facts: Vec<SaleFacts> = sales.iter().map(facts).collect();
    let items = HashMap::from([
        (ItemId(40), ItemState::Product),
        (ItemId(41), ItemState::Product),
    ]);
    let mut outcomes = sell_orders(&[SaleId(570)], &facts, &items, &everything());
    let SaleOutcome::Order(order) = outcomes.remove(0).1 else {
        panic!("no order");
    };
    let lines = order.lines.iter().map(|line| {
        format!(
            "{} x {} = {}",
            line.item_id, line.quantity, line.subtotal_value
        )
    });
    let lines: Vec<String> = lines.collect();
    format!("{}: {}", lines.join(", "), order.total_value)
}

#[test]
fn a_sale_becomes_two_lines_and_the_gift_wrap_none() {
    assert_eq!(sold(&sales()[..1]), "40 x 3 = 28.00, 41 x 1 = 4.50: 32.50");
}

#[test]
fn a_refund_lowers_the_sale_and_voiding_it_brings_everything_back() {
    let mut sales = sales();
    assert_eq!(sold(&sales), "40 x 2 = 19.00, 41 x 1 = 4.50: 23.50");
    sales[1].voided = true;
    assert_eq!(sold(&sales), "40 x 3 = 28.00, 41 x 1 = 4.50: 32.50");
}

#[test]
fn stock_and_floor_are_the_sums_of_the_chosen_locations() {
    let mut records = records(Feed::Items, "items/worked-example-of-stock");
    let Record::Item(item) = records.remove(0) else {
        panic!("no item");
    };
    let stock: Vec<StockFact> = item.stock.iter().flatten().map(StockFact::from).collect();
    let settings = Settings::new(Locations::Multiple(vec![ShopId(1), ShopId(3)]), ShopId(1));
    let outcome = product(&ItemFacts::from(&item), Some(&stock), &shops(), &settings);
    let ProductOutcome::Desired(product) = outcome else {
        panic!("no product");
    };
    assert_eq!(
        (product.stock_level, product.minimum_stock),
        (Some(5), Some(7))
    );
}
