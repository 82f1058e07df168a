//! What happens to shops, vendors, items and their stock.

use rust_decimal::Decimal;

use super::{Move, RandomHistory};

pub(super) const MOVES: &[Move] = &[
    ("new shop", |it| {
        it.account.shops.len() < 6 && it.account.add_shop("Pop-up") > 0
    }),
    ("rename shop", |it| {
        let (shop, name) = (it.shop(), format!("Shop {}", it.count(1, 99)));
        it.account.rename_shop(shop, &name);
        true
    }),
    ("archive shop", |it| {
        let shop = it.shop();
        let open = it.account.shops.values().filter(|each| !each.archived);
        // The reference shop stays open, and something else with it.
        let may = shop != super::shops::MAIN && open.count() > 2;
        if may {
            it.account.archive_shop(shop);
        }
        may
    }),
    ("new vendor", |it| {
        it.account.vendors.len() < 6 && it.account.add_vendor("New vendor", &[]) > 0
    }),
    ("rename vendor", |it| {
        let name = format!("Vendor of {}", it.count(1, 99));
        of_vendor(it, |it, vendor| {
            it.account.edit_vendor(vendor, |vendor| vendor.name = name);
        })
    }),
    ("vendor currency", |it| {
        let code = it.dice.pick(&["", "EUR", "USD"]).unwrap_or("");
        of_vendor(it, |it, vendor| {
            it.account
                .edit_vendor(vendor, |vendor| code.clone_into(&mut vendor.currency));
        })
    }),
    ("archive vendor", |it| {
        of_vendor(it, |it, vendor| it.account.archive_vendor(vendor))
    }),
    ("unarchive vendor", |it| {
        of_vendor(it, |it, vendor| it.account.unarchive_vendor(vendor))
    }),
    ("hide vendor", |it| {
        let enough = it
            .account
            .vendors
            .values()
            .filter(|each| !each.hidden)
            .count()
            > 1;
        enough && of_vendor(it, |it, vendor| it.account.hide_vendor(vendor))
    }),
    ("new item", |it| it.account.items.len() < 16 && new_item(it)),
    ("edit item", |it| {
        let (name, price) = (format!("Item no. {}", it.count(1, 99)), it.cents());
        of_item(it, |it, item| {
            it.account.edit_item(item, |item| {
                item.description = name;
                item.default_cost = price;
                if let Some(listed) = item.prices.first_mut() {
                    listed.amount = price;
                }
            });
        })
    }),
    ("archive item", |it| {
        of_item(it, |it, item| it.account.archive_item(item))
    }),
    ("unarchive item", |it| {
        of_item(it, |it, item| it.account.unarchive_item(item))
    }),
    ("hide item", |it| {
        visible(it) > 4 && of_item(it, |it, item| it.account.hide_item(item))
    }),
    ("merge item", |it| {
        let Some(into) = it.item() else { return false };
        visible(it) > 4
            && of_item(it, |it, item| {
                if item != into {
                    it.account.merge_item(item, into);
                }
            })
    }),
    ("change type", |it| {
        let kinds = ["default", "non_inventory", "assembly", "box"];
        let kind = it.dice.pick(&kinds).unwrap_or("default");
        of_item(it, |it, item| it.account.change_type(item, kind))
    }),
    ("default vendor", |it| {
        let vendor = if it.dice.per_mille(200) {
            Some(0)
        } else {
            it.vendor()
        };
        let Some(vendor) = vendor else { return false };
        of_item(it, |it, item| {
            it.account.change_default_vendor(item, vendor)
        })
    }),
    ("add vendor number", |it| of_item(it, add_vendor_number)),
    ("edit vendor number", |it| {
        let cost = it.cents();
        of_row(it, |it, item, at| {
            let number = it.account.items.get(&item)?.vendor_numbers.get(at)?.id;
            it.account
                .edit_vendor_number(item, number, |number| number.cost = cost);
            Some(())
        })
    }),
    ("remove vendor number", |it| {
        of_row(it, |it, item, at| {
            let number = it.account.items.get(&item)?.vendor_numbers.get(at)?.id;
            it.account.remove_vendor_number(item, number);
            Some(())
        })
    }),
    ("add component", |it| of_item(it, add_component)),
    ("edit component", |it| {
        let quantity = Decimal::from(it.count(0, 9));
        of_row(it, |it, item, at| {
            let row = it.account.items.get(&item)?.components.get(at)?.id;
            it.account
                .edit_component(item, row, |row| row.quantity = quantity);
            Some(())
        })
    }),
    ("remove component", |it| {
        of_row(it, |it, item, at| {
            let row = it.account.items.get(&item)?.components.get(at)?.id;
            it.account.remove_component(item, row);
            Some(())
        })
    }),
    ("restock", |it| {
        let (shop, pieces) = (it.shop(), it.count(-3, 12));
        of_item(it, |it, item| it.account.restock(item, shop, pieces))
    }),
    ("reorder point", |it| {
        let (shop, point) = (it.shop(), it.count(0, 9));
        of_item(it, |it, item| {
            it.account.set_reorder_point(item, shop, point)
        })
    }),
    ("in transit", |it| {
        let (shop, pieces) = (it.shop(), it.count(0, 5));
        of_item(it, |it, item| {
            it.account.set_transfer_in(item, shop, pieces)
        })
    }),
];

