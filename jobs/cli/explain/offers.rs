//! The supplier products of an item in words.

use super::story::{Story, count_len};
use pipeline::id::VendorId;
use pipeline::load::{PairNote, ProductStatus, SupplierProduct, VendorFacts, supplier_products};
use serde_json::{Value, json};
use storage::{ItemLinks, OfferFacts};

/// Supplier products as the model names them.
pub(super) fn model(links: &ItemLinks) -> Vec<Value> {
    let pairs = links
        .offer
        .as_ref()
        .map_or(&[][..], |offer| &offer.previous);
    pairs
        .iter()
        .map(|pair| {
            json!({"vendor_id": pair.vendor_id.0, "name": pair.name, "sku_code": pair.sku_code,
                   "ean_code": pair.ean_code, "article_code": pair.article_code,
                   "price": pair.price.map(|price| price.to_string()),
                   "preferred": pair.preferred, "status": pair.status.name()})
        })
        .collect()
}

/// Who supplies it, at which price, and who does not and why.
pub(super) fn tell(story: &mut Story, links: &ItemLinks) {
    let Some(offer) = &links.offer else { return };
    let made = supplier_products(
        &offer.facts(),
        &links.vendors,
        links.currency.as_deref(),
        &offer.previous,
    );
    let notes = |vendor: VendorId| {
        made.notes
            .iter()
            .filter(move |(id, _)| *id == vendor)
            .map(|(_, note)| *note)
    };
    let held = &offer.previous;
    if held.is_empty() {
        if offer.facts().in_model {
            story.say("It has no supplier products.");
        }
    } else {
        story.say(format!(
            "It has {}:",
            count_len(held.len(), "supplier product")
        ));
        let lines: Vec<String> = held
            .iter()
            .map(|pair| {
                let notes: Vec<PairNote> = notes(pair.vendor_id).collect();
                format!("  {}", line(links, offer, pair, &notes))
            })
            .collect();
        story.list(lines.len(), lines);
    }
    let none: Vec<String> = made
        .notes
        .iter()
        .filter(|(id, _)| held.iter().all(|pair| pair.vendor_id != *id))
        .filter_map(|(id, note)| {
            let why = not_made(links, offer, *id, *note)?;
            Some(format!("{} is left out: {why}.", vendor(links, *id)))
        })
        .collect();
    story.list(none.len(), none);
}

fn vendor(links: &ItemLinks, id: VendorId) -> String {
    match links.vendor_names.get(&id).map(|name| name.trim()) {
        Some(name) if !name.is_empty() => format!("{name:?} (vendor {id})"),
        _ => format!("Vendor {id}"),
    }
}

fn line(
    links: &ItemLinks,
    offer: &OfferFacts,
    pair: &SupplierProduct,
    notes: &[PairNote],
) -> String {
    let mut text = vendor(links, pair.vendor_id);
    match pair.price {
        Some(price) => text.push_str(&format!(": {price}")),
        None => text.push_str(": no price"),
    }
    if notes.contains(&PairNote::ForeignCurrency) {
        text.push_str(", because it buys in another currency than the account's");
    } else if notes.contains(&PairNote::PriceTooLarge) {
        text.push_str(", because it is larger than Optiply takes");
    }
    if let Some(code) = &pair.sku_code {
        text.push_str(&format!(", code {code}"));
    }
    if pair.preferred == Some(true) {
        text.push_str(", preferred");
    }
    if pair.status == ProductStatus::Disabled {
        let why = if notes.contains(&PairNote::Disappeared) {
            "the item names this vendor no more"
        } else {
            unfit(links.vendors.get(&pair.vendor_id), offer)
        };
        text.push_str(&format!(", disabled: {why}"));
    }
    text
}

/// Why a pair is out of use.
fn unfit(vendor: Option<&VendorFacts>, offer: &OfferFacts) -> &'static str {
    match vendor {
        _ if !offer.facts().item.live() => "the item is not planned",
        Some(vendor) if vendor.vanished => "the vendor is no longer in Lightspeed",
        Some(vendor) if vendor.archived => "the vendor is archived",
        _ => "the vendor is not in use",
    }
}

/// Why there is no supplier product of this vendor; `None` if there will be one.
fn not_made(
    links: &ItemLinks,
    offer: &OfferFacts,
    id: VendorId,
    note: PairNote,
) -> Option<&'static str> {
    let vendor = links.vendors.get(&id);
    Some(match (note, vendor) {
        (PairNote::NoSupplier, None) => "the vendor was not read, or is no longer in Lightspeed",
        (PairNote::NoSupplier, Some(vendor)) if vendor.vanished => {
            "the vendor is no longer in Lightspeed"
        }
        (PairNote::NoSupplier, Some(vendor)) if vendor.archived => {
            "the vendor was archived before it was ever loaded"
        }
        (PairNote::NoSupplier, Some(_)) => "the vendor is not in the Optiply model",
        (PairNote::NeverEnabled, _) => match unfit(vendor, offer) {
            "the item is not planned" => "the item is not planned, and never was with this vendor",
            "the vendor is archived" => "the vendor is archived, and never supplied it before",
            other => other,
        },
        _ => return None,
    })
}
