//! Arrivals that are records of their own.

use super::{Case, arrival, order};
use crate::door::at;
use pipeline::id::ShipmentId;
use pipeline::load::sell_order::ItemState;
use pipeline::load::{ShipmentOutcome, VendorState, shipment_without_order};
use pipeline::reason::Reason;

fn arrived(items: &[(i64, i64, i64, i64)]) -> Case<'static> {
    Case {
        shipments: vec![arrival(55, 20, items)],
        ..Case::of(order())
    }
}

#[test]
fn an_item_that_names_its_line_falls_on_it() {
    assert_eq!(arrived(&[(9, 40, 2, 4)]).receipts(), ["2: 9 x 4"]);
    let load = arrived(&[(9, 40, 2, 4)]).load();
    assert_eq!(load.receipts[0].occurred, at("2026-01-20T09:00:00Z"));
    assert_eq!(load.shipments, [(ShipmentId(55), ShipmentOutcome::Loaded)]);
}

#[test]
fn others_fill_the_earliest_lines_and_the_rest_goes_on_the_last() {
    assert_eq!(arrived(&[(9, 40, 0, 4)]).receipts(), ["1: 9 x 4"]);
    assert_eq!(
        arrived(&[(9, 40, 0, 8)]).receipts(),
        ["1: 9:1 x 5", "2: 9:2 x 3"]
    );
    assert_eq!(
        arrived(&[(9, 40, 0, 20)]).receipts(),
        ["1: 9:1 x 5", "2: 9:2 x 15"]
    );
    let twice = arrived(&[(10, 40, 0, 2), (9, 40, 0, 4)]);
    assert_eq!(twice.receipts(), ["1: 9 x 4", "1: 10:1 x 1", "2: 10:2 x 1"]);
}

#[test]
fn items_that_name_their_line_come_first() {
    let case = arrived(&[(9, 40, 0, 5), (10, 40, 1, 3)]);
    assert_eq!(case.receipts(), ["1: 9:1 x 2", "2: 9:2 x 3", "1: 10 x 3"]);
    // A line that was delivered more than whole leaves no room.
    let case = arrived(&[(9, 40, 0, 5), (10, 40, 1, 9)]);
    assert_eq!(case.receipts(), ["2: 9 x 5", "1: 10 x 9"]);
}

#[test]
fn a_line_that_is_not_of_the_order_is_not_believed() {
    assert_eq!(arrived(&[(9, 41, 99, 2)]).receipts(), ["3: 9 x 2"]);
    let labour = Case {
        odd: &[(41, ItemState::NonInventory)],
        ..arrived(&[(9, 41, 3, 2)])
    };
    assert_eq!(labour.receipts(), [""; 0]);
}

#[test]
fn pieces_that_did_not_arrive_are_no_receipt() {
    let case = arrived(&[(9, 40, 0, 0), (10, 40, 0, -2), (11, 41, 0, 1)]);
    assert_eq!(case.receipts(), ["3: 11 x 1"]);
}

#[test]
fn too_much_is_sent_as_it_is() {
    assert_eq!(arrived(&[(9, 41, 0, 50)]).receipts(), ["3: 9 x 50"]);
}

#[test]
fn arrivals_make_the_count_of_checked_in_pieces_void() {
    let mut facts = order();
    facts.lines[0].fact.checked_in = 5;
    let case = Case {
        shipments: vec![arrival(55, 20, &[(9, 40, 0, 1)])],
        ..Case::of(facts.clone())
    };
    assert_eq!(case.receipts(), ["1: 9 x 1"]);
    facts.has_shipments = true;
    assert_eq!(
        Case::of(facts).receipts(),
        [""; 0],
        "their arrivals were not read yet"
    );
}

#[test]
fn each_arrival_has_an_outcome() {
    let outcome = |case: Case<'_>| case.load().shipments[0].1;
    let none = ShipmentOutcome::None;
    assert_eq!(
        outcome(arrived(&[(9, 40, 0, 0)])),
        none(Reason::NothingReceived)
    );
    assert_eq!(
        outcome(arrived(&[(9, 99, 0, 1)])),
        none(Reason::NoProductLine)
    );
    assert_eq!(
        outcome(arrived(&[(9, 99, 0, 1), (10, 40, 0, 1)])),
        ShipmentOutcome::Loaded
    );
    let dropped = Case {
        vendor: VendorState::Gone,
        ..arrived(&[(9, 40, 0, 1)])
    };
    assert_eq!(outcome(dropped), none(Reason::OrderNotLoaded));
    let waiting = Case {
        vendor: VendorState::Missing,
        ..arrived(&[(9, 40, 0, 1)])
    };
    assert_eq!(outcome(waiting), ShipmentOutcome::Waiting);
}

#[test]
fn an_arrival_waits_for_its_order_until_that_is_known_to_be_gone() {
    assert_eq!(
        shipment_without_order(true, false),
        ShipmentOutcome::Waiting
    );
    assert_eq!(
        shipment_without_order(true, true),
        ShipmentOutcome::None(Reason::OrderGone)
    );
    assert_eq!(
        shipment_without_order(false, false),
        ShipmentOutcome::None(Reason::NothingReceived)
    );
}
