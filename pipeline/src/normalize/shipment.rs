use super::fault::Fault;
use super::many::{Child, Many, One};
use super::scalar::Scalar;
use super::wire::{Row, no_twins};
use crate::id::{ItemId, OrderId, OrderLineId, ShipmentId, ShipmentItemId};
use crate::record::{Shipment, ShipmentItem};
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Wire<'a> {
    #[serde(borrow, default, rename = "orderShipmentID")]
    id: Scalar<'a>,
    #[serde(borrow, default, rename = "orderID")]
    order: Scalar<'a>,
    #[serde(borrow, default, rename = "receptionDate")]
    received: Scalar<'a>,
    #[serde(borrow, default, rename = "createTime")]
    created: Scalar<'a>,
    #[serde(borrow, default, rename = "timeStamp")]
    stamp: Scalar<'a>,
    #[serde(borrow, default, rename = "timestamp")]
    stamp_too: Scalar<'a>,
    #[serde(borrow, default, rename = "OrderShipmentItems")]
    items: Many<Item<'a>>,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow, default, rename = "orderShipmentItemID")]
    id: Scalar<'a>,
    #[serde(borrow, default, rename = "itemID")]
    item: Scalar<'a>,
    #[serde(borrow, default, rename = "qtyReceived")]
    received: Scalar<'a>,
    #[serde(borrow, default, rename = "timeStamp")]
    stamp: Scalar<'a>,
    #[serde(borrow, default, rename = "timestamp")]
    stamp_too: Scalar<'a>,
    #[serde(borrow, default, rename = "OrderLine")]
    line: One<Line<'a>>,
}

impl Child for Item<'_> {
    const KEY: &'static str = "OrderShipmentItem";
}

/// The order line as a relation: the item has no field of its own that names it.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow, default, rename = "orderLineID")]
    id: Scalar<'a>,
}

impl<'a> Row<'a> for Wire<'a> {
    type Record = Shipment;
    const ID: &'static str = "orderShipmentID";

    fn id(&self) -> Scalar<'a> {
        self.id
    }

    fn read(self, id: i64, asked: &[&str]) -> Result<Shipment, Fault> {
        let items = self
            .items
            .read_own("OrderShipmentItems", asked, "items", item)?;
        no_twins(
            "OrderShipmentItems.OrderShipmentItem",
            items.iter().map(|item| item.id.0),
        )?;
        let Some(order) = self.order.foreign("orderID")? else {
            return Err(Fault::bad("orderID", "found no order"));
        };
        let shipment = Shipment {
            id: ShipmentId(id),
            order: OrderId(order),
            received_at: self.received.instant("receptionDate")?,
            created_at: self.created.instant("createTime")?,
            changed_at: self.stamp.or(self.stamp_too).instant("timeStamp")?,
            items,
        };
        if shipment.occurred().is_none() {
            return Err(Fault::bad(
                "receptionDate",
                "found no time at which it could have happened",
            ));
        }
        Ok(shipment)
    }
}

fn item(item: Item<'_>) -> Result<ShipmentItem, Fault> {
    let id = item.id.child_key("orderShipmentItemID")?;
    let line = match item.line.read("OrderLine")? {
        Some(line) => line
            .id
            .foreign("orderLineID")
            .map_err(|fault| fault.within("OrderLine"))?,
        None => None,
    };
    Ok(ShipmentItem {
        id: ShipmentItemId(id),
        item: item.item.foreign("itemID")?.map(ItemId),
        line: line.map(OrderLineId),
        received: item.received.pieces("qtyReceived")?.unwrap_or_default(),
        changed_at: item.stamp.or(item.stamp_too).instant("timeStamp")?,
    })
}
