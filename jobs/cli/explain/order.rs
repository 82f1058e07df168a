//! Why a purchase order is or is not a buy order.

use super::lines::pieces;
use super::story::{Related, Story, count_len};
use super::{Known, change, never};
use crate::cli::words::{at, count};
use pipeline::id::OrderId;
use pipeline::load::VendorState;
use pipeline::load::sell_order::ItemState;
use pipeline::{Feed, Reason};
use serde_json::{Value, json};
use storage::{BuyOrderRow, Decision, OrderEvidence, OrderLineEvidence, ReceiptRow};

pub(super) async fn explain(known: &Known, id: OrderId) -> anyhow::Result<Story> {
    let (store, connection) = (&known.store, known.connection.id);
    let order = store.order_evidence(connection, id).await?;
    let page = order.as_ref().map(|order| order.page);
    let trail = store.trail(connection, Feed::Orders, id.0, page).await?;
    let mut story = Story::new(known, "order", id.0, &trail);
    let Some(order) = order else {
        if trail.rejections.is_empty() {
            never::tell_named(&mut story, known, &trail, Feed::Orders).await?;
        } else {
            story.decide(&trail, 0, "a buy order", false);
        }
        return Ok(story);
    };
    let exists = order.buy_order.is_some();
    story.decide(&trail, order.version, "a buy order", exists);
    story.model = order.buy_order.as_ref().map_or(Value::Null, model);
    head(&mut story, known, &order);
    if let Some(buy_order) = &order.buy_order {
        desired(&mut story, &order, buy_order);
    }
    vendor(&mut story, &order);
    left_out(&mut story, &order);
    shipments(&mut story, &order);
    change::tell(&mut story, known, &order.head.shop.into_iter().collect());
    if story.outcome == "loaded" && !order.head.complete && !order.head.archived {
        story.change = Some(
            match &order.buy_order {
                Some(held) if !held.receipts.is_empty() => {
                    "Finishing or archiving it in Lightspeed would complete it."
                }
                _ if came(&order) => "Finishing it in Lightspeed would complete it.",
                _ => {
                    "Finishing it in Lightspeed would complete it; archiving it would take it out."
                }
            }
            .to_owned(),
        );
    }
    story.when(order.version, known.settings_version);
    Ok(story)
}

fn model(order: &BuyOrderRow) -> Value {
    let lines: Vec<Value> = order
        .lines
        .iter()
        .map(|line| {
            json!({"order_line_id": line.id.0, "item_id": line.item.0, "name": line.name,
                   "quantity": line.quantity, "subtotal_value": line.subtotal_value})
        })
        .collect();
    json!({"vendor_id": order.vendor.0, "placed": order.placed, "completed": order.completed,
           "expected_delivery_date": order.expected_delivery_date,
           "total_value": order.total_value, "lines": lines,
           "receipts": receipts_of(&order.receipts)})
}

/// Receipts as the model names them.
pub(super) fn receipts_of(receipts: &[ReceiptRow]) -> Vec<Value> {
    let receipt = |receipt: &ReceiptRow| {
        json!({"receipt_key": receipt.key, "order_line_id": receipt.line.0,
               "shipment_id": receipt.shipment.map(|id| id.0), "quantity": receipt.quantity,
               "occurred": receipt.occurred})
    };
    receipts.iter().map(receipt).collect()
}

/// What was ordered, where, when and from whom, and how far it has come.
fn head(story: &mut Story, known: &Known, order: &OrderEvidence) {
    let head = &order.head;
    let from = match (head.vendor, order.vendor_name.as_deref().map(str::trim)) {
        (None, _) => "no vendor".to_owned(),
        (Some(id), Some(name)) if !name.is_empty() => format!("{name:?} (vendor {id})"),
        (Some(id), _) => format!("vendor {id}"),
    };
    let to = known.shop(head.shop);
    let when = head.placed.map_or_else(
        || "at an unknown time".to_owned(),
        |at_| format!("on {}", at(at_)),
    );
    story.say(if head.ordered {
        format!("It was ordered from {from} for {to} {when}.")
    } else {
        format!("It was made {when}, to order from {from} for {to}, and never placed.")
    });
    if head.complete {
        story.say("It is finished in Lightspeed.");
    }
    if head.archived {
        story.say(if came(order) {
            "It is archived; goods had come for it."
        } else {
            "It is archived, and nothing had come for it."
        });
    }
    if let Some(expected) = order
        .expected_at
        .filter(|_| !head.complete && !head.archived)
    {
        story.say(format!("Its goods are expected on {}.", at(expected)));
    }
    if let Some(changed) = order.changed_at {
        story.say(format!("Lightspeed last changed it on {}.", at(changed)));
    }
}

/// Whether any piece of it came.
fn came(order: &OrderEvidence) -> bool {
    order.shipments.iter().any(|one| one.pieces > 0)
        || order.lines.iter().any(|line| line.fact.checked_in > 0)
}

