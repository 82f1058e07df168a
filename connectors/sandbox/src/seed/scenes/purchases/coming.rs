//! How far an order has come: drafted, placed, received in whole or in parts, finished, archived.

use crate::account::NewOrder;

use super::{super::super::orders::Desk, Purchase};

pub(super) fn play(scene: Purchase, desk: &mut Desk<'_>) -> bool {
    match scene {
        Purchase::Placed => {
            desk.plain();
        }
        Purchase::Draft => {
            draft(desk);
        }
        Purchase::DraftWithoutLines => {
            let (vendor, shop) = (desk.vendor(), desk.shop());
            desk.draft(vendor, shop, Vec::new());
        }
        Purchase::OrderedWithoutLines => {
            let (vendor, shop) = (desk.vendor(), desk.shop());
            desk.place(vendor, shop, Vec::new());
        }
        Purchase::DraftReceived => {
            let order = draft(desk);
            desk.receive_all(order);
        }
        Purchase::Received => {
            let order = desk.plain();
            desk.receive_all(order);
        }
        Purchase::ReceivedFinished => {
            let order = desk.plain();
            let at = desk.receive_all(order);
            desk.finish(order, at);
        }
        Purchase::TwoShipments => {
            two_shipments(desk);
        }
        Purchase::TwoShipmentsFinished => {
            let (order, at) = two_shipments(desk);
            desk.finish(order, at);
        }
        Purchase::FinishedWithoutReceivedDate => {
            let order = desk.plain();
            let at = desk.receive_all(order);
            desk.finish(order, at);
            desk.edit(order, at, |order| order.received = None);
        }
        Purchase::FinishedUnreceived => {
            let order = desk.plain();
            let at = desk.begun(order);
            desk.edit(order, at, |order| {
                order.received = Some(at);
                order.complete = true;
            });
        }
        Purchase::OldCheckedIn => {
            old(desk, false);
        }
        Purchase::OldFinished => {
            old(desk, true);
        }
        Purchase::OnlyTimeStamp => {
            let order = old(desk, true);
            let at = desk.begun(order);
            desk.edit(order, at, |order| {
                (order.created, order.ordered) = (None, None);
                for line in &mut order.lines {
                    line.created = None;
                }
            });
        }
        Purchase::ArchivedUnreceived => {
            let order = desk.plain();
            archive(desk, order);
        }
        Purchase::ArchivedReceived => {
            let order = desk.plain();
            let pieces: Vec<(u64, i64)> = desk.ordered(order).into_iter().take(1).collect();
            desk.receive(order, &pieces);
            archive(desk, order);
        }
        Purchase::ArchivedCheckedIn => {
            let order = old(desk, false);
            archive(desk, order);
        }
        _ => return false,
    }
    true
}

fn draft(desk: &mut Desk<'_>) -> u64 {
    let (vendor, shop, lines) = (desk.vendor(), desk.shop(), desk.lines());
    desk.draft(vendor, shop, lines)
}

/// An order received in two goes; the order and the time of the second.
fn two_shipments(desk: &mut Desk<'_>) -> (u64, chrono::DateTime<chrono::Utc>) {
    let order = desk.plain();
    let all = desk.ordered(order);
    let first: Vec<(u64, i64)> = all.iter().map(|(line, count)| (*line, count / 2)).collect();
    let rest: Vec<(u64, i64)> = all
        .iter()
        .map(|(line, count)| (*line, count - count / 2))
        .collect();
    let (one, two) = (desk.receive(order, &first), desk.receive(order, &rest));
    (order, one.max(two))
}

/// An order of the time before shipments were kept: checked in on its lines, all or the first.
fn old(desk: &mut Desk<'_>, finished: bool) -> u64 {
    let (vendor, shop, lines) = (desk.vendor(), desk.shop(), desk.lines());
    let at = desk.tick();
    let order = desk.file(NewOrder {
        vendor,
        shop,
        created: Some(at),
        ordered: Some(at),
        lines,
    });
    let mut pieces = desk.ordered(order);
    if !finished {
        pieces.truncate(1);
    }
    let at = desk.check_in(order, &pieces);
    if finished {
        desk.finish(order, at);
    }
    order
}

fn archive(desk: &mut Desk<'_>, order: u64) {
    let begun = desk.begun(order);
    let at = desk.days_after(begun, 15, 30);
    desk.edit(order, at, |order| order.archived = true);
}
