//! What purchase orders and arrivals lead to, case by case.

mod arrivals;
mod changes;
mod checked_in;
mod filters;
mod shuffled;

use crate::door::{at, everything};
use chrono::{DateTime, Utc};
use pipeline::filter::{OrderHead, OrderLineFact};
use pipeline::id::{ItemId, OrderId, OrderLineId, ShipmentId, ShipmentItemId, ShopId, VendorId};
use pipeline::load::sell_order::ItemState;
use pipeline::load::{
    BuyOrder, CheckedIn, OrderFacts, OrderLineFacts, OrderOutcome, Purchase, PurchaseFacts,
    ShipmentFacts, ShipmentItemFacts, VendorState, purchase,
};
use pipeline::reason::Reason;
use pipeline::settings::Settings;
use std::collections::HashMap;

/// An order placed on 6 January for shop 1 with two lines of item 40 and one of item 41.
fn order() -> OrderFacts {
    OrderFacts {
        id: OrderId(812),
        head: OrderHead {
            shop: Some(ShopId(1)),
            vendor: Some(VendorId(33)),
            ordered: true,
            complete: false,
            archived: false,
            placed: Some(at("2026-01-06T23:00:00Z")),
        },
        expected_at: Some(at("2026-01-12T23:00:00Z")),
        received_at: None,
        checked_in_at: Some(at("2026-01-19T08:00:00Z")),
        has_shipments: false,
        lines: vec![
            line(1, 40, 5, "10.00"),
            line(2, 40, 3, "6.005"),
            line(3, 41, 2, "1.00"),
        ],
    }
}

fn line(id: i64, item: i64, quantity: i64, value: &str) -> OrderLineFacts {
    OrderLineFacts {
        id: OrderLineId(id),
        fact: OrderLineFact {
            item: Some(ItemId(item)),
            quantity,
            checked_in: 0,
        },
        value: value.parse().expect("a value"),
    }
}

/// An arrival of January with its items: id, item, line it names, pieces.
fn arrival(id: i64, day: u32, items: &[(i64, i64, i64, i64)]) -> ShipmentFacts {
    let when: DateTime<Utc> = at(&format!("2026-01-{day:02}T09:00:00Z"));
    let named = |id: i64| (id != 0).then_some(id);
    ShipmentFacts {
        id: ShipmentId(id),
        received_at: Some(when),
        occurred: Some(when),
        items: items
            .iter()
            .map(|(id, item, line, received)| ShipmentItemFacts {
                id: ShipmentItemId(*id),
                item: named(*item).map(ItemId),
                line: named(*line).map(OrderLineId),
                received: *received,
            })
            .collect(),
    }
}

struct Case<'a> {
    order: OrderFacts,
    held: bool,
    vendor: VendorState,
    shipments: Vec<ShipmentFacts>,
    checked_in: &'a [CheckedIn],
    odd: &'a [(i64, ItemState)],
    settings: Settings,
}

impl Case<'_> {
    fn of(order: OrderFacts) -> Self {
        Case {
            order,
            held: false,
            vendor: VendorState::Supplier,
            shipments: Vec::new(),
            checked_in: &[],
            odd: &[],
            settings: everything(),
        }
    }

    fn load(&self) -> Purchase {
        let named = self.order.lines.iter().filter_map(|line| line.fact.item);
        let mut items: HashMap<ItemId, ItemState> =
            named.map(|item| (item, ItemState::Product)).collect();
        items.extend(self.odd.iter().map(|(id, state)| (ItemId(*id), *state)));
        purchase(
            &PurchaseFacts {
                order: &self.order,
                held: self.held,
                exported: false,
                vendor: self.vendor,
                shipments: &self.shipments,
                checked_in: self.checked_in,
                complete_since: None,
                seen_at: at("2026-03-01T00:00:00Z"),
            },
            &items,
            &self.settings,
        )
    }

    fn bought(&self) -> BuyOrder {
        match self.load().order {
            OrderOutcome::Order(order) => order,
            other => panic!("no buy order: {other:?}"),
        }
    }

    fn reason(&self) -> Option<Reason> {
        match self.load().order {
            OrderOutcome::Echo(_) => Some(Reason::ExportedOrder),
            OrderOutcome::None(reason) => Some(reason),
            _ => None,
        }
    }

    /// The receipts as `line: key x quantity`.
    fn receipts(&self) -> Vec<String> {
        self.load()
            .receipts
            .iter()
            .map(|one| format!("{}: {} x {}", one.order_line_id, one.key, one.quantity))
            .collect()
    }
}

#[test]
fn an_order_keeps_its_lines_and_sums_what_is_sent() {
    let order = Case::of(order()).bought();
    let lines: Vec<String> = order
        .lines
        .iter()
        .map(|line| {
            format!(
                "{}: {} x {} = {}",
                line.order_line_id, line.item_id, line.quantity, line.subtotal_value
            )
        })
        .collect();
    assert_eq!(
        lines,
        ["1: 40 x 5 = 10.00", "2: 40 x 3 = 6.01", "3: 41 x 2 = 1.00"]
    );
    assert_eq!(order.total_value.to_string(), "17.01");
    assert_eq!(order.vendor_id, VendorId(33));
    assert_eq!(order.placed, at("2026-01-06T23:00:00Z"));
    assert_eq!(
        order.expected_delivery_date,
        Some(at("2026-01-12T23:00:00Z"))
    );
    assert_eq!(order.completed, None);
}

