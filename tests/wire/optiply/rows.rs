//! Every resource, made, read, changed, found and deleted.

use super::support::{World, buy_order, line, product, sell_order, supplier};
use connectors::optiply::{
    BuyOrderLine, By, Composition, Deleted, Find, Payload, Product, ReceiptLine, Resource,
    SellOrderLine, Status, Supplier, SupplierProduct,
};

async fn found(world: &World, find: Find) -> Vec<i64> {
    let rows = world.client.find(find, 100).await.expect("rows");
    rows.iter().map(|row| row.id).collect()
}

#[tokio::test(start_paused = true)]
async fn a_product_lives_its_life() {
    let (sandbox, world) = World::sandboxed();
    let sent = product("Mug");
    let made = world.make(&sent).await;
    let id = made.row.id;
    assert_eq!(made.row.payload().expect("attributes"), sent);
    assert!(made.row.uuid.is_some() && made.row.created_from_public_api == Some(true));
    assert!(made.date.is_some());
    assert_eq!(made.row.created_at, made.date);
    assert_eq!(world.client.server_now(), made.date);

    let change = Payload::of(&Product {
        stock_level: Some(-3),
        status: Some(Status::Disabled),
        ..Product::default()
    })
    .expect("a payload");
    let written = world.client.patch(id, &change).await.expect("a change");
    let shown = written.row.expect("a row").payload().expect("attributes");
    assert_eq!(shown, sent.clone().patched(&change));
    let body = &sandbox.optiply().writes()[1].body;
    assert_eq!(
        body,
        &format!(
            r#"{{"data":{{"type":"products","id":"{id}","attributes":{{"status":"disabled","stockLevel":-3}}}}}}"#
        )
    );
    let by_code = Find::all(Resource::Products).by(By::ArticleCode("a-Mug".to_owned()));
    assert_eq!(found(&world, by_code).await, [id]);
    let by_name = Find::all(Resource::Products).by(By::Name("Mug".to_owned()));
    assert_eq!(found(&world, by_name).await, [id]);
}

