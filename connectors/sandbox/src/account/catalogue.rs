//! What may happen to shops, vendors and items.

use rust_decimal::Decimal;

use super::{Account, Item, Price, Shop, Vendor, next_id};

impl Account {
    /// Opens a new shop with the tax category of the first one. Returns its id.
    pub fn add_shop(&mut self, name: &str) -> u64 {
        let id = next_id(&self.shops);
        let tax_category = self
            .shops
            .first_key_value()
            .map_or(1, |(_, first)| first.tax_category);
        let shop = Shop {
            id,
            name: name.to_owned(),
            time_zone: "Europe/Amsterdam".to_owned(),
            archived: false,
            tax_category,
            registers: 1,
            stamp: self.now,
        };
        self.shops.insert(id, shop);
        id
    }

    /// Renames a shop.
    pub fn rename_shop(&mut self, shop: u64, name: &str) {
        self.edit_shop(shop, |shop| name.clone_into(&mut shop.name));
    }

    /// Closes a shop.
    pub fn archive_shop(&mut self, shop: u64) {
        self.edit_shop(shop, |shop| shop.archived = true);
    }

    /// Changes a shop in any way; its `timeStamp` moves.
    pub fn edit_shop(&mut self, shop: u64, edit: impl FnOnce(&mut Shop)) {
        let now = self.now;
        if let Some(shop) = self.shops.get_mut(&shop) {
            edit(shop);
            shop.stamp = now;
        }
    }

    /// Adds a vendor with these contact e-mail addresses. Returns its id.
    pub fn add_vendor(&mut self, name: &str, emails: &[&str]) -> u64 {
        let id = next_id(&self.vendors);
        let vendor = Vendor {
            id,
            name: name.to_owned(),
            archived: false,
            account_number: String::new(),
            emails: emails.iter().map(|&email| email.to_owned()).collect(),
            currency: String::new(),
            hidden: false,
            stamp: self.now,
        };
        self.vendors.insert(id, vendor);
        id
    }

    /// Archives a vendor.
    pub fn archive_vendor(&mut self, vendor: u64) {
        self.edit_vendor(vendor, |vendor| vendor.archived = true);
    }

    /// Takes a vendor out of the archive.
    pub fn unarchive_vendor(&mut self, vendor: u64) {
        self.edit_vendor(vendor, |vendor| vendor.archived = false);
    }

    /// Makes a vendor vanish: nothing returns it any more.
    pub fn hide_vendor(&mut self, vendor: u64) {
        if let Some(vendor) = self.vendors.get_mut(&vendor) {
            vendor.hidden = true;
        }
    }

    /// Changes a vendor in any way; its `timeStamp` moves.
    pub fn edit_vendor(&mut self, vendor: u64, edit: impl FnOnce(&mut Vendor)) {
        let now = self.now;
        if let Some(vendor) = self.vendors.get_mut(&vendor) {
            edit(vendor);
            vendor.stamp = now;
        }
    }

    /// Adds an ordinary item at a price, without any stock row yet. Returns its id.
    pub fn add_item(&mut self, description: &str, price: Decimal) -> u64 {
        let id = next_id(&self.items);
        let item = Item {
            id,
            system_sku: format!("{}", 210_000_000_000 + id),
            custom_sku: String::new(),
            manufacturer_sku: String::new(),
            upc: String::new(),
            ean: String::new(),
            description: description.to_owned(),
            item_type: "default".to_owned(),
            serialized: false,
            tax: true,
            archived: false,
            hidden: false,
            tax_class: 1,
            matrix: 0,
            default_vendor: 0,
            default_cost: Decimal::ZERO,
            prices: vec![
                Price {
                    amount: price,
                    use_type_id: 1,
                    use_type: "Default".to_owned(),
                },
                Price {
                    amount: price,
                    use_type_id: 2,
                    use_type: "MSRP".to_owned(),
                },
            ],
            vendor_numbers: Vec::new(),
            components: Vec::new(),
            created: self.now,
            stamp: self.now,
        };
        self.items.insert(id, item);
        id
    }

    /// Archives an item: its stock is zeroed in every shop at the same second.
    pub fn archive_item(&mut self, item: u64) {
        let now = self.now;
        self.edit_item(item, |item| item.archived = true);
        for row in self.item_shops.values_mut().filter(|row| row.item == item) {
            row.qoh = 0;
            row.stamp = now;
        }
    }

    /// Takes an item out of the archive; its stock does not come back.
    pub fn unarchive_item(&mut self, item: u64) {
        self.edit_item(item, |item| item.archived = false);
    }

    /// Makes an item vanish, as a merge into another one does: nothing returns it any more.
    pub fn hide_item(&mut self, item: u64) {
        if let Some(item) = self.items.get_mut(&item) {
            item.hidden = true;
        }
    }

    /// Merges an item into another one: it vanishes, and what shops had of it is theirs as the
    /// other. Old lines keep naming it.
    pub fn merge_item(&mut self, item: u64, into: u64) {
        let had: Vec<(u64, i64)> = self
            .stock_rows
            .range((item, 1)..=(item, u64::MAX))
            .filter_map(|((_, shop), row)| Some((*shop, self.item_shops.get(row)?.qoh)))
            .filter(|(_, qoh)| *qoh != 0)
            .collect();
        for (shop, qoh) in had {
            self.add_stock(item, shop, -qoh);
            self.add_stock(into, shop, qoh);
        }
        self.hide_item(item);
    }

    /// Changes what kind of item it is (`default`, `non_inventory`, `assembly`, `box`, ..).
    pub fn change_type(&mut self, item: u64, item_type: &str) {
        self.edit_item(item, |item| item_type.clone_into(&mut item.item_type));
    }

    /// Changes an item in any way; its `timeStamp` moves.
    pub fn edit_item(&mut self, item: u64, edit: impl FnOnce(&mut Item)) {
        let now = self.now;
        if let Some(item) = self.items.get_mut(&item) {
            edit(item);
            item.stamp = now;
        }
    }
}
