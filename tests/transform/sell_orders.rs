//! What becomes of sales: what their orders hold, and what is left out.

mod changes;
mod netting;
mod returns;
mod shuffled;

use crate::door::{at, everything};
use pipeline::filter::{LineFact, SaleHead};
use pipeline::id::{ItemId, SaleId, SaleLineId, ShopId};
use pipeline::load::sell_order::{
    ItemState, LineFacts, SaleFacts, SaleOutcome, SellOrder, sell_orders,
};
use pipeline::reason::Reason;
use pipeline::settings::Settings;
use rust_decimal::Decimal;
use std::collections::HashMap;

/// A sale completed in shop 1.
fn sale(id: i64, lines: &[LineFacts]) -> SaleFacts {
    SaleFacts {
        id: SaleId(id),
        head: SaleHead {
            shop: Some(ShopId(1)),
            completed: true,
            voided: false,
            archived: false,
            placed: Some(at("2026-02-01T10:00:05Z")),
            held: false,
        },
        completed_at: Some(at("2026-02-01T10:00:05Z")),
        lines: lines.to_vec(),
    }
}

/// Pieces of an item at a value.
fn line(id: i64, item: i64, quantity: i64, value: &str) -> LineFacts {
    LineFacts {
        id: SaleLineId(id),
        fact: LineFact {
            item: Some(ItemId(item)),
            shop: None,
            fee: false,
            quantity,
        },
        parent: None,
        value: value.parse().expect("a value"),
    }
}

/// The same, coming back from another line.
fn back(id: i64, item: i64, quantity: i64, value: &str, parent: i64) -> LineFacts {
    LineFacts {
        parent: Some(SaleLineId(parent)),
        ..line(id, item, quantity, value)
    }
}

/// What becomes of each sale; items are products unless said otherwise.
fn load(sales: &[SaleFacts], odd: &[(i64, ItemState)], settings: &Settings) -> Loaded {
    let mut items: HashMap<ItemId, ItemState> = sales
        .iter()
        .flat_map(|sale| &sale.lines)
        .filter_map(|line| Some((line.fact.item?, ItemState::Product)))
        .collect();
    items.extend(odd.iter().map(|(id, state)| (ItemId(*id), *state)));
    let wanted: Vec<SaleId> = sales.iter().map(|sale| sale.id).collect();
    let outcomes = sell_orders(&wanted, sales, &items, settings);
    assert_eq!(outcomes.len(), sales.len());
    Loaded(outcomes.into_iter().collect())
}

#[derive(Debug, PartialEq)]
struct Loaded(HashMap<SaleId, SaleOutcome>);

impl Loaded {
    fn order(&self, sale: i64) -> &SellOrder {
        match &self.0[&SaleId(sale)] {
            SaleOutcome::Order(order) => order,
            other => panic!("sale {sale} is no order: {other:?}"),
        }
    }

    /// The lines of an order as `item x quantity = value`, and its total.
    fn lines(&self, sale: i64) -> String {
        let order = self.order(sale);
        let lines: Vec<String> = order
            .lines
            .iter()
            .map(|line| {
                format!(
                    "{} x {} = {}",
                    line.item_id, line.quantity, line.subtotal_value
                )
            })
            .collect();
        format!("{}: {}", lines.join(", "), order.total_value)
    }

    fn reason(&self, sale: i64) -> Reason {
        match &self.0[&SaleId(sale)] {
            SaleOutcome::None(reason) => *reason,
            other => panic!("sale {sale} has no reason: {other:?}"),
        }
    }

    fn lowers_another(&self, sale: i64) -> bool {
        self.0[&SaleId(sale)] == SaleOutcome::LowersAnother
    }
}

/// The sale of the worked example: two lines of item 40, a line without an item, one of item 41.
fn example() -> SaleFacts {
    let gift_wrap = LineFacts {
        fact: LineFact {
            item: None,
            ..line(3, 0, 1, "3.00").fact
        },
        ..line(3, 0, 1, "3.00")
    };
    sale(
        1,
        &[
            line(1, 40, 2, "18.00"),
            line(2, 40, 1, "10.00"),
            gift_wrap,
            line(4, 41, 1, "4.500"),
        ],
    )
}

#[test]
fn a_sale_is_an_order_with_each_product_once() {
    let loaded = load(&[example()], &[], &everything());
    assert_eq!(loaded.lines(1), "40 x 3 = 28.00, 41 x 1 = 4.50: 32.50");
    let order = loaded.order(1);
    assert_eq!(order.placed, at("2026-02-01T10:00:05Z"));
    assert_eq!(order.completed, Some(order.placed));
}

