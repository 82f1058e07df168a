use serde_json::Value;

use crate::{NewOrderLine, Sandbox};

use super::{Client, number, rows};

const LINES: &str = "%5B%22OrderLines%22%5D";
const ITEMS: &str = "%5B%22OrderShipmentItems%22%5D";

/// An order of two lines, the first of which came in a shipment.
fn order(sandbox: &Sandbox) -> (u64, u64, u64) {
    sandbox.mutate(|account| {
        let lines = vec![NewOrderLine::of(1, 3), NewOrderLine::of(4, 5)];
        let order = account.order(1, 1, lines);
        let line = account.orders()[&order].lines[0].id;
        let shipment = account.receive(order, &[(line, 2)]).unwrap();
        (order, line, shipment)
    })
}

#[tokio::test]
async fn orders_and_shipments_are_walked_by_id() {
    let client = Client::new().await;
    let account = client.sandbox.account();
    let orders = client
        .walk("Order.json?archived=true&limit=7", "Order", "orderID")
        .await;
    assert_eq!(orders, account.orders().keys().copied().collect::<Vec<_>>());
    let shipments = client
        .walk("Shipment.json?limit=7", "OrderShipment", "orderShipmentID")
        .await;
    let every: Vec<u64> = account.shipments().keys().copied().collect();
    assert_eq!(shipments, every);
    let live = client.walk("Order.json", "Order", "orderID").await;
    let open = |id: &&u64| !account.orders()[*id].archived;
    assert_eq!(
        live,
        orders.iter().filter(open).copied().collect::<Vec<_>>()
    );
    let lines = client
        .walk("OrderLine.json?sort=timeStamp", "OrderLine", "orderLineID")
        .await;
    let held = account.orders().values().map(|order| order.lines.len());
    assert_eq!(lines.len(), held.sum::<usize>());
}

#[tokio::test]
async fn relations_come_when_asked_and_cost_their_drips() {
    let client = Client::new().await;
    let (order, line, shipment) = order(&client.sandbox);
    let plain = client.list(&format!("Order/{order}.json")).await;
    assert!(plain.json()["Order"]["OrderLines"].is_null());
    assert_eq!(plain.header("x-ls-api-request-cost"), "1");
    let list = client
        .list(&format!(
            "Order.json?orderID=IN%2C%5B{order}%5D&archived=true&load_relations={LINES}"
        ))
        .await;
    assert_eq!(list.header("x-ls-api-request-cost"), "1.4");
    let page = list.json();
    let lines = rows(&page["Order"]["OrderLines"], "OrderLine");
    assert_eq!(lines.len(), 2);
    assert_eq!(number(&lines[0], "orderLineID"), line);
    assert_eq!(
        (&lines[0]["checkedIn"], &lines[0]["quantity"]),
        (&"2".into(), &"3".into())
    );
    assert_eq!(page["Order"]["hasShipments"], "true");

    let list = client
        .list(&format!(
            "Shipment.json?orderID={order}&load_relations={ITEMS}"
        ))
        .await;
    assert_eq!(list.header("x-ls-api-request-cost"), "1.4");
    let page = list.json();
    let came = &page["OrderShipment"];
    assert_eq!(number(came, "orderShipmentID"), shipment);
    let item = &came["OrderShipmentItems"]["OrderShipmentItem"];
    assert_eq!(
        (&item["qtyReceived"], &item["itemID"]),
        (&"2".into(), &"1".into())
    );
    assert!(item["OrderLine"].is_null() && item["orderLineID"].is_null());
    client
        .sandbox
        .mutate(|account| account.show_shipment_lines(true));
    let one = client
        .list(&format!("Shipment/{shipment}.json?load_relations={ITEMS}"))
        .await;
    assert_eq!(one.header("x-ls-api-request-cost"), "1.2");
    let item = &one.json()["OrderShipment"]["OrderShipmentItems"]["OrderShipmentItem"];
    assert_eq!(number(&item["OrderLine"], "orderLineID"), line);
}

