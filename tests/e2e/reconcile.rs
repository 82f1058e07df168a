//! `reconcile`: both sides compared, differences told apart, and made good by deliver.

use crate::delivery::judge::{assert_delivered, differences, held, made};
use crate::delivery::world::{World, sized};
use jobs::reconcile::{Options, Report, reconcile};
use pipeline::deliver::Entity;
use sandbox::{Resource, Writer};
use serde_json::{Value, json};

async fn compared(world: &World, repair: bool) -> Report {
    let connection = world.deps.store.connection_by_id(world.connection).await;
    let options = Options {
        repair,
        however_much: false,
        samples: 50,
    };
    let report = reconcile(&world.deps, &connection.expect("a connection"), options).await;
    report.expect("a report")
}

fn of(report: &Report, entity: Entity) -> &jobs::reconcile::OfEntity {
    let found = report.entities.iter().find(|of| of.entity == entity);
    found.expect("every kind is told of")
}

async fn delivered() -> World {
    let world = World::new(sized(60, 200)).await;
    world.backfill().await;
    world
}

#[tokio::test(start_paused = true)]
async fn what_was_delivered_is_clean_and_comparing_writes_nothing() {
    let world = delivered().await;
    let optiply = world.sandbox.optiply();
    let mut once = made(&world);
    once.remove(Resource::ReceiptLines.name());
    assert_eq!(once, held(&world), "each row was made by one call");
    optiply.clear_history();
    let report = compared(&world, true).await;
    assert!(report.clean, "{report:#?}");
    assert_eq!(report.differences.len(), 0);
    assert_eq!(optiply.writes(), []);
    for of in &report.entities {
        assert_eq!(of.in_model, of.in_optiply, "{of:?}");
        assert_eq!(of.in_model, of.delivered, "{of:?}");
    }
    assert!(report.checklist.products && report.checklist.stock);
    assert!(report.checklist.sell_orders);
    assert_eq!(report.checklist.model.non_inventory_enabled, 0);
    assert_eq!(report.checklist.model.stock_totals_differ, 0);
    optiply.clear_history();
    world.sync().await;
    assert_eq!(optiply.history(), [], "nothing was marked");
}

#[tokio::test(start_paused = true)]
async fn each_sort_of_difference_is_told_by_id_and_what_is_ours_is_made_good() {
    let world = delivered().await;
    let optiply = world.sandbox.optiply();
    let rows = |resource| {
        let mut rows = optiply.rows(resource);
        rows.retain(|row| !row.deleted);
        rows
    };
    let (products, orders) = (rows(Resource::Products), rows(Resource::SellOrders));
    let lines = rows(Resource::SellOrderLines);
    // Rows made before the clock stands elsewhere would not count as made since we deliver.
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    let (own, theirs) = (&products[0], &orders[0]);
    let twin = optiply.mutate(Writer::Integration, |editor| {
        let set = editor.set(
            Resource::Products,
            own.id,
            json!({"name": "X", "stockLevel": -9}),
        );
        set.expect("a change");
        editor
            .delete(Resource::SellOrders, orders[1].id)
            .expect("gone");
        let of_others: Vec<i64> = vec![orders[0].id, orders[1].id];
        let line = lines
            .iter()
            .find(|line| !of_others.contains(&line.int("sellOrderId").unwrap_or_default()))
            .expect("a line of another order");
        let set = editor.set(Resource::SellOrderLines, line.id, json!({"quantity": 99}));
        set.expect("a change");
        let its: Vec<Value> = lines
            .iter()
            .filter(|line| line.int("sellOrderId") == Some(theirs.id))
            .map(|line| {
                json!({
                    "productId": line.int("productId"), "quantity": line.int("quantity"),
                    "subtotalValue": line.text("subtotalValue"),
                })
            })
            .collect();
        let mut twin = json!({
            "placed": theirs.text("placed"), "totalValue": theirs.text("totalValue"),
            "orderLines": its,
        });
        if let Some(completed) = theirs.text("completed") {
            twin["completed"] = json!(completed);
        }
        let other = json!({"placed": "2020-01-01T00:00:00Z", "totalValue": "1.00"});
        editor.make(Resource::SellOrders, other).expect("a row");
        editor.make(Resource::SellOrders, twin).expect("a row")
    });
    optiply.mutate(Writer::Planner, |editor| {
        let made = editor.make(
            Resource::Products,
            json!({"name": "A planner's own", "stockLevel": 1, "unlimitedStock": false}),
        );
        made.expect("a row");
    });
    optiply.clear_history();
    let report = compared(&world, false).await;
    assert_eq!(optiply.writes(), []);
    assert!(!report.clean && !report.repaired);
    let product = of(&report, Entity::Product);
    assert_eq!(
        (product.different, product.not_ours, product.missing),
        (1, 1, 0)
    );
    let order = of(&report, Entity::SellOrder);
    assert_eq!(
        (order.missing, order.duplicates, order.by_others),
        (1, 1, 1)
    );
    assert_eq!(of(&report, Entity::SellOrderLine).different, 1);
    assert!(!report.checklist.products && !report.checklist.stock);
    assert!(!report.checklist.sell_orders);
    let told = report
        .differences
        .iter()
        .find(|one| one.kind == "different" && one.optiply_id == Some(own.id))
        .expect("it is told by its id");
    let names: Vec<&str> = told.attributes.keys().map(String::as_str).collect();
    assert_eq!(names, ["name", "stockLevel"]);
    let duplicate = report
        .differences
        .iter()
        .find(|one| one.kind == "duplicate");
    assert_eq!(duplicate.and_then(|one| one.optiply_id), Some(twin));

    let report = compared(&world, true).await;
    assert!(report.repaired);
    assert_eq!(optiply.writes(), [], "deliver sends it, nobody else");
    world.settle().await;
    let wrong = differences(&world).await;
    // What others made stays: a planner's product, and the order of another integration.
    assert_eq!(wrong.len(), 2, "{wrong:#?}");
    let report = compared(&world, false).await;
    let (product, order) = (of(&report, Entity::Product), of(&report, Entity::SellOrder));
    assert_eq!(
        (product.different, order.missing, order.duplicates),
        (0, 0, 0)
    );
    assert_eq!(order.by_others, 1);
}

