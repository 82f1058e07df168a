//! Order: made, changed, archived.

use crate::{
    account::{Account, NewOrder},
    http::tables::Table,
};

use super::{Done, Refusal, body::Body, shown};

const FIELDS: [&str; 10] = [
    "vendorID",
    "shopID",
    "refNum",
    "orderedDate",
    "arrivalDate",
    "receivedDate",
    "shipInstructions",
    "stockInstructions",
    "shipCost",
    "otherCost",
];

pub(super) fn make(account: &mut Account, table: &dyn Table, body: &Body) -> Result<Done, Refusal> {
    body.only(&FIELDS)?;
    let shop = body
        .id("shopID")?
        .ok_or_else(|| Refusal::bad("shopID cannot be blank."))?;
    match account.shops.get(&shop) {
        None => return Err(Refusal::unknown("Shop", shop)),
        Some(shop) if shop.archived => return Err(Refusal::invalid("The shop is archived.")),
        Some(_) => {}
    }
    let vendor = body.id("vendorID")?.unwrap_or(0);
    check_vendor(account, vendor)?;
    let reference = reference(body)?.unwrap_or_default();
    let arrival = body.time("arrivalDate")?.flatten();
    let received = body.time("receivedDate")?.flatten();
    // A date of ordering has no effect on an order without lines.
    body.time("orderedDate")?;
    let created = Some(account.now());
    let id = account.file_order(NewOrder {
        vendor,
        shop,
        created,
        ordered: None,
        lines: Vec::new(),
    });
    account.edit_order(id, |order| {
        order.reference = reference;
        order.arrival = arrival;
        order.received = received;
    });
    Ok(Done {
        id,
        order: id,
        answer: shown(account, table, id),
    })
}

pub(super) fn change(
    account: &mut Account,
    table: &dyn Table,
    id: u64,
    body: &Body,
) -> Result<Done, Refusal> {
    body.only(&FIELDS)?;
    let held = account
        .orders
        .get(&id)
        .ok_or_else(|| Refusal::unknown("Order", id))?;
    if held.complete {
        return Err(Refusal::invalid("The order is complete."));
    }
    if held.archived {
        return Err(Refusal::invalid("The order is archived."));
    }
    let has_lines = !held.lines.is_empty();
    let vendor = body.id("vendorID")?;
    if let Some(vendor) = vendor {
        check_vendor(account, vendor)?;
    }
    let reference = reference(body)?;
    let (ordered, arrival, received) = (
        body.time("orderedDate")?,
        body.time("arrivalDate")?,
        body.time("receivedDate")?,
    );
    account.edit_order(id, |order| {
        order.vendor = vendor.unwrap_or(order.vendor);
        if let Some(reference) = reference {
            order.reference = reference;
        }
        if let Some(ordered) = ordered
            && has_lines
        {
            order.ordered = ordered;
        }
        order.arrival = arrival.unwrap_or(order.arrival);
        order.received = received.unwrap_or(order.received);
    });
    Ok(Done {
        id,
        order: id,
        answer: shown(account, table, id),
    })
}

/// Archives; the answer shows the order as it was before.
pub(super) fn archive(account: &mut Account, table: &dyn Table, id: u64) -> Done {
    let answer = shown(account, table, id);
    account.archive_order(id);
    Done {
        id,
        order: id,
        answer,
    }
}

fn check_vendor(account: &Account, vendor: u64) -> Result<(), Refusal> {
    match account.visible_vendor(vendor) {
        _ if vendor == 0 => Ok(()),
        None => Err(Refusal::unknown("Vendor", vendor)),
        Some(vendor) if vendor.archived => Err(Refusal::invalid("The vendor is archived.")),
        Some(_) => Ok(()),
    }
}

/// How long a reference may be is not documented; clients are told to keep to this.
fn reference(body: &Body) -> Result<Option<String>, Refusal> {
    match body.text("refNum")? {
        Some(text) if text.len() > 30 => Err(Refusal::invalid("refNum is too long.")),
        text => Ok(text),
    }
}
