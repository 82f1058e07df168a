//! What may happen to sales.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::{Account, NewLine, NewSale, Sale, SaleLine, SaleVoid, next_id, till::reckon};

impl Account {
    /// Sells now: a completed sale that takes the stock. Returns the sale's id.
    pub fn sell(&mut self, shop: u64, lines: &[(u64, i64)]) -> u64 {
        let lines = lines
            .iter()
            .map(|(item, quantity)| NewLine::of(*item, *quantity))
            .collect();
        self.sell_lines(shop, lines)
    }

    /// Sells now, with full say over the lines. Returns the sale's id.
    pub fn sell_lines(&mut self, shop: u64, lines: Vec<NewLine>) -> u64 {
        let now = self.now;
        let sale = self.ring(NewSale {
            shop,
            created: Some(now),
            finished: Some(now),
            lines,
        });
        self.move_stock(sale, -1);
        sale
    }

    /// A completed sale that only becomes visible now, all its times lying in the past: what a
    /// register that was offline sends later.
    pub fn sell_late(&mut self, shop: u64, lines: Vec<NewLine>, at: DateTime<Utc>) -> u64 {
        let sale = self.ring(NewSale {
            shop,
            created: Some(at),
            finished: Some(at),
            lines,
        });
        self.move_stock(sale, -1);
        sale
    }

    /// Opens a sale without completing it. Returns its id.
    pub fn open_sale(&mut self, shop: u64, lines: Vec<NewLine>) -> u64 {
        let now = self.now;
        self.ring(NewSale {
            shop,
            created: Some(now),
            finished: None,
            lines,
        })
    }

    /// Completes an open sale, at a time that may lie in the past (none = now).
    pub fn complete(&mut self, sale: u64, at: Option<DateTime<Utc>>) {
        let now = self.now;
        let finished = at.unwrap_or(now);
        if let Some(sale) = self.sales.get_mut(&sale) {
            sale.completed = true;
            sale.finished = Some(finished);
            sale.stamp = Some(finished);
            sale.updated = Some(now);
        }
        self.move_stock(sale, -1);
    }

    /// Opens a completed sale again: the stock goes back and nothing says when it was completed.
    /// A voided one stays as it is.
    pub fn uncomplete(&mut self, sale: u64) {
        let now = self.now;
        let done = |sale: &&mut Sale| sale.completed && !sale.voided;
        let Some(found) = self.sales.get_mut(&sale).filter(done) else {
            return;
        };
        found.completed = false;
        found.finished = None;
        found.stamp = Some(now);
        found.updated = Some(now);
        self.move_stock(sale, 1);
    }

    /// Discards an open sale. A completed one cannot be archived and stays as it is.
    pub fn discard(&mut self, sale: u64) {
        let now = self.now;
        if let Some(sale) = self.sales.get_mut(&sale).filter(|sale| !sale.completed) {
            sale.archived = true;
            sale.stamp = Some(now);
            sale.updated = Some(now);
        }
    }

    /// Voids a completed sale: stock goes back, the journal gets an entry, `updatetime` moves and
    /// `timeStamp` does not.
    pub fn void(&mut self, sale: u64) {
        let now = self.now;
        self.void_at(sale, now);
        self.move_stock(sale, 1);
    }

    pub(crate) fn void_at(&mut self, sale: u64, at: DateTime<Utc>) {
        let Some(found) = self.sales.get_mut(&sale) else {
            return;
        };
        found.voided = true;
        found.updated = found.updated.map(|_| at);
        let (id, shop) = (next_id(&self.voids), found.shop);
        let reason = "Rung up by mistake".to_owned();
        self.voids.insert(
            id,
            SaleVoid {
                id,
                sale,
                shop,
                reason,
                created: at,
            },
        );
    }

    /// Refunds pieces of a line in a sale of its own, at the line's price. Returns the refund's
    /// sale id, or none if there is no such line.
    pub fn refund(&mut self, line: u64, quantity: i64) -> Option<u64> {
        let (sale, found) = self.line(line)?;
        let new = NewLine::of(found.item, -quantity)
            .at(found.unit_price)
            .parent(line);
        let shop = self.sales.get(&sale)?.shop;
        Some(self.sell_lines(shop, vec![new]))
    }

    /// Edits a line of a sale; the money is computed anew. The sale's `updatetime` and the line's
    /// `timeStamp` move; the `timeStamp` of a completed sale does not.
    pub fn edit_line(&mut self, line: u64, edit: impl FnOnce(&mut SaleLine)) {
        let now = self.now;
        let Some(sale) = self.line_sales.get(&line).copied() else {
            return;
        };
        self.edit_sale(sale, |sale| {
            let inclusive = sale.inclusive;
            if let Some(line) = sale.lines.iter_mut().find(|each| each.id == line) {
                edit(line);
                line.stamp = now;
                reckon(line, inclusive);
            }
        });
    }

    /// Deletes a line for good; nothing reports that.
    pub fn delete_line(&mut self, line: u64) {
        let Some(sale) = self.line_sales.get(&line).copied() else {
            return;
        };
        self.edit_sale(sale, |sale| sale.lines.retain(|each| each.id != line));
    }

    /// Changes a sale in any way. `updatetime` moves to now (unless the change set it), and
    /// `timeStamp` too while the sale is open.
    pub fn edit_sale(&mut self, sale: u64, edit: impl FnOnce(&mut Sale)) {
        let now = self.now;
        let Some(found) = self.sales.get_mut(&sale) else {
            return;
        };
        let (updated, stamp) = (found.updated, found.stamp);
        for line in &found.lines {
            self.line_sales.remove(&line.id);
        }
        edit(found);
        if found.updated == updated {
            found.updated = Some(now);
        }
        if found.stamp == stamp && !found.completed {
            found.stamp = Some(now);
        }
        for line in &found.lines {
            self.line_sales.insert(line.id, sale);
            self.last_line = self.last_line.max(line.id);
        }
    }

    /// Moves a line to another sale, as happens when a reservation is picked up.
    pub fn move_line(&mut self, line: u64, to: u64) {
        let Some(from) = self.line_sales.get(&line).copied() else {
            return;
        };
        let mut taken = None;
        self.edit_sale(from, |sale| {
            if let Some(at) = sale.lines.iter().position(|each| each.id == line) {
                taken = Some(sale.lines.remove(at));
            }
        });
        let now = self.now;
        if let Some(mut moved) = taken {
            moved.stamp = now;
            self.edit_sale(to, |sale| sale.lines.push(moved));
        }
    }

    /// Takes (-1) or gives back (+1) the stock of a sale's lines.
    fn move_stock(&mut self, sale: u64, sign: i64) {
        let Some(found) = self.sales.get(&sale) else {
            return;
        };
        let moves: Vec<(u64, u64, Decimal)> = found
            .lines
            .iter()
            .filter(|line| line.item != 0 && !line.line_type.starts_with("item_fee"))
            .map(|line| {
                let shop = if line.shop == 0 {
                    found.shop
                } else {
                    line.shop
                };
                (line.item, shop, line.quantity)
            })
            .collect();
        for (item, shop, quantity) in moves {
            let pieces = i64::try_from(quantity.trunc().mantissa()).unwrap_or(0);
            if self
                .items
                .get(&item)
                .is_some_and(|item| item.item_type != "non_inventory")
            {
                self.add_stock(item, shop, sign * pieces);
            }
        }
    }
}
