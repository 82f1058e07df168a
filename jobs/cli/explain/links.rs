//! What an item is made of, what it is a part of, and the purchase orders that name it, in words.

use super::lines::pieces;
use super::story::{Related, Story, count_len};
use crate::cli::words::count;
use pipeline::Reason;
use pipeline::id::ItemId;
use pipeline::load::{PartSkip, compositions};
use pipeline::outcome::Outcome;
use serde_json::{Value, json};
use storage::{AssemblyFacts, Decision, ItemLinks};

/// Compositions as the model names them.
pub(super) fn model(links: &ItemLinks) -> Vec<Value> {
    links
        .compositions
        .iter()
        .map(|one| json!({"part_item_id": one.part_item_id.0, "part_quantity": one.part_quantity}))
        .collect()
}

/// Whether anything of the model needs it beside sell orders.
pub(super) fn tell(story: &mut Story, links: &ItemLinks) {
    if let Some(assembly) = &links.assembly {
        made_of(story, links, assembly);
    }
    part_of(story, links);
    orders(story, links);
}

fn name(links: &ItemLinks, item: ItemId) -> Option<&str> {
    links.part_names.get(&item).map(String::as_str)
}

fn made_of(story: &mut Story, links: &ItemLinks, assembly: &AssemblyFacts) {
    let held = &links.compositions;
    if !held.is_empty() {
        story.say(format!("It is made of {}:", count_len(held.len(), "part")));
        let lines = held.iter().map(|one| {
            let part = one.part_item_id;
            let part = pieces(one.part_quantity, name(links, part), Some(part.0));
            format!("  {part}")
        });
        story.list(held.len(), lines);
    }
    let parent = assembly.parent();
    if !parent.kind.assembled() {
        if !assembly.components.is_empty() {
            story.say(format!(
                "{} of a recipe left out: its type is {:?}, of which nothing is composed.",
                if assembly.components.len() == 1 {
                    "1 row".to_owned() + " is"
                } else {
                    count_len(assembly.components.len(), "row") + " are"
                },
                parent.kind.name()
            ));
        }
        return;
    }
    let made = compositions(&parent, &assembly.components, &links.parts);
    let lines: Vec<String> = made
        .skipped
        .iter()
        .filter_map(|(row, skip)| {
            let row = assembly.components.iter().find(|one| one.id == *row)?;
            let part = row.part.map(|part| part.0);
            let known = row.part.and_then(|part| name(links, part));
            let what = match part {
                Some(_) => pieces(row.quantity, known, part),
                None => format!("Row {} of its recipe", row.id),
            };
            Some(match skip {
                PartSkip::Unknown => format!("{what} is waited for: {}.", why_not(*skip)),
                _ => format!("{what} is left out: {}.", why_not(*skip)),
            })
        })
        .collect();
    story.list(lines.len(), lines);
}

fn why_not(skip: PartSkip) -> &'static str {
    match skip {
        PartSkip::OtherAssembly => "it belongs to another item's recipe",
        PartSkip::OtherGroup => {
            "it is of the other sort of recipe, left from when the item was of another type"
        }
        PartSkip::NoPart => "it names no item",
        PartSkip::Itself => "an item cannot be a part of itself",
        PartSkip::QuantityNotPositive => "it uses no pieces",
        PartSkip::QuantityTooLarge => "it uses more pieces than Optiply takes",
        PartSkip::NonInventory => "it is of type non-inventory, of which no stock is kept",
        PartSkip::Gone => "it no longer exists in Lightspeed",
        PartSkip::ArchivedNeverLoaded => {
            "it was archived before it was ever loaded, and the recipe is out of use"
        }
        PartSkip::Unknown => "it has not been read yet and is asked for by its id",
    }
}

fn part_of(story: &mut Story, links: &ItemLinks) {
    if links.part_of.is_empty() {
        return;
    }
    story.say(format!(
        "{} it in a recipe:",
        named_by(links.part_of_count, "item")
    ));
    let mut lines = Vec::new();
    for parent in &links.part_of {
        let what = pieces(1, Some(&parent.name), Some(parent.item.0));
        lines.push(match parent.quantity {
            Some(quantity) => format!("  {what} takes {quantity}"),
            None => format!("  {what}, not in the model"),
        });
        story.related.push(Related {
            how: "part_of",
            kind: "item",
            id: parent.item.0,
            item: None,
            quantity: parent.quantity,
            counts: parent.quantity.is_some(),
            reason: None,
        });
    }
    let total = usize::try_from(links.part_of_count).unwrap_or(usize::MAX);
    story.list(total, lines);
}

fn orders(story: &mut Story, links: &ItemLinks) {
    if links.orders.is_empty() {
        return;
    }
    story.say(format!(
        "{} it, newest first:",
        named_by(links.orders_count, "purchase order")
    ));
    let mut lines = Vec::new();
    for order in &links.orders {
        let against = order.decision.as_ref().and_then(Decision::against);
        let waits = match order.decision.as_ref().and_then(|it| it.loaded) {
            Some(Outcome::Waiting(reason)) => Some(reason),
            _ => None,
        };
        let not = match (order.held, against, waits) {
            (true, ..) => String::new(),
            (_, Some(reason), _) => format!(", not in the model ({})", reason.code()),
            (_, _, Some(reason)) => format!(", not in the model yet ({})", reason.code()),
            // The order itself says why.
            _ => ", no line of it counts".to_owned(),
        };
        lines.push(format!(
            "  order {}, {}{not}",
            order.order,
            count(order.quantity, "piece")
        ));
        story.related.push(Related {
            how: "ordered_by",
            kind: "order",
            id: order.order.0,
            item: None,
            quantity: Some(order.quantity),
            counts: order.held,
            reason: against.or(waits).map(Reason::code),
        });
    }
    let total = usize::try_from(links.orders_count).unwrap_or(usize::MAX);
    story.list(total, lines);
}

fn named_by(n: i64, noun: &str) -> String {
    let names = if n == 1 { "names" } else { "name" };
    format!("{} {names}", count(n, noun))
}
