//! Purchase orders that were changed: the same as if they had always been like that.

use super::{Case, arrival, line, order};
use pipeline::id::{ItemId, VendorId};
use pipeline::load::sell_order::ItemState;
use pipeline::reason::Reason;

#[test]
fn a_line_that_was_taken_off_is_gone_and_its_receipts_with_it() {
    let mut facts = order();
    let arrived = vec![arrival(55, 20, &[(9, 41, 0, 2), (10, 40, 0, 1)])];
    let with = |order| Case {
        shipments: arrived.clone(),
        held: true,
        ..Case::of(order)
    };
    assert_eq!(with(facts.clone()).receipts(), ["3: 9 x 2", "1: 10 x 1"]);
    facts.lines.pop();
    let after = with(facts);
    assert_eq!(after.receipts(), ["1: 10 x 1"]);
    assert_eq!(after.bought().lines.len(), 2);
    assert_eq!(after.bought().total_value.to_string(), "16.01");
}

#[test]
fn a_changed_quantity_changes_line_and_total() {
    let mut facts = order();
    facts.lines[2] = line(3, 41, 4, "2.00");
    let after = Case::of(facts).bought();
    assert_eq!(
        (after.lines[2].quantity, after.total_value.to_string()),
        (4, "18.01".to_owned())
    );
}

#[test]
fn another_vendor_makes_another_buy_order() {
    let mut facts = order();
    facts.head.vendor = Some(VendorId(34));
    assert_eq!(Case::of(facts.clone()).bought().vendor_id, VendorId(34));
    facts.head.vendor = None;
    assert_eq!(Case::of(facts).reason(), Some(Reason::NoVendor));
}

#[test]
fn lines_of_products_that_are_disabled_later_stay() {
    // An item that was loaded once is a product for ever, whatever it is in the source now.
    let case = Case {
        odd: &[(41, ItemState::Product)],
        ..Case::of(order())
    };
    assert!(
        case.bought()
            .lines
            .iter()
            .any(|line| line.item_id == ItemId(41))
    );
}
