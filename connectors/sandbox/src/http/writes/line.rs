//! OrderLine: made, changed, deleted for good.

use rust_decimal::Decimal;

use crate::{
    account::{Account, NewOrderLine, OrderLine},
    http::tables::Table,
};

use super::{Done, Refusal, body::Body, shown};

const FIELDS: [&str; 7] = [
    "orderID",
    "itemID",
    "quantity",
    "price",
    "originalPrice",
    "vendorCost",
    "numReceived",
];

pub(super) fn make(account: &mut Account, table: &dyn Table, body: &Body) -> Result<Done, Refusal> {
    body.only(&FIELDS)?;
    let order = body
        .id("orderID")?
        .ok_or_else(|| Refusal::bad("orderID cannot be blank."))?;
    check_order(account, order)?;
    let item = body
        .id("itemID")?
        .ok_or_else(|| Refusal::bad("itemID cannot be blank."))?;
    match account.visible_item(item) {
        None => return Err(Refusal::unknown("Item", item)),
        Some(item) if item.archived => return Err(Refusal::invalid("The item is archived.")),
        Some(_) => {}
    }
    let quantity = quantity(body)?.ok_or_else(|| Refusal::bad("quantity cannot be blank."))?;
    let price = price(body)?;
    let line = NewOrderLine {
        item,
        quantity,
        price,
    };
    let id = account
        .add_order_line(order, line)
        .ok_or_else(|| Refusal::unknown("Order", order))?;
    Ok(Done {
        id,
        order,
        answer: shown(account, table, id),
    })
}

/// The answer shows the old quantity beside the new total, as the vendor's sample does.
pub(super) fn change(
    account: &mut Account,
    table: &dyn Table,
    id: u64,
    body: &Body,
) -> Result<Done, Refusal> {
    body.only(&FIELDS[2..])?;
    let (order, held) = found(account, id)?;
    check_order(account, order)?;
    let quantity = quantity(body)?.unwrap_or(held.quantity);
    let price = price(body)?.unwrap_or(held.price);
    account.edit_order_line(id, |line| {
        line.price = price;
        line.original_price = price;
        line.quantity = held.quantity;
        line.total = Some(quantity * price);
    });
    let answer = shown(account, table, id);
    account.edit_order_line(id, |line| line.quantity = quantity);
    account.edit_order_line(id, |line| line.total = Some(quantity * price));
    Ok(Done { id, order, answer })
}

pub(super) fn delete(account: &mut Account, table: &dyn Table, id: u64) -> Result<Done, Refusal> {
    let (order, held) = found(account, id)?;
    check_order(account, order)?;
    if held.checked_in > 0 {
        return Err(Refusal::invalid("Pieces of this line were received."));
    }
    let answer = shown(account, table, id);
    account.delete_order_line(id);
    Ok(Done { id, order, answer })
}

fn found(account: &Account, id: u64) -> Result<(u64, OrderLine), Refusal> {
    account
        .order_line(id)
        .map(|(order, line)| (order, line.clone()))
        .ok_or_else(|| Refusal::unknown("OrderLine", id))
}

fn check_order(account: &Account, order: u64) -> Result<(), Refusal> {
    match account.orders.get(&order) {
        None => Err(Refusal::unknown("Order", order)),
        Some(order) if order.complete => Err(Refusal::invalid("The order is complete.")),
        Some(order) if order.archived => Err(Refusal::invalid("The order is archived.")),
        Some(_) => Ok(()),
    }
}

fn quantity(body: &Body) -> Result<Option<Decimal>, Refusal> {
    match body.decimal("quantity")? {
        Some(quantity) if quantity < Decimal::ONE || !quantity.is_integer() => {
            Err(Refusal::invalid("quantity must be a whole number above 0."))
        }
        quantity => Ok(quantity),
    }
}

fn price(body: &Body) -> Result<Option<Decimal>, Refusal> {
    body.decimal("originalPrice")?;
    match body.decimal("price")? {
        Some(price) if price < Decimal::ZERO => Err(Refusal::invalid("price is below 0.")),
        price => Ok(price),
    }
}
