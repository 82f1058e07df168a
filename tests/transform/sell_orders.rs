//! What becomes of sales: netting, returns, and what is left out.

mod shuffled;

use crate::door::{at, everything};
use pipeline::filter::{LineFact, SaleHead};
use pipeline::id::{ItemId, SaleId, SaleLineId, ShopId};
use pipeline::load::sell_order::{
    ItemState, LineFacts, SaleFacts, SaleOutcome, SellOrder, sell_orders,
};
use pipeline::reason::Reason;
use pipeline::settings::{Locations, Returns, Settings};
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
fn a_refund_lowers_the_sale_it_came_from_and_a_voided_one_does_not() {
    let mut refund = sale(2, &[back(10, 40, -1, "-9.00", 1)]);
    let loaded = load(&[example(), refund.clone()], &[], &everything());
    assert_eq!(loaded.lines(1), "40 x 2 = 19.00, 41 x 1 = 4.50: 23.50");
    assert!(loaded.lowers_another(2));
    refund.head.voided = true;
    let loaded = load(&[example(), refund], &[], &everything());
    assert_eq!(loaded.lines(1), "40 x 3 = 28.00, 41 x 1 = 4.50: 32.50");
    assert_eq!(loaded.reason(2), Reason::Voided);
}

#[test]
fn more_may_come_back_than_was_sold_but_never_less_than_nothing_is_left() {
    let refund = sale(2, &[back(10, 40, -5, "-45.00", 1)]);
    let loaded = load(&[example(), refund], &[], &everything());
    assert_eq!(loaded.lines(1), "41 x 1 = 4.50: 4.50");
    let all = [
        sale(1, &[line(1, 40, 1, "9.00")]),
        sale(2, &[back(10, 40, -3, "-27.00", 1)]),
    ];
    let loaded = load(&all, &[], &everything());
    assert_eq!(loaded.reason(1), Reason::ReturnedInFull);
    assert!(loaded.lowers_another(2));
}

#[test]
fn an_exchange_nets_what_it_holds_both_ways() {
    let even = sale(2, &[line(10, 40, 1, "9.00"), line(11, 40, -1, "-12.00")]);
    assert_eq!(
        load(&[even], &[], &everything()).reason(2),
        Reason::ReturnsCancelOut
    );
    // The other size goes out, and what came back lowers the sale it came from.
    let exchange = sale(2, &[line(10, 41, 1, "9.00"), back(11, 40, -1, "-9.00", 1)]);
    let loaded = load(&[example(), exchange], &[], &everything());
    assert_eq!(loaded.lines(2), "41 x 1 = 9.00: 9.00");
    assert_eq!(loaded.lines(1), "40 x 2 = 19.00, 41 x 1 = 4.50: 23.50");
    // More of the item goes out than comes back: there is no remainder to lower anything with.
    let more = sale(2, &[line(10, 40, 2, "18.00"), back(11, 40, -1, "-9.00", 1)]);
    let loaded = load(&[example(), more], &[], &everything());
    assert_eq!(loaded.lines(2), "40 x 1 = 9.00: 9.00");
    assert_eq!(loaded.order(1).total_value, Decimal::new(3250, 2));
}

#[test]
fn a_remainder_goes_whole_to_its_lowest_line_with_a_loaded_parent() {
    let mut voided = sale(1, &[line(1, 40, 5, "50.00")]);
    voided.head.voided = true;
    let sales = [
        voided,
        sale(2, &[line(2, 40, 4, "40.00")]),
        sale(3, &[line(3, 40, 4, "40.00")]),
        // Sent in another order than their ids; the first one's sale does not count.
        sale(
            4,
            &[
                back(12, 40, -1, "-10.00", 3),
                back(11, 40, -1, "-10.00", 2),
                back(10, 40, -1, "-10.00", 1),
            ],
        ),
    ];
    let loaded = load(&sales, &[], &everything());
    assert_eq!(loaded.lines(2), "40 x 1 = 10.00: 10.00");
    assert_eq!(loaded.lines(3), "40 x 4 = 40.00: 40.00");
    assert!(loaded.lowers_another(4));
}

