//! Why a vendor is or is not a supplier.

use super::story::Story;
use super::{Known, never};
use crate::cli::words::at;
use pipeline::Feed;
use pipeline::id::VendorId;
use serde_json::{Value, json};

pub(super) async fn explain(known: &Known, id: VendorId) -> anyhow::Result<Story> {
    let (store, connection) = (&known.store, known.connection.id);
    let vendor = store.vendor_evidence(connection, id).await?;
    let page = vendor.as_ref().map(|vendor| vendor.page);
    let trail = store.trail(connection, Feed::Vendors, id.0, page).await?;
    let mut story = Story::new(known, "vendor", id.0, &trail);
    let Some(vendor) = vendor else {
        if trail.rejections.is_empty() {
            never::tell(&mut story, known, &trail, "vendors");
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
        story.model = json!({"name": supplier.name, "emails": emails, "ignored": supplier.ignored});
        if supplier.ignored {
            story.say(
                "It is ignored because it is archived in Lightspeed; suppliers are never deleted.",
            );
            story.change = Some("Unarchiving it in Lightspeed would bring it back.".to_owned());
        }
    } else {
        story.model = Value::Null;
    }
    if let Some(changed) = vendor.changed_at {
        story.say(format!("Lightspeed last changed it on {}.", at(changed)));
    }
    story.when(vendor.version, known.settings_version);
    Ok(story)
}
