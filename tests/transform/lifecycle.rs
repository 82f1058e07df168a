//! Changes of mind, in the source and in the settings, that decide about single objects.

use crate::door::{at, chosen, shops};
use pipeline::filter::{self, Counting, LineFact, SaleHead};
use pipeline::id::{ItemId, SaleId, SaleLineId, ShopId, VendorId};
use pipeline::load::sell_order::{ItemState, LineFacts, SaleFacts, SaleOutcome, sell_orders};
use pipeline::load::{ItemFacts, Product, ProductOutcome, ProductStatus, StockFact, product};
use pipeline::reason::Reason;
use pipeline::record::{ItemKind, Vendor};
use pipeline::settings::{RemovedHistory, Settings};
use rust_decimal::Decimal;
use std::collections::HashMap;

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

fn of(item: ItemFacts<'_>, settings: &Settings) -> Product {
    let rows = [(1, 6, 5, 2), (3, -1, 2, 3), (5, 9, 9, 9), (7, 8, 8, 8)];
    let stock = rows.map(|(shop, on_hand, reorder_point, transfer_in)| StockFact {
        shop: Some(ShopId(shop)),
        on_hand,
        reorder_point,
        transfer_in,
    });
    match product(&item, Some(&stock), &shops(), settings) {
        ProductOutcome::Desired(product) => product,
        ProductOutcome::Rejected(reason) => panic!("rejected: {reason}"),
    }
}

#[test]
fn a_vanished_item_is_disabled_without_stock_and_comes_back_whole() {
    let there = of(item(), &chosen());
    let levels = |product: &Product| (product.stock_level, product.minimum_stock);
    assert_eq!(levels(&there), (Some(5), Some(7)));
    let gone = of(
        ItemFacts {
            vanished: true,
            ..item()
        },
        &chosen(),
    );
    assert_eq!(gone.status, ProductStatus::Disabled);
    assert_eq!(levels(&gone), (Some(0), Some(0)));
    assert_eq!(of(item(), &chosen()), there);
}

#[test]
fn an_archived_item_keeps_the_stock_that_was_read() {
    let archived = of(
        ItemFacts {
            archived: true,
            ..item()
        },
        &chosen(),
    );
    assert_eq!(archived.status, ProductStatus::Disabled);
    assert_eq!(archived.stock_level, Some(5));
}

#[test]
fn goods_in_transit_count_only_by_the_setting_and_only_in_chosen_open_locations() {
    let with = Settings {
        count_in_transit: true,
        ..chosen()
    };
    assert_eq!(of(item(), &chosen()).stock_level, Some(5));
    assert_eq!(of(item(), &with).stock_level, Some(10));
    assert_eq!(of(item(), &with).minimum_stock, Some(7));
}

#[test]
fn the_article_code_can_be_left_to_the_planner() {
    let without = Settings {
        article_code: false,
        ..chosen()
    };
    assert_eq!(of(item(), &chosen()).article_code.as_deref(), Some("40"));
    assert_eq!(of(item(), &without).article_code, None);
}

#[test]
fn a_vendor_that_is_archived_or_vanished_is_ignored_until_it_is_back() {
    let vendor = |archived| Vendor {
        id: VendorId(3),
        name: "Wheels".to_owned(),
        archived,
        emails: vec![],
        currency: None,
        changed_at: None,
    };
    let ignored = |archived, vanished| {
        let supplied = pipeline::load::supplier(&vendor(archived), vanished);
        supplied.supplier.ignored
    };
    assert!(!ignored(false, false));
    assert!(ignored(true, false) && ignored(false, true));
}

#[test]
fn settings_of_before_these_points_existed_have_their_defaults() {
    let stored = r#"{"locations":{"mode":"one"},"default_location":1,"sync_all_sales_orders":false,
        "history_since":null,"prices_include_tax":"auto","returns":"net_original"}"#;
    let settings: Settings = serde_json::from_str(stored).expect("settings as they were stored");
    assert_eq!(
        settings,
        Settings::new(settings.locations.clone(), ShopId(1))
    );
    assert!(settings.article_code && !settings.count_in_transit && !settings.include_open_pos);
    assert_eq!(settings.removed_location_history, RemovedHistory::Delete);
}

/// A sale of shop 5, which is not chosen.
fn elsewhere(held: bool) -> SaleFacts {
    SaleFacts {
        id: SaleId(1),
        head: SaleHead {
            shop: Some(ShopId(5)),
            completed: true,
            voided: false,
            archived: false,
            placed: Some(at("2026-02-01T10:00:05Z")),
            held,
        },
        completed_at: None,
        lines: vec![LineFacts {
            id: SaleLineId(1),
            fact: LineFact {
                item: Some(ItemId(40)),
                shop: None,
                fee: false,
                quantity: 2,
            },
            parent: None,
            value: Decimal::new(900, 2),
        }],
    }
}

fn sold(sale: SaleFacts, settings: &Settings) -> SaleOutcome {
    let items = HashMap::from([(ItemId(40), ItemState::Product)]);
    sell_orders(&[SaleId(1)], &[sale], &items, settings)
        .remove(0)
        .1
}

#[test]
fn the_history_of_a_location_that_was_taken_out_can_be_kept() {
    let keep = Settings {
        removed_location_history: RemovedHistory::Keep,
        ..chosen()
    };
    let away = SaleOutcome::None(Reason::OtherLocation);
    assert_eq!(sold(elsewhere(true), &chosen()), away);
    assert_eq!(
        sold(elsewhere(false), &keep),
        away,
        "what was never loaded is not"
    );
    let SaleOutcome::Order(order) = sold(elsewhere(true), &keep) else {
        panic!("the order stays");
    };
    assert_eq!(
        (order.lines[0].quantity, order.total_value.to_string()),
        (2, "9.00".to_owned())
    );
    let mut voided = elsewhere(true);
    voided.head.voided = true;
    assert_eq!(sold(voided, &keep), SaleOutcome::None(Reason::Voided));
    let facts: Vec<LineFact> = elsewhere(true).lines.iter().map(|line| line.fact).collect();
    let counting = filter::counting(&elsewhere(true).head, &facts, &keep);
    assert_eq!(counting, Counting::History);
}
