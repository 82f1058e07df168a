//! The cast of special cases in parts and vendors.

use rust_decimal::Decimal;

use crate::account::Item;

use super::{
    Span,
    items::{
        ARCHIVED_ASSEMBLY, ARCHIVED_ORDERED, ARCHIVED_PART, ARCHIVED_SPARE, ARCHIVED_UNORDERED,
        FRACTIONAL_PART, GONE, LABOUR, component, vendor_number,
    },
    vendors,
};

/// Never was in the account.
const NO_SUCH_ITEM: u64 = 880_002;

/// Turns an ordinary item into the special case its id stands for.
pub(super) fn cast(item: &mut Item, span: Span) {
    let id = item.id;
    let row = |at: u64, quantity: i64, group: u64, part: u64| {
        component(id * 10 + at, quantity, group, id, part)
    };
    let number = |at: u64, vendor: u64, value: &str, cost: Decimal| {
        let mut number = vendor_number(id * 10 + at, vendor, cost, span.start);
        value.clone_into(&mut number.value);
        number
    };
    let none = Decimal::ZERO;
    match id {
        43 => composed(
            item,
            "box",
            vec![row(0, 6, 1, 11), row(1, 2, 0, 12), row(2, 4, 2, 12)],
        ),
        44 => composed(
            item,
            "assembly",
            vec![row(0, 1, 0, ARCHIVED_PART), row(1, 2, 0, 1)],
        ),
        ARCHIVED_PART | ARCHIVED_SPARE | ARCHIVED_ORDERED | ARCHIVED_UNORDERED => {
            item.archived = true;
        }
        46 => composed(
            item,
            "assembly",
            vec![
                row(0, 1, 0, LABOUR),
                row(1, 1, 0, GONE),
                row(2, 1, 0, NO_SUCH_ITEM),
                row(3, 3, 0, 1),
            ],
        ),
        47 => composed(
            item,
            "assembly",
            vec![
                row(0, 2, 0, 1),
                row(1, 3, 0, 1),
                row(2, 0, 0, 9),
                row(3, -1, 0, 10),
                row(4, 1, 0, 47),
                row(5, 1, 0, 0),
            ],
        ),
        ARCHIVED_ASSEMBLY => {
            composed(
                item,
                "assembly",
                vec![row(0, 1, 0, ARCHIVED_SPARE), row(1, 1, 0, 1)],
            );
            item.archived = true;
        }
        50 => composed(item, "assembly", vec![row(0, 5, 1, 2), row(1, 1, 2, 4)]),
        51 => composed(item, "box", vec![row(0, 8, 0, 2)]),
        FRACTIONAL_PART => {
            composed(item, "assembly", vec![row(0, 1, 0, 1)]);
            item.components[0].quantity = Decimal::new(5, 1);
        }
        53 => {
            item.default_vendor = 0;
            item.vendor_numbers = vec![
                number(2, 1, "B-53", Decimal::from(3)),
                number(0, 1, "  ", none),
                number(1, 1, " A-53 ", Decimal::new(25, 1)),
            ];
        }
        54 => {
            (item.default_vendor, item.default_cost) = (2, none);
            item.vendor_numbers = vec![number(0, 1, "A-54", Decimal::new(1_005, 3))];
        }
        55 => {
            (item.default_vendor, item.default_cost) = (1, none);
            item.vendor_numbers = vec![number(0, 1, "", Decimal::new(75, 1))];
        }
        56 => {
            item.default_vendor = 1;
            item.vendor_numbers = vec![
                number(0, vendors::FOREIGN, "F-56", Decimal::TEN),
                number(1, 2, "E-56", Decimal::new(81, 1)),
            ];
        }
        57 => {
            (item.default_vendor, item.default_cost) = (vendors::FOREIGN, Decimal::new(444, 2));
            item.vendor_numbers = vec![number(0, vendors::FOREIGN, "F-57", Decimal::new(4_81, 2))];
        }
        58 => {
            item.default_vendor = 1;
            item.vendor_numbers = vec![
                number(0, vendors::ARCHIVED_ORDERED, "G-58", Decimal::ONE),
                number(1, vendors::GONE, "X-58", Decimal::ONE),
                number(2, 0, "N-58", Decimal::ONE),
                number(3, vendors::ARCHIVED, "H-58", Decimal::ONE),
            ];
        }
        59 => {
            item.default_vendor = vendors::ARCHIVED;
            item.vendor_numbers = vec![number(0, 1, "A-59", none)];
        }
        60 => {
            (item.default_vendor, item.default_cost) = (1, Decimal::from(99_999_999));
            " MFG-60 ".clone_into(&mut item.manufacturer_sku);
        }
        63 => {
            // Not composed, though it once was, and a part elsewhere.
            item.components = vec![row(0, 2, 0, 1), component(639, 1, 0, 18, 63)];
        }
        _ => {}
    }
}

fn composed(item: &mut Item, item_type: &str, rows: Vec<crate::account::Component>) {
    item_type.clone_into(&mut item.item_type);
    item.components = rows;
}
