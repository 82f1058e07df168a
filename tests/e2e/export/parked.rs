//! What cannot be ordered is set aside with words that a shop owner understands, and goes by itself
//! once the cause is gone.

use super::judge::{Wish, assert_ordered};
use super::plain::item_of;
use super::world::{Line, Shelf, export, line, plan, plan_with, remote, states, stocked};
use crate::delivery::world::World;
use pipeline::deliver::Entity;
use pipeline::id::BuyOrderId;
use rust_decimal::Decimal;
use sandbox::{Fault, NewOrderLine, Resource, When, Writer};
use serde_json::json;

/// Why a buy order is parked, as `explain` tells it.
async fn told(world: &World, order: i64) -> String {
    let (store, connection) = (&world.deps.store, world.connection);
    let row = store
        .export_row(connection, BuyOrderId(order))
        .await
        .expect("a row");
    let row = row.expect("a buy order");
    let reason = row.reason.map_or("none", |reason| reason.code());
    format!(
        "{} {reason}: {}",
        row.state.name(),
        row.detail.unwrap_or_default()
    )
}

async fn export_and_tell(world: &World, order: i64) -> String {
    let run = export(world).await;
    assert_eq!(run.state, "done", "{:?}", run.reason);
    told(world, order).await
}

fn two(shelf: &Shelf) -> [Line; 2] {
    [
        line(shelf.items[0].1, 2, 150),
        line(shelf.items[1].1, 1, 99),
    ]
}

#[tokio::test(start_paused = true)]
async fn every_cause_is_told_and_nothing_is_sent() {
    let (world, shelf) = stocked(60).await;
    let supplier = shelf.vendors[0].1;
    let [first, second] = two(&shelf);
    let mut text = String::new();
    let mut tell = |case: &str, said: String| text.push_str(&format!("## {case}\n{said}\n\n"));

    let stranger = world.sandbox.optiply().mutate(Writer::Planner, |editor| {
        let product = json!({"name": "Typed by hand", "stockLevel": 0, "unlimitedStock": false});
        editor.make(Resource::Products, product).expect("a product")
    });
    let order = plan(&world, supplier, &[first, line(stranger, 1, 100)]);
    tell("unknown product", export_and_tell(&world, order).await);

    let unknown = world.sandbox.optiply().mutate(Writer::Planner, |editor| {
        let supplier = json!({"name": "A supplier of the planner's"});
        editor
            .make(Resource::Suppliers, supplier)
            .expect("a supplier")
    });
    let order = plan(&world, unknown, &[first]);
    tell(
        "supplier without vendor",
        export_and_tell(&world, order).await,
    );

    let archived = shelf.vendors[1];
    world
        .sandbox
        .mutate(|account| account.archive_vendor(archived.0));
    world.sync().await;
    let order = plan(&world, archived.1, &[first]);
    tell("archived vendor", export_and_tell(&world, order).await);

    world.sandbox.mutate(|account| {
        account.archive_item(shelf.items[2].0);
        account.change_type(shelf.items[3].0, "non_inventory");
    });
    world.sync().await;
    let lines = [
        first,
        line(shelf.items[2].1, 1, 100),
        line(shelf.items[3].1, 1, 100),
    ];
    let order = plan(&world, supplier, &lines);
    tell(
        "archived and non-inventory items",
        export_and_tell(&world, order).await,
    );

    let optiply = world.sandbox.optiply();
    optiply.behave(|rules| rules.take_odd_quantities = true);
    let order = plan(&world, supplier, &[(first.0, 0, Decimal::ZERO), second]);
    tell("no pieces", export_and_tell(&world, order).await);

    let order = plan(&world, supplier, &[]);
    tell("no lines", export_and_tell(&world, order).await);
    assert_eq!(
        world.sandbox.writes(),
        [],
        "nothing was sent for any of them"
    );

    // Lightspeed knows something that we do not yet.
    world
        .sandbox
        .mutate(|account| account.archive_item(shelf.items[4].0));
    let lines = [first, line(shelf.items[4].1, 1, 100), second];
    let order = plan(&world, supplier, &lines);
    tell(
        "refused by Lightspeed",
        export_and_tell(&world, order).await,
    );
    let drafts = world.sandbox.inspect(|account| {
        let ours = account.orders().values();
        let ours = ours.filter(|found| found.reference == format!("OPT-{order}"));
        ours.map(|found| (found.archived, found.ordered))
            .collect::<Vec<_>>()
    });
    assert_eq!(
        drafts,
        [(true, None)],
        "what was begun is archived, not ordered"
    );
    insta::assert_snapshot!("parked_buy_orders", text);
}

