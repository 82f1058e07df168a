//! Adoption: which orders of one second are the same.

use pipeline::adopt::{Matches, OrderFacts, OrderLineFacts, match_orders};

fn order(id: i64, at: i64, lines: &[(i64, i64, i64)]) -> OrderFacts {
    OrderFacts {
        id,
        at,
        supplier: 0,
        cents: lines.iter().map(|(_, _, cents)| cents).sum(),
        lines: lines
            .iter()
            .map(|(product, quantity, cents)| OrderLineFacts {
                product: *product,
                quantity: *quantity,
                cents: *cents,
            })
            .collect(),
        whole: true,
    }
}

fn matches(same: &[(i64, i64)], ambiguous: &[(i64, &[i64])]) -> Matches {
    Matches {
        same: same.to_vec(),
        ambiguous: ambiguous
            .iter()
            .map(|(ours, theirs)| (*ours, theirs.to_vec()))
            .collect(),
    }
}

#[test]
fn equal_orders_are_the_same_each_once() {
    let line = [(7, 1, 500)];
    let ours = [
        order(1, 10, &line),
        order(2, 10, &line),
        order(3, 10, &line),
    ];
    let theirs = [order(91, 10, &line), order(92, 10, &line)];
    assert_eq!(
        match_orders(&ours, &theirs),
        matches(&[(1, 91), (2, 92)], &[])
    );
}

#[test]
fn the_order_of_lines_and_another_second_make_the_difference_they_should() {
    let ours = [order(1, 10, &[(7, 1, 500), (8, 2, 300)])];
    let theirs = [order(91, 10, &[(8, 2, 300), (7, 1, 500)])];
    assert_eq!(match_orders(&ours, &theirs), matches(&[(1, 91)], &[]));
    let later = [order(91, 11, &[(8, 2, 300), (7, 1, 500)])];
    assert_eq!(match_orders(&ours, &later), matches(&[], &[]));
    let mut elsewhere = order(91, 10, &[(8, 2, 300), (7, 1, 500)]);
    elsewhere.supplier = 4;
    assert_eq!(match_orders(&ours, &[elsewhere]), matches(&[], &[]));
}

#[test]
fn a_single_one_told_otherwise_is_the_same_if_it_shares_a_product() {
    let ours = [order(1, 10, &[(7, 1, 500), (8, 2, 300)])];
    let fewer = [order(91, 10, &[(7, 1, 500)])];
    assert_eq!(match_orders(&ours, &fewer), matches(&[(1, 91)], &[]));
    let other = [order(91, 10, &[(9, 1, 500)])];
    assert_eq!(match_orders(&ours, &other), matches(&[], &[]));
}

#[test]
fn what_may_be_several_is_for_a_person() {
    let ours = [order(1, 10, &[(7, 1, 500)])];
    let theirs = [
        order(91, 10, &[(7, 2, 900)]),
        order(92, 10, &[(7, 3, 1_200)]),
    ];
    assert_eq!(
        match_orders(&ours, &theirs),
        matches(&[], &[(1, &[91, 92])])
    );
    let rivals = [order(1, 10, &[(7, 1, 500)]), order(2, 10, &[(7, 4, 700)])];
    let one = [order(91, 10, &[(7, 2, 900)])];
    assert_eq!(
        match_orders(&rivals, &one),
        matches(&[], &[(1, &[91]), (2, &[91])])
    );
}

#[test]
fn an_order_of_which_not_everything_is_known_is_never_equal() {
    let mut ours = order(1, 10, &[(7, 1, 500)]);
    ours.whole = false;
    let theirs = [order(91, 10, &[(7, 1, 500)]), order(92, 10, &[(5, 1, 100)])];
    assert_eq!(
        match_orders(&[ours], &theirs),
        matches(&[], &[(1, &[91, 92])])
    );
}
