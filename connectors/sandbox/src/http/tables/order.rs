//! Order: purchase orders.

use std::ops::RangeInclusive;

use rust_decimal::Decimal;

use crate::{
    account::{Account, Order, OrderLine},
    http::json::Obj,
};

use super::{
    Field, Relation, Table, Value, Wants, at, flag, id, many, number, one, order_line, primary,
    sortable, text, time, vendor,
};

pub(crate) struct Orders;

static FIELDS: [Field; 14] = [
    primary("orderID"),
    sortable(time("timeStamp")),
    time("createTime"),
    time("orderedDate"),
    time("arrivalDate"),
    time("receivedDate"),
    flag("complete"),
    flag("archived"),
    flag("hasShipments"),
    id("vendorID"),
    id("shopID"),
    id("noteID"),
    text("refNum"),
    number("discount"),
];

static RELATIONS: [Relation; 3] = [many("OrderLines"), one("Vendor"), one("Note")];

impl Table for Orders {
    fn name(&self) -> &'static str {
        "Order"
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
        Box::new(account.orders.range(range).map(|(id, _)| *id))
    }

    fn archived(&self, account: &Account, id: u64) -> bool {
        account.orders.get(&id).is_some_and(|order| order.archived)
    }

    fn value<'a>(&self, account: &'a Account, id: u64, field: &str) -> Value<'a> {
        let Some(order) = account.orders.get(&id) else {
            return Value::Null;
        };
        match field {
            "orderID" => Value::Id(id),
            "timeStamp" => at(order.stamp),
            "createTime" => at(order.created),
            "orderedDate" => at(order.ordered),
            "arrivalDate" => at(order.arrival),
            "receivedDate" => at(order.received),
            "complete" => Value::Flag(order.complete),
            "archived" => Value::Flag(order.archived),
            "hasShipments" => Value::Flag(order.has_shipments),
            "vendorID" => Value::Id(order.vendor),
            "shopID" => Value::Id(order.shop),
            "noteID" => Value::Id(0),
            "refNum" => Value::Text(&order.reference),
            "discount" => Value::Number(order.discount),
            _ => Value::Null,
        }
    }

    fn write(&self, account: &Account, id: u64, wants: &Wants, obj: &mut Obj<'_>) {
        let Some(order) = account.orders.get(&id) else {
            return;
        };
        scalars(order, obj);
        if wants.has("OrderLines") {
            obj.many(
                ("OrderLines", "OrderLine"),
                &order.lines,
                id.is_multiple_of(3),
                |obj, line| order_line::scalars(id, line, obj),
            );
        }
        if wants.has("Vendor")
            && let Some(vendor) = account.visible_vendor(order.vendor)
        {
            obj.child("Vendor", |obj| vendor::scalars(vendor, obj));
        }
    }
}

/// The fields of an order, as an entity and inside a shipment. Times that are not set are absent,
/// now and then blank.
pub(super) fn scalars(order: &Order, obj: &mut Obj<'_>) {
    let blank = order.id % 9 == 5;
    let dates = [
        ("orderedDate", order.ordered),
        ("arrivalDate", order.arrival),
        ("receivedDate", order.received),
    ];
    obj.plain("orderID", order.id);
    for (name, date) in dates {
        match date {
            None if blank => obj.text(name, ""),
            date => obj.time_if(name, date),
        }
    }
    obj.text("refNum", &order.reference);
    obj.text("shipInstructions", "");
    obj.text("stockInstructions", "");
    obj.text("shipCost", "0");
    obj.text("otherCost", "0");
    obj.plain("complete", order.complete);
    obj.plain("archived", order.archived);
    obj.dec("discount", order.discount);
    obj.dec("totalDiscount", Decimal::ZERO);
    let pieces: Decimal = order.lines.iter().map(|line| line.quantity).sum();
    obj.dec("totalQuantity", pieces);
    let cost: Decimal = order.lines.iter().map(cost).sum();
    obj.dec("subTotalCost", cost);
    obj.dec("totalCost", cost);
    obj.time_if("createTime", order.created);
    obj.time_if("timeStamp", order.stamp);
    if order.id % 5 == 2 {
        obj.text("vendorCurrencyCode", "EUR");
        obj.text("vendorCurrencyRate", "1");
    }
    obj.plain("hasShipments", order.has_shipments);
    obj.plain("vendorID", order.vendor);
    obj.text("noteID", "0");
    obj.plain("shopID", order.shop);
    obj.text("createdByEmployeeID", "1");
}

fn cost(line: &OrderLine) -> Decimal {
    line.total.unwrap_or(line.quantity * line.price)
}
