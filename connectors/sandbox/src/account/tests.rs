use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use super::{Account, NewLine, NewOrderLine};

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_442_000, 0).unwrap()
}

/// Shop 1, vendor 1, items 1 and 2; a minute later.
fn account() -> Account {
    let mut account = Account::empty(1, "Test".to_owned(), start());
    account.add_shop("Main");
    account.add_vendor("Acme", &[]);
    account.add_item("Chain", Decimal::TEN);
    account.add_item("Bell", Decimal::TWO);
    wait(&mut account);
    account
}

fn wait(account: &mut Account) -> DateTime<Utc> {
    account.now += TimeDelta::minutes(1);
    account.now
}

#[test]
fn lines_move_their_own_time_and_not_the_orders() {
    let mut account = account();
    let order = account.draft_order(1, 1, vec![NewOrderLine::of(1, 5)]);
    let made = Some(account.now());
    assert_eq!(account.orders()[&order].ordered, None);
    let later = wait(&mut account);
    let added = account
        .add_order_line(order, NewOrderLine::of(2, 1))
        .unwrap();
    account.edit_order_line(1, |line| line.quantity = Decimal::TWO);
    assert_eq!(account.orders()[&order].stamp, made);
    assert_eq!(account.order_line(1).unwrap().1.stamp, later);
    assert_eq!(account.order_line(added).unwrap().1.created, Some(later));
    account.place_order(order);
    assert_eq!(account.orders()[&order].stamp, Some(later));
    assert_eq!(account.orders()[&order].ordered, Some(later));
    wait(&mut account);
    account.delete_order_line(1);
    assert_eq!(account.order_line(1), None);
    assert_eq!(account.orders()[&order].stamp, Some(later));
    assert_eq!(account.add_order_line(99, NewOrderLine::of(2, 1)), None);
}

#[test]
fn a_line_keeps_its_id_in_another_order() {
    let mut account = account();
    let first = account.order(1, 1, vec![NewOrderLine::of(1, 5), NewOrderLine::of(2, 1)]);
    let second = account.order(1, 1, vec![]);
    account.move_order_line(2, second);
    assert_eq!(account.order_line(2).unwrap().0, second);
    assert_eq!(account.orders()[&first].lines.len(), 1);
    account.move_order_line(2, 99);
    assert_eq!(account.order_line(2).unwrap().0, second);
    let third = account.order(1, 1, vec![NewOrderLine::of(1, 1)]);
    assert_eq!(account.order_line(3).unwrap().0, third);
}

#[test]
fn what_is_received_is_in_stock() {
    let mut account = account();
    let order = account.order(1, 1, vec![NewOrderLine::of(1, 5), NewOrderLine::of(2, 1)]);
    let item_stamp = account.items()[&1].stamp;
    let first = wait(&mut account);
    account.receive(order, &[(1, 2)]);
    let second = wait(&mut account);
    let shipment = account.receive(order, &[(1, 3), (2, 1)]).unwrap();
    assert_eq!(account.shipments()[&shipment].number, 2);
    assert_eq!(account.stock(1, 1).unwrap().qoh, 5);
    assert_eq!(account.stock(1, 0).unwrap().qoh, 5);
    assert_eq!(account.stock(1, 1).unwrap().stamp, second);
    assert_eq!(account.items()[&1].stamp, item_stamp);
    assert_eq!(account.order_line(1).unwrap().1.checked_in, 5);
    let found = &account.orders()[&order];
    assert_eq!((found.received, found.has_shipments), (Some(first), true));
    let early = start();
    let late = account.receive_late(order, &[(2, 1)], early).unwrap();
    assert_eq!(account.shipments()[&late].stamp, early);
    assert_eq!(account.receive(99, &[]), None);
}

