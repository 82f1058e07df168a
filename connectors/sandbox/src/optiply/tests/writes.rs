use serde_json::{Value, json};

use super::Client;
use crate::optiply::{Resource, Writer};

#[tokio::test]
async fn ids_and_decimals_are_texts_on_read() {
    let client = Client::new().await;
    let got = client
        .post(
            "products",
            json!({"name": "Mug", "stockLevel": -2, "unlimitedStock": false, "price": 8.2,
                   "status": "enabled", "createdAtRemote": "2026-01-05T10:00:00+00:00"}),
        )
        .await;
    let id = got.id();
    let data = client.get(&format!("products/{id}")).await.json()["data"].clone();
    assert_eq!(data["id"], json!(id.to_string()));
    let attributes = &data["attributes"];
    assert_eq!(attributes["price"], json!("8.20"));
    assert_eq!(attributes["stockLevel"], json!(-2));
    assert_eq!(attributes["createdAtRemote"], json!("2026-01-05T10:00:00Z"));
    assert_eq!(attributes["createdFromPublicApi"], json!(true));
    assert_eq!(attributes["uuid"].as_str().unwrap().len(), 36);
    assert_eq!(attributes["skuCode"], Value::Null);
}

#[tokio::test]
async fn what_is_not_documented_is_refused_and_neighbours_are_not_hurt() {
    let client = Client::new().await;
    let good = json!({"name": "M", "stockLevel": 1, "unlimitedStock": false});
    for (attribute, value) in [
        ("name", json!("x".repeat(256))),
        ("name", json!("  ")),
        ("name", Value::Null),
        ("stockLevel", json!("3")),
        ("stockLevel", json!(3.5)),
        ("stockLevel", json!(10_000_000)),
        ("price", json!(-1)),
        ("price", json!("0.30000000000000004")),
        ("price", json!(10_000_000)),
        ("status", json!("ENABLED")),
        ("minimumStock", json!(-1)),
        ("skuCode", Value::Null),
        ("resumingPurchase", json!(true)),
        ("remoteId", json!("7")),
        ("colour", json!("blue")),
        ("createdAtRemote", json!("2026-01-05")),
        ("createdAtRemote", json!("2026-01-05T10:00:00.123Z")),
        ("uuid", json!("x")),
    ] {
        let mut bad = good.clone();
        bad[attribute] = value.clone();
        let got = client.post("products", bad).await;
        assert_eq!(got.status, 400, "{attribute} {value}");
        assert!(got.text.contains(attribute), "{}", got.text);
    }
    for missing in ["name", "stockLevel", "unlimitedStock"] {
        let mut bad = good.clone();
        bad.as_object_mut().unwrap().remove(missing);
        assert_eq!(client.post("products", bad).await.status, 400);
    }
    assert!(client.live(Resource::Products).is_empty());
    assert!(client.optiply().writes().is_empty());
}

#[tokio::test]
async fn suppliers_refuse_bad_addresses_and_no_delivery_time() {
    let client = Client::new().await;
    let got = client
        .post(
            "suppliers",
            json!({"name": "S", "emails": ["a@b.co", "nobody"]}),
        )
        .await;
    assert_eq!(got.status, 400);
    assert!(got.text.contains("is not a valid address"));
    for (days, expected) in [
        (json!(0), 400),
        (json!(366), 400),
        (Value::Null, 201),
        (json!(7), 201),
    ] {
        let supplier = json!({"name": "S", "deliveryTime": days, "emails": ["a@b.co"]});
        assert_eq!(client.post("suppliers", supplier).await.status, expected);
    }
    let number = json!({"name": "S", "globalLocationNumber": "123"});
    assert_eq!(client.post("suppliers", number).await.status, 400);
}

#[tokio::test]
async fn pairs_are_unique_for_ever_and_nobody_says_which() {
    let client = Client::new().await;
    let (product, supplier) = (client.product("P").await, client.supplier("S").await);
    let pair = json!({"name": "P", "productId": product, "supplierId": supplier.to_string()});
    let id = client.post("supplierProducts", pair.clone()).await.id();
    for _ in 0..3 {
        let got = client.post("supplierProducts", pair.clone()).await;
        assert_eq!(got.status, 409);
        assert!(!got.text.contains(&id.to_string()), "{}", got.text);
    }
    assert_eq!(client.delete("supplierProducts", id).await.status, 204);
    assert_eq!(
        client.post("supplierProducts", pair.clone()).await.status,
        409
    );
    client
        .optiply()
        .behave(|rules| rules.deleted_pairs_stay_taken = false);
    client.post("supplierProducts", pair).await.id();
}

