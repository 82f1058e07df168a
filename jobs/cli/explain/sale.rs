//! Why a sale is or is not a sell order.

use super::lines::{left_out, line, of_order, pieces};
use super::story::{Related, Story};
use super::{Known, change, never};
use crate::cli::words::at;
use pipeline::filter::SaleHead;
use pipeline::id::{SaleId, ShopId};
use pipeline::load::sell_order::ItemState;
use pipeline::outcome::Outcome;
use pipeline::{Feed, Reason};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use storage::{Decision, OrderRow, Refund, SaleEvidence};

pub(super) async fn explain(known: &Known, id: SaleId) -> anyhow::Result<Story> {
    let (store, connection) = (&known.store, known.connection.id);
    let sale = store.sale_evidence(connection, id).await?;
    let page = sale.as_ref().map(|sale| sale.page);
    let trail = store.trail(connection, Feed::Sales, id.0, page).await?;
    let mut story = Story::new(known, "sale", id.0, &trail);
    let Some(sale) = sale else {
        if trail.rejections.is_empty() {
            never::tell(&mut story, known, &trail, "sales");
        } else {
            story.decide(&trail, 0, "a sell order", false);
        }
        return Ok(story);
    };
    story.decide(&trail, sale.version, "a sell order", sale.order.is_some());
    story.model = sale.order.as_ref().map_or(Value::Null, model);
    let kept = trail.decision.as_ref().is_some_and(|decision| {
        matches!(decision.loaded, Some(Outcome::Loaded | Outcome::Unchanged))
    });
    if kept && sale.order.is_none() && story.outcome == "pending" && !trail.pending {
        story.outcome = "lowers_another";
        story.summary = format!(
            "{} takes goods back: it has no order of its own, it lowers the order they came from.",
            story.subject()
        );
    }
    head(&mut story, known, &sale);
    if let Some(order) = &sale.order {
        story.say(format!(
            "Optiply should hold: placed {}, worth {} without taxes.",
            order.placed, order.total_value
        ));
        story.list(order.lines.len(), of_order(order));
    }
    lines(&mut story, known, &sale);
    refunds(&mut story, &sale);
    change::tell(&mut story, known, &sold_at(&sale));
    story.when(sale.version, known.settings_version);
    Ok(story)
}

fn model(order: &OrderRow) -> Value {
    let lines: Vec<Value> = order
        .lines
        .iter()
        .map(|line| {
            json!({"item_id": line.item.0, "name": line.name, "quantity": line.quantity,
                   "subtotal_value": line.subtotal_value})
        })
        .collect();
    json!({"placed": order.placed, "completed": order.completed,
           "total_value": order.total_value, "lines": lines})
}

/// What happened at the till.
fn head(story: &mut Story, known: &Known, sale: &SaleEvidence) {
    let SaleHead {
        shop,
        completed,
        voided,
        archived,
        placed,
        held: _,
    } = sale.head;
    let shop = known.shop(shop);
    let when = placed.map_or_else(|| "at an unknown time".to_owned(), at);
    story.say(match (voided, archived, completed) {
        (true, ..) => format!("It was made in {shop} on {when}, and voided later."),
        (_, true, _) => format!("It was begun in {shop} on {when}, and discarded."),
        (_, _, true) => format!("It was completed in {shop} on {when}."),
        (_, _, false) => format!("It was begun in {shop} on {when}, and is still open."),
    });
    if let Some(updated) = sale.updated_at {
        story.say(format!("Lightspeed last changed it on {}.", at(updated)));
    }
}

/// Where its goods went out.
fn sold_at(sale: &SaleEvidence) -> BTreeSet<ShopId> {
    sale.lines
        .iter()
        .filter(|line| line.fact.is_product() && line.fact.quantity > 0)
        .filter_map(|line| line.fact.shop.or(sale.head.shop))
        .collect()
}

/// What each line adds, takes back or why it is left out.
fn lines(story: &mut Story, known: &Known, sale: &SaleEvidence) {
    if sale.lines.is_empty() {
        story.say("It has no lines.");
    }
    let mut told = Vec::new();
    for each in &sale.lines {
        if let Some(why) = left_out(known, sale, each) {
            told.push(if each.item_state == Some(ItemState::Missing) {
                format!("{} is waited for: {why}.", line(each))
            } else {
                format!("{} is left out: {why}.", line(each))
            });
        } else if each.fact.quantity < 0 {
            let Some(parent) = each.parent_sale else {
                told.push(match each.parent {
                    Some(_) => format!("{}: the sale it came from is not known.", line(each)),
                    None => format!("{}: it names no sale that it came from.", line(each)),
                });
                continue;
            };
            let why = each.parent_decision.as_ref().and_then(Decision::against);
            told.push(match why {
                None => format!("{} came back from sale {parent}.", line(each)),
                // It is because of this return that nothing is left of it.
                Some(Reason::ReturnedInFull) => format!(
                    "{} came back from sale {parent}, of which nothing is left.",
                    line(each)
                ),
                Some(reason) => format!(
                    "{} came back from sale {parent}, which does not count ({}).",
                    line(each),
                    reason.code()
                ),
            });
            story.related.push(Related {
                how: "takes_back_from",
                kind: "sale",
                id: parent.0,
                item: each.fact.item.map(|item| item.0),
                quantity: Some(each.fact.quantity),
                counts: why.is_none(),
                reason: why.map(Reason::code),
            });
        }
    }
    story.list(told.len(), told);
}

/// Who takes back what this sale sold.
fn refunds(story: &mut Story, sale: &SaleEvidence) {
    let mut told = Vec::new();
    for Refund {
        sale: by,
        item,
        quantity,
        decision,
    } in &sale.refunds
    {
        let name = sale
            .lines
            .iter()
            .find(|line| line.fact.item == *item)
            .and_then(|line| line.item_name.as_deref());
        let what = pieces(-quantity, name, item.map(|item| item.0));
        let why = decision.as_ref().and_then(Decision::against);
        told.push(match why {
            None => format!("Sale {by} took back {what}, which lowers this order."),
            Some(reason) => format!(
                "Sale {by} took back {what}, but does not count ({}).",
                reason.code()
            ),
        });
        story.related.push(Related {
            how: "taken_back_by",
            kind: "sale",
            id: by.0,
            item: item.map(|item| item.0),
            quantity: Some(*quantity),
            counts: why.is_none(),
            reason: why.map(Reason::code),
        });
    }
    story.list(told.len(), told);
}