#[test]
fn checking_in_goes_up_and_down() {
    let mut account = account();
    let order = account.order(1, 1, vec![NewOrderLine::of(1, 5)]);
    let when = wait(&mut account);
    account.check_in(1, 4);
    wait(&mut account);
    account.check_in(1, 1);
    assert_eq!(account.stock(1, 1).unwrap().qoh, 1);
    let found = &account.orders()[&order];
    assert_eq!((found.received, found.has_shipments), (Some(when), false));
    assert_eq!(found.stamp, Some(when));
    account.count_order_line(1, 5);
    assert_eq!(account.order_line(1).unwrap().1.checked_in, 1);
    assert_eq!(account.stock(1, 1).unwrap().qoh, 1);
}

#[test]
fn a_finished_order_was_received() {
    let mut account = account();
    let order = account.order(1, 1, vec![NewOrderLine::of(1, 5)]);
    let when = wait(&mut account);
    account.complete_order(order);
    assert_eq!(account.orders()[&order].received, Some(when));
    let reopened = wait(&mut account);
    account.reopen_order(order);
    let found = &account.orders()[&order];
    assert_eq!((found.complete, found.stamp), (false, Some(reopened)));
    account.archive_order(order);
    assert!(account.orders()[&order].archived);
    account.unarchive_order(order);
    assert!(!account.orders()[&order].archived);
}

#[test]
fn numbers_and_parts_do_not_move_the_item() {
    let mut account = account();
    let stamp = account.items()[&1].stamp;
    let when = wait(&mut account);
    let number = account.add_vendor_number(1, 1, "A", Decimal::ONE).unwrap();
    account.edit_vendor_number(1, number, |number| number.cost = Decimal::TWO);
    let row = account.add_component(1, 2, Decimal::ONE, 0).unwrap();
    account.edit_component(1, row, |row| row.quantity = Decimal::TWO);
    let item = &account.items()[&1];
    assert_eq!((item.stamp, item.vendor_numbers[0].stamp), (stamp, when));
    assert_eq!(item.components[0].quantity, Decimal::TWO);
    let second = account.add_vendor_number(2, 1, "B", Decimal::ONE).unwrap();
    assert_ne!(number, second);
    account.remove_vendor_number(1, number);
    account.remove_component(1, row);
    assert!(account.items()[&1].vendor_numbers.is_empty());
    account.change_default_vendor(1, 1);
    assert_eq!(account.items()[&1].stamp, when);
}

#[test]
fn archiving_zeroes_and_merging_moves_stock() {
    let mut account = account();
    account.restock(1, 1, 7);
    account.restock(2, 1, 1);
    let when = wait(&mut account);
    account.merge_item(1, 2);
    assert!(account.items()[&1].hidden);
    assert_eq!(account.stock(1, 1).unwrap().qoh, 0);
    assert_eq!(account.stock(2, 0).unwrap().qoh, 8);
    account.archive_item(2);
    let row = account.stock(2, 1).unwrap();
    assert_eq!((row.qoh, row.stamp), (0, when));
    account.unarchive_item(2);
    assert_eq!(account.stock(2, 1).unwrap().qoh, 0);
}

#[test]
fn a_sale_is_opened_again_and_completed_again() {
    let mut account = account();
    let sale = account.sell(1, &[(1, 2)]);
    wait(&mut account);
    account.uncomplete(sale);
    assert_eq!(account.stock(1, 1).unwrap().qoh, 0);
    let found = &account.sales()[&sale];
    assert_eq!((found.completed, found.finished), (false, None));
    let line = account.add_line(sale, NewLine::of(2, 1)).unwrap();
    let when = wait(&mut account);
    account.complete(sale, None);
    assert_eq!(account.line(line).unwrap().0, sale);
    let found = &account.sales()[&sale];
    assert_eq!((found.finished, found.stamp), (Some(when), Some(when)));
    assert_eq!(account.stock(1, 1).unwrap().qoh, -2);
    // Voided, it cannot be opened any more, and nothing comes back a second time.
    account.void(sale);
    account.uncomplete(sale);
    assert!(account.sales()[&sale].completed);
    assert_eq!(account.stock(1, 1).unwrap().qoh, 0);
}
