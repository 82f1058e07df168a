//! Why a shipment is or is not receipts of a buy order.

use super::lines::pieces;
use super::order::receipts_of;
use super::story::{Related, Story, count_len};
use super::{Known, never};
use crate::cli::words::at;
use pipeline::id::{ShipmentId, ShipmentItemId};
use pipeline::outcome::Outcome;
use pipeline::{Feed, Reason};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use storage::{Decision, ReceiptRow, ShipmentEvidence, Wanted};

pub(super) async fn explain(known: &Known, id: ShipmentId) -> anyhow::Result<Story> {
    let (store, connection) = (&known.store, known.connection.id);
    let shipment = store.shipment_evidence(connection, id).await?;
    let page = shipment.as_ref().map(|shipment| shipment.page);
    let trail = store.trail(connection, Feed::Shipments, id.0, page).await?;
    let mut story = Story::new(known, "shipment", id.0, &trail);
    let Some(shipment) = shipment else {
        if trail.rejections.is_empty() {
            never::tell(&mut story, known, &trail, "shipments");
        } else {
            story.decide(&trail, 0, "receipts", false);
        }
        return Ok(story);
    };
    let object = format!("receipts of buy order {}", shipment.order);
    let exists = !shipment.receipts.is_empty();
    story.decide(&trail, shipment.version, &object, exists);
    if exists {
        story.model = json!({"order_id": shipment.order.0,
                             "receipts": receipts_of(&shipment.receipts)});
    } else {
        story.model = Value::Null;
    }
    head(&mut story, &shipment);
    receipts(&mut story, &shipment);
    left_out(&mut story, &shipment);
    order(&mut story, known, &shipment);
    story.when(shipment.version, known.settings_version);
    Ok(story)
}

fn head(story: &mut Story, shipment: &ShipmentEvidence) {
    let order = shipment.order;
    let made = shipment.created_at.or(shipment.changed_at).map_or_else(
        || "at an unknown time".to_owned(),
        |made| format!("on {}", at(made)),
    );
    story.say(match shipment.received_at {
        Some(received) => format!("It came for order {order} on {}.", at(received)),
        None => format!("It is for order {order}, has no date of receipt, and was made {made}."),
    });
    if let Some(changed) = shipment.changed_at {
        story.say(format!("Lightspeed last changed it on {}.", at(changed)));
    }
}

fn receipts(story: &mut Story, shipment: &ShipmentEvidence) {
    let receipts = &shipment.receipts;
    if receipts.is_empty() {
        return;
    }
    story.say(format!(
        "Optiply should hold {} of it:",
        count_len(receipts.len(), "receipt")
    ));
    let lines = receipts.iter().map(|receipt| {
        format!(
            "  {} for order line {}, {}",
            pieces(
                receipt.quantity,
                receipt.name.as_deref(),
                receipt.item.map(|item| item.0)
            ),
            receipt.line,
            receipt.occurred
        )
    });
    story.list(receipts.len(), lines);
}

/// The entry of an arrival that a receipt is of: its key begins with the entry's id.
fn entry_of(receipt: &ReceiptRow) -> Option<ShipmentItemId> {
    let entry = receipt.key.split(':').next()?;
    entry.parse().ok().map(ShipmentItemId)
}

fn left_out(story: &mut Story, shipment: &ShipmentEvidence) {
    if shipment.items.is_empty() {
        story.say("It holds nothing.");
    }
    let received: BTreeSet<_> = shipment.receipts.iter().filter_map(entry_of).collect();
    // Without a buy order there is no line that any of it could be for.
    let order_counts = matches!(
        story.reason.and_then(Reason::from_code),
        None | Some(Reason::NoProductLine | Reason::NothingReceived)
    );
    let mut told = Vec::new();
    for entry in &shipment.items {
        let item = entry.item.map(|item| item.0);
        let what = pieces(entry.received, entry.item_name.as_deref(), item);
        if entry.received <= 0 {
            told.push(format!("{what} is left out: nothing of it was received."));
        } else if order_counts && !received.contains(&entry.id) {
            told.push(format!(
                "{what} is left out: no line of the buy order is for it."
            ));
        } else if !order_counts {
            told.push(format!("{what} was received."));
        }
    }
    story.list(told.len(), told);
}

/// The order it is for, as far as that decides.
fn order(story: &mut Story, known: &Known, shipment: &ShipmentEvidence) {
    let id = shipment.order;
    let explained = format!("stockbridge explain {} order {id}", known.connection.name);
    let against = shipment.order_decision.as_ref().and_then(Decision::against);
    let waits = match shipment.order_decision.as_ref().and_then(|it| it.loaded) {
        Some(Outcome::Waiting(reason)) => Some(reason),
        _ => None,
    };
    match (shipment.order_known, shipment.order_wanted) {
        (false, Some(Wanted::Gone)) => story.say(format!(
            "Order {id} was asked for by its id, and Lightspeed did not return it."
        )),
        (false, _) if story.outcome == "waiting" => story.say(format!(
            "Order {id} has not been read yet; it is being asked for by its id."
        )),
        (false, _) => story.say(format!("Order {id} has not been read.")),
        (true, _) => {
            if let Some(reason) = against {
                story.say(format!(
                    "Order {id} is not in the Optiply model ({}). {}",
                    reason.code(),
                    reason.advice()
                ));
                story.commands = vec![explained];
            } else if let Some(reason) = waits {
                story.say(format!(
                    "Order {id} waits itself ({}). {}",
                    reason.code(),
                    reason.advice()
                ));
                story.commands = vec![explained];
            }
        }
    }
    let reason = against.or(waits);
    story.related.push(Related {
        how: "came_for",
        kind: "order",
        id: id.0,
        item: None,
        quantity: None,
        counts: shipment.order_known && reason.is_none(),
        reason: reason.map(Reason::code),
    });
}
