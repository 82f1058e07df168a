//! When two versions of a record have the same content, and which of them is newer.

use crate::hash::{ContentHash, content_hash};
use crate::record::Record;
use chrono::{DateTime, Utc};

/// The true change time of a record. `Sale.timeStamp` is none: it may be the completion time.
pub(super) fn changed_at(record: &Record) -> Option<DateTime<Utc>> {
    match record {
        Record::Shop(shop) => shop.changed_at,
        Record::Vendor(vendor) => vendor.changed_at,
        Record::Item(item) => item.changed_at,
        Record::Stock(row) => row.changed_at,
        Record::Sale(sale) => sale.updated_at,
        Record::Order(order) => order.changed_at,
        Record::Shipment(shipment) => shipment.changed_at,
    }
}

/// The hash of a record without its change times, and of an item without its stock.
///
/// Stock rows are compared one by one, since they also arrive by a feed of their own; an item's
/// content must not look old or new because of them.
///
/// The times are taken out and put back, rather than a view without them hashed, so that a field
/// added to a record is part of its content by itself.
pub(super) fn content(record: &mut Record) -> ContentHash {
    let stock = match record {
        Record::Item(item) => item.stock.take(),
        _ => None,
    };
    let mut kept = Vec::new();
    each_time(record, |time| kept.push(time.take()));
    let hash = content_hash(record);
    let mut kept = kept.into_iter();
    each_time(record, |time| *time = kept.next().flatten());
    if let Record::Item(item) = record {
        item.stock = stock;
    }
    hash
}

fn each_time(record: &mut Record, mut visit: impl FnMut(&mut Option<DateTime<Utc>>)) {
    match record {
        Record::Shop(shop) => visit(&mut shop.changed_at),
        Record::Vendor(vendor) => visit(&mut vendor.changed_at),
        Record::Stock(row) => visit(&mut row.changed_at),
        Record::Item(item) => {
            visit(&mut item.changed_at);
            item.stock
                .iter_mut()
                .flatten()
                .for_each(|row| visit(&mut row.changed_at));
        }
        Record::Sale(sale) => {
            visit(&mut sale.updated_at);
            sale.lines
                .iter_mut()
                .for_each(|line| visit(&mut line.changed_at));
        }
        Record::Order(order) => {
            // Where nothing else tells when it was ordered, the change time does: content.
            if order.ordered_at.or(order.created_at).is_some() {
                visit(&mut order.changed_at);
            }
            order
                .lines
                .iter_mut()
                .for_each(|line| visit(&mut line.changed_at));
        }
        Record::Shipment(shipment) => {
            if shipment.received_at.or(shipment.created_at).is_some() {
                visit(&mut shipment.changed_at);
            }
            shipment
                .items
                .iter_mut()
                .for_each(|item| visit(&mut item.changed_at));
        }
    }
}
