//! Settings changed over stored records: what the preview says is what happens, nothing is asked of
//! the source, and going back leads back.

mod kills;
mod replays;

use crate::support::{World, assert_balanced, assert_same, small};
use jobs::preview::{Preview, preview};
use pipeline::id::ShopId;
use pipeline::settings::{Locations, PricesIncludeTax, RemovedHistory, Returns, Settings};
use serde_json::Value;
use std::collections::BTreeMap;
use storage::{Run, SettingsChange};

/// Every key with another value than that of the account of these tests. One more key is one more
/// line.
fn keys(world: &World) -> Vec<(&'static str, Settings)> {
    let first = first();
    let middle = world.sandbox.inspect(|account| {
        let mut times: Vec<_> = account
            .sales()
            .values()
            .filter_map(|s| s.finished)
            .collect();
        times.sort();
        times[times.len() / 2]
    });
    let mut cases = Vec::new();
    let mut case = |name, change: &dyn Fn(&mut Settings)| {
        let mut settings = first.clone();
        change(&mut settings);
        cases.push((name, settings));
    };
    case("get-data-from", &|s| s.locations = Locations::One);
    case("locations", &|s| {
        s.locations = Locations::Multiple(vec![ShopId(1), ShopId(3)]);
    });
    case("default-location", &|s| s.default_location = ShopId(2));
    case("sync-all-sales-orders", &|s| s.sync_all_sales_orders = true);
    case("history-since", &|s| s.history_since = Some(middle));
    case("prices-include-tax", &|s| {
        s.prices_include_tax = PricesIncludeTax::No;
    });
    case("returns", &|s| s.returns = Returns::Ignore);
    case("count-in-transit", &|s| s.count_in_transit = true);
    case("include-open-pos", &|s| s.include_open_pos = true);
    case("article-code", &|s| s.article_code = false);
    case("removed-location-history", &|s| {
        s.locations = Locations::One;
        s.removed_location_history = RemovedHistory::Keep;
    });
    cases
}

fn first() -> Settings {
    Settings::new(Locations::All, ShopId(1))
}

async fn change(world: &World, settings: &Settings) -> Run {
    let store = &world.deps.store;
    let before = store
        .current_settings(world.connection)
        .await
        .expect("settings");
    let change = store
        .change_settings(world.connection, before.version, settings, "test", "a test")
        .await
        .expect("a change");
    let SettingsChange::Opened { version, run } = change else {
        panic!("{change:?}");
    };
    assert_eq!(version, before.version + 1);
    let run = world.drive(run).await;
    assert_eq!(run.state, "done", "{:?}", run.reason);
    assert_balanced(&world.tallies(run.id).await);
    run
}

async fn previewed(world: &World, settings: &Settings) -> Preview {
    let preview = preview(&world.deps, world.connection, settings).await;
    let left: Vec<_> = std::fs::read_dir(world.deps.store.path().parent().expect("a folder"))
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name())
        .filter(|name| {
            let name = name.to_string_lossy();
            name.contains(".rehearsal") && !name.ends_with(".worker")
        })
        .collect();
    assert!(left.is_empty(), "{left:?}");
    preview.expect("a preview")
}

/// Objects of a dump by entity and key.
fn objects(dump: &[String]) -> BTreeMap<(String, String), Value> {
    dump.iter()
        .map(|line| {
            let value: Value = serde_json::from_str(line).expect("json");
            let kind = value["kind"].as_str().expect("a kind");
            let ids = [
                "item_id",
                "vendor_id",
                "sale_id",
                "part_item_id",
                "order_id",
                "order_line_id",
            ];
            let key: Vec<String> = ids
                .iter()
                .chain(&["key"])
                .filter(|id| !value[**id].is_null())
                // A buy order names its vendor, which is no part of what names it.
                .filter(|id| !(kind == "buy_order" && **id == "vendor_id"))
                .map(|id| value[*id].to_string())
                .collect();
            ((format!("{kind}s"), key.join("/")), value)
        })
        .collect()
}

