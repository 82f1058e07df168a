//! What comes in on purchase orders: in shipments, or checked in on the lines as of old.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::{Account, Shipment, ShipmentItem, next_id};

impl Account {
    /// Receives pieces of an order's lines in a shipment of their own: they are checked in, and
    /// the order's shop has them. Returns the shipment's id, or none if there is no such order.
    pub fn receive(&mut self, order: u64, pieces: &[(u64, i64)]) -> Option<u64> {
        self.receive_late(order, pieces, self.now)
    }

    /// As [`Account::receive`], in a shipment that only becomes visible now, all its times lying
    /// in the past.
    pub fn receive_late(
        &mut self,
        order: u64,
        pieces: &[(u64, i64)],
        at: DateTime<Utc>,
    ) -> Option<u64> {
        let shop = self.orders.get(&order)?.shop;
        let shipment = self.receive_at(order, pieces, Some(at), at);
        for (line, count) in pieces {
            self.shelve(*line, shop, *count);
        }
        Some(shipment)
    }

    /// A shipment with these times, without a word about stock.
    pub(crate) fn receive_at(
        &mut self,
        order: u64,
        pieces: &[(u64, i64)],
        reception: Option<DateTime<Utc>>,
        at: DateTime<Utc>,
    ) -> u64 {
        let mut came = Vec::with_capacity(pieces.len());
        for (line, count) in pieces {
            if let Some(line) = self.order_line_mut(*line) {
                line.checked_in += count;
                line.counted += count;
                // The shipment came to light late; what changed since did so nevertheless.
                line.stamp = line.stamp.max(at);
                came.push((line.id, line.item, Decimal::from(*count), line.price));
            }
        }
        if let Some(order) = self.orders.get_mut(&order) {
            order.has_shipments = true;
            order.received = order.received.or(reception);
            order.stamp = order.stamp.max(Some(at));
        }
        let items = came
            .into_iter()
            .map(|(line, item, quantity, cost)| self.unpacked(line, item, quantity, cost, at))
            .collect();
        self.add_shipment(order, reception, Some(at), at, items)
    }

    /// Adds a shipment as given; returns its id.
    pub(crate) fn add_shipment(
        &mut self,
        order: u64,
        reception: Option<DateTime<Utc>>,
        created: Option<DateTime<Utc>>,
        stamp: DateTime<Utc>,
        items: Vec<ShipmentItem>,
    ) -> u64 {
        let id = next_id(&self.shipments);
        let earlier = self.shipments.values().filter(|each| each.order == order);
        let number = 1 + earlier.count() as u64;
        let shipment = Shipment {
            id,
            order,
            number,
            finished: id.is_multiple_of(2),
            reception,
            created,
            stamp,
            items,
        };
        self.shipments.insert(id, shipment);
        id
    }

    /// An item out of a shipment, with the next id.
    pub(crate) fn unpacked(
        &mut self,
        line: u64,
        item: u64,
        quantity: Decimal,
        cost: Decimal,
        stamp: DateTime<Utc>,
    ) -> ShipmentItem {
        self.last_shipment_item += 1;
        ShipmentItem {
            id: self.last_shipment_item,
            item,
            line,
            quantity,
            cost,
            stamp,
        }
    }

    /// Changes a shipment in any way; its `timeStamp` moves.
    pub fn edit_shipment(&mut self, shipment: u64, edit: impl FnOnce(&mut Shipment)) {
        let now = self.now;
        if let Some(shipment) = self.shipments.get_mut(&shipment) {
            edit(shipment);
            shipment.stamp = now;
        }
    }

    /// Checks a line in without a shipment, as was done of old: up or down to a total. Stock
    /// follows.
    pub fn check_in(&mut self, line: u64, total: i64) {
        let now = self.now;
        let Some((order, before)) = self
            .order_line(line)
            .map(|(order, line)| (order, line.checked_in))
        else {
            return;
        };
        if let Some(line) = self.order_line_mut(line) {
            line.checked_in = total;
            line.counted = line.counted.max(total);
            line.stamp = now;
        }
        let mut shop = 0;
        if let Some(order) = self.orders.get_mut(&order) {
            shop = order.shop;
            if order.received.is_none() {
                order.received = Some(now);
                order.stamp = Some(now);
            }
        }
        self.shelve(line, shop, total - before);
    }

    /// Counts pieces of a line as arrived, without putting them into stock.
    pub fn count_order_line(&mut self, line: u64, total: i64) {
        self.edit_order_line(line, |line| line.counted = total);
    }

    /// Whether the items of shipments show the order line they belong to. Unknown of the real
    /// system; they do not unless told so.
    pub fn show_shipment_lines(&mut self, shown: bool) {
        self.shipment_lines = shown;
    }

    fn shelve(&mut self, line: u64, shop: u64, pieces: i64) {
        let Some(item) = self.order_line(line).map(|(_, line)| line.item) else {
            return;
        };
        let kept = self
            .items
            .get(&item)
            .is_some_and(|item| item.item_type != "non_inventory");
        if kept && pieces != 0 {
            self.add_stock(item, shop, pieces);
        }
    }
}
