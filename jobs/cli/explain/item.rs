//! Why an item is or is not a product.

use super::story::{LISTED, Story};
use super::{Known, links, never, offers};
use crate::cli::words::{at, count, listed};
use pipeline::Feed;
use pipeline::id::ItemId;
use pipeline::record::ItemKind;
use serde_json::{Value, json};
use storage::{ItemEvidence, ItemLinks, ProductRow};

pub(super) async fn explain(known: &Known, id: ItemId) -> anyhow::Result<Story> {
    let (store, connection) = (&known.store, known.connection.id);
    let item = store.item_evidence(connection, id).await?;
    let page = item.as_ref().map(|item| item.page);
    let trail = store.trail(connection, Feed::Items, id.0, page).await?;
    let mut story = Story::new(known, "item", id.0, &trail);
    let Some(item) = item else {
        if trail.rejections.is_empty() {
            never::tell_named(&mut story, known, &trail, Feed::Items).await?;
        } else {
            story.decide(&trail, 0, "a product", false);
        }
        return Ok(story);
    };
    let object = match &item.product {
        Some(product) if product.status == "disabled" => "a product that is not planned (disabled)",
        _ => "a product",
    };
    story.decide(&trail, item.version, object, item.product.is_some());
    let most = u32::try_from(LISTED).unwrap_or(u32::MAX);
    let links = store.item_links(connection, id, most).await?;
    story.model = item
        .product
        .as_ref()
        .map_or(Value::Null, |product| model(product, &links));
    story.say(format!(
        "Lightspeed calls it {:?}.",
        item.description.trim()
    ));
    if let Some(product) = &item.product {
        of_product(&mut story, known, &item, product);
    }
    needed(&mut story, &item, &links);
    offers::tell(&mut story, &links);
    links::tell(&mut story, &links);
    if let Some(vanished) = item.vanished_at {
        story.say(format!(
            "A complete read of all items did not return it any more, which was proven on {}.",
            at(vanished)
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

/// How much of the model has a line of it.
fn needed(story: &mut Story, item: &ItemEvidence, links: &ItemLinks) {
    let by: Vec<String> = [(item.orders, "sell order"), (links.buy_orders, "buy order")]
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, noun)| count(n, noun))
        .collect();
    if !by.is_empty() {
        let one = item.orders + links.buy_orders == 1;
        let have = if one { "has" } else { "have" };
        story.say(format!("{} of the model {have} a line of it.", listed(&by)));
    }
}

fn model(product: &ProductRow, links: &ItemLinks) -> Value {
    json!({"name": product.name, "sku_code": product.sku_code, "ean_code": product.ean_code,
           "price": product.price, "stock_level": product.stock_level,
           "minimum_stock": product.minimum_stock, "status": product.status,
           "supplier_products": offers::model(links), "compositions": links::model(links)})
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
            let floor = minimum.unwrap_or(0);
            story.say(if item.stock.is_empty() {
                format!("Its stock is {stock}, its floor {floor}; no location tells of any.")
            } else if item.vanished_at.is_some() {
                format!("Its stock is {stock}, its floor {floor}; the last that was read does not count:")
            } else {
                format!("Its stock is {stock}, its floor {floor}:")
            });
            let mut rows = Vec::new();
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
                rows.push(format!(
                    "  {} in {}, floor {}{why}",
                    row.on_hand,
                    known.shop(Some(row.shop)),
                    row.reorder_point
                ));
            }
            story.list(rows.len(), rows);
        }
        (None, _) => story.say("Its stock has not been read yet."),
    }
    if product.status == "disabled" {
        let why = match (item.vanished_at, item.archived, &item.kind) {
            (Some(_), ..) => "it is no longer in Lightspeed",
            (None, true, _) => "it is archived in Lightspeed",
            (None, false, _) => "it is of type non-inventory, of which no stock is kept",
        };
        story.say(format!(
            "It is disabled because {why}; products are never deleted."
        ));
        story.change = Some(
            match (item.vanished_at, item.archived, &item.kind) {
                (Some(_), ..) => {
                    "It was merged into another item or deleted. If Lightspeed returns it again, it \
                     is enabled again."
                }
                (None, true, _) => "Unarchiving it in Lightspeed would enable it again.",
                (None, false, ItemKind::NonInventory) => {
                    "Changing the item type in Lightspeed would enable it again."
                }
                (None, false, _) => "Nothing is needed: the next look at it enables it again.",
            }
            .to_owned(),
        );
    }
}
