//! The rare cases of receiving and of what stands in an order.

use rust_decimal::Decimal;

use crate::account::NewOrderLine;

use super::{super::super::orders::Desk, Purchase};

pub(super) fn play(scene: Purchase, desk: &mut Desk<'_>) -> bool {
    match scene {
        Purchase::ShipmentsAnnounced => {
            // It says that it has shipments, and shows none: what is checked in is in none yet.
            let order = desk.plain();
            let pieces = desk.ordered(order);
            let at = desk.check_in(order, &pieces);
            desk.edit(order, at, |order| order.has_shipments = true);
        }
        Purchase::CountedOnly => {
            let order = desk.plain();
            let at = desk.begun(order);
            desk.edit(order, at, |order| {
                for line in &mut order.lines {
                    line.counted = 5;
                }
            });
        }
        Purchase::OverDelivered => {
            let order = desk.plain();
            let more: Vec<(u64, i64)> = desk
                .ordered(order)
                .into_iter()
                .map(|(line, count)| (line, count + 3))
                .collect();
            desk.receive(order, &more);
        }
        Purchase::NoReceptionDate => {
            let order = desk.plain();
            let pieces = desk.ordered(order);
            let begun = desk.begun(order);
            let at = desk.days_after(begun, 3, 14);
            desk.account.receive_at(order, &pieces, None, at);
        }
        Purchase::NothingReceived => {
            let order = desk.plain();
            let none: Vec<(u64, i64)> = desk
                .ordered(order)
                .into_iter()
                .map(|(line, _)| (line, 0))
                .collect();
            desk.receive(order, &none);
        }
        Purchase::EmptyShipment => {
            let order = desk.plain();
            desk.receive(order, &[]);
        }
        Purchase::OtherItemCame => {
            let order = desk.plain();
            let taken: Vec<u64> = desk.account.orders[&order]
                .lines
                .iter()
                .map(|line| line.item)
                .collect();
            let mut other = desk.item();
            while taken.contains(&other) {
                other = desk.item();
            }
            let begun = desk.begun(order);
            let at = desk.days_after(begun, 3, 14);
            let came = desk
                .account
                .unpacked(0, other, Decimal::TWO, Decimal::ONE, at);
            desk.account
                .add_shipment(order, Some(at), Some(at), at, vec![came]);
        }
        Purchase::SameItemTwice => {
            let (vendor, shop, line) = (desk.vendor(), desk.shop(), desk.line());
            let again = desk.line_of(line.item);
            let order = desk.place(vendor, shop, vec![line, again]);
            // All of it in one go: the first line cannot take it alone.
            if desk.dice.per_mille(700) {
                twice(desk, order);
            }
        }
        Purchase::Discounted => {
            let order = desk.plain();
            let at = desk.begun(order);
            desk.edit(order, at, |order| {
                order.discount = Decimal::TEN;
                for line in &mut order.lines {
                    line.price = line.original_price * Decimal::new(9, 1);
                    line.total = Some(line.price * line.quantity);
                }
            });
        }
        Purchase::NoTotal => {
            let order = desk.plain();
            let at = desk.begun(order);
            desk.edit(order, at, |order| {
                for line in &mut order.lines {
                    line.total = None;
                }
            });
        }
        Purchase::FreeText => reference(desk, "as agreed by phone / J."),
        Purchase::OptiplyReference => reference(desk, "OPT-12"),
        Purchase::BareReference => reference(desk, "2320457"),
        Purchase::MiscMixed => {
            let (line, misc) = (desk.line(), desk.line_of(0));
            place(desk, vec![misc, line]);
        }
        Purchase::MiscOnly => {
            let misc = desk.line_of(0);
            place(desk, vec![misc]);
        }
        Purchase::ZeroQuantity => {
            let (line, none) = (desk.line(), NewOrderLine::of(1, 0));
            place(desk, vec![line, none]);
        }
        Purchase::NegativePrice => {
            let (line, mut rebate) = (desk.line(), desk.line());
            rebate.price = Some(Decimal::new(-25, 1));
            place(desk, vec![line, rebate]);
        }
        Purchase::Fractional => {
            let mut line = desk.line();
            line.quantity = Decimal::new(25, 1);
            place(desk, vec![line]);
        }
        Purchase::FractionalShipment => {
            let order = desk.plain();
            let lines = desk.ordered(order);
            let begun = desk.begun(order);
            let at = desk.days_after(begun, 3, 14);
            let shipment = desk.account.receive_at(order, &lines[..1], Some(at), at);
            if let Some(found) = desk.account.shipments.get_mut(&shipment) {
                found.items[0].quantity = Decimal::new(15, 1);
            }
        }
        _ => return false,
    }
    true
}

/// One order placed with these lines.
pub(super) fn place(desk: &mut Desk<'_>, lines: Vec<NewOrderLine>) -> u64 {
    let (vendor, shop) = (desk.vendor(), desk.shop());
    desk.place(vendor, shop, lines)
}

fn reference(desk: &mut Desk<'_>, text: &str) {
    let order = desk.plain();
    let at = desk.begun(order);
    desk.edit(order, at, |order| text.clone_into(&mut order.reference));
}

/// Both lines of an item come as one entry of the shipment.
fn twice(desk: &mut Desk<'_>, order: u64) {
    let lines = desk.ordered(order);
    let at = desk.receive(order, &lines);
    let shipment = desk.account.shipments.last_entry();
    if let Some(mut last) = shipment {
        let items = &mut last.get_mut().items;
        let total = items.iter().map(|item| item.quantity).sum();
        items.truncate(1);
        if let Some(item) = items.first_mut() {
            item.quantity = total;
        }
    }
    desk.edit(order, at, |_| {});
}
