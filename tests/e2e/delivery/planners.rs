//! What others do in Optiply: it is theirs, and what they remove of ours is made again once.

use super::judge::{assert_delivered, differences};
use super::world::{World, sized};
use pipeline::deliver::Entity;
use rust_decimal::Decimal;
use sandbox::{Resource, Writer};
use serde_json::{Value, json};

/// An item with a default vendor, and what Optiply calls its product.
async fn product(world: &World) -> (u64, i64) {
    let item = world.sandbox.inspect(|account| {
        let mut lines = account.sales().values().flat_map(|sale| &sale.lines);
        let plain = |item: u64| {
            let item = account.items().get(&item);
            item.is_some_and(|item| {
                item.item_type == "default" && !item.archived && item.default_vendor > 0
            })
        };
        lines.find(|line| plain(line.item)).expect("a line").item
    });
    (item, remote(world, Entity::Product, item).await)
}

async fn remote(world: &World, entity: Entity, object: u64) -> i64 {
    let object = i64::try_from(object).expect("an id");
    let store = &world.deps.store;
    let rows = store.deliveries_of(world.connection, entity, object).await;
    rows.expect("rows")[0].remote_id.expect("a delivered row")
}

fn attribute(world: &World, resource: Resource, id: i64, name: &str) -> Value {
    let rows = world.sandbox.optiply().rows(resource);
    let row = rows.into_iter().find(|row| row.id == id).expect("the row");
    row.attributes[name].clone()
}

#[tokio::test(start_paused = true)]
async fn what_a_planner_set_survives_every_delivery() {
    let world = World::new(sized(60, 100)).await;
    world.backfill().await;
    let (item, product) = product(&world).await;
    let pair = remote(&world, Entity::SupplierProduct, item).await;
    let vendor = world
        .sandbox
        .inspect(|account| account.items()[&item].default_vendor);
    let supplier = remote(&world, Entity::Supplier, vendor).await;
    world.sandbox.optiply().mutate(Writer::Planner, |editor| {
        let ours = json!({"maximumStock": 99, "notBeingBought": true, "unlimitedStock": true});
        editor
            .set(Resource::Products, product, ours)
            .expect("a change");
        let theirs = json!({"lotSize": 12, "deliveryTime": 5, "minimumPurchaseQuantity": 3});
        editor
            .set(Resource::SupplierProducts, pair, theirs)
            .expect("a change");
        let vendor = json!({"deliveryTime": 14, "minimumOrderValue": "250.00"});
        editor
            .set(Resource::Suppliers, supplier, vendor)
            .expect("a change");
    });
    let own = world.sandbox.optiply().mutate(Writer::Planner, |editor| {
        let product = json!({"name": "Own idea", "stockLevel": 1, "unlimitedStock": false});
        let product = editor.make(Resource::Products, product).expect("a row");
        let supplier = json!({"name": "Own supplier"});
        let supplier = editor.make(Resource::Suppliers, supplier).expect("a row");
        (product, supplier)
    });
    world.sandbox.mutate(|account| {
        account.restock(item, 1, 7);
        account.edit_item(item, |item| {
            item.description = "Another name".to_owned();
            item.default_cost = Decimal::new(1234, 2);
        });
        account.edit_vendor(vendor, |vendor| vendor.name = "Another house".to_owned());
    });
    let run = world.sync().await;
    assert_eq!(run.state, "done", "{:?}", run.reason);
    let of_product = |name| attribute(&world, Resource::Products, product, name);
    assert_eq!(of_product("name"), "Another name");
    assert_eq!(of_product("maximumStock"), 99);
    assert_eq!(of_product("notBeingBought"), true);
    assert_eq!(of_product("unlimitedStock"), true);
    let of_pair = |name| attribute(&world, Resource::SupplierProducts, pair, name);
    assert_eq!(of_pair("name"), "Another name");
    assert_eq!(of_pair("lotSize"), 12);
    assert_eq!(of_pair("deliveryTime"), 5);
    assert_eq!(of_pair("minimumPurchaseQuantity"), 3);
    let of_supplier = |name| attribute(&world, Resource::Suppliers, supplier, name);
    assert_eq!(of_supplier("name"), "Another house");
    assert_eq!(of_supplier("deliveryTime"), 14);
    assert_eq!(of_supplier("minimumOrderValue"), "250.00");
    // What is none of ours keeps its name.
    for (resource, id, name) in [
        (Resource::Products, own.0, "Own idea"),
        (Resource::Suppliers, own.1, "Own supplier"),
    ] {
        assert_eq!(attribute(&world, resource, id, "name"), name);
    }
}