#[test]
fn an_order_waits_for_its_vendor_and_its_items_at_once() {
    let case = Case {
        vendor: VendorState::Missing,
        odd: &[(41, ItemState::Missing)],
        ..Case::of(order())
    };
    let outcome = case.load().order;
    assert_eq!(outcome.waits_for(), Some(Reason::WaitingForVendor));
    assert_eq!(
        outcome,
        OrderOutcome::Waiting {
            vendor: Some(VendorId(33)),
            items: vec![ItemId(41)]
        }
    );
    let item = Case {
        odd: &[(41, ItemState::Missing)],
        ..Case::of(order())
    };
    assert_eq!(item.load().order.waits_for(), Some(Reason::WaitingForItem));
    let gone = Case {
        vendor: VendorState::Gone,
        odd: &[(41, ItemState::Missing)],
        ..Case::of(order())
    };
    assert_eq!(gone.reason(), Some(Reason::VendorGone));
}

#[test]
fn lines_of_items_that_are_no_products_are_left_out() {
    let with = |odd: &'static [(i64, ItemState)]| Case {
        odd,
        ..Case::of(order())
    };
    let some = with(&[(40, ItemState::Gone)]).bought();
    assert_eq!(
        (some.lines.len(), some.total_value.to_string()),
        (1, "1.00".to_owned())
    );
    let none = with(&[(40, ItemState::Gone), (41, ItemState::NonInventory)]);
    assert_eq!(none.reason(), Some(Reason::ItemGone));
    let labour = with(&[(40, ItemState::NonInventory), (41, ItemState::NonInventory)]);
    assert_eq!(labour.reason(), Some(Reason::OnlyNonInventory));
}

#[test]
fn a_complete_order_is_completed_by_the_best_that_is_known() {
    let mut facts = order();
    facts.head.complete = true;
    let completed = |facts: &OrderFacts, shipments| {
        let case = Case {
            shipments,
            ..Case::of(facts.clone())
        };
        case.bought().completed
    };
    assert_eq!(
        completed(&facts, vec![]),
        Some(at("2026-03-01T00:00:00Z")),
        "first seen"
    );
    facts.received_at = Some(at("2026-01-18T00:00:00Z"));
    assert_eq!(
        completed(&facts, vec![]),
        Some(at("2026-01-18T00:00:00Z")),
        "checking in"
    );
    let mut undated = arrival(9, 25, &[(3, 40, 0, 1)]);
    undated.received_at = None;
    let arrived = vec![
        arrival(7, 20, &[(1, 40, 0, 1)]),
        arrival(8, 15, &[(2, 40, 0, 1)]),
        undated,
    ];
    assert_eq!(
        completed(&facts, arrived),
        Some(at("2026-01-20T09:00:00Z")),
        "dated arrivals only"
    );
}

#[test]
fn the_first_time_an_order_was_seen_complete_is_remembered_until_it_is_opened_again() {
    let mut facts = order();
    facts.head.complete = true;
    let at_first = Case::of(facts.clone()).load();
    assert_eq!(at_first.complete_since, Some(at("2026-03-01T00:00:00Z")));
    let later = purchase(
        &PurchaseFacts {
            order: &facts,
            held: true,
            exported: false,
            vendor: VendorState::Supplier,
            shipments: &[],
            checked_in: &[],
            complete_since: at_first.complete_since,
            seen_at: at("2026-04-01T00:00:00Z"),
        },
        &HashMap::from([
            (ItemId(40), ItemState::Product),
            (ItemId(41), ItemState::Product),
        ]),
        &everything(),
    );
    assert_eq!(later.complete_since, at_first.complete_since);
    facts.head.complete = false;
    let opened = Case::of(facts);
    assert_eq!(
        (opened.load().complete_since, opened.bought().completed),
        (None, None)
    );
}

#[test]
fn an_order_put_away_half_received_is_completed_at_its_newest_receipt() {
    let mut facts = order();
    facts.head.archived = true;
    assert_eq!(Case::of(facts.clone()).reason(), Some(Reason::Archived));
    let arrived = Case {
        shipments: vec![
            arrival(7, 20, &[(1, 40, 0, 1)]),
            arrival(8, 22, &[(2, 41, 0, 0)]),
        ],
        ..Case::of(facts.clone())
    };
    assert_eq!(arrived.bought().completed, Some(at("2026-01-20T09:00:00Z")));
    facts.lines[0].fact.checked_in = 1;
    assert_eq!(
        Case::of(facts).bought().completed,
        Some(at("2026-01-19T08:00:00Z"))
    );
}
