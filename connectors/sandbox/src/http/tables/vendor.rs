//! Vendor.

use std::ops::RangeInclusive;

use crate::{
    account::{Account, Vendor},
    http::json::Obj,
};

use super::{
    Field, Relation, Table, Value, Wants, at, flag, many, one, primary, sortable, text, time,
};

pub(crate) struct Vendors;

static FIELDS: [Field; 5] = [
    primary("vendorID"),
    sortable(text("name")),
    flag("archived"),
    text("accountNumber"),
    sortable(time("timeStamp")),
];

static RELATIONS: [Relation; 2] = [one("Contact"), many("Reps")];

impl Table for Vendors {
    fn name(&self) -> &'static str {
        "Vendor"
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
        let visible = account
            .vendors
            .range(range)
            .filter(|(_, each)| !each.hidden);
        Box::new(visible.map(|(id, _)| *id))
    }

    fn archived(&self, account: &Account, id: u64) -> bool {
        account
            .vendors
            .get(&id)
            .is_some_and(|vendor| vendor.archived)
    }

    fn value<'a>(&self, account: &'a Account, id: u64, field: &str) -> Value<'a> {
        let Some(vendor) = account.vendors.get(&id) else {
            return Value::Null;
        };
        match field {
            "vendorID" => Value::Id(id),
            "name" => Value::Text(&vendor.name),
            "archived" => Value::Flag(vendor.archived),
            "accountNumber" => Value::Text(&vendor.account_number),
            "timeStamp" => at(Some(vendor.stamp)),
            _ => Value::Null,
        }
    }

    fn write(&self, account: &Account, id: u64, wants: &Wants, obj: &mut Obj<'_>) {
        let Some(vendor) = account.vendors.get(&id) else {
            return;
        };
        scalars(vendor, obj);
        if wants.has("Contact") {
            obj.child("Contact", |obj| {
                obj.text("custom", "");
                obj.text("noEmail", "false");
                obj.text("noPhone", "false");
                obj.text("noMail", "false");
                obj.text("Addresses", "");
                obj.text("Phones", "");
                let emails: Vec<(usize, &String)> = vendor.emails.iter().enumerate().collect();
                obj.many(
                    ("Emails", "ContactEmail"),
                    &emails,
                    true,
                    |obj, (at, address)| {
                        obj.text("address", address);
                        obj.text("useType", if *at == 0 { "Primary" } else { "Secondary" });
                    },
                );
                obj.text("Websites", "");
                obj.time("timeStamp", vendor.stamp);
            });
        }
        if wants.has("Reps") {
            obj.text("Reps", "");
        }
    }
}

/// The fields of a vendor, as an entity and inside an order.
pub(super) fn scalars(vendor: &Vendor, obj: &mut Obj<'_>) {
    obj.plain("vendorID", vendor.id);
    obj.text("name", &vendor.name);
    obj.plain("archived", vendor.archived);
    obj.text("accountNumber", &vendor.account_number);
    obj.text("priceLevel", "");
    obj.text("updatePrice", "false");
    obj.text("updateCost", "false");
    obj.text("updateDescription", "false");
    obj.text("shareSellThrough", "false");
    obj.time("timeStamp", vendor.stamp);
    if vendor.id.is_multiple_of(3) {
        obj.text("b2bSellerUID", "");
    }
    match vendor.currency.as_str() {
        "" if vendor.id.is_multiple_of(4) => obj.text("purchasingCurrency", ""),
        "" => {}
        code => obj.child("purchasingCurrency", |obj| {
            obj.text("code", code);
            obj.text("symbol", if code == "USD" { "$" } else { "" });
            obj.text("rate", "1.0831");
        }),
    }
}