#[tokio::test]
async fn one_supplier_is_preferred_and_only_by_a_change() {
    let client = Client::new().await;
    let product = client.product("P").await;
    let mut rows = Vec::new();
    for name in ["A", "B"] {
        let supplier = client.supplier(name).await;
        let pair = json!({"name": "P", "productId": product, "supplierId": supplier,
                          "preferred": true});
        let got = client.post("supplierProducts", pair).await;
        assert_eq!(got.json()["data"]["attributes"]["preferred"], json!(false));
        rows.push(got.id());
    }
    for id in &rows {
        let got = client
            .patch("supplierProducts", *id, json!({"preferred": true}))
            .await;
        assert_eq!(got.json()["data"]["attributes"]["preferred"], json!(true));
    }
    let first = client.get(&format!("supplierProducts/{}", rows[0])).await;
    assert_eq!(
        first.json()["data"]["attributes"]["preferred"],
        json!(false)
    );
    client
        .optiply()
        .behave(|rules| rules.preferred_moves = false);
    let got = client
        .patch("supplierProducts", rows[0], json!({"preferred": true}))
        .await;
    assert_eq!(got.status, 400);
}

#[tokio::test]
async fn compositions_make_no_circle() {
    let client = Client::new().await;
    let (a, b) = (client.product("A").await, client.product("B").await);
    let composition = |whole: i64, part: i64| json!({"composedProductId": whole, "partProductId": part, "partQuantity": 2});
    client
        .post("productCompositions", composition(a, b))
        .await
        .id();
    assert_eq!(
        client
            .post("productCompositions", composition(a, b))
            .await
            .status,
        409
    );
    assert_eq!(
        client
            .post("productCompositions", composition(b, a))
            .await
            .status,
        500
    );
    assert_eq!(
        client
            .post("productCompositions", composition(a, a))
            .await
            .status,
        500
    );
}

fn order(lines: Value) -> Value {
    json!({"placed": "2026-01-06T14:03:22Z", "totalValue": "41.30", "orderLines": lines})
}

#[tokio::test]
async fn an_order_comes_with_flat_lines_and_goes_with_them() {
    let client = Client::new().await;
    let (a, b) = (client.product("A").await, client.product("B").await);
    let lines = json!([{"productId": a, "quantity": 3, "subtotalValue": 24.78},
                       {"productId": b, "quantity": 1, "subtotalValue": "16.52"}]);
    let got = client.post("sellOrders", order(lines)).await;
    let id = got.id();
    assert!(got.json()["data"]["attributes"].get("orderLines").is_none());
    assert_eq!(client.live(Resource::SellOrderLines).len(), 2);
    let write = client.optiply().writes().pop().unwrap();
    assert_eq!((write.id, write.lines.len(), write.status), (id, 2, 201));

    let nested = json!([{"type": "sellOrderLines", "attributes": {"productId": a}}]);
    assert_eq!(client.post("sellOrders", order(nested)).await.status, 400);
    assert_eq!(
        client
            .patch("sellOrders", id, json!({"orderLines": []}))
            .await
            .status,
        400
    );

    assert_eq!(client.delete("sellOrders", id).await.status, 204);
    assert_eq!(client.get(&format!("sellOrders/{id}")).await.status, 404);
    assert_eq!(
        client
            .patch("sellOrders", id, json!({"totalValue": 1}))
            .await
            .status,
        404
    );
    assert_eq!(client.delete("sellOrders", id).await.status, 404);
    assert_eq!(
        client
            .optiply()
            .rows(Resource::SellOrderLines)
            .iter()
            .filter(|row| !row.deleted)
            .count(),
        0
    );
}