#[tokio::test(start_paused = true)]
async fn stock_that_does_not_add_up_to_what_the_source_tells_is_shown() {
    let world = delivered().await;
    let pool = world.deps.store.queue_pool();
    let awake = crate::virtual_time::keep_awake()();
    let changed = sqlx::query(
        "UPDATE source_stock SET on_hand = on_hand + 1
         WHERE shop_id = 0 AND item_id = (SELECT max(item_id) FROM source_stock WHERE shop_id = 0)",
    );
    let changed = changed.execute(pool).await.expect("an update");
    assert_eq!(changed.rows_affected(), 1);
    drop(awake);
    let report = compared(&world, false).await;
    assert_eq!(report.checklist.model.stock_totals_differ, 1);
    assert!(report.clean, "Optiply holds what it should: {report:#?}");
}

#[tokio::test(start_paused = true)]
async fn an_order_that_vanished_is_made_again_with_its_lines_and_receipts() {
    let world = delivered().await;
    let optiply = world.sandbox.optiply();
    let orders = optiply.rows(Resource::BuyOrders);
    optiply.mutate(Writer::Planner, |editor| {
        for order in orders.iter().take(5) {
            editor.delete(Resource::BuyOrders, order.id).expect("gone");
        }
    });
    let report = compared(&world, true).await;
    assert_eq!(of(&report, Entity::BuyOrder).missing, 5);
    world.settle().await;
    assert_delivered(&world).await;
    let report = compared(&world, false).await;
    assert!(report.clean, "{report:#?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_missing_in_bulk_is_not_made_again_unasked() {
    let world = delivered().await;
    let optiply = world.sandbox.optiply();
    let orders = optiply.rows(Resource::SellOrders);
    optiply.mutate(Writer::Planner, |editor| {
        for order in orders.iter().take(30) {
            editor.delete(Resource::SellOrders, order.id).expect("gone");
        }
    });
    optiply.clear_history();
    let report = compared(&world, true).await;
    assert_eq!(of(&report, Entity::SellOrder).missing, 30);
    assert_eq!(report.held_back, [Entity::SellOrder, Entity::SellOrderLine]);
    world.settle().await;
    assert_eq!(optiply.writes(), []);
    let connection = world.deps.store.connection_by_id(world.connection).await;
    let options = Options {
        repair: true,
        however_much: true,
        samples: 1,
    };
    let report = reconcile(&world.deps, &connection.expect("a connection"), options).await;
    assert_eq!(report.expect("a report").held_back, []);
    world.settle().await;
    assert_delivered(&world).await;
}
