//! Item.

use std::ops::RangeInclusive;

use crate::{
    account::{Account, Item, ItemShop},
    http::json::Obj,
};

use super::{
    Field, Relation, Table, Value, Wants, at, flag, id, item_shop, many, number, one, primary,
    sortable, text, time,
};

pub(crate) struct Items;

static FIELDS: [Field; 19] = [
    primary("itemID"),
    sortable(text("description")),
    sortable(time("timeStamp")),
    time("createTime"),
    text("systemSku"),
    text("customSku"),
    text("manufacturerSku"),
    text("upc"),
    text("ean"),
    text("itemType"),
    flag("serialized"),
    flag("tax"),
    flag("archived"),
    number("defaultCost"),
    id("taxClassID"),
    id("categoryID"),
    id("itemMatrixID"),
    id("manufacturerID"),
    id("defaultVendorID"),
];

static RELATIONS: [Relation; 4] = [
    many("ItemShops"),
    many("ItemVendorNums"),
    many("ItemComponents"),
    one("TaxClass"),
];

impl Table for Items {
    fn name(&self) -> &'static str {
        "Item"
    }

    fn fields(&self) -> &'static [Field] {
        &FIELDS
    }

    fn relations(&self) -> &'static [Relation] {
        &RELATIONS
    }

    fn ids<'a>(
        &self,
        account: &'a Account,
        range: RangeInclusive<u64>,
    ) -> Box<dyn DoubleEndedIterator<Item = u64> + 'a> {
        let visible = account.items.range(range).filter(|(_, item)| !item.hidden);
        Box::new(visible.map(|(id, _)| *id))
    }

    fn archived(&self, account: &Account, id: u64) -> bool {
        account.items.get(&id).is_some_and(|item| item.archived)
    }

    fn value<'a>(&self, account: &'a Account, id: u64, field: &str) -> Value<'a> {
        let Some(item) = account.items.get(&id) else {
            return Value::Null;
        };
        match field {
            "itemID" => Value::Id(id),
            "description" => Value::Text(&item.description),
            "timeStamp" => at(Some(item.stamp)),
            "createTime" => at(Some(item.created)),
            "systemSku" => Value::Text(&item.system_sku),
            "customSku" => Value::Text(&item.custom_sku),
            "manufacturerSku" => Value::Text(&item.manufacturer_sku),
            "upc" => Value::Text(&item.upc),
            "ean" => Value::Text(&item.ean),
            "itemType" => Value::Text(&item.item_type),
            "serialized" => Value::Flag(item.serialized),
            "tax" => Value::Flag(item.tax),
            "archived" => Value::Flag(item.archived),
            "defaultCost" => Value::Number(item.default_cost),
            "taxClassID" => Value::Id(item.tax_class),
            "categoryID" | "manufacturerID" => Value::Id(0),
            "itemMatrixID" => Value::Id(item.matrix),
            "defaultVendorID" => Value::Id(item.default_vendor),
            _ => Value::Null,
        }
    }

    fn write(&self, account: &Account, id: u64, wants: &Wants, obj: &mut Obj<'_>) {
        let Some(item) = account.items.get(&id) else {
            return;
        };
        scalars(item, obj);
        if wants.has("TaxClass") && item.tax_class != 0 {
            obj.child("TaxClass", |obj| {
                obj.plain("taxClassID", item.tax_class);
                obj.text(
                    "name",
                    if item.tax_class == 1 {
                        "Item"
                    } else {
                        "Reduced"
                    },
                );
            });
        }
        let blank = id.is_multiple_of(3);
        if wants.has("ItemShops") {
            let rows: Vec<&ItemShop> = account
                .stock_rows
                .range((id, 0)..=(id, u64::MAX))
                .filter_map(|(_, row)| account.item_shops.get(row))
                .collect();
            obj.many(("ItemShops", "ItemShop"), &rows, blank, |obj, row| {
                item_shop::scalars(row, obj);
            });
        }
        if wants.has("ItemVendorNums") {
            let wrapper = ("ItemVendorNums", "ItemVendorNum");
            obj.many(wrapper, &item.vendor_numbers, blank, |obj, row| {
                obj.plain("itemVendorNumID", row.id);
                obj.text("value", &row.value);
                obj.time("timeStamp", row.stamp);
                obj.dec("cost", row.cost);
                obj.plain("itemID", id);
                obj.plain("vendorID", row.vendor);
            });
        }
        if wants.has("ItemComponents") {
            let wrapper = ("ItemComponents", "ItemComponent");
            obj.many(wrapper, &item.components, blank, |obj, row| {
                obj.plain("itemComponentID", row.id);
                obj.dec("quantity", row.quantity);
                obj.plain("componentGroup", row.group);
                obj.plain("assemblyItemID", row.assembly);
                obj.plain("componentItemID", row.part);
            });
        }
        // Prices come without being asked for.
        obj.many(("Prices", "ItemPrice"), &item.prices, true, |obj, price| {
            obj.dec("amount", price.amount);
            obj.plain("useTypeID", price.use_type_id);
            obj.text("useType", &price.use_type);
        });
    }
}

fn scalars(item: &Item, obj: &mut Obj<'_>) {
    obj.plain("itemID", item.id);
    obj.text("systemSku", &item.system_sku);
    obj.dec("defaultCost", item.default_cost);
    obj.dec("avgCost", item.default_cost);
    obj.text("discountable", "true");
    obj.plain("tax", item.tax);
    obj.plain("archived", item.archived);
    obj.text("itemType", &item.item_type);
    obj.plain("serialized", item.serialized);
    obj.text("description", &item.description);
    obj.text("modelYear", "0");
    obj.text("upc", &item.upc);
    obj.text("ean", &item.ean);
    obj.text("customSku", &item.custom_sku);
    obj.text("manufacturerSku", &item.manufacturer_sku);
    obj.time("createTime", item.created);
    obj.time("timeStamp", item.stamp);
    obj.text("publishToEcom", "false");
    obj.text("categoryID", "0");
    obj.plain("taxClassID", item.tax_class);
    obj.text("departmentID", "0");
    obj.plain("itemMatrixID", item.matrix);
    obj.text("manufacturerID", "0");
    obj.text("seasonID", "0");
    obj.plain("defaultVendorID", item.default_vendor);
    if item.id % 4 == 1 {
        obj.plain(
            "ItemUUID",
            format_args!("00000000-0000-4000-8000-{:012x}", item.id),
        );
    }
    if item.id % 5 == 2 {
        obj.text("laborDurationMinutes", "");
    }
}
