//! What may happen to purchase orders and their lines. A change of a line moves the line's time
//! and not the order's: whether the real one moves it is unknown, and this is the harder case.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::{Account, NewOrder, NewOrderLine, Order, OrderLine, next_id};

impl Account {
    /// Drafts an order: nothing is ordered yet. Returns its id.
    pub fn draft_order(&mut self, vendor: u64, shop: u64, lines: Vec<NewOrderLine>) -> u64 {
        let created = Some(self.now);
        self.file_order(NewOrder {
            vendor,
            shop,
            created,
            ordered: None,
            lines,
        })
    }

    /// Drafts and places an order now. Returns its id.
    pub fn order(&mut self, vendor: u64, shop: u64, lines: Vec<NewOrderLine>) -> u64 {
        let order = self.draft_order(vendor, shop, lines);
        self.place_order(order);
        order
    }

    /// A placed order that only becomes visible now, all its times lying in the past.
    pub fn order_late(
        &mut self,
        vendor: u64,
        shop: u64,
        lines: Vec<NewOrderLine>,
        at: DateTime<Utc>,
    ) -> u64 {
        self.file_order(NewOrder {
            vendor,
            shop,
            created: Some(at),
            ordered: Some(at),
            lines,
        })
    }

    /// Adds the order with the times it brings and returns its id. Lines get their ids in order.
    pub fn file_order(&mut self, new: NewOrder) -> u64 {
        let id = next_id(&self.orders);
        self.file_order_as(id, new);
        id
    }

    /// Adds the order under an id of the caller's choice.
    pub(crate) fn file_order_as(&mut self, id: u64, new: NewOrder) {
        let stamp = new.ordered.or(new.created).unwrap_or(self.now);
        let mut order = Order {
            id,
            vendor: new.vendor,
            shop: new.shop,
            reference: String::new(),
            ordered: new.ordered,
            arrival: None,
            received: None,
            complete: false,
            archived: false,
            has_shipments: false,
            discount: Decimal::ZERO,
            created: new.created,
            stamp: Some(stamp),
            lines: Vec::with_capacity(new.lines.len()),
        };
        for line in new.lines {
            let line = self.written_line(id, line, new.created, stamp);
            order.lines.push(line);
        }
        self.orders.insert(id, order);
    }

    fn written_line(
        &mut self,
        order: u64,
        new: NewOrderLine,
        created: Option<DateTime<Utc>>,
        stamp: DateTime<Utc>,
    ) -> OrderLine {
        self.last_order_line += 1;
        self.line_orders.insert(self.last_order_line, order);
        let listed = self.items.get(&new.item).map(|item| item.default_cost);
        let price = new.price.or(listed).unwrap_or(Decimal::ONE);
        OrderLine {
            id: self.last_order_line,
            item: new.item,
            quantity: new.quantity,
            price,
            original_price: price,
            total: Some(new.quantity * price),
            counted: 0,
            checked_in: 0,
            created,
            stamp,
        }
    }

    /// Places a draft.
    pub fn place_order(&mut self, order: u64) {
        let now = self.now;
        self.edit_order(order, |order| order.ordered = order.ordered.or(Some(now)));
    }

    /// Changes the order itself in any way; its `timeStamp` moves.
    pub fn edit_order(&mut self, order: u64, edit: impl FnOnce(&mut Order)) {
        let now = self.now;
        let Some(found) = self.orders.get_mut(&order) else {
            return;
        };
        let stamp = found.stamp;
        for line in &found.lines {
            self.line_orders.remove(&line.id);
        }
        edit(found);
        if found.stamp == stamp {
            found.stamp = Some(now);
        }
        for line in &found.lines {
            self.line_orders.insert(line.id, order);
            self.last_order_line = self.last_order_line.max(line.id);
        }
    }

    /// Adds a line to an order. Returns its id, or none if there is no such order.
    pub fn add_order_line(&mut self, order: u64, line: NewOrderLine) -> Option<u64> {
        if !self.orders.contains_key(&order) {
            return None;
        }
        let now = self.now;
        let line = self.written_line(order, line, Some(now), now);
        let id = line.id;
        self.orders.get_mut(&order)?.lines.push(line);
        Some(id)
    }

    /// Changes a line of an order; its total follows unless the change set it.
    pub fn edit_order_line(&mut self, line: u64, edit: impl FnOnce(&mut OrderLine)) {
        let now = self.now;
        if let Some(line) = self.order_line_mut(line) {
            let total = line.total;
            edit(line);
            if line.total == total {
                line.total = total.map(|_| line.quantity * line.price);
            }
            line.stamp = now;
        }
    }

    /// Deletes a line for good; nothing reports that.
    pub fn delete_order_line(&mut self, line: u64) {
        self.take_order_line(line);
    }

    /// Moves a line to another order, where it keeps its id.
    pub fn move_order_line(&mut self, line: u64, to: u64) {
        if !self.orders.contains_key(&to) {
            return;
        }
        let now = self.now;
        if let Some(mut moved) = self.take_order_line(line) {
            moved.stamp = now;
            if let Some(order) = self.orders.get_mut(&to) {
                order.lines.push(moved);
                self.line_orders.insert(line, to);
            }
        }
    }

    /// Finishes an order. One that was never checked in counts as received now.
    pub fn complete_order(&mut self, order: u64) {
        let now = self.now;
        self.edit_order(order, |order| {
            order.complete = true;
            order.received = order.received.or(Some(now));
        });
    }

    /// Opens a finished order again.
    pub fn reopen_order(&mut self, order: u64) {
        self.edit_order(order, |order| order.complete = false);
    }

    /// Archives an order.
    pub fn archive_order(&mut self, order: u64) {
        self.edit_order(order, |order| order.archived = true);
    }

    /// Takes an order out of the archive.
    pub fn unarchive_order(&mut self, order: u64) {
        self.edit_order(order, |order| order.archived = false);
    }

    pub(super) fn order_line_mut(&mut self, line: u64) -> Option<&mut OrderLine> {
        let order = self.line_orders.get(&line)?;
        let lines = &mut self.orders.get_mut(order)?.lines;
        lines.iter_mut().find(|each| each.id == line)
    }

    fn take_order_line(&mut self, line: u64) -> Option<OrderLine> {
        let order = self.line_orders.remove(&line)?;
        let lines = &mut self.orders.get_mut(&order)?.lines;
        let at = lines.iter().position(|each| each.id == line)?;
        Some(lines.remove(at))
    }
}
