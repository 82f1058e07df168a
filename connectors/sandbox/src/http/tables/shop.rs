//! Shop.

use std::ops::RangeInclusive;

use crate::{
    account::{Account, TaxCategory},
    http::json::Obj,
};

use super::{Field, Relation, Table, Value, Wants, at, flag, id, many, one, primary, text, time};

pub(crate) struct Shops;

static FIELDS: [Field; 6] = [
    primary("shopID"),
    text("name"),
    text("timeZone"),
    flag("archived"),
    id("taxCategoryID"),
    time("timeStamp"),
];

static RELATIONS: [Relation; 5] = [
    one("Contact"),
    one("TaxCategory"),
    many("TaxCategory.TaxCategoryClasses"),
    many("Registers"),
    one("PriceLevel"),
];

impl Table for Shops {
    fn name(&self) -> &'static str {
        "Shop"
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
        Box::new(account.shops.range(range).map(|(id, _)| *id))
    }

    fn archived(&self, account: &Account, id: u64) -> bool {
        account.shops.get(&id).is_some_and(|shop| shop.archived)
    }

    fn value<'a>(&self, account: &'a Account, id: u64, field: &str) -> Value<'a> {
        let Some(shop) = account.shops.get(&id) else {
            return Value::Null;
        };
        match field {
            "shopID" => Value::Id(id),
            "name" => Value::Text(&shop.name),
            "timeZone" => Value::Text(&shop.time_zone),
            "archived" => Value::Flag(shop.archived),
            "taxCategoryID" => Value::Id(shop.tax_category),
            "timeStamp" => at(Some(shop.stamp)),
            _ => Value::Null,
        }
    }

    fn write(&self, account: &Account, id: u64, wants: &Wants, obj: &mut Obj<'_>) {
        let Some(shop) = account.shops.get(&id) else {
            return;
        };
        obj.plain("shopID", id);
        obj.text("name", &shop.name);
        obj.text("serviceRate", "0");
        obj.text("timeZone", &shop.time_zone);
        obj.text("taxLabor", "false");
        obj.text("labelTitle", "Shop Name");
        obj.text("labelMsrp", "false");
        obj.plain("archived", shop.archived);
        obj.time("timeStamp", shop.stamp);
        obj.text("companyRegistrationNumber", "");
        obj.text("vatNumber", "");
        if id.is_multiple_of(2) {
            obj.text("networkHealthTool", "false");
        }
        obj.plain("contactID", id + 1);
        obj.plain("taxCategoryID", shop.tax_category);
        obj.text("receiptSetupID", "1");
        obj.text("ccGatewayID", "0");
        obj.text(
            "gatewayConfigID",
            if id == 1 {
                "5b0f7f5e-4d3c-4c55-9a5e-5f4be6a1c001"
            } else {
                ""
            },
        );
        obj.text("priceLevelID", "1");
        if wants.has("Contact") {
            obj.child("Contact", |obj| {
                obj.plain("contactID", id + 1);
                obj.text("custom", "");
                obj.text("Addresses", "");
                obj.text("Phones", "");
                obj.text("Emails", "");
                obj.text("Websites", "");
            });
        }
        if wants.has("TaxCategory")
            && let Some(category) = account.tax_categories.get(&shop.tax_category)
        {
            obj.child("TaxCategory", |obj| tax_category(category, obj));
        }
        if wants.has("Registers") {
            let registers: Vec<u64> = (1..=u64::from(shop.registers)).collect();
            obj.many(
                ("Registers", "Register"),
                &registers,
                false,
                |obj, number| {
                    obj.plain("registerID", id * 100 + number);
                    obj.plain("name", format_args!("Register {number}"));
                    obj.text("open", "true");
                    obj.text("archived", "false");
                    obj.plain("shopID", id);
                },
            );
        }
        if wants.has("PriceLevel") {
            obj.child("PriceLevel", |obj| {
                obj.text("priceLevelID", "1");
                obj.text("name", "Default");
                obj.text("type", "fixed");
                obj.text("archived", "false");
            });
        }
    }
}

/// A tax category with the rates of its classes.
pub(super) fn tax_category(category: &TaxCategory, obj: &mut Obj<'_>) {
    obj.plain("taxCategoryID", category.id);
    obj.plain("isTaxInclusive", category.inclusive);
    obj.text("tax1Name", &category.tax1_name);
    obj.text("tax2Name", &category.tax2_name);
    obj.dec("tax1Rate", category.tax1);
    obj.dec("tax2Rate", category.tax2);
    obj.time("timeStamp", category.stamp);
    let wrapper = ("TaxCategoryClasses", "TaxCategoryClass");
    obj.many(wrapper, &category.classes, false, |obj, class| {
        obj.plain("taxCategoryClassID", class.id);
        obj.dec("tax1Rate", class.tax1);
        obj.dec("tax2Rate", class.tax2);
        obj.plain("taxCategoryID", category.id);
        obj.plain("taxClassID", class.class);
    });
}
