//! What may happen to stock rows. Their change times are their own: the item's never moves.

use super::{Account, ItemShop, next_id};

impl Account {
    /// Sets what a shop has of an item. The row is made if it was missing, and the total row
    /// follows.
    pub fn set_stock(&mut self, item: u64, shop: u64, qoh: i64) {
        let before = self.stock(item, shop).map_or(0, |row| row.qoh);
        self.add_stock(item, shop, qoh - before);
    }

    /// Sets the minimum a shop wants of an item.
    pub fn set_reorder_point(&mut self, item: u64, shop: u64, point: i64) {
        let now = self.now;
        let row = self.stock_row(item, shop);
        row.reorder_point = point;
        row.stamp = now;
    }

    /// Adds pieces to what a shop has of an item; the item itself is not touched.
    pub fn restock(&mut self, item: u64, shop: u64, pieces: i64) {
        self.add_stock(item, shop, pieces);
    }

    /// Sets what is on its way to a shop from another one.
    pub fn set_transfer_in(&mut self, item: u64, shop: u64, pieces: i64) {
        let now = self.now;
        let row = self.stock_row(item, shop);
        row.transfer_in = pieces;
        row.stamp = now;
    }

    /// The stock row of an item in a shop, if there is one.
    #[must_use]
    pub fn stock(&self, item: u64, shop: u64) -> Option<&ItemShop> {
        self.item_shops.get(self.stock_rows.get(&(item, shop))?)
    }

    pub(crate) fn add_stock(&mut self, item: u64, shop: u64, pieces: i64) {
        let now = self.now;
        for place in [shop, 0] {
            let row = self.stock_row(item, place);
            row.qoh += pieces;
            row.stamp = now;
        }
    }

    /// The row of (item, shop), made with zero stock if missing.
    pub(crate) fn stock_row(&mut self, item: u64, shop: u64) -> &mut ItemShop {
        let id = *self
            .stock_rows
            .entry((item, shop))
            .or_insert_with(|| next_id(&self.item_shops));
        let stamp = self.now;
        self.item_shops.entry(id).or_insert_with(|| ItemShop {
            id,
            item,
            shop,
            qoh: 0,
            reorder_point: 0,
            reorder_level: 0,
            backorder: 0,
            transfer_in: 0,
            stamp,
        })
    }
}
