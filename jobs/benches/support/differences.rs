//! Two states of the model told apart by their dumps: a way of its own, to judge previews by.

use serde_json::Value;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use storage::Store;

/// Created, changed, disabled and removed objects, by entity.
pub(crate) type Counts = BTreeMap<String, [i64; 4]>;

/// Each object by its kind and ids: what it says, in short, and whether it is out of use.
pub(crate) type Model = BTreeMap<(String, String), (u64, bool)>;

/// The ids that objects of a kind are named by; none is told apart by more.
const IDS: [(&str, &[&str]); 7] = [
    ("product", &["item_id"]),
    ("supplier", &["vendor_id"]),
    ("supplier_product", &["item_id", "vendor_id"]),
    ("composition", &["item_id", "part_item_id"]),
    ("sell_order", &["sale_id"]),
    ("buy_order", &["order_id"]),
    ("receipt", &["order_id", "order_line_id", "key"]),
];

/// The model as it is.
pub(crate) async fn model(
    store: &Store,
    connection: pipeline::id::ConnectionId,
) -> anyhow::Result<Model> {
    let mut model = Model::new();
    let add = |line: String| {
        let value: Value = serde_json::from_str(&line).unwrap_or_default();
        let kind = value["kind"].as_str().unwrap_or_default();
        let names = IDS.iter().find(|(of, _)| *of == kind);
        let key: Vec<String> = names
            .map_or(&[][..], |(_, ids)| ids)
            .iter()
            .map(|id| value[*id].to_string())
            .collect();
        let mut says = DefaultHasher::new();
        line.hash(&mut says);
        let off = value["status"] == "disabled" || value["ignored"] == true;
        model.insert((format!("{kind}s"), key.join("/")), (says.finish(), off));
    };
    store.dump_model(connection, add).await?;
    Ok(model)
}

/// What became of the one to make the other; entities without any difference are left out.
pub(crate) fn differences(before: &Model, after: &Model) -> Counts {
    let mut counts = Counts::new();
    let mut count = |entity: &String, place: usize| {
        counts.entry(entity.clone()).or_default()[place] += 1;
    };
    for (key, (says, off)) in after {
        match before.get(key) {
            None => count(&key.0, 0),
            Some((_, was_off)) if *off && !was_off => count(&key.0, 2),
            Some((said, _)) if said != says => count(&key.0, 1),
            Some(_) => {}
        }
    }
    for key in before.keys().filter(|key| !after.contains_key(*key)) {
        count(&key.0, 3);
    }
    counts
}
