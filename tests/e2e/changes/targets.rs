//! The records that the changes happen to, found once in the seeded account.

use sandbox::{Account, Item};

/// Ids in the account; those of what a change makes are filled in by it.
#[derive(Debug, Default)]
pub(super) struct Targets {
    /// Items that are loaded and sell.
    pub(super) sold: u64,
    pub(super) other: u64,
    pub(super) third: u64,
    /// An item that sells and is merged away.
    pub(super) merged: u64,
    /// A vendor that is no default of `sold`.
    pub(super) vendor: u64,
    /// A vendor that vanishes.
    pub(super) lost_vendor: u64,
    /// A composed item and one of its rows.
    pub(super) assembly: u64,
    pub(super) component: u64,
    pub(super) number: u64,
    pub(super) sale: u64,
    pub(super) refund: u64,
    pub(super) layaway: u64,
    pub(super) order: u64,
    pub(super) second: u64,
}

impl Targets {
    pub(super) fn of(account: &Account) -> Self {
        let mut sold = account.items().values().filter(|item| sells(account, item));
        let mut next = || sold.next().expect("enough items that sell").id;
        let (one, other, third, merged) = (next(), next(), next(), next());
        let usual = account.items()[&one].default_vendor;
        let mut vendors = account
            .vendors()
            .values()
            .filter(|vendor| !vendor.archived && !vendor.hidden && vendor.id != usual)
            .map(|vendor| vendor.id);
        let vendor = vendors.next().expect("another vendor");
        let lost_vendor = vendors.next_back().expect("a third vendor");
        let assembly = account
            .items()
            .values()
            .find(|item| {
                item.item_type == "assembly"
                    && !item.archived
                    && !item.hidden
                    && item.components.len() > 1
            })
            .expect("an assembly");
        Self {
            sold: one,
            other,
            third,
            merged,
            vendor,
            lost_vendor,
            assembly: assembly.id,
            component: assembly.components[0].id,
            ..Self::default()
        }
    }
}

/// Whether an ordinary item was sold in the first shop.
fn sells(account: &Account, item: &Item) -> bool {
    item.item_type == "default"
        && !item.archived
        && !item.hidden
        && account.sales().values().any(|sale| {
            sale.completed
                && !sale.voided
                && sale.shop == 1
                && sale.lines.iter().any(|line| line.item == item.id)
        })
}
