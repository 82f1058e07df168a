//! OrderLine, as an entity and inside its order.

use std::ops::RangeInclusive;

use rust_decimal::Decimal;

use crate::{
    account::{Account, OrderLine},
    http::json::Obj,
};

use super::{Field, Table, Value, Wants, at, id, number, primary, sortable, time};

pub(crate) struct OrderLines;

static FIELDS: [Field; 8] = [
    primary("orderLineID"),
    sortable(time("timeStamp")),
    sortable(id("orderID")),
    time("createTime"),
    id("itemID"),
    number("quantity"),
    number("numReceived"),
    number("checkedIn"),
];

impl Table for OrderLines {
    fn name(&self) -> &'static str {
        "OrderLine"
    }

    fn fields(&self) -> &'static [Field] {
        &FIELDS
    }

    fn ids<'a>(
        &self,
        account: &'a Account,
        range: RangeInclusive<u64>,
    ) -> Box<dyn DoubleEndedIterator<Item = u64> + 'a> {
        Box::new(account.line_orders.range(range).map(|(id, _)| *id))
    }

    fn value<'a>(&self, account: &'a Account, id: u64, field: &str) -> Value<'a> {
        let Some((order, line)) = account.order_line(id) else {
            return Value::Null;
        };
        match field {
            "orderLineID" => Value::Id(id),
            "timeStamp" => at(Some(line.stamp)),
            "orderID" => Value::Id(order),
            "createTime" => at(line.created),
            "itemID" => Value::Id(line.item),
            "quantity" => Value::Number(line.quantity),
            "numReceived" => Value::Number(Decimal::from(line.counted)),
            "checkedIn" => Value::Number(Decimal::from(line.checked_in)),
            _ => Value::Null,
        }
    }

    fn write(&self, account: &Account, id: u64, _wants: &Wants, obj: &mut Obj<'_>) {
        if let Some((order, line)) = account.order_line(id) {
            scalars(order, line, obj);
        }
    }
}

/// The fields of a line.
pub(super) fn scalars(order: u64, line: &OrderLine, obj: &mut Obj<'_>) {
    obj.plain("orderLineID", line.id);
    obj.dec("quantity", line.quantity);
    obj.dec("price", line.price);
    obj.dec("originalPrice", line.original_price);
    obj.text("vendorCost", "0");
    obj.plain("numReceived", line.counted);
    obj.plain("checkedIn", line.checked_in);
    obj.time_if("createTime", line.created);
    obj.time("timeStamp", line.stamp);
    if let Some(total) = line.total {
        obj.dec("total", total);
    }
    obj.text("shippingCost", "0");
    obj.text("discountMoneyValue", "0");
    obj.text("discountPercentValue", "0");
    obj.plain("orderID", order);
    obj.plain("itemID", line.item);
}
