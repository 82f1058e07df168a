//! ItemShop: stock rows, readable on their own since 2025.

use std::ops::RangeInclusive;

use rust_decimal::Decimal;

use crate::{
    account::{Account, ItemShop},
    http::json::Obj,
};

use super::{Field, Table, Value, Wants, at, id, number, primary, sortable, time};

pub(crate) struct ItemShops;

static FIELDS: [Field; 9] = [
    primary("itemShopID"),
    sortable(time("timeStamp")),
    id("itemID"),
    id("shopID"),
    number("qoh"),
    number("sellable"),
    number("backorder"),
    number("reorderPoint"),
    number("reorderLevel"),
];

impl Table for ItemShops {
    fn name(&self) -> &'static str {
        "ItemShop"
    }

    fn fields(&self) -> &'static [Field] {
        &FIELDS
    }

    fn ids<'a>(
        &self,
        account: &'a Account,
        range: RangeInclusive<u64>,
    ) -> Box<dyn DoubleEndedIterator<Item = u64> + 'a> {
        let visible = account
            .item_shops
            .range(range)
            .filter(|(_, row)| account.visible_item(row.item).is_some());
        Box::new(visible.map(|(id, _)| *id))
    }

    fn value<'a>(&self, account: &'a Account, id: u64, field: &str) -> Value<'a> {
        let Some(row) = account.item_shops.get(&id) else {
            return Value::Null;
        };
        match field {
            "itemShopID" => Value::Id(id),
            "timeStamp" => at(Some(row.stamp)),
            "itemID" => Value::Id(row.item),
            "shopID" => Value::Id(row.shop),
            "qoh" => Value::Number(Decimal::from(row.qoh)),
            "sellable" => Value::Number(Decimal::from(row.qoh.max(0))),
            "backorder" => Value::Number(Decimal::from(row.backorder)),
            "reorderPoint" => Value::Number(Decimal::from(row.reorder_point)),
            "reorderLevel" => Value::Number(Decimal::from(row.reorder_level)),
            _ => Value::Null,
        }
    }

    fn write(&self, account: &Account, id: u64, _wants: &Wants, obj: &mut Obj<'_>) {
        if let Some(row) = account.item_shops.get(&id) {
            scalars(row, obj);
        }
    }
}

/// The fields of a row, as an entity and inside its item.
pub(super) fn scalars(row: &ItemShop, obj: &mut Obj<'_>) {
    obj.plain("itemShopID", row.id);
    obj.plain("qoh", row.qoh);
    obj.plain("sellable", row.qoh.max(0));
    obj.plain("backorder", row.backorder);
    obj.text("componentQoh", "0");
    obj.text("componentBackorder", "0");
    obj.plain("reorderPoint", row.reorder_point);
    obj.plain("reorderLevel", row.reorder_level);
    obj.text("onLayaway", "0");
    obj.text("onSpecialOrder", "0");
    // The field table and the samples of the documentation differ in this letter.
    obj.text(
        if row.id.is_multiple_of(2) {
            "onWorkOrder"
        } else {
            "onWorkorder"
        },
        "0",
    );
    obj.text("onTransferOut", "0");
    obj.plain("onTransferIn", row.transfer_in);
    if row.shop == 0 {
        obj.text("averageCost", "2.6814");
    }
    obj.time("timeStamp", row.stamp);
    obj.plain("itemID", row.item);
    obj.plain("shopID", row.shop);
}
