//! SaleLine, as an entity and inside its sale.

use std::ops::RangeInclusive;

use rust_decimal::Decimal;

use crate::{
    account::{Account, Sale, SaleLine},
    http::json::Obj,
};

use super::{Field, Table, Value, Wants, at, flag, id, number, primary, sortable, text, time};

pub(crate) struct SaleLines;

static FIELDS: [Field; 11] = [
    primary("saleLineID"),
    sortable(time("timeStamp")),
    sortable(id("saleID")),
    time("createTime"),
    id("itemID"),
    id("shopID"),
    id("parentSaleLineID"),
    id("itemFeeID"),
    number("unitQuantity"),
    text("lineType"),
    flag("isSpecialOrder"),
];

impl Table for SaleLines {
    fn name(&self) -> &'static str {
        "SaleLine"
    }

    fn fields(&self) -> &'static [Field] {
        &FIELDS
    }

    fn ids<'a>(
        &self,
        account: &'a Account,
        range: RangeInclusive<u64>,
    ) -> Box<dyn DoubleEndedIterator<Item = u64> + 'a> {
        Box::new(account.line_sales.range(range).map(|(id, _)| *id))
    }

    fn value<'a>(&self, account: &'a Account, id: u64, field: &str) -> Value<'a> {
        let Some((sale, line)) = account.line(id) else {
            return Value::Null;
        };
        match field {
            "saleLineID" => Value::Id(id),
            "timeStamp" => at(Some(line.stamp)),
            "saleID" => Value::Id(sale),
            "createTime" => at(line.created),
            "itemID" => Value::Id(line.item),
            "shopID" => Value::Id(line.shop),
            "parentSaleLineID" => Value::Id(line.parent),
            "itemFeeID" => Value::Id(line.item_fee),
            "unitQuantity" => Value::Number(line.quantity),
            "lineType" => Value::Text(line.line_type),
            "isSpecialOrder" => Value::Flag(line.special_order),
            _ => Value::Null,
        }
    }

    fn write(&self, account: &Account, id: u64, _wants: &Wants, obj: &mut Obj<'_>) {
        if let Some((sale, line)) = account.line(id)
            && let Some(sale) = account.sales.get(&sale)
        {
            scalars(sale, line, obj);
        }
    }
}

/// The fields of a line.
pub(super) fn scalars(sale: &Sale, line: &SaleLine, obj: &mut Obj<'_>) {
    obj.plain("saleLineID", line.id);
    obj.time_if("createTime", line.created);
    obj.time("timeStamp", line.stamp);
    obj.dec("unitQuantity", line.quantity);
    obj.dec("unitPrice", line.unit_price);
    obj.text("normalUnitPrice", "0");
    obj.dec("discountAmount", line.line_discount);
    obj.text("discountPercent", "0");
    obj.text("avgCost", "0");
    obj.text("fifoCost", "0");
    obj.plain("tax", !(line.rate1 + line.rate2).is_zero());
    obj.dec("tax1Rate", line.rate1);
    obj.dec("tax2Rate", line.rate2);
    obj.text("isLayaway", "false");
    obj.text("isWorkorder", "false");
    obj.plain("isSpecialOrder", line.special_order);
    let discount: Decimal = line.line_discount + line.transaction_discount;
    obj.dec("displayableSubtotal", line.subtotal - discount);
    obj.dec("displayableUnitPrice", line.unit_price);
    if line.id.is_multiple_of(2) || !line.line_type.is_empty() {
        obj.text("lineType", line.line_type);
    }
    obj.dec("calcLineDiscount", line.line_discount);
    obj.dec("calcTransactionDiscount", line.transaction_discount);
    obj.dec("calcTotal", line.total);
    obj.dec("calcSubtotal", line.subtotal);
    obj.dec("calcTax1", line.tax1);
    obj.dec("calcTax2", line.tax2);
    obj.text("taxClassID", "1");
    obj.plain("customerID", sale.customer);
    obj.text("discountID", "0");
    obj.text("employeeID", "1");
    obj.plain("itemID", line.item);
    obj.text("noteID", "0");
    obj.plain("parentSaleLineID", line.parent);
    obj.plain("itemFeeID", line.item_fee);
    obj.plain("shopID", line.shop);
    obj.plain("saleID", sale.id);
}