#[tokio::test(start_paused = true)]
async fn a_pair_that_a_planner_made_is_taken_over_with_what_is_theirs() {
    let world = World::new(sized(60, 100)).await;
    world.backfill().await;
    let (item, product) = product(&world).await;
    let vendor = world.sandbox.inspect(|account| {
        let taken = account.items()[&item].default_vendor;
        let numbers = &account.items()[&item].vendor_numbers;
        let mut free = account.vendors().values().filter(|vendor| {
            !vendor.archived
                && vendor.id != taken
                && numbers.iter().all(|number| number.vendor != vendor.id)
        });
        free.next().expect("a vendor").id
    });
    let supplier = remote(&world, Entity::Supplier, vendor).await;
    let made = world.sandbox.optiply().mutate(Writer::Planner, |editor| {
        let pair = json!({
            "name": "By hand", "productId": product, "supplierId": supplier, "lotSize": 24,
        });
        editor
            .make(Resource::SupplierProducts, pair)
            .expect("a pair")
    });
    world.sandbox.mutate(|account| {
        account.add_vendor_number(item, vendor, "V-1", Decimal::new(500, 2));
        account.edit_item(item, |_| {});
    });
    let run = world.sync().await;
    assert_eq!(run.state, "done", "{:?}", run.reason);
    assert_eq!(world.parked().await, []);
    assert_delivered(&world).await;
    let of_pair = |name| attribute(&world, Resource::SupplierProducts, made, name);
    assert_eq!(of_pair("skuCode"), "V-1");
    assert_eq!(of_pair("lotSize"), 24);
}

#[tokio::test(start_paused = true)]
async fn a_product_that_somebody_removed_is_made_again_once_with_all_that_names_it() {
    let world = World::new(sized(60, 100)).await;
    world.backfill().await;
    let (item, product) = product(&world).await;
    let remove = |id: i64| {
        world.sandbox.optiply().mutate(Writer::Planner, |editor| {
            editor.delete(Resource::Products, id).expect("a removal");
        });
    };
    remove(product);
    world.sandbox.mutate(|account| account.restock(item, 1, 1));
    let run = world.sync().await;
    assert_eq!(run.state, "done", "{:?}", run.reason);
    assert_eq!(world.parked().await, []);
    assert_delivered(&world).await;
    let again = remote(&world, Entity::Product, item).await;
    assert_ne!(again, product);

    remove(again);
    world.sandbox.mutate(|account| account.restock(item, 1, 1));
    let run = world.sync().await;
    assert_eq!(
        run.state, "done",
        "what waits for it is told: {:?}",
        run.reason
    );
    let key = format!("product:{item}:");
    assert_eq!(
        world.parked().await,
        [(key, "removed_in_optiply".to_owned())]
    );
}

#[tokio::test(start_paused = true)]
async fn an_order_with_a_line_of_a_removed_product_is_completed() {
    let world = World::new(sized(60, 100)).await;
    world.backfill().await;
    let (item, product) = product(&world).await;
    world.sandbox.optiply().mutate(Writer::Planner, |editor| {
        editor
            .delete(Resource::Products, product)
            .expect("a removal");
    });
    let first = world.sandbox.inspect(|account| {
        let plain = account.items().values();
        let mut plain = plain.filter(|it| it.item_type == "default" && !it.archived);
        plain.find(|it| it.id != item).expect("another item").id
    });
    // The stock of both moves too, so that the product is found to be gone either way.
    world
        .sandbox
        .mutate(|account| account.sell(1, &[(first, 1), (item, 2)]));
    let run = world.sync().await;
    assert_eq!(run.state, "done", "{:?}", run.reason);
    assert_eq!(world.parked().await, []);
    assert_eq!(differences(&world).await, Vec::<String>::new());
}
