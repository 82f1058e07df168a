use super::fault::Fault;
use super::many::{Child, Many};
use super::scalar::{Scalar, bounded};
use super::wire::{Row, no_twins};
use crate::id::{ItemId, OrderId, OrderLineId, ShopId, VendorId};
use crate::record::{Order, OrderLine};
use rust_decimal::Decimal;
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Wire<'a> {
    #[serde(borrow, default, rename = "orderID")]
    id: Scalar<'a>,
    #[serde(borrow, default, rename = "vendorID")]
    vendor: Scalar<'a>,
    #[serde(borrow, default, rename = "shopID")]
    shop: Scalar<'a>,
    #[serde(borrow, default, rename = "refNum")]
    reference: Scalar<'a>,
    #[serde(borrow, default, rename = "orderedDate")]
    ordered: Scalar<'a>,
    #[serde(borrow, default, rename = "arrivalDate")]
    arrival: Scalar<'a>,
    #[serde(borrow, default, rename = "receivedDate")]
    received: Scalar<'a>,
    #[serde(borrow, default)]
    complete: Scalar<'a>,
    #[serde(borrow, default)]
    archived: Scalar<'a>,
    #[serde(borrow, default, rename = "hasShipments")]
    has_shipments: Scalar<'a>,
    #[serde(borrow, default, rename = "createTime")]
    created: Scalar<'a>,
    #[serde(borrow, default, rename = "timeStamp")]
    stamp: Scalar<'a>,
    #[serde(borrow, default, rename = "timestamp")]
    stamp_too: Scalar<'a>,
    #[serde(borrow, default, rename = "OrderLines")]
    lines: Many<Line<'a>>,
}

/// `numReceived` is not among these: it counts what is at the door and not in stock yet.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow, default, rename = "orderLineID")]
    id: Scalar<'a>,
    #[serde(borrow, default, rename = "itemID")]
    item: Scalar<'a>,
    #[serde(borrow, default)]
    quantity: Scalar<'a>,
    #[serde(borrow, default)]
    price: Scalar<'a>,
    #[serde(borrow, default)]
    total: Scalar<'a>,
    #[serde(borrow, default, rename = "checkedIn")]
    checked_in: Scalar<'a>,
    #[serde(borrow, default, rename = "timeStamp")]
    stamp: Scalar<'a>,
    #[serde(borrow, default, rename = "timestamp")]
    stamp_too: Scalar<'a>,
}

impl Child for Line<'_> {
    const KEY: &'static str = "OrderLine";
}

impl<'a> Row<'a> for Wire<'a> {
    type Record = Order;
    const ID: &'static str = "orderID";

    fn id(&self) -> Scalar<'a> {
        self.id
    }

    fn read(self, id: i64, asked: &[&str]) -> Result<Order, Fault> {
        // As with sales: lines nobody asked for are not the same as none.
        let lines = self.lines.read_own("OrderLines", asked, "lines", line)?;
        no_twins("OrderLines.OrderLine", lines.iter().map(|line| line.id.0))?;
        let order = Order {
            id: OrderId(id),
            vendor: self.vendor.foreign("vendorID")?.map(VendorId),
            shop: self.shop.foreign("shopID")?.map(ShopId),
            reference: self.reference.string("refNum")?,
            ordered_at: self.ordered.instant("orderedDate")?,
            expected_at: self.arrival.instant("arrivalDate")?,
            received_at: self.received.instant("receivedDate")?,
            complete: self.complete.flag("complete")?,
            archived: self.archived.flag("archived")?,
            has_shipments: self.has_shipments.flag("hasShipments")?,
            created_at: self.created.instant("createTime")?,
            changed_at: self.stamp.or(self.stamp_too).instant("timeStamp")?,
            lines,
        };
        if order.placed().is_none() {
            return Err(Fault::bad(
                "orderedDate",
                "found no time at which it could have been ordered",
            ));
        }
        Ok(order)
    }
}

fn line(line: Line<'_>) -> Result<OrderLine, Fault> {
    let id = line.id.child_key("orderLineID")?;
    let item = line.item.foreign("itemID")?.map(ItemId);
    let quantity = match line.quantity.pieces("quantity")? {
        Some(quantity) => quantity,
        None if item.is_some() => return Err(Fault::bad("quantity", "found no quantity")),
        None => 0,
    };
    Ok(OrderLine {
        id: OrderLineId(id),
        item,
        quantity,
        value: value(&line, quantity)?,
        checked_in: line.checked_in.pieces("checkedIn")?.unwrap_or_default(),
        changed_at: line.stamp.or(line.stamp_too).instant("timeStamp")?,
    })
}

/// What the pieces cost together: the total, which was rounded by the source, before our own
/// product of quantity and price.
fn value(line: &Line<'_>, quantity: i64) -> Result<Decimal, Fault> {
    if let Some(total) = line.total.decimal("total")? {
        return Ok(total);
    }
    let price = line.price.amount("price")?;
    bounded(price.checked_mul(Decimal::from(quantity)), "price")
}
