//! Shipment: what came in on purchase orders. Its rows are called something else than its path.

use std::ops::RangeInclusive;

use rust_decimal::Decimal;

use crate::{
    account::{Account, Shipment, ShipmentItem},
    http::json::Obj,
};

use super::{
    Field, Relation, Table, Value, Wants, at, id, many, one, order, order_line, primary, sortable,
    text, time,
};

pub(crate) struct Shipments;

static FIELDS: [Field; 7] = [
    primary("orderShipmentID"),
    sortable(id("sequenceNumber")),
    id("orderID"),
    text("status"),
    time("receptionDate"),
    time("createTime"),
    time("timeStamp"),
];

static RELATIONS: [Relation; 2] = [many("OrderShipmentItems"), one("Order")];

impl Table for Shipments {
    fn name(&self) -> &'static str {
        "Shipment"
    }

    fn key(&self) -> &'static str {
        "OrderShipment"
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
        Box::new(account.shipments.range(range).map(|(id, _)| *id))
    }

    fn value<'a>(&self, account: &'a Account, id: u64, field: &str) -> Value<'a> {
        let Some(shipment) = account.shipments.get(&id) else {
            return Value::Null;
        };
        match field {
            "orderShipmentID" => Value::Id(id),
            "sequenceNumber" => Value::Id(shipment.number),
            "orderID" => Value::Id(shipment.order),
            "status" => Value::Text(status(shipment)),
            "receptionDate" => at(shipment.reception),
            "createTime" => at(shipment.created),
            "timeStamp" => at(Some(shipment.stamp)),
            _ => Value::Null,
        }
    }

    fn write(&self, account: &Account, id: u64, wants: &Wants, obj: &mut Obj<'_>) {
        let Some(shipment) = account.shipments.get(&id) else {
            return;
        };
        obj.plain("orderShipmentID", id);
        obj.plain("orderID", shipment.order);
        obj.plain("sequenceNumber", shipment.number);
        obj.text("status", status(shipment));
        obj.time_if("receptionDate", shipment.reception);
        obj.time_if("createTime", shipment.created);
        obj.time("timeStamp", shipment.stamp);
        let pieces: Decimal = shipment.items.iter().map(|item| item.quantity).sum();
        obj.dec("totalQtyReceived", pieces);
        let cost: Decimal = shipment.items.iter().map(cost).sum();
        obj.dec("cost", cost);
        obj.dec("totalCost", cost);
        obj.text("currencyCode", &account.currency);
        if id % 4 == 1 {
            obj.text("paymentDueDate", "2026-04-30");
        }
        obj.text("shipmentPackingRefNum", "");
        obj.text("employeeID", "1");
        if wants.has("Order")
            && let Some(order) = account.orders.get(&shipment.order)
        {
            obj.child("Order", |obj| order::scalars(order, obj));
        }
        if wants.has("OrderShipmentItems") {
            let wrapper = ("OrderShipmentItems", "OrderShipmentItem");
            let blank = id.is_multiple_of(3);
            obj.many(wrapper, &shipment.items, blank, |obj, item| {
                scalars(account, id, item, obj);
            });
        }
    }
}

fn status(shipment: &Shipment) -> &'static str {
    if shipment.finished {
        "finished"
    } else {
        "received"
    }
}

fn cost(item: &ShipmentItem) -> Decimal {
    item.quantity * item.cost
}

fn scalars(account: &Account, shipment: u64, item: &ShipmentItem, obj: &mut Obj<'_>) {
    obj.plain("orderShipmentItemID", item.id);
    obj.plain("orderShipmentID", shipment);
    obj.plain("itemID", item.item);
    // The vendor's code for the item, in spite of its name.
    obj.plain("itemVendorID", format_args!("V-{}", item.item));
    let described = account.items.get(&item.item);
    obj.text(
        "itemDescription",
        described.map_or("", |item| item.description.as_str()),
    );
    obj.dec("qtyReceived", item.quantity);
    obj.dec("cost", item.cost);
    obj.dec("totalCost", cost(item));
    obj.text("currencyCode", &account.currency);
    obj.time("createTime", item.stamp);
    obj.time("timeStamp", item.stamp);
    // A line deleted meanwhile cannot be shown.
    if account.shipment_lines
        && let Some((order, line)) = account.order_line(item.line)
    {
        obj.child("OrderLine", |obj| order_line::scalars(order, line, obj));
    }
}