#[tokio::test]
async fn filters_of_orders_and_their_lines() {
    let client = Client::new().await;
    let (order, ..) = order(&client.sandbox);
    client.sandbox.mutate(|account| {
        account.edit_order(order, |order| order.reference = "OPT-777".to_owned());
    });
    let by = async |rest: String, key: &str| rows(&client.list(&rest).await.json(), key).len();
    assert_eq!(
        by(
            "Order.json?refNum=OPT-777&vendorID=1&shopID=1".to_owned(),
            "Order"
        )
        .await,
        1
    );
    assert_eq!(
        by(format!("OrderLine.json?orderID={order}"), "OrderLine").await,
        2
    );
    let open = client
        .walk("Order.json?complete=false", "Order", "orderID")
        .await;
    let account = client.sandbox.account();
    assert!(open.iter().all(|id| !account.orders()[id].complete));
    assert!(open.contains(&order));
    for rest in [
        "Shipment.json?sort=timeStamp",
        "Order.json?sort=orderedDate",
        "Order.json?saleID=1",
        "Shipment.json?load_relations=%5B%22OrderShipmentItems.OrderLine%22%5D",
        "Order.json?load_relations=%5B%22Shipments%22%5D",
    ] {
        assert_eq!(client.list(rest).await.status, 400, "{rest}");
    }
    assert_eq!(client.list("Order/999999.json").await.status, 404);
    assert_eq!(
        client
            .list("Shipment.json?sort=-sequenceNumber")
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn scalars_are_text_and_missing_dates_are_absent() {
    fn texts(value: &Value) -> bool {
        match value {
            Value::Object(fields) => fields.values().all(texts),
            Value::Array(rows) => rows.iter().all(texts),
            value => value.is_string(),
        }
    }
    let client = Client::new().await;
    for rest in ["Order.json", "OrderLine.json", "Shipment.json"] {
        assert!(texts(&client.list(rest).await.json()), "{rest}");
        let all = client.list(&format!("{rest}?load_relations=all")).await;
        assert!(texts(&all.json()), "{rest}");
    }
    let drafts = client.list("Order.json").await.json();
    let orders = rows(&drafts, "Order");
    assert!(orders.iter().any(|order| order["orderedDate"].is_null()));
    let vendors = client.list("Vendor/6.json").await.json();
    assert_eq!(vendors["Vendor"]["purchasingCurrency"]["code"], "USD");
    let id = client.sandbox.credentials().account_id;
    let own = client
        .get(&format!("/API/V3/Account/{id}.json"))
        .await
        .json();
    assert_eq!(own["defaultCurrency"]["code"], "EUR");
}

#[tokio::test]
async fn a_vanished_vendor_is_not_returned() {
    let client = Client::new().await;
    client.sandbox.mutate(|account| account.hide_vendor(1));
    assert_eq!(client.list("Vendor/1.json").await.status, 404);
    let listed = client.list("Vendor.json?archived=true").await.json();
    assert_eq!(rows(&listed, "Vendor").len(), 11);
}

#[tokio::test]
async fn pages_are_what_the_server_sends() {
    let client = Client::new().await;
    let account = client.sandbox.account();
    for (feed, resource, relations) in [
        ("orders", "Order", LINES),
        ("shipments", "Shipment", ITEMS),
        ("sales", "Sale", "%5B%22SaleLines%22%5D"),
        ("stock", "ItemShop", ""),
    ] {
        let pages = account.pages(feed, 40);
        let mut rest = format!("{resource}.json?archived=true&limit=40");
        if !relations.is_empty() {
            rest.push_str(&format!("&load_relations={relations}"));
        }
        let mut got = client.list(&rest).await;
        for page in &pages {
            let ours = String::from_utf8(page.clone()).unwrap();
            let host = r"http:\/\/127.0.0.1:1\/";
            assert_eq!(
                ours,
                got.text.replace(host, r"http:\/\/localhost\/"),
                "{feed}"
            );
            let next = got.json()["@attributes"]["next"]
                .as_str()
                .unwrap()
                .to_owned();
            if next.is_empty() {
                break;
            }
            got = client
                .get(next.strip_prefix("http://127.0.0.1:1").unwrap())
                .await;
        }
        assert_eq!(got.json()["@attributes"]["next"], "", "{feed}");
        assert!(pages.len() > 1 || feed == "shipments");
    }
    assert!(account.pages("nothing", 10).is_empty());
}