#[test]
fn lines_of_items_that_are_no_products_are_left_out() {
    let (service, gone, product) = (50, 51, 40);
    let odd = [(service, ItemState::NonInventory), (gone, ItemState::Gone)];
    let sales = [
        sale(
            1,
            &[line(1, product, 1, "9.00"), line(2, service, 1, "30.00")],
        ),
        sale(2, &[line(3, product, 1, "9.00"), line(4, gone, 1, "5.00")]),
        sale(3, &[line(5, service, 1, "30.00")]),
        sale(4, &[line(6, service, 1, "30.00"), line(7, gone, 1, "5.00")]),
        sale(5, &[back(8, service, -1, "-30.00", 2)]),
    ];
    let loaded = load(&sales, &odd, &everything());
    assert_eq!(loaded.lines(1), "40 x 1 = 9.00: 9.00");
    assert_eq!(loaded.lines(2), "40 x 1 = 9.00: 9.00");
    assert_eq!(loaded.reason(3), Reason::OnlyNonInventory);
    assert_eq!(loaded.reason(4), Reason::ItemGone);
    assert_eq!(loaded.reason(5), Reason::OnlyNonInventory);
}

#[test]
fn a_sale_waits_for_the_items_it_names_but_not_for_those_that_do_not_count() {
    let missing = [(41, ItemState::Missing), (42, ItemState::Missing)];
    let fee = LineFacts {
        fact: LineFact {
            fee: true,
            ..line(3, 43, 1, "1.00").fact
        },
        ..line(3, 43, 1, "1.00")
    };
    let waits = sale(
        1,
        &[
            line(1, 42, 1, "1.00"),
            line(2, 41, -1, "-1.00"),
            fee,
            line(4, 40, 1, "9.00"),
        ],
    );
    let mut voided = sale(2, &[line(10, 41, 1, "1.00")]);
    voided.head.voided = true;
    let loaded = load(&[waits, voided], &missing, &everything());
    assert_eq!(
        loaded.0[&SaleId(1)],
        SaleOutcome::Waiting(vec![ItemId(41), ItemId(42)])
    );
    assert_eq!(loaded.reason(2), Reason::Voided);
    // What nobody has heard of is missing too.
    let unheard = sell_orders(
        &[SaleId(3)],
        &[sale(3, &[line(20, 99, 1, "1.00")])],
        &HashMap::new(),
        &everything(),
    );
    assert_eq!(unheard[0].1, SaleOutcome::Waiting(vec![ItemId(99)]));
}

#[test]
fn a_value_below_zero_is_sent_as_nothing() {
    let rebate = sale(1, &[line(1, 40, 1, "-2.00"), line(2, 41, 1, "5.00")]);
    assert_eq!(
        load(&[rebate], &[], &everything()).lines(1),
        "40 x 1 = 0.00, 41 x 1 = 5.00: 5.00"
    );
    // A return may carry more value than its piece had.
    let dear = sale(2, &[back(10, 40, -1, "-30.00", 1)]);
    let loaded = load(&[example(), dear], &[], &everything());
    assert_eq!(loaded.lines(1), "40 x 2 = 0.00, 41 x 1 = 4.50: 4.50");
}

#[test]
fn values_are_rounded_once_and_half_goes_up() {
    let thirds = sale(
        1,
        &[
            line(1, 40, 1, "0.3333"),
            line(2, 40, 1, "0.3333"),
            line(3, 40, 1, "0.3334"),
            line(4, 41, 1, "1.005"),
        ],
    );
    assert_eq!(
        load(&[thirds], &[], &everything()).lines(1),
        "40 x 3 = 1.00, 41 x 1 = 1.01: 2.01"
    );
}

#[test]
fn an_open_sale_has_no_completion() {
    let mut open = example();
    open.head.completed = false;
    let loaded = load(std::slice::from_ref(&open), &[], &everything());
    assert_eq!(loaded.order(1).completed, None);
    let completed_only = Settings {
        sync_all_sales_orders: false,
        ..everything()
    };
    assert_eq!(
        load(&[open], &[], &completed_only).reason(1),
        Reason::NotCompleted
    );
}

#[test]
fn only_what_was_asked_for_is_answered() {
    let refund = sale(2, &[back(10, 40, -1, "-9.00", 1)]);
    let items = [
        (ItemId(40), ItemState::Product),
        (ItemId(41), ItemState::Product),
    ]
    .into();
    let wanted = [SaleId(1), SaleId(7)];
    let outcomes = sell_orders(&wanted, &[example(), refund], &items, &everything());
    let [(SaleId(1), SaleOutcome::Order(order))] = outcomes.as_slice() else {
        panic!("{outcomes:?}");
    };
    assert_eq!(order.total_value, Decimal::new(2350, 2));
}
