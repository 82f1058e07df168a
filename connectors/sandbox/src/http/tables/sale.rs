//! Sale.

use std::ops::RangeInclusive;

use rust_decimal::Decimal;

use crate::{
    account::{Account, Sale, SaleLine},
    http::json::Obj,
};

use super::{
    Field, Relation, Table, Value, Wants, at, flag, id, many, number, one, primary, sale_line,
    shop, sortable, time,
};

pub(crate) struct Sales;

static FIELDS: [Field; 12] = [
    primary("saleID"),
    sortable(time("timeStamp")),
    sortable(time("completeTime")),
    sortable(time("updatetime")),
    time("createTime"),
    flag("completed"),
    flag("archived"),
    flag("voided"),
    id("shopID"),
    id("quoteID"),
    id("customerID"),
    number("total"),
];

static RELATIONS: [Relation; 3] = [many("SaleLines"), many("SalePayments"), one("TaxCategory")];

impl Table for Sales {
    fn name(&self) -> &'static str {
        "Sale"
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
        Box::new(account.sales.range(range).map(|(id, _)| *id))
    }

    fn archived(&self, account: &Account, id: u64) -> bool {
        account.sales.get(&id).is_some_and(|sale| sale.archived)
    }

    fn value<'a>(&self, account: &'a Account, id: u64, field: &str) -> Value<'a> {
        let Some(sale) = account.sales.get(&id) else {
            return Value::Null;
        };
        match field {
            "saleID" => Value::Id(id),
            "timeStamp" => at(sale.stamp),
            "completeTime" => at(sale.finished),
            "updatetime" => at(sale.updated),
            "createTime" => at(sale.created),
            "completed" => Value::Flag(sale.completed),
            "archived" => Value::Flag(sale.archived),
            "voided" => Value::Flag(sale.voided),
            "shopID" => Value::Id(sale.shop),
            "quoteID" => Value::Id(sale.quote),
            "customerID" => Value::Id(sale.customer),
            "total" => Value::Number(sum(sale, |line| line.total).round_dp(2)),
            _ => Value::Null,
        }
    }

    fn write(&self, account: &Account, id: u64, wants: &Wants, obj: &mut Obj<'_>) {
        let Some(sale) = account.sales.get(&id) else {
            return;
        };
        obj.plain("saleID", id);
        times(sale, obj);
        obj.text("discountPercent", "0");
        obj.plain("completed", sale.completed);
        obj.plain("archived", sale.archived);
        obj.plain("voided", sale.voided);
        obj.text("enablePromotions", "true");
        obj.plain("isTaxInclusive", sale.inclusive);
        obj.text("referenceNumber", "");
        obj.text("referenceNumberSource", "");
        obj.dec("tax1Rate", sale.rate1);
        obj.dec("tax2Rate", sale.rate2);
        obj.text("change", "0");
        obj.text("receiptPreference", "printed");
        obj.plain("ticketNumber", format_args!("22{id:010}"));
        money(sale, obj);
        if id % 7 == 3 {
            obj.text("tippableAmount", "0");
        }
        if id % 11 == 5 {
            obj.child("MetaData", |obj| obj.text("tipOption", ""));
        }
        obj.plain("customerID", sale.customer);
        obj.text("discountID", "0");
        obj.text("employeeID", "1");
        obj.plain("quoteID", sale.quote);
        obj.plain("registerID", sale.shop * 100 + 1);
        obj.text("shipToID", "0");
        obj.plain("shopID", sale.shop);
        let category = account
            .shops
            .get(&sale.shop)
            .map_or(0, |shop| shop.tax_category);
        obj.plain("taxCategoryID", category);
        if wants.has("TaxCategory")
            && let Some(category) = account.tax_categories.get(&category)
        {
            obj.child("TaxCategory", |obj| shop::tax_category(category, obj));
        }
        if wants.has("SaleLines") {
            obj.many(
                ("SaleLines", "SaleLine"),
                &sale.lines,
                id.is_multiple_of(3),
                |obj, line| {
                    sale_line::scalars(sale, line, obj);
                },
            );
        }
        if wants.has("SalePayments") {
            payments(sale, obj);
        }
    }
}

fn times(sale: &Sale, obj: &mut Obj<'_>) {
    obj.time_if("timeStamp", sale.stamp);
    obj.time_if("createTime", sale.created);
    // Both spellings are documented for the same field.
    obj.time_if(
        if sale.id.is_multiple_of(2) {
            "updatetime"
        } else {
            "updateTime"
        },
        sale.updated,
    );
    obj.time_if("completeTime", sale.finished);
}

fn money(sale: &Sale, obj: &mut Obj<'_>) {
    let total = sum(sale, |line| line.total).round_dp(2);
    let discount = sum(sale, |line| line.line_discount + line.transaction_discount);
    obj.dec("calcDiscount", discount);
    obj.dec("calcTotal", total);
    obj.dec("calcSubtotal", sum(sale, |line| line.subtotal));
    obj.dec("calcTax1", sum(sale, |line| line.tax1));
    obj.dec("calcTax2", sum(sale, |line| line.tax2));
    obj.dec(
        "calcPayments",
        if sale.completed { total } else { Decimal::ZERO },
    );
    obj.dec("total", total);
    obj.dec("totalDue", total);
    obj.dec("displayableTotal", total);
    obj.dec(
        "displayableSubtotal",
        sum(sale, |line| line.subtotal) - discount,
    );
    obj.dec(
        "balance",
        if sale.completed { Decimal::ZERO } else { total },
    );
}

fn payments(sale: &Sale, obj: &mut Obj<'_>) {
    let amount = sum(sale, |line| line.total).round_dp(2);
    let paid: &[Decimal] = if sale.completed { &[amount] } else { &[] };
    obj.many(
        ("SalePayments", "SalePayment"),
        paid,
        true,
        |obj, amount| {
            obj.plain("salePaymentID", sale.id);
            obj.dec("amount", *amount);
            obj.plain("saleID", sale.id);
        },
    );
}

fn sum(sale: &Sale, of: impl Fn(&SaleLine) -> Decimal) -> Decimal {
    sale.lines.iter().map(of).sum()
}