/// An item of some type, with a vendor and a part more often than not.
pub(super) fn new_item(it: &mut RandomHistory) -> bool {
    let price = it.cents();
    let item = it.account.add_item("", price);
    let kinds = [
        "default",
        "default",
        "default",
        "non_inventory",
        "assembly",
        "box",
    ];
    let kind = it.dice.pick(&kinds).unwrap_or("default");
    let vendor = it.vendor().unwrap_or(0);
    let archived = it.dice.per_mille(150);
    it.account.edit_item(item, |item| {
        item.description = format!("Item {}", item.id);
        kind.clone_into(&mut item.item_type);
        item.default_vendor = vendor;
        item.default_cost = price / Decimal::TWO;
        item.archived = archived;
    });
    if it.dice.per_mille(600) {
        add_vendor_number(it, item);
    }
    if matches!(kind, "assembly" | "box") {
        add_component(it, item);
        add_component(it, item);
    }
    if !archived && kind != "non_inventory" {
        let pieces = it.count(0, 20);
        it.account.restock(item, super::shops::MAIN, pieces);
    }
    true
}

fn add_vendor_number(it: &mut RandomHistory, item: u64) {
    let value = it.dice.pick(&["", "A-1", " B-2 ", "C-3"]).unwrap_or("");
    let cost = if it.dice.per_mille(500) {
        it.cents()
    } else {
        Decimal::ZERO
    };
    if let Some(vendor) = it.vendor() {
        it.account.add_vendor_number(item, vendor, value, cost);
    }
}

fn add_component(it: &mut RandomHistory, item: u64) {
    let (quantity, group) = (Decimal::from(it.count(1, 6)), it.dice.pick(&[0, 0, 1, 2]));
    if let Some(part) = it.item() {
        it.account
            .add_component(item, part, quantity, group.unwrap_or(0));
    }
}

fn visible(it: &RandomHistory) -> usize {
    it.account
        .items
        .values()
        .filter(|item| !item.hidden)
        .count()
}

fn of_item(it: &mut RandomHistory, happen: impl FnOnce(&mut RandomHistory, u64)) -> bool {
    let item = it.item();
    if let Some(item) = item {
        happen(it, item);
    }
    item.is_some()
}

/// With an item and a place in one of its short lists.
fn of_row(
    it: &mut RandomHistory,
    happen: impl FnOnce(&mut RandomHistory, u64, usize) -> Option<()>,
) -> bool {
    let at = usize::try_from(it.count(0, 1)).unwrap_or(0);
    let item = it.item();
    item.and_then(|item| happen(it, item, at)).is_some()
}

fn of_vendor(it: &mut RandomHistory, happen: impl FnOnce(&mut RandomHistory, u64)) -> bool {
    let vendor = it.vendor();
    if let Some(vendor) = vendor {
        happen(it, vendor);
    }
    vendor.is_some()
}
