use axum::{body::Body, http::Request};
use serde_json::{Value, json};

use crate::{Fault, When};

use super::{Client, Got, number, rows};

impl Client {
    async fn write(&self, method: &str, rest: &str, body: &Value) -> Got {
        let account = self.sandbox.credentials().account_id;
        let request = Request::builder()
            .method(method)
            .uri(format!("/API/V3/Account/{account}/{rest}"))
            .header("host", "127.0.0.1:1")
            .header("authorization", format!("Bearer {}", self.token))
            .header("accept", "application/json")
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        self.send(request).await
    }

    async fn draft(&self, reference: &str) -> u64 {
        let body = json!({"vendorID": "1", "shopID": 1, "refNum": reference});
        let made = self.write("POST", "Order.json", &body).await;
        assert_eq!(made.status, 200, "{}", made.text);
        number(&made.json()["Order"], "orderID")
    }

    async fn listed(&self, reference: &str) -> usize {
        let found = self
            .list(&format!("Order.json?refNum={reference}&archived=true"))
            .await;
        rows(&found.json(), "Order").len()
    }
}

#[tokio::test]
async fn an_order_is_drafted_filled_placed_and_archived() {
    let client = Client::new().await;
    let order = client.draft("OPT-1").await;
    let placed = json!({"orderedDate": "2026-03-02T00:00:00+01:00"});
    let path = format!("Order/{order}.json");
    client.write("PUT", &path, &placed).await;
    let held = client.sandbox.account().orders()[&order].clone();
    assert_eq!(held.ordered, None, "an order without lines is not placed");

    let line = json!({"orderID": order, "itemID": "1", "quantity": "2", "price": "1.2345"});
    let made = client.write("POST", "OrderLine.json", &line).await.json();
    let line = number(&made["OrderLine"], "orderLineID");
    client.write("PUT", &path, &placed).await;
    let held = client.sandbox.account().orders()[&order].clone();
    assert_eq!(
        held.ordered.unwrap().to_rfc3339(),
        "2026-03-01T23:00:00+00:00"
    );
    assert_eq!(held.lines[0].price.to_string(), "1.2345");

    let more = json!({"quantity": 5});
    let changed = client
        .write("PUT", &format!("OrderLine/{line}.json"), &more)
        .await
        .json();
    assert_eq!(changed["OrderLine"]["quantity"], "2", "the old quantity");
    let held = client.sandbox.account().orders()[&order].clone();
    assert_eq!(held.lines[0].quantity.to_string(), "5");
    client
        .write("DELETE", &format!("OrderLine/{line}.json"), &json!({}))
        .await;
    client.write("DELETE", &path, &json!({})).await;
    let held = client.sandbox.account().orders()[&order].clone();
    assert!(held.archived && held.lines.is_empty());
    let methods: Vec<String> = client
        .sandbox
        .writes()
        .into_iter()
        .map(|write| format!("{} {}", write.method, write.resource))
        .collect();
    assert_eq!(
        methods,
        [
            "POST Order",
            "PUT Order",
            "POST OrderLine",
            "PUT Order",
            "PUT OrderLine",
            "DELETE OrderLine",
            "DELETE Order"
        ]
    );
}

#[tokio::test]
async fn what_cannot_be_ordered_is_refused() {
    let client = Client::new().await;
    let order = client.draft("OPT-1").await;
    let archived = client.sandbox.inspect(|account| {
        let mut items = account.items().values();
        items.find(|item| item.archived && !item.hidden).unwrap().id
    });
    let line = |item: u64, quantity: &str| json!({"orderID": order, "itemID": item, "quantity": quantity, "price": "1"});
    for (resource, body, status) in [
        ("Order", json!({"vendorID": "1"}), 400),
        ("Order", json!({"shopID": "1", "vendorID": "999"}), 404),
        ("Order", json!({"shopID": "999"}), 404),
        ("Order", json!({"shopID": "1", "OrderLines": []}), 400),
        (
            "Order",
            json!({"shopID": "1", "refNum": "x".repeat(31)}),
            422,
        ),
        ("OrderLine", line(999_999, "1"), 404),
        ("OrderLine", line(archived, "1"), 422),
        ("OrderLine", line(1, "0"), 422),
        ("OrderLine", line(1, "1.5"), 422),
    ] {
        let got = client
            .write("POST", &format!("{resource}.json"), &body)
            .await;
        assert_eq!(got.status, status, "{resource} {body}: {}", got.text);
    }
    client
        .sandbox
        .mutate(|account| account.complete_order(order));
    let got = client.write("POST", "OrderLine.json", &line(1, "1")).await;
    assert_eq!(got.status, 422);
    assert_eq!(
        client.write("POST", "Item.json", &json!({})).await.status,
        405
    );
    assert_eq!(client.sandbox.writes().len(), 1);
}

#[tokio::test]
async fn references_find_orders_late_or_not_at_all_when_told_so() {
    let client = Client::new().await;
    client.sandbox.set_fault(Fault::SlowOrders { seconds: 20 });
    let order = client.draft("OPT-7").await;
    assert_eq!(client.listed("OPT-7").await, 0);
    let by_id = client.list(&format!("Order/{order}.json")).await;
    assert_eq!(by_id.status, 200);
    client.pass(20_000);
    assert_eq!(client.listed("OPT-7").await, 1);
    client.sandbox.set_fault(Fault::ReferenceRefused);
    let refused = client.list("Order.json?refNum=OPT-7").await;
    assert_eq!(refused.status, 400);
}

#[tokio::test]
async fn lost_answers_tell_nothing_about_the_write() {
    let client = Client::new().await;
    let body = json!({"shopID": "1", "refNum": "OPT-9"});
    for (fault, status, made) in [
        (
            Fault::ResetBefore {
                at: When::next().on("POST Order"),
            },
            599,
            0,
        ),
        (
            Fault::ResetAfter {
                at: When::next().on("POST Order"),
            },
            599,
            1,
        ),
        (
            Fault::StatusAfter {
                status: 504,
                at: When::next().on("POST"),
            },
            504,
            2,
        ),
    ] {
        client.sandbox.set_fault(fault);
        // Reads are not meant.
        client.listed("OPT-9").await;
        let got = client.write("POST", "Order.json", &body).await;
        assert_eq!(got.status, status);
        assert_eq!(client.listed("OPT-9").await, made);
    }
}