#[tokio::test]
async fn a_bad_line_leaves_what_came_before_it() {
    let client = Client::new().await;
    let a = client.product("A").await;
    let lines = json!([{"productId": a, "quantity": 1, "subtotalValue": 1},
                       {"productId": 1, "quantity": 1, "subtotalValue": 1}]);
    assert_eq!(
        client.post("sellOrders", order(lines.clone())).await.status,
        400
    );
    assert_eq!(client.live(Resource::SellOrderLines).len(), 1);
    assert_eq!(client.optiply().writes().pop().unwrap().status, 400);
    client
        .optiply()
        .behave(|rules| rules.bad_line_leaves_a_partial_order = false);
    assert_eq!(client.post("sellOrders", order(lines)).await.status, 400);
    assert_eq!(client.live(Resource::SellOrders).len(), 1);
    assert_eq!(client.live(Resource::SellOrderLines).len(), 1);
    let zero = json!([{"productId": a, "quantity": 0, "subtotalValue": 1}]);
    assert_eq!(client.post("sellOrders", order(zero)).await.status, 400);
}

#[tokio::test]
async fn buy_orders_take_their_lines_and_receipts_along() {
    let client = Client::new().await;
    let (product, supplier) = (client.product("P").await, client.supplier("S").await);
    client
        .patch("suppliers", supplier, json!({"deliveryTime": 7}))
        .await;
    let mut body = order(json!([{"productId": product, "quantity": 4, "subtotalValue": 9}]));
    body["supplierId"] = json!(supplier);
    body["accountId"] = json!(77);
    let got = client.post("buyOrders", body).await;
    assert_eq!(
        got.json()["data"]["attributes"]["expectedDeliveryDate"],
        json!("2026-01-13T14:03:22Z")
    );
    let id = got.id();
    let line = client.live(Resource::BuyOrderLines)[0];
    let receipt = json!({"buyOrderLineId": line, "quantity": 4, "occurred": "2026-01-12T09:30:00Z",
                         "remoteId": "12"});
    client.post("receiptLines", receipt.clone()).await.id();
    client.delete("buyOrders", id).await;
    assert!(client.live(Resource::ReceiptLines).is_empty());
    assert_eq!(client.post("receiptLines", receipt).await.status, 404);
}

#[tokio::test]
async fn others_write_too() {
    let client = Client::new().await;
    let (product, supplier) = (client.product("P").await, client.supplier("S").await);
    let optiply = client.optiply();
    let order = optiply
        .mutate(Writer::Planner, |account| {
            account.set(Resource::Products, product, json!({"maximumStock": 40}))?;
            account.buy_order(supplier, &[(product, 5, "12.50".parse().unwrap())])
        })
        .unwrap();
    let theirs = optiply
        .mutate(Writer::Integration, |account| {
            account.make(Resource::Suppliers, json!({"name": "Theirs"}))
        })
        .unwrap();
    let marked = |resource: Resource, id: i64| {
        let rows = optiply.rows(resource);
        let row = rows.iter().find(|row| row.id == id).unwrap();
        row.created_from_public_api
    };
    assert!(!marked(Resource::BuyOrders, order));
    assert!(marked(Resource::Suppliers, theirs));
    assert!(
        optiply
            .dump(Resource::Products)
            .contains("\"maximumStock\":40")
    );
    assert_eq!(optiply.writes().len(), 2);
}

#[tokio::test]
async fn the_content_can_be_kept_and_taken_up_again() {
    let client = Client::new().await;
    let (product, supplier) = (client.product("P").await, client.supplier("S").await);
    let pair = json!({"name": "P", "productId": product, "supplierId": supplier, "price": "1.5",
                      "lotSize": 6});
    let dead = client.post("supplierProducts", pair.clone()).await.id();
    client.delete("supplierProducts", dead).await;
    let lines = json!([{"productId": product, "quantity": 1, "subtotalValue": 1}]);
    client.post("sellOrders", order(lines)).await.id();
    let kept = client.optiply().save().unwrap();

    let other = Client::new().await;
    other.optiply().restore(&kept).unwrap();
    assert_eq!(other.optiply().save().unwrap(), kept);
    for resource in Resource::ALL {
        assert_eq!(
            other.optiply().rows(resource),
            client.optiply().rows(resource)
        );
    }
    assert_eq!(
        other.get("products?filter[name]=P").await.ids(),
        [product],
        "the index is there too"
    );
    assert_eq!(other.post("supplierProducts", pair).await.status, 409);
    assert_eq!(other.product("Q").await, product + 1);
    assert!(other.optiply().restore("[]").is_err());
}