/// Created, changed, disabled and removed, by entity, as two dumps tell them.
fn differences(before: &[String], after: &[String]) -> BTreeMap<String, [i64; 4]> {
    let (before, after) = (objects(before), objects(after));
    let off = |value: &Value| value["status"] == "disabled" || value["ignored"] == true;
    let mut counts: BTreeMap<String, [i64; 4]> = BTreeMap::new();
    for (key, now) in &after {
        let counts = counts.entry(key.0.clone()).or_default();
        match before.get(key) {
            None => counts[0] += 1,
            Some(was) if off(now) && !off(was) => counts[2] += 1,
            Some(was) if was != now => counts[1] += 1,
            Some(_) => {}
        }
    }
    for key in before.keys() {
        let counts = counts.entry(key.0.clone()).or_default();
        counts[3] += i64::from(!after.contains_key(key));
    }
    counts
}

fn of_preview(preview: &Preview) -> BTreeMap<String, [i64; 4]> {
    preview
        .entities
        .iter()
        .filter(|e| e.before + e.created > 0)
        .map(|e| {
            (
                e.entity.to_owned(),
                [e.created, e.changed, e.disabled, e.removed],
            )
        })
        .collect()
}

/// A model without what was put out of use and was not there before: what was loaded once is
/// disabled or ignored, never taken away.
fn without_what_stays(now: &[String], before: &[String]) -> Vec<String> {
    let off = |line: &String| {
        line.contains("\"status\":\"disabled\"") || line.contains("\"ignored\":true")
    };
    let stays = |line: &&String| !off(line) || before.contains(line);
    now.iter().filter(stays).cloned().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_preview_of_every_key_is_what_then_happens_and_the_way_back_leads_back() {
    let world = World::new(small()).await;
    world.sandbox.mutate(|account| {
        let planned = |item: &&sandbox::Item| item.item_type == "default" && !item.archived;
        let item = account.items().values().find(planned).expect("an item").id;
        account.set_transfer_in(item, 1, 4);
    });
    world.backfill().await;
    let mut start = world.dump().await;
    let asked = world.sandbox.history().len();
    for (key, settings) in keys(&world) {
        let preview = previewed(&world, &settings).await;
        assert!(!preview.is_empty(), "{key} changes something");
        assert_same(&world.dump().await, &start);
        let run = change(&world, &settings).await;
        let now = world.dump().await;
        assert_eq!(of_preview(&preview), differences(&start, &now), "{key}");
        let orders = |dump: &[String]| -> Vec<String> {
            let orders = dump.iter().filter(|line| line.contains("\"sell_order\""));
            orders.cloned().collect()
        };
        // The sandbox knows no choice about returns, nor about what is kept.
        if key != "returns" && key != "removed-location-history" {
            assert_same(&orders(&now), &orders(&world.truth(&settings).dump));
        }
        let back = previewed(&world, &first()).await;
        change(&world, &first()).await;
        let again = world.dump().await;
        assert_eq!(of_preview(&back), differences(&now, &again), "{key} back");
        assert_same(&without_what_stays(&again, &start), &start);
        start = again;
        let tallies = world.tallies(run.id).await;
        let sales = tallies[&(pipeline::Feed::Sales, pipeline::Stage::Extract)].entered;
        assert!(sales > 500, "{key}: all stored sales were looked at");
    }
    assert_eq!(world.sandbox.history().len(), asked, "nothing was asked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn samples_say_what_changes_from_what_to_what() {
    let world = World::new(small()).await;
    world.backfill().await;
    let one = Settings {
        locations: Locations::One,
        ..first()
    };
    let preview = previewed(&world, &one).await;
    let of = |entity: &str| {
        let found = preview.entities.iter().find(|e| e.entity == entity);
        found.expect("an entity")
    };
    let removed = of("sell_orders")
        .samples
        .iter()
        .find(|s| s.change == "removed")
        .expect("a removed order");
    assert!(removed.key["sale_id"].is_number() && removed.label["placed"].is_string());
    assert!(removed.fields.is_empty());
    let product = of("products")
        .samples
        .iter()
        .find(|s| s.change == "changed")
        .expect("a changed product");
    assert!(product.label["name"].is_string());
    let stock = product.fields.iter().find(|f| f.field == "stock_level");
    assert!(stock.is_some_and(|field| field.from != field.to));
    for entity in &preview.entities {
        for kind in ["created", "changed", "disabled", "removed"] {
            let shown = entity.samples.iter().filter(|s| s.change == kind).count();
            assert!(shown <= 5, "{} {kind}: {shown}", entity.entity);
        }
    }
    let guarded: Vec<&str> = preview.guarded().iter().map(|e| e.entity).collect();
    assert_eq!(guarded, ["sell_orders", "buy_orders", "receipts"]);
}
