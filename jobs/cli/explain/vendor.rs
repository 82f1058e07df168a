//! Why a vendor is or is not a supplier.

use super::story::Story;
use super::{Known, never};
use crate::cli::words::{at, count, grouped};
use pipeline::Feed;
use pipeline::id::VendorId;
use serde_json::json;
use storage::VendorEvidence;

pub(super) async fn explain(known: &Known, id: VendorId) -> anyhow::Result<Story> {
    let (store, connection) = (&known.store, known.connection.id);
    let vendor = store.vendor_evidence(connection, id).await?;
    let page = vendor.as_ref().map(|vendor| vendor.page);
    let trail = store.trail(connection, Feed::Vendors, id.0, page).await?;
    let mut story = Story::new(known, "vendor", id.0, &trail);
    let Some(vendor) = vendor else {
        if trail.rejections.is_empty() {
            never::tell_named(&mut story, known, &trail, Feed::Vendors).await?;
        } else {
            story.decide(&trail, 0, "a supplier", false);
        }
        return Ok(story);
    };
    let exists = vendor.supplier.is_some();
    story.decide(&trail, vendor.version, "a supplier", exists);
    story.say(format!("Lightspeed calls it {:?}.", vendor.name.trim()));
    if let Some(supplier) = &vendor.supplier {
        let emails: Vec<String> = serde_json::from_str(&supplier.emails).unwrap_or_default();
        let addresses = match emails.as_slice() {
            [] => "no usable e-mail address".to_owned(),
            some => some.join(", "),
        };
        story.say(format!(
            "Optiply should hold: {:?}, {addresses}.",
            supplier.name
        ));
        story.model = json!({"name": supplier.name, "emails": emails, "ignored": supplier.ignored,
                             "supplier_products": {"enabled": vendor.enabled,
                                                   "disabled": vendor.disabled},
                             "buy_orders": {"open": vendor.open_orders,
                                            "completed": vendor.buy_orders - vendor.open_orders}});
        if supplier.ignored {
            let (why, change) = if vendor.vanished_at.is_some() {
                let back = "It was merged into another vendor or deleted. If Lightspeed returns it \
                            again, it is used again.";
                ("it is no longer in Lightspeed", back)
            } else {
                let back = "Unarchiving it in Lightspeed would bring it back.";
                ("it is archived in Lightspeed", back)
            };
            story.say(format!(
                "It is ignored because {why}; suppliers are never deleted."
            ));
            story.change = Some(change.to_owned());
        }
        supplies(&mut story, &vendor);
    }
    if let Some(vanished) = vendor.vanished_at {
        story.say(format!(
            "A complete read of all vendors did not return it any more, which was proven on {}.",
            at(vanished)
        ));
    }
    if let Some(changed) = vendor.changed_at {
        story.say(format!("Lightspeed last changed it on {}.", at(changed)));
    }
    story.when(vendor.version, known.settings_version);
    Ok(story)
}

/// What of the model is from it.
fn supplies(story: &mut Story, vendor: &VendorEvidence) {
    let all = vendor.enabled + vendor.disabled;
    story.say(match (all, vendor.disabled) {
        (0, _) => "It has no supplier products.".to_owned(),
        (_, 0) => format!("It has {}.", count(all, "supplier product")),
        (_, n) => format!(
            "It has {}, {} of them disabled.",
            count(all, "supplier product"),
            grouped(n)
        ),
    });
    if vendor.buy_orders > 0 {
        let are = if vendor.buy_orders == 1 { "is" } else { "are" };
        story.say(format!(
            "{} of the model {are} from it, {} not completed.",
            count(vendor.buy_orders, "buy order"),
            grouped(vendor.open_orders)
        ));
    }
}