#[tokio::test(start_paused = true)]
async fn it_goes_by_itself_once_the_cause_is_gone() {
    let (world, shelf) = stocked(60).await;
    let lines = two(&shelf);
    world
        .sandbox
        .mutate(|account| account.archive_item(shelf.items[0].0));
    world.sync().await;
    let order = plan(&world, shelf.vendors[0].1, &lines);
    assert!(
        export_and_tell(&world, order)
            .await
            .starts_with("parked export_item_archived")
    );
    world
        .sandbox
        .mutate(|account| account.unarchive_item(shelf.items[0].0));
    world.sync().await;
    let store = &world.deps.store;
    let asked = store
        .request_export(world.connection, storage::Trigger::Schedule)
        .await;
    world.drive(asked.expect("a run").run).await;
    assert_ordered(&world, &[Wish::of(order, &lines, item_of(&shelf))]);
}

#[tokio::test(start_paused = true)]
async fn nothing_goes_to_a_wrong_shop() {
    let (world, shelf) = stocked(60).await;
    let lines = two(&shelf);
    // Its name decides nothing.
    world
        .sandbox
        .mutate(|account| account.rename_shop(1, "main warehouse"));
    world.sync().await;
    let order = plan(&world, shelf.vendors[0].1, &lines);
    export(&world).await;
    let mut wishes = vec![Wish::of(order, &lines, item_of(&shelf))];
    assert_ordered(&world, &wishes);

    world.sandbox.mutate(|account| account.archive_shop(1));
    world.sync().await;
    let waiting = plan(&world, shelf.vendors[0].1, &lines);
    let mut text = format!(
        "## archived\n{}\n\n",
        export_and_tell(&world, waiting).await
    );
    let (store, connection) = (&world.deps.store, world.connection);
    let mut settings = store
        .current_settings(connection)
        .await
        .expect("settings")
        .settings;
    let right = settings.default_location;
    settings.default_location = pipeline::id::ShopId(999);
    store
        .put_settings(connection, &settings, "test")
        .await
        .expect("settings");
    text.push_str(&format!(
        "## missing\n{}\n\n",
        export_and_tell(&world, waiting).await
    ));
    let before = world.sandbox.writes().len();

    settings.default_location = right;
    store
        .put_settings(connection, &settings, "test")
        .await
        .expect("settings");
    world.sandbox.mutate(|account| {
        account.edit_shop(1, |shop| {
            shop.archived = false;
            shop.time_zone = "Mars/Olympus".to_owned();
        });
    });
    world.sync().await;
    text.push_str(&format!(
        "## odd time zone\n{}\n",
        export_and_tell(&world, waiting).await
    ));
    assert_eq!(
        world.sandbox.writes().len(),
        before,
        "nothing is sent meanwhile"
    );
    insta::assert_snapshot!("parked_for_the_default_location", text);

    world.sandbox.mutate(|account| {
        account.edit_shop(1, |shop| shop.time_zone = "US/Pacific".to_owned());
    });
    world.sync().await;
    export(&world).await;
    wishes.push(Wish::of(waiting, &lines, item_of(&shelf)));
    assert_ordered(&world, &wishes);
}

#[tokio::test(start_paused = true)]
async fn repeated_products_and_hundreds_of_lines_are_one_order() {
    let (world, shelf) = stocked(300).await;
    let mut lines: Vec<Line> = shelf.items[..200]
        .iter()
        .map(|(_, product)| line(*product, 3, 107))
        .collect();
    // A third of a cent a piece, and the same product twice.
    lines.push((shelf.items[0].1, 3, Decimal::new(1, 2)));
    let order = plan(&world, shelf.vendors[0].1, &lines);
    export(&world).await;
    assert_ordered(&world, &[Wish::of(order, &lines, item_of(&shelf))]);
}

#[tokio::test(start_paused = true)]
async fn a_vendor_of_another_currency_is_ordered_from_at_account_prices() {
    let (world, shelf) = stocked(60).await;
    let lines = two(&shelf);
    let vendor = shelf.vendors[0];
    world.sandbox.mutate(|account| {
        account.edit_vendor(vendor.0, |vendor| vendor.currency = "USD".to_owned());
    });
    world.sync().await;
    let order = plan(&world, vendor.1, &lines);
    export(&world).await;
    assert_ordered(&world, &[Wish::of(order, &lines, item_of(&shelf))]);
    let sent = world.sandbox.writes();
    assert!(sent.iter().all(|write| !write.body.contains("vendorCost")));
}

