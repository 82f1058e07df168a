//! SaleVoid: the journal of voids, only ever appended to.

use std::ops::RangeInclusive;

use crate::{account::Account, http::json::Obj};

use super::{Field, Table, Value, Wants, at, id, primary, sortable, text, time};

pub(crate) struct SaleVoids;

static FIELDS: [Field; 5] = [
    primary("saleVoidID"),
    sortable(id("saleID")),
    id("shopID"),
    text("reason"),
    time("createTime"),
];

impl Table for SaleVoids {
    fn name(&self) -> &'static str {
        "SaleVoid"
    }

    fn fields(&self) -> &'static [Field] {
        &FIELDS
    }

    fn ids<'a>(
        &self,
        account: &'a Account,
        range: RangeInclusive<u64>,
    ) -> Box<dyn DoubleEndedIterator<Item = u64> + 'a> {
        Box::new(account.voids.range(range).map(|(id, _)| *id))
    }

    fn value<'a>(&self, account: &'a Account, id: u64, field: &str) -> Value<'a> {
        let Some(void) = account.voids.get(&id) else {
            return Value::Null;
        };
        match field {
            "saleVoidID" => Value::Id(id),
            "saleID" => Value::Id(void.sale),
            "shopID" => Value::Id(void.shop),
            "reason" => Value::Text(&void.reason),
            "createTime" => at(Some(void.created)),
            _ => Value::Null,
        }
    }

    fn write(&self, account: &Account, id: u64, _wants: &Wants, obj: &mut Obj<'_>) {
        let Some(void) = account.voids.get(&id) else {
            return;
        };
        obj.plain("saleVoidID", id);
        obj.time("createTime", void.created);
        obj.text("reason", &void.reason);
        obj.plain("saleID", void.sale);
        obj.text("employeeID", "1");
        obj.plain("shopID", void.shop);
    }
}
