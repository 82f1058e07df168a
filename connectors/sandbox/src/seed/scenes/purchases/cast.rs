//! Orders with shops, vendors and items that are not as one expects.

use rust_decimal::Decimal;

use crate::account::NewOrderLine;

use super::{
    super::super::{items, orders::Desk, shops, vendors},
    Purchase,
    odd::place,
};

/// Far above any order there is.
const NO_SUCH_ORDER: u64 = 880_001;

pub(super) fn play(scene: Purchase, desk: &mut Desk<'_>) -> bool {
    match scene {
        Purchase::OtherShop => {
            // Some are finished, some open: that decides whether they stay when a shop leaves.
            let (vendor, lines) = (desk.vendor(), desk.lines());
            let order = desk.place(vendor, shops::SECOND, lines);
            if desk.dice.per_mille(500) {
                let at = desk.receive_all(order);
                desk.finish(order, at);
            }
        }
        Purchase::ClosedShop => {
            let (vendor, lines) = (desk.vendor(), desk.lines());
            let order = desk.place(vendor, shops::CLOSED, lines);
            let at = desk.receive_all(order);
            desk.finish(order, at);
        }
        Purchase::NoVendor => {
            with_vendor(desk, 0);
        }
        Purchase::NoVendorReceived => {
            let order = with_vendor(desk, 0);
            desk.receive_all(order);
        }
        Purchase::GoneVendor => {
            with_vendor(desk, vendors::GONE);
        }
        Purchase::ArchivedVendor => {
            let order = with_vendor(desk, vendors::ARCHIVED_ORDERED);
            desk.receive_all(order);
        }
        Purchase::ArchivedVendorDraft => {
            let (shop, lines) = (desk.shop(), desk.lines());
            desk.draft(vendors::ARCHIVED, shop, lines);
        }
        Purchase::GoneItem => {
            place(desk, vec![priced(items::GONE_ALONE, 4)]);
        }
        Purchase::GoneMixed => {
            let line = desk.line();
            place(desk, vec![priced(items::GONE, 2), line]);
        }
        Purchase::LabourOnly => {
            place(desk, vec![priced(items::LABOUR, 1)]);
        }
        Purchase::LabourMixed => {
            let line = desk.line();
            let order = place(desk, vec![line, priced(items::LABOUR, 1)]);
            desk.receive_all(order);
        }
        Purchase::ArchivedItem => {
            place(desk, vec![priced(items::ARCHIVED_ORDERED, 6)]);
        }
        Purchase::ArchivedItemDropped => {
            let order = place(desk, vec![priced(items::ARCHIVED_UNORDERED, 6)]);
            let at = desk.begun(order);
            desk.edit(order, at, |order| order.archived = true);
        }
        Purchase::ArchivedAssembly => {
            place(desk, vec![priced(items::ARCHIVED_ASSEMBLY, 1)]);
        }
        Purchase::ShipmentOfGoneOrder => {
            let item = desk.item();
            let at = desk.tick();
            let came = desk
                .account
                .unpacked(0, item, Decimal::TWO, Decimal::ONE, at);
            desk.account
                .add_shipment(NO_SUCH_ORDER, Some(at), Some(at), at, vec![came]);
        }
        _ => return false,
    }
    true
}

fn with_vendor(desk: &mut Desk<'_>, vendor: u64) -> u64 {
    let (shop, lines) = (desk.shop(), desk.lines());
    desk.place(vendor, shop, lines)
}

fn priced(item: u64, pieces: i64) -> NewOrderLine {
    NewOrderLine::of(item, pieces).at(Decimal::new(395, 2))
}
