//! What Optiply is known to hold of a record.

use super::story::{LISTED, Story};
use super::{Kind, Known};
use pipeline::deliver::{Entity, Key, TO_BE_MATCHED};
use storage::DeliveryRow;

/// What is delivered of a record of this kind.
const fn entities(kind: Kind) -> &'static [Entity] {
    match kind {
        Kind::Item => &[
            Entity::Product,
            Entity::SupplierProduct,
            Entity::Composition,
        ],
        Kind::Vendor => &[Entity::Supplier],
        Kind::Sale => &[Entity::SellOrder, Entity::SellOrderLine],
        Kind::Order | Kind::BuyOrder => &[Entity::BuyOrder, Entity::BuyOrderLine, Entity::Receipt],
        // Receipts are told of with their order.
        Kind::Shipment => &[],
    }
}

/// Tells what Optiply holds of a record, and what stands in the way of the rest.
pub(super) async fn tell(
    story: &mut Story,
    known: &Known,
    kind: Kind,
    id: i64,
) -> anyhow::Result<()> {
    let (store, connection) = (&known.store, known.connection.id);
    let mut open = Vec::new();
    for entity in entities(kind) {
        for row in store.deliveries_of(connection, *entity, id).await? {
            if row.key.part.is_empty()
                && let Some(remote) = row.remote_id
            {
                let name = words(*entity);
                story.say(format!("Optiply holds it as {name} {remote}."));
            }
            if row.state != "acknowledged" || row.warning.is_some() {
                open.push(row);
            }
        }
    }
    if !open.is_empty() {
        story.say("Of what is delivered of it:");
        let total = open.len();
        story.list(total, open.iter().take(LISTED).map(standing));
    }
    Ok(())
}

fn standing(row: &DeliveryRow) -> String {
    let what = match row.key.part.as_str() {
        "" => format!("the {}", words(row.key.entity)),
        part => format!("the {} with {part}", words(row.key.entity)),
    };
    let stands = match row.state.as_str() {
        "pending" => "is to be sent".to_owned(),
        "sending" => "is on its way".to_owned(),
        "ambiguous" => {
            "was sent, and nobody knows yet what came of it; it is looked for".to_owned()
        }
        "waiting" => format!("waits for {}", waits_for(row.waits_on.as_deref())),
        "parked" => {
            let reason = row.reason.map_or("unknown", |reason| reason.code());
            let detail = row.detail.as_deref().unwrap_or("no more is known");
            format!("is refused ({reason}): {detail}")
        }
        _ => "is at Optiply".to_owned(),
    };
    match &row.warning {
        Some(warning) => format!("{what} {stands}; {warning}"),
        None => format!("{what} {stands}"),
    }
}

/// What a delivery waits for, in words.
fn waits_for(on: Option<&str>) -> String {
    let on = on.unwrap_or_default();
    if on.starts_with("stock:") {
        return "its stock to be read".to_owned();
    }
    if on.starts_with("receipts:") {
        return "its receipts to be delivered".to_owned();
    }
    if on == TO_BE_MATCHED {
        return "a match with what others may have made at Optiply before us".to_owned();
    }
    match on.parse::<Key>() {
        Ok(key) if key.part.is_empty() => {
            format!("{} {} to be at Optiply", words(key.entity), key.object)
        }
        Ok(key) => format!(
            "{} {} of {} to be at Optiply",
            words(key.entity),
            key.part,
            key.object
        ),
        Err(_) => on.to_owned(),
    }
}

fn words(entity: Entity) -> String {
    entity.name().replace('_', " ")
}
