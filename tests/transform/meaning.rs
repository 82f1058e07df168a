//! What the rules after normalize say of a single record, for the snapshots.

use crate::door::{at, chosen, everything, shops};
use pipeline::filter::{
    self, Lifecycle, LineFact, OrderHead, OrderLife, OrderLineFact, SaleHead, Verdict,
};
use pipeline::id::VendorId;
use pipeline::load::sell_order::ItemState;
use pipeline::load::{
    self, ItemFacts, OrderFacts, OrderOutcome, PairFacts, ParentFacts, PartFacts, ProductOutcome,
    PurchaseFacts, ShipmentFacts, StockFact, VendorFacts, VendorState,
};
use pipeline::record::{Item, ItemKind, Order, Record};
use serde_json::{Value, json};
use std::collections::HashMap;

/// What the rules after normalize make of a record.
pub(crate) fn meaning(record: &Record) -> Value {
    match record {
        Record::Shop(_) => Value::Null,
        Record::Vendor(vendor) => {
            let supplied = load::supplier(vendor, false);
            json!({
                "first seen": verdict(filter::vendor(vendor.archived, &lived(false, false))),
                "needed": verdict(filter::vendor(vendor.archived, &lived(false, true))),
                "loaded before": verdict(filter::vendor(vendor.archived, &lived(true, false))),
                "supplier": supplied.supplier, "invalid e-mails": supplied.invalid_emails,
            })
        }
        Record::Item(item) => {
            let stock: Option<Vec<StockFact>> = item
                .stock
                .as_ref()
                .map(|rows| rows.iter().map(StockFact::from).collect());
            let outcome = load::product(
                &ItemFacts::from(item),
                stock.as_deref(),
                &shops(),
                &chosen(),
            );
            let seen = |loaded, needed| {
                verdict(filter::item(
                    &item.kind,
                    item.archived,
                    &lived(loaded, needed),
                ))
            };
            json!({
                "first seen": seen(false, false), "needed": seen(false, true),
                "loaded before": seen(true, false),
                "supplier products": pairs(item), "compositions": parts(item),
                "product": match outcome {
                    ProductOutcome::Desired(product) => json!(product),
                    ProductOutcome::Rejected(reason) => json!({ "rejected": reason }),
                },
            })
        }
        Record::Stock(row) => json!({
            "chosen locations": verdict(filter::stock(row, &chosen())),
            "every location": verdict(filter::stock(row, &everything())),
        }),
        Record::Order(order) => {
            let lines: Vec<OrderLineFact> = order.lines.iter().map(OrderLineFact::from).collect();
            let head = OrderHead::from(order);
            let life = OrderLife::default();
            json!({
                "placed": order.placed(),
                "chosen locations": verdict(filter::order(&head, &lines, life, &chosen())),
                "every location, drafts too": verdict(filter::order(&head, &lines, life, &everything())),
                "every location": purchased(order),
            })
        }
        Record::Shipment(shipment) => {
            let received = ShipmentFacts::from(shipment).received();
            json!({
                "occurred": shipment.occurred(),
                "verdict": verdict(filter::shipment(received)),
            })
        }
        Record::Sale(sale) => {
            let lines: Vec<LineFact> = sale.lines.iter().map(LineFact::from).collect();
            let head = SaleHead::from(sale);
            let counting = lines.iter().zip(&sale.lines);
            let counting = counting.filter(|(fact, _)| filter::counts(fact, sale.shop, &chosen()));
            json!({
                "placed": sale.placed(),
                "completed sales of chosen locations": verdict(filter::sale(&head, &lines, &chosen())),
                "all sales of every location": verdict(filter::sale(&head, &lines, &everything())),
                "counting lines": counting.map(|(_, line)| line.id).collect::<Vec<_>>(),
            })
        }
    }
}

fn lived(loaded: bool, needed: bool) -> Lifecycle {
    Lifecycle {
        loaded,
        needed,
        vanished: false,
    }
}

/// The supplier products of an item whose vendors are all suppliers; vendor 33 sells in dollars,
/// the account counts in euros.
fn pairs(item: &Item) -> Value {
    let facts = PairFacts {
        item: ItemFacts::from(item),
        in_model: true,
        manufacturer_sku: &item.manufacturer_sku,
        default_vendor: item.default_vendor,
        default_cost: item.default_cost,
        numbers: &item.vendor_numbers,
    };
    let named = item.vendor_numbers.iter().filter_map(|row| row.vendor);
    let vendors: HashMap<VendorId, VendorFacts> = named
        .chain(item.default_vendor)
        .map(|id| {
            let facts = VendorFacts {
                in_model: true,
                currency: (id == VendorId(33)).then(|| "USD".to_owned()),
                ..VendorFacts::default()
            };
            (id, facts)
        })
        .collect();
    let pairs = load::supplier_products(&facts, &vendors, Some("EUR"), &[]);
    json!({ "desired": pairs.desired, "notes": pairs.notes })
}

/// The compositions of an item whose parts are all ordinary products.
fn parts(item: &Item) -> Value {
    let parent = ParentFacts {
        id: item.id,
        kind: &item.kind,
        archived: item.archived,
        vanished: false,
        in_model: true,
    };
    let known = PartFacts::Known {
        in_model: true,
        kind: ItemKind::Default,
        archived: false,
        vanished: false,
    };
    let named = item.components.iter().filter_map(|row| row.part);
    let parts = named.map(|part| (part, known.clone())).collect();
    let made = load::compositions(&parent, &item.components, &parts);
    json!({ "desired": made.desired, "skipped": made.skipped, "added": made.added })
}

/// What becomes of an order of which nothing but the record is known, in every location.
fn purchased(order: &Order) -> Value {
    let facts = OrderFacts::from(order);
    let named = order.lines.iter().filter_map(|line| line.item);
    let items = named.map(|item| (item, ItemState::Product)).collect();
    let purchase = load::purchase(
        &PurchaseFacts {
            order: &facts,
            held: false,
            exported: false,
            vendor: VendorState::Supplier,
            shipments: &[],
            checked_in: &[],
            complete_since: None,
            seen_at: at("2026-06-01T00:00:00Z"),
        },
        &items,
        &everything(),
    );
    let order = match purchase.order {
        OrderOutcome::Order(order) | OrderOutcome::Echo(order) => json!(order),
        OrderOutcome::None(reason) => json!({ "none": reason }),
        OrderOutcome::Waiting { vendor, items } => json!({ "waits": (vendor, items) }),
    };
    json!({ "buy order": order, "receipts": purchase.receipts })
}

fn verdict(verdict: Verdict) -> Value {
    verdict
        .reason()
        .map_or(json!("kept"), |reason| json!(reason))
}