#[tokio::test(start_paused = true)]
async fn suppliers_and_their_products() {
    let (_sandbox, world) = World::sandboxed();
    let sent = Payload::of(&Supplier {
        name: Some("S".to_owned()),
        emails: Some(vec!["a@b.co".to_owned()]),
        delivery_time: Some(Some(7)),
        ..Supplier::default()
    })
    .expect("a payload");
    let supplier = world.make(&sent).await.row.id;
    let product = world.product("P").await;
    let pair = SupplierProduct {
        name: Some("P".to_owned()),
        product_id: Some(product),
        supplier_id: Some(supplier),
        price: "3".parse().ok(),
        lot_size: Some(Some(6)),
        preferred: Some(true),
        status: Some(Status::Enabled),
        ..SupplierProduct::default()
    };
    let sent = Payload::of(&pair).expect("a payload");
    let made = world.make(&sent).await;
    // What was sent and not taken shows in the answer, and a change sets it.
    let missing = sent.differing_from(&made.row.payload().expect("attributes"));
    assert_eq!(missing.to_json(), r#"{"preferred":true}"#);
    let written = world.client.patch(made.row.id, &missing).await;
    let shown = written.expect("a change").row.expect("a row");
    let shown = shown.payload().expect("attributes");
    assert!(sent.differing_from(&shown).is_empty());

    let cleared = Payload::of(&SupplierProduct {
        lot_size: None,
        ..pair
    })
    .expect("a payload");
    let changes = cleared.changes_from(&sent);
    assert_eq!(changes.patch.to_json(), r#"{"lotSize":null}"#);
    world
        .client
        .patch(made.row.id, &changes.patch)
        .await
        .expect("a change");
    let row = world.client.get(Resource::SupplierProducts, made.row.id);
    let row = row.await.expect("an answer").expect("a row");
    let read: SupplierProduct = row.read().expect("attributes");
    assert_eq!(read.lot_size, Some(None));

    let pair = Find::all(Resource::SupplierProducts)
        .by(By::Supplier(supplier))
        .by(By::Product(product));
    assert_eq!(found(&world, pair).await, [made.row.id]);
}

#[tokio::test(start_paused = true)]
async fn compositions() {
    let (_sandbox, world) = World::sandboxed();
    let (whole, part) = (world.product("A").await, world.product("B").await);
    let sent = Payload::of(&Composition {
        composed_product_id: Some(whole),
        part_product_id: Some(part),
        part_quantity: Some(3),
    })
    .expect("a payload");
    let made = world.make(&sent).await;
    assert_eq!(made.row.payload().expect("attributes"), sent);
    let pair = Find::all(Resource::ProductCompositions)
        .by(By::ComposedProduct(whole))
        .by(By::PartProduct(part));
    assert_eq!(found(&world, pair.clone()).await, [made.row.id]);
    let delete = || {
        world
            .client
            .delete(Resource::ProductCompositions, made.row.id)
    };
    assert_eq!(delete().await.expect("deleted"), Deleted::Now);
    assert_eq!(delete().await.expect("deleted"), Deleted::Before);
    assert!(found(&world, pair).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn sell_orders_and_single_lines() {
    let (sandbox, world) = World::sandboxed();
    let (a, b) = (world.product("A").await, world.product("B").await);
    let sent = sell_order(vec![line(a, "24.78"), line(b, "16.52")]);
    let made = world.make(&sent).await;
    assert_eq!(
        made.row.payload().expect("attributes"),
        sent.clone().without_lines()
    );
    assert!(sent.to_json().contains(r#""subtotalValue":24.78}"#));
    assert!(sent.to_json().contains(r#""totalValue":41.30"#));
    let lines = Find::all(Resource::SellOrderLines).by(By::SellOrder(made.row.id));
    assert_eq!(
        found(&world, lines.clone()).await,
        sandbox.optiply().writes()[2].lines
    );
    let one = Payload::of(&SellOrderLine {
        sell_order_id: Some(made.row.id),
        product_id: Some(a),
        quantity: Some(1),
        subtotal_value: "1".parse().ok(),
    })
    .expect("a payload");
    let third = world.make(&one).await.row;
    assert_eq!(third.payload().expect("attributes"), one);
    assert_eq!(found(&world, lines.clone()).await.len(), 3);
    let at = "2026-01-06T14:03:22Z".parse().expect("an instant");
    let placed = Find::all(Resource::SellOrders)
        .by(By::Placed(at))
        .by(By::CreatedSince(at));
    assert_eq!(found(&world, placed).await, [made.row.id]);
    let gone = world.client.delete(Resource::SellOrders, made.row.id).await;
    assert_eq!(gone.expect("deleted"), Deleted::Now);
    assert!(found(&world, lines).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn buy_orders_lines_and_receipts() {
    let (_sandbox, world) = World::sandboxed();
    let (product, supplier) = (world.product("A").await, world.make(&supplier("S")).await);
    let sent = buy_order(supplier.row.id, vec![line(product, "100")]);
    let order = world.make(&sent).await.row;
    let line = Payload::of(&BuyOrderLine {
        buy_order_id: Some(order.id),
        product_id: Some(product),
        quantity: Some(4),
        subtotal_value: "20".parse().ok(),
        expected_delivery_date: "2026-01-13T08:00:00Z".parse().ok(),
    })
    .expect("a payload");
    let line = world.make(&line).await.row;
    let lines = Find::all(Resource::BuyOrderLines).by(By::BuyOrder(order.id));
    assert_eq!(found(&world, lines).await.len(), 2);
    let receipt = Payload::of(&ReceiptLine {
        buy_order_line_id: Some(line.id),
        quantity: Some(4),
        occurred: "2026-01-12T09:30:00Z".parse().ok(),
    })
    .expect("a payload");
    let receipt = world.make(&receipt).await.row;
    let receipts = Find::all(Resource::ReceiptLines)
        .by(By::BuyOrderLine(line.id))
        .by(By::Occurred(
            "2026-01-12T09:30:00Z".parse().expect("an instant"),
        ));
    assert_eq!(found(&world, receipts).await, [receipt.id]);
    let gone = world.client.delete(Resource::BuyOrders, order.id).await;
    assert_eq!(gone.expect("deleted"), Deleted::Now);
    let left = world.client.get(Resource::ReceiptLines, receipt.id).await;
    assert_eq!(left.expect("an answer"), None);
}
