//! Goods that came back: which sale they lower, and when they lower none.

use super::{back, example, line, load, sale};
use crate::door::everything;
use pipeline::filter::SaleHead;
use pipeline::id::ShopId;
use pipeline::load::sell_order::SaleFacts;
use pipeline::reason::Reason;
use pipeline::settings::{Locations, Returns, Settings};
use rust_decimal::Decimal;

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
