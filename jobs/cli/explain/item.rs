//! Why an item is or is not a product.

use super::story::Story;
use super::{Known, never};
use crate::cli::words::{at, count};
use pipeline::Feed;
use pipeline::id::ItemId;
use pipeline::record::ItemKind;
use serde_json::{Value, json};
use storage::{ItemEvidence, ProductRow};

pub(super) async fn explain(known: &Known, id: ItemId) -> anyhow::Result<Story> {
    let (store, connection) = (&known.store, known.connection.id);
    let item = store.item_evidence(connection, id).await?;
    let page = item.as_ref().map(|item| item.page);
    let trail = store.trail(connection, Feed::Items, id.0, page).await?;
    let mut story = Story::new(known, "item", id.0, &trail);
    let Some(item) = item else {
        if !trail.rejections.is_empty() {
            story.decide(&trail, 0, "a product", false);
        } else if store.item_is_gone(connection, id).await? {
            never::tell(&mut story, known, &trail, "items");
            story.say(
                "Sales name it. It was asked for by its id, and Lightspeed did not return it.",
            );
            story.change = Some(
                "It was merged into another item or deleted. The sales keep their other lines."
                    .to_owned(),
            );
            story.commands = Vec::new();
        } else {
            never::tell(&mut story, known, &trail, "items");
        }
        return Ok(story);
    };
    let object = match &item.product {
        Some(product) if product.status == "disabled" => "a product that is not planned (disabled)",
        _ => "a product",
    };
    story.decide(&trail, item.version, object, item.product.is_some());
    story.model = item.product.as_ref().map_or(Value::Null, model);
    story.say(format!(
        "Lightspeed calls it {:?}.",
        item.description.trim()
    ));
    if let Some(product) = &item.product {
        of_product(&mut story, known, &item, product);
    }
    if item.orders > 0 {
        story.say(format!(
            "{} of the model {} a line of it.",
            count(item.orders, "sell order"),
            if item.orders == 1 { "has" } else { "have" }
        ));
    }
    if let Some(changed) = item.changed_at {
        story.say(format!(
            "Lightspeed last changed it on {} (stock apart).",
            at(changed)
        ));
    }
    story.when(item.version, known.settings_version);
    Ok(story)
}

fn model(product: &ProductRow) -> Value {
    json!({"name": product.name, "sku_code": product.sku_code, "ean_code": product.ean_code,
           "price": product.price, "stock_level": product.stock_level,
           "minimum_stock": product.minimum_stock, "status": product.status})
}

fn of_product(story: &mut Story, known: &Known, item: &ItemEvidence, product: &ProductRow) {
    let price = product.price.as_deref().map_or_else(
        || "no price".to_owned(),
        |price| format!("{price} without taxes"),
    );
    let code = |what: &str, code: &Option<String>| {
        code.as_ref()
            .map(|code| format!(", {what} {code}"))
            .unwrap_or_default()
    };
    story.say(format!(
        "Optiply should hold: {:?}, {price}{}{}.",
        product.name,
        code("code", &product.sku_code),
        code("barcode", &product.ean_code)
    ));
    match (product.stock_level, product.minimum_stock) {
        (Some(stock), minimum) => {
            story.say(format!(
                "Its stock is {stock}, its floor {}:",
                minimum.unwrap_or(0)
            ));
            for row in &item.stock {
                let archived = known
                    .shops
                    .iter()
                    .any(|shop| shop.id == row.shop && shop.archived);
                let why = match (known.settings.selects(row.shop), archived) {
                    (false, _) => ", not counted: this location is not read",
                    (true, true) => ", not counted: archived",
                    (true, false) => "",
                };
                story.say(format!(
                    "  {} in {}, floor {}{why}",
                    row.on_hand,
                    known.shop(Some(row.shop)),
                    row.reorder_point
                ));
            }
        }
        (None, _) => story.say("Its stock has not been read yet."),
    }
    if product.status == "disabled" {
        let why = match (item.archived, &item.kind) {
            (true, _) => "it is archived in Lightspeed",
            (false, ItemKind::NonInventory) => "it became an item of type non-inventory",
            (false, _) => "it is gone from Lightspeed",
        };
        story.say(format!(
            "It is disabled because {why}; products are never deleted, and orders hold lines of it."
        ));
        story.change = Some("Unarchiving it in Lightspeed would enable it again.".to_owned());
    }
}
