//! The account: its records, and what may happen to them.

mod catalogue;
mod offers;
mod orders;
mod purchases;
mod records;
mod sales;
mod shipments;
mod stock;
mod till;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

pub use purchases::{NewOrder, NewOrderLine, Order, OrderLine, Shipment, ShipmentItem};
pub use records::{
    Component, Item, ItemShop, Price, Sale, SaleLine, SaleVoid, Shop, TaxCategory, TaxClassRate,
    Vendor, VendorNumber,
};
pub use till::{NewLine, NewSale};

/// All records of the imitated account. Reading goes through the accessors, changing through the
/// typed mutators, which move the change times as the real system does.
#[derive(Debug, Clone)]
pub struct Account {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) shops: BTreeMap<u64, Shop>,
    pub(crate) tax_categories: BTreeMap<u64, TaxCategory>,
    pub(crate) vendors: BTreeMap<u64, Vendor>,
    pub(crate) items: BTreeMap<u64, Item>,
    pub(crate) item_shops: BTreeMap<u64, ItemShop>,
    pub(crate) sales: BTreeMap<u64, Sale>,
    pub(crate) voids: BTreeMap<u64, SaleVoid>,
    /// Which ItemShop row belongs to (item, shop).
    pub(crate) stock_rows: BTreeMap<(u64, u64), u64>,
    /// Which sale holds a line.
    pub(crate) line_sales: BTreeMap<u64, u64>,
    pub(crate) last_line: u64,
    /// Code of the account's own currency.
    pub(crate) currency: String,
    pub(crate) orders: BTreeMap<u64, Order>,
    pub(crate) shipments: BTreeMap<u64, Shipment>,
    /// Which order holds a line.
    pub(crate) line_orders: BTreeMap<u64, u64>,
    pub(crate) last_order_line: u64,
    pub(crate) last_shipment_item: u64,
    /// Whether the items of a shipment bring the order line they belong to.
    pub(crate) shipment_lines: bool,
    /// The server's time as seen by changes, whole seconds.
    pub(crate) now: DateTime<Utc>,
}

impl Account {
    pub(crate) fn empty(id: u64, name: String, now: DateTime<Utc>) -> Account {
        Account {
            id,
            name,
            shops: BTreeMap::new(),
            tax_categories: BTreeMap::new(),
            vendors: BTreeMap::new(),
            items: BTreeMap::new(),
            item_shops: BTreeMap::new(),
            sales: BTreeMap::new(),
            voids: BTreeMap::new(),
            stock_rows: BTreeMap::new(),
            line_sales: BTreeMap::new(),
            last_line: 0,
            currency: "EUR".to_owned(),
            orders: BTreeMap::new(),
            shipments: BTreeMap::new(),
            line_orders: BTreeMap::new(),
            last_order_line: 0,
            last_shipment_item: 0,
            shipment_lines: false,
            now,
        }
    }

    /// The account's id.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The server's time at this change, whole seconds.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// All shops by id.
    #[must_use]
    pub fn shops(&self) -> &BTreeMap<u64, Shop> {
        &self.shops
    }

    /// All tax categories by id.
    #[must_use]
    pub fn tax_categories(&self) -> &BTreeMap<u64, TaxCategory> {
        &self.tax_categories
    }

    /// All vendors by id.
    #[must_use]
    pub fn vendors(&self) -> &BTreeMap<u64, Vendor> {
        &self.vendors
    }

    /// All items by id, the vanished ones included.
    #[must_use]
    pub fn items(&self) -> &BTreeMap<u64, Item> {
        &self.items
    }

    /// All stock rows by their own id.
    #[must_use]
    pub fn item_shops(&self) -> &BTreeMap<u64, ItemShop> {
        &self.item_shops
    }

    /// All sales by id.
    #[must_use]
    pub fn sales(&self) -> &BTreeMap<u64, Sale> {
        &self.sales
    }

    /// All void journal entries by id.
    #[must_use]
    pub fn voids(&self) -> &BTreeMap<u64, SaleVoid> {
        &self.voids
    }

    /// All purchase orders by id.
    #[must_use]
    pub fn orders(&self) -> &BTreeMap<u64, Order> {
        &self.orders
    }

    /// All shipments by id.
    #[must_use]
    pub fn shipments(&self) -> &BTreeMap<u64, Shipment> {
        &self.shipments
    }

    /// A line of a purchase order and the order's id.
    #[must_use]
    pub fn order_line(&self, line: u64) -> Option<(u64, &OrderLine)> {
        let order = *self.line_orders.get(&line)?;
        let lines = &self.orders.get(&order)?.lines;
        Some((order, lines.iter().find(|each| each.id == line)?))
    }

    /// A line and the id of the sale that holds it.
    #[must_use]
    pub fn line(&self, line: u64) -> Option<(u64, &SaleLine)> {
        let sale = *self.line_sales.get(&line)?;
        let found = self
            .sales
            .get(&sale)?
            .lines
            .iter()
            .find(|each| each.id == line)?;
        Some((sale, found))
    }

    /// The item, unless it has vanished.
    pub(crate) fn visible_item(&self, id: u64) -> Option<&Item> {
        self.items.get(&id).filter(|item| !item.hidden)
    }

    /// The vendor, unless it has vanished.
    pub(crate) fn visible_vendor(&self, id: u64) -> Option<&Vendor> {
        self.vendors.get(&id).filter(|vendor| !vendor.hidden)
    }
}

/// The id after the highest one in use.
pub(crate) fn next_id<T>(records: &BTreeMap<u64, T>) -> u64 {
    records.last_key_value().map_or(1, |(id, _)| id + 1)
}

#[cfg(test)]
mod tests;