#[test]
fn a_return_needs_a_line_of_its_item_that_was_sold_in_another_sale() {
    let of_other_item = sale(2, &[back(10, 41, -1, "-9.00", 1)]);
    let of_nothing = sale(3, &[back(11, 40, -1, "-9.00", 99)]);
    let unlinked = sale(4, &[line(12, 40, -1, "-9.00")]);
    let of_itself = sale(
        5,
        &[line(13, 40, 1, "9.00"), back(14, 40, -2, "-18.00", 13)],
    );
    let sales = [example(), of_other_item, of_nothing, unlinked, of_itself];
    let loaded = load(&sales, &[], &everything());
    for sale in 2..=5 {
        assert_eq!(loaded.reason(sale), Reason::ReturnWithoutSale, "{sale}");
    }
    assert_eq!(loaded.order(1).total_value, Decimal::new(3250, 2));
    // A sale whose own pieces of the item cancel out is nothing to lower.
    let cancelled = sale(1, &[line(1, 40, 1, "9.00"), line(2, 40, -1, "-9.00")]);
    let loaded = load(
        &[cancelled, sale(2, &[back(10, 40, -1, "-9.00", 1)])],
        &[],
        &everything(),
    );
    assert_eq!(loaded.reason(1), Reason::ReturnsCancelOut);
    assert_eq!(loaded.reason(2), Reason::ReturnWithoutSale);
}

#[test]
fn a_refund_of_a_refund_is_demand_again_and_lowers_nothing() {
    let sales = [
        example(),
        sale(2, &[back(10, 40, -1, "-9.00", 1)]),
        sale(3, &[back(20, 40, 1, "9.00", 10)]),
        sale(4, &[back(30, 40, -1, "-9.00", 10)]),
    ];
    let loaded = load(&sales, &[], &everything());
    assert_eq!(loaded.lines(1), "40 x 2 = 19.00, 41 x 1 = 4.50: 23.50");
    assert_eq!(loaded.lines(3), "40 x 1 = 9.00: 9.00");
    assert_eq!(loaded.reason(4), Reason::ReturnWithoutSale);
    // But what went out again may come back again.
    let again = sale(5, &[back(40, 40, -1, "-9.00", 20)]);
    let loaded = load(&[sales.as_slice(), &[again]].concat(), &[], &everything());
    assert_eq!(loaded.reason(3), Reason::ReturnedInFull);
}

#[test]
fn goods_come_back_in_any_location() {
    let chosen = Settings::new(Locations::Multiple(vec![ShopId(1)]), ShopId(1));
    let elsewhere = |sale: SaleFacts| SaleFacts {
        head: SaleHead {
            shop: Some(ShopId(5)),
            ..sale.head
        },
        ..sale
    };
    let refund = elsewhere(sale(
        2,
        &[back(10, 40, -1, "-9.00", 1), line(11, 41, 1, "4.50")],
    ));
    let sold = elsewhere(sale(3, &[line(20, 40, 1, "9.00")]));
    // What was never counted cannot be lowered.
    let of_sold = sale(4, &[back(30, 40, -1, "-9.00", 20)]);
    let loaded = load(&[example(), refund, sold, of_sold], &[], &chosen);
    assert_eq!(loaded.lines(1), "40 x 2 = 19.00, 41 x 1 = 4.50: 23.50");
    assert!(
        loaded.lowers_another(2),
        "its own line is not of a chosen shop"
    );
    assert_eq!(loaded.reason(3), Reason::OtherLocation);
    assert_eq!(loaded.reason(4), Reason::ReturnWithoutSale);
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
fn ignored_returns_lower_nothing() {
    let ignore = Settings {
        returns: Returns::Ignore,
        ..everything()
    };
    let refund = sale(2, &[back(10, 40, -1, "-9.00", 1)]);
    let exchange = sale(3, &[line(20, 40, 1, "9.00"), line(21, 40, -1, "-9.00")]);
    let loaded = load(&[example(), refund, exchange], &[], &ignore);
    assert_eq!(loaded.lines(1), "40 x 3 = 28.00, 41 x 1 = 4.50: 32.50");
    assert_eq!(loaded.reason(2), Reason::ReturnWithoutSale);
    // Within one sale there is nothing to choose: it never left.
    assert_eq!(loaded.reason(3), Reason::ReturnsCancelOut);
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
    let sync_all = Settings {
        sync_all_sales_orders: true,
        ..everything()
    };
    let mut open = example();
    open.head.completed = false;
    let loaded = load(&[open.clone()], &[], &sync_all);
    assert_eq!(loaded.order(1).completed, None);
    assert_eq!(
        load(&[open], &[], &everything()).reason(1),
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
