//! What may happen to an item's vendors and parts. The item's `timeStamp` does not move: whether
//! the real one does is unknown, and this is the harder case.

use rust_decimal::Decimal;

use super::{Account, Component, VendorNumber};

impl Account {
    /// Adds a vendor's number for an item. Returns its id, or none if there is no such item.
    pub fn add_vendor_number(
        &mut self,
        item: u64,
        vendor: u64,
        value: &str,
        cost: Decimal,
    ) -> Option<u64> {
        let numbers = self.items.values().flat_map(|item| &item.vendor_numbers);
        let id = numbers.map(|number| number.id).max().unwrap_or(0) + 1;
        let stamp = self.now;
        self.items
            .get_mut(&item)?
            .vendor_numbers
            .push(VendorNumber {
                id,
                value: value.to_owned(),
                vendor,
                cost,
                stamp,
            });
        Some(id)
    }

    /// Changes a vendor's number for an item; the row's own `timeStamp` moves.
    pub fn edit_vendor_number(
        &mut self,
        item: u64,
        number: u64,
        edit: impl FnOnce(&mut VendorNumber),
    ) {
        let now = self.now;
        let numbers = self
            .items
            .get_mut(&item)
            .map(|item| &mut item.vendor_numbers);
        if let Some(found) = numbers.and_then(|rows| rows.iter_mut().find(|each| each.id == number))
        {
            edit(found);
            found.stamp = now;
        }
    }

    /// Removes a vendor's number from an item; nothing reports that.
    pub fn remove_vendor_number(&mut self, item: u64, number: u64) {
        if let Some(item) = self.items.get_mut(&item) {
            item.vendor_numbers.retain(|each| each.id != number);
        }
    }

    /// Makes another vendor (0 = none) the default one of an item; the item's `timeStamp` moves.
    pub fn change_default_vendor(&mut self, item: u64, vendor: u64) {
        self.edit_item(item, |item| item.default_vendor = vendor);
    }

    /// Adds a part to a composed item. Returns the row's id, or none if there is no such item.
    pub fn add_component(
        &mut self,
        item: u64,
        part: u64,
        quantity: Decimal,
        group: u64,
    ) -> Option<u64> {
        let rows = self.items.values().flat_map(|item| &item.components);
        let id = rows.map(|row| row.id).max().unwrap_or(0) + 1;
        self.items.get_mut(&item)?.components.push(Component {
            id,
            quantity,
            group,
            assembly: item,
            part,
        });
        Some(id)
    }

    /// Changes a part of a composed item.
    pub fn edit_component(&mut self, item: u64, row: u64, edit: impl FnOnce(&mut Component)) {
        let rows = self.items.get_mut(&item).map(|item| &mut item.components);
        if let Some(found) = rows.and_then(|rows| rows.iter_mut().find(|each| each.id == row)) {
            edit(found);
        }
    }

    /// Removes a part of a composed item; nothing reports that.
    pub fn remove_component(&mut self, item: u64, row: u64) {
        if let Some(item) = self.items.get_mut(&item) {
            item.components.retain(|each| each.id != row);
        }
    }
}
