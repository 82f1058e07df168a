//! How both systems stand, in lines that do not depend on the order in which things were made.

use sandbox::{Order, Resource, Sandbox};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// Which attribute names a row of which resource. Parents come before what names them.
const NAMES: [(&str, Resource); 7] = [
    ("productId", Resource::Products),
    ("supplierId", Resource::Suppliers),
    ("composedProductId", Resource::Products),
    ("partProductId", Resource::Products),
    ("sellOrderId", Resource::SellOrders),
    ("buyOrderId", Resource::BuyOrders),
    ("buyOrderLineId", Resource::BuyOrderLines),
];

/// Every live row of Optiply, with what it names written out instead of its id.
pub(super) fn optiply(sandbox: &Sandbox) -> Vec<String> {
    let mut known: HashMap<(Resource, i64), String> = HashMap::new();
    let mut lines = Vec::new();
    for resource in Resource::ALL {
        let mut deleted = 0;
        for mut row in sandbox.optiply().rows(resource) {
            for (name, of) in NAMES {
                let Some(value) = row.attributes.get_mut(name) else {
                    continue;
                };
                let Some(id) = value.as_i64() else { continue };
                let named = known.get(&(of, id)).cloned();
                *value = Value::String(named.unwrap_or_else(|| format!("{of:?} {id}, unknown")));
            }
            let by = if row.created_from_public_api {
                "us"
            } else {
                "a planner"
            };
            let attributes = Value::Object(row.attributes);
            let line = format!("{} of {by} {attributes}", resource.name());
            if row.deleted {
                deleted += 1;
            } else {
                lines.push(line.clone());
            }
            known.insert((resource, row.id), line);
        }
        lines.push(format!("{}: {deleted} were deleted", resource.name()));
    }
    lines.sort_unstable();
    lines
}

/// Every purchase order of Lightspeed, without the moments at which it was written.
pub(super) fn purchases(sandbox: &Sandbox) -> Vec<String> {
    sandbox.inspect(|account| account.orders().values().map(purchase).collect())
}

fn purchase(order: &Order) -> String {
    let mut lines: Vec<String> = order
        .lines
        .iter()
        .map(|line| {
            let (pieces, price) = (line.quantity.normalize(), line.price.normalize());
            format!(
                "{} x {pieces} at {price}, {} arrived",
                line.item, line.checked_in
            )
        })
        .collect();
    lines.sort_unstable();
    format!(
        "order {:?} to {} for {} on {:?} by {:?} complete {} archived {}: {lines:?}",
        order.reference,
        order.vendor,
        order.shop,
        order.ordered,
        order.arrival,
        order.complete,
        order.archived,
    )
}

/// How often each system was made to hold something new, or to drop something.
pub(super) fn effects(sandbox: &Sandbox) -> Vec<String> {
    let mut effects: BTreeMap<String, usize> = BTreeMap::new();
    let optiply = sandbox.optiply().writes();
    let told = optiply
        .iter()
        .map(|write| (write.method.as_str(), write.resource.name()));
    let bought = sandbox.writes();
    let ordered = bought
        .iter()
        .map(|write| (write.method.as_str(), write.resource.as_str()));
    for (method, resource) in told.chain(ordered) {
        if matches!(method, "POST" | "DELETE") {
            *effects.entry(format!("{method} {resource}")).or_default() += 1;
        }
    }
    let effects = effects.into_iter();
    effects
        .map(|(what, times)| format!("{what}, {times} times"))
        .collect()
}