#[tokio::test(start_paused = true)]
async fn what_somebody_changed_in_lightspeed_is_left_to_a_person() {
    let (world, shelf) = stocked(60).await;
    let lines = two(&shelf);
    // The last line's answer is lost, and a person finds the draft meanwhile.
    world.sandbox.set_fault(Fault::ResetBefore {
        at: When::nth(2).on("POST OrderLine"),
    });
    let order = plan(&world, shelf.vendors[0].1, &lines);
    let run = super::world::ask(&world).await;
    while world.sandbox.writes().len() < 2 {
        world.step().await;
    }
    let held = world.sandbox.writes()[0].order;
    world.sandbox.mutate(|account| {
        account.add_order_line(held, NewOrderLine::of(shelf.items[5].0, 7));
    });
    world.drive(run).await;
    let said = told(&world, order).await;
    assert!(said.starts_with("parked export_conflict"), "{said}");
    assert!(said.contains("which the buy order does not"), "{said}");
    let draft = world
        .sandbox
        .inspect(|account| account.orders()[&held].clone());
    assert!(
        draft.ordered.is_none() && !draft.archived,
        "it is left as it is"
    );
    let alarms = world
        .deps
        .store
        .alarms(world.connection)
        .await
        .expect("alarms");
    assert!(
        alarms
            .iter()
            .any(|raised| raised.alarm.kind.name() == "export_conflict")
    );

    // The person takes the line off again and exports.
    world.sandbox.mutate(|account| {
        let line = account.orders()[&held].lines.last().expect("a line").id;
        account.delete_order_line(line);
    });
    export(&world).await;
    assert_ordered(&world, &[Wish::of(order, &lines, item_of(&shelf))]);
}

#[tokio::test(start_paused = true)]
async fn several_orders_with_the_reference_are_alarmed_and_none_is_deleted() {
    let (world, shelf) = stocked(60).await;
    let lines = [line(shelf.items[0].1, 2, 150)];
    let order = plan(&world, shelf.vendors[0].1, &lines);
    let copies: Vec<u64> = (0..2)
        .map(|_| {
            world.sandbox.mutate(|account| {
                let copy = account.draft_order(shelf.vendors[0].0, 1, Vec::new());
                account.edit_order(copy, |held| held.reference = format!("OPT-{order}"));
                copy
            })
        })
        .collect();
    export(&world).await;
    assert!(
        world
            .sandbox
            .writes()
            .iter()
            .all(|write| write.order == copies[0])
    );
    let alarms = world
        .deps
        .store
        .alarms(world.connection)
        .await
        .expect("alarms");
    assert!(
        alarms
            .iter()
            .any(|raised| raised.alarm.kind.name() == "duplicate_orders")
    );
    let live = world.sandbox.inspect(|account| {
        let copies = copies.iter().map(|copy| &account.orders()[copy]);
        copies.filter(|held| !held.archived).count()
    });
    assert_eq!(live, 2);
}

#[tokio::test(start_paused = true)]
async fn a_right_that_is_missing_ends_the_export_and_not_the_import() {
    let (world, shelf) = stocked(60).await;
    world.sandbox.set_fault(Fault::Forbidden {
        resource: "OrderLine".to_owned(),
    });
    let lines = two(&shelf);
    let order = plan(&world, shelf.vendors[0].1, &lines);
    let run = export(&world).await;
    assert_eq!(run.state, "failed");
    assert!(
        run.reason
            .unwrap_or_default()
            .contains("may not write purchase orders")
    );
    assert_eq!(states(&world).await, json!({"working": 1}));
    let stopped = world.deps.store.stopped(world.connection).await;
    assert_eq!(
        stopped.expect("a connection"),
        None,
        "the schedule of imports goes on"
    );
    world.sandbox.clear_faults();
    export(&world).await;
    assert_ordered(&world, &[Wish::of(order, &lines, item_of(&shelf))]);
}

#[tokio::test(start_paused = true)]
async fn an_order_that_is_deleted_meanwhile_leaves_no_draft() {
    let (world, shelf) = stocked(60).await;
    let lines = two(&shelf);
    world
        .sandbox
        .mutate(|account| account.archive_item(shelf.items[0].0));
    let order = plan_with(&world, shelf.vendors[0].1, &lines, &json!({}));
    assert!(
        export_and_tell(&world, order)
            .await
            .starts_with("parked export_refused")
    );
    world.sandbox.optiply().mutate(Writer::Planner, |editor| {
        editor
            .delete(Resource::BuyOrders, order)
            .expect("a deletion");
    });
    let said = export_and_tell(&world, order).await;
    assert_eq!(said, "left none: It was deleted in Optiply.");
    assert!(
        remote(&world, Entity::Product, shelf.items[0].0)
            .await
            .is_some()
    );
}