/// What Optiply should hold of it.
fn desired(story: &mut Story, order: &OrderEvidence, held: &BuyOrderRow) {
    story.say(format!(
        "Optiply should hold: placed {}, worth {} without taxes.",
        held.placed, held.total_value
    ));
    let lines = held.lines.iter().map(|line| {
        let came: i64 = held
            .receipts
            .iter()
            .filter(|receipt| receipt.line == line.id)
            .map(|receipt| receipt.quantity)
            .sum();
        format!(
            "  {}: {}, {came} received",
            pieces(line.quantity, line.name.as_deref(), Some(line.item.0)),
            line.subtotal_value
        )
    });
    story.list(held.lines.len(), lines);
    story.say(completed(order, held));
    if held.receipts.is_empty() {
        if order.has_shipments && order.shipments.is_empty() {
            story.say(
                "Lightspeed says that it has shipments, and none was read yet: nothing counts as \
                 received until then.",
            );
        }
        return;
    }
    story.say(format!(
        "It has {}:",
        count_len(held.receipts.len(), "receipt")
    ));
    let receipts = held.receipts.iter().map(|receipt| {
        let with = match receipt.shipment {
            Some(shipment) => format!("with shipment {shipment}"),
            None => "checked in without a shipment".to_owned(),
        };
        format!(
            "  {}, {with}, {}",
            pieces(
                receipt.quantity,
                receipt.name.as_deref(),
                receipt.item.map(|item| item.0)
            ),
            receipt.occurred
        )
    });
    story.list(held.receipts.len(), receipts);
}

/// When it was completed, and how that is known.
fn completed(order: &OrderEvidence, held: &BuyOrderRow) -> String {
    let Some(when) = &held.completed else {
        return "It is not completed: goods are still expected.".to_owned();
    };
    let why = if !order.head.complete {
        "its newest receipt, because it was archived after that"
    } else if order.shipments.iter().any(|one| one.received_at.is_some()) {
        "the newest date of receipt among its shipments"
    } else if order.received_at.is_some() {
        "the date of receipt of the order, because no shipment has one"
    } else {
        "when it was first seen finished, because it has no date of receipt"
    };
    format!("It was completed {when}: {why}.")
}

/// A vendor that keeps it from being loaded.
fn vendor(story: &mut Story, order: &OrderEvidence) {
    let Some(id) = order.head.vendor else { return };
    match (story.reason.and_then(Reason::from_code), order.vendor) {
        (Some(Reason::WaitingForVendor), VendorState::Missing) => {
            story.say(format!(
                "Vendor {id} is waited for: it is being asked for by its id."
            ));
            waits(story, "vendor", id.0);
        }
        (Some(Reason::VendorGone), _) => story.say(format!(
            "Vendor {id} was asked for by its id, and Lightspeed did not return it."
        )),
        _ => {}
    }
}

fn waits(story: &mut Story, kind: &'static str, id: i64) {
    story.related.push(Related {
        how: "waits_for",
        kind,
        id,
        item: None,
        quantity: None,
        counts: false,
        reason: None,
    });
}

/// Why a line is no part of the buy order; `None` if it is.
fn why_not(line: &OrderLineEvidence) -> Option<&'static str> {
    Some(match line.item_state {
        None => "it names no item",
        _ if line.fact.quantity <= 0 => "it orders no pieces",
        Some(ItemState::NonInventory) => {
            "its item is of type non-inventory, of which no stock is kept"
        }
        Some(ItemState::Gone) if line.item_refused => {
            "its item came in a form that could not be used"
        }
        Some(ItemState::Gone) => "its item no longer exists in Lightspeed",
        Some(ItemState::Missing) => "its item has not been read yet and is asked for by its id",
        Some(ItemState::Product) => return None,
    })
}

fn left_out(story: &mut Story, order: &OrderEvidence) {
    if order.lines.is_empty() {
        story.say("It has no lines.");
    }
    let mut told = Vec::new();
    for line in &order.lines {
        let Some(why) = why_not(line) else { continue };
        let item = line.fact.item.map(|item| item.0);
        let what = pieces(line.fact.quantity, line.item_name.as_deref(), item);
        let missing = line.item_state == Some(ItemState::Missing) && line.fact.is_product();
        told.push(if missing {
            format!("{what} is waited for: {why}.")
        } else {
            format!("{what} is left out: {why}.")
        });
        if let Some(item) = item.filter(|_| missing && story.outcome == "waiting") {
            waits(story, "item", item);
        }
    }
    story.list(told.len(), told);
}

/// What arrived for it.
fn shipments(story: &mut Story, order: &OrderEvidence) {
    if order.shipments.is_empty() {
        return;
    }
    story.say(format!(
        "It has {}:",
        count_len(order.shipments.len(), "shipment")
    ));
    let mut told = Vec::new();
    for shipment in &order.shipments {
        let why = shipment.decision.as_ref().and_then(Decision::against);
        let when = shipment
            .received_at
            .map_or_else(|| "no date of receipt".to_owned(), at);
        let not = why.map_or_else(String::new, |why| format!(", no receipt ({})", why.code()));
        told.push(format!(
            "  shipment {}, {}, {when}{not}",
            shipment.id,
            count(shipment.pieces, "piece")
        ));
        story.related.push(Related {
            how: "arrived_with",
            kind: "shipment",
            id: shipment.id.0,
            item: None,
            quantity: Some(shipment.pieces),
            counts: why.is_none(),
            reason: why.map(Reason::code),
        });
    }
    story.list(told.len(), told);
}
