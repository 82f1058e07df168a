use chrono::TimeDelta;
use serde_json::Value;

use crate::base_instant;

use super::{Client, number, rows};

#[tokio::test]
async fn a_walk_meets_every_sale_once_in_order() {
    let client = Client::new().await;
    let every: Vec<u64> = client.sandbox.account().sales().keys().copied().collect();
    let walked = client
        .walk("Sale.json?archived=true&limit=70", "Sale", "saleID")
        .await;
    assert_eq!(walked, every);
    let down = client
        .walk("Sale.json?archived=true&sort=-saleID", "Sale", "saleID")
        .await;
    assert_eq!(down, every.into_iter().rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_walk_by_time_breaks_ties_by_id() {
    let client = Client::new().await;
    let mut expected: Vec<(i64, u64)> = client
        .sandbox
        .account()
        .item_shops()
        .values()
        .filter(|row| !client.sandbox.account().items()[&row.item].hidden)
        .map(|row| (row.stamp.timestamp(), row.id))
        .collect();
    expected.sort_unstable();
    let walked = client
        .walk("ItemShop.json?sort=timeStamp", "ItemShop", "itemShopID")
        .await;
    assert_eq!(
        walked,
        expected.into_iter().map(|(_, id)| id).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn links_carry_filters_and_lead_back() {
    let client = Client::new().await;
    let page = client
        .list("Sale.json?archived=true&saleID=%3E%3D%2C20&limit=5&load_relations=%5B%22SaleLines%22%5D")
        .await
        .json();
    assert_eq!(page["@attributes"]["previous"], "");
    let next = page["@attributes"]["next"].as_str().unwrap().to_owned();
    assert!(
        next.starts_with("http://127.0.0.1:1/API/V3/Account/"),
        "{next}"
    );
    for part in [
        "archived=true",
        "limit=5",
        "sort=saleID",
        "after=",
        "load_relations=",
        "saleID=%3E",
    ] {
        assert!(next.contains(part), "{part} in {next}");
    }
    let second = client
        .get(next.strip_prefix("http://127.0.0.1:1").unwrap())
        .await
        .json();
    let back = second["@attributes"]["previous"].as_str().unwrap();
    let first = client
        .get(back.strip_prefix("http://127.0.0.1:1").unwrap())
        .await
        .json();
    assert_eq!(first["Sale"], page["Sale"]);
}

#[tokio::test]
async fn one_row_is_an_object_and_none_leaves_the_key_out() {
    let client = Client::new().await;
    let one = client
        .list("Sale.json?archived=true&limit=1&sort=-saleID")
        .await
        .json();
    assert!(one["Sale"].is_object());
    let none = client.list("Sale.json?saleID=%3E%2C999999").await;
    assert_eq!(none.text, r#"{"@attributes":{"next":"","previous":""}}"#);
    let inverted = client.list("Sale.json?saleID=%3E%3C%2C9%2C3").await;
    assert_eq!(inverted.status, 200);
}

#[tokio::test]
async fn every_scalar_is_text_and_relations_come_when_asked() {
    fn texts(value: &Value) -> bool {
        match value {
            Value::Object(fields) => fields.values().all(texts),
            Value::Array(rows) => rows.iter().all(texts),
            Value::String(_) => true,
            _ => false,
        }
    }
    let client = Client::new().await;
    for rest in [
        "Sale.json",
        "Item.json",
        "Vendor.json",
        "Shop.json",
        "SaleLine.json",
        "SaleVoid.json",
    ] {
        let plain = client.list(rest).await;
        assert!(texts(&plain.json()), "{rest}");
        assert!(!plain.text.contains("SaleLines") && !plain.text.contains("ItemShops"));
        let all = client
            .list(&format!("{rest}?load_relations=all&archived=true"))
            .await
            .json();
        assert!(texts(&all), "{rest}");
    }
    let items = client.list("Item.json").await.text;
    assert!(items.contains("\"Prices\":{\"ItemPrice\":["));
    assert!(items.contains("\"Prices\":{\"ItemPrice\":{"));
    let shops = client
        .list("Shop.json?load_relations=%5B%22TaxCategory%22%5D")
        .await
        .json();
    let main = &rows(&shops, "Shop")[0];
    assert_eq!(main["TaxCategory"]["isTaxInclusive"], "true");
    let classes = &main["TaxCategory"]["TaxCategoryClasses"]["TaxCategoryClass"];
    assert_eq!(classes[0]["tax1Rate"], "0.21");
}

#[tokio::test]
async fn archived_records_are_hidden_unless_asked_for() {
    let client = Client::new().await;
    let count = async |archived: &str| {
        let page = client
            .list(&format!("Vendor.json?archived={archived}"))
            .await
            .json();
        rows(&page, "Vendor").len()
    };
    assert_eq!((count("false").await, count("only").await), (10, 2));
    assert_eq!(count("true").await, 12);
    let plain = client.list("Vendor.json").await.json();
    assert_eq!(rows(&plain, "Vendor").len(), 10);
    assert_eq!(client.list("Vendor/3.json").await.status, 200);
}

#[tokio::test]
async fn a_vanished_item_is_not_returned_by_anything() {
    let client = Client::new().await;
    let listed = client
        .list("Item.json?archived=true&itemID=IN%2C%5B30%2C1%2C5%2C30%5D")
        .await;
    let ids: Vec<u64> = rows(&listed.json(), "Item")
        .iter()
        .map(|row| number(row, "itemID"))
        .collect();
    assert_eq!(ids, [1, 5]);
    assert_eq!(client.list("Item/30.json").await.status, 404);
    let stock = client.list("ItemShop.json?itemID=30").await.json();
    assert!(rows(&stock, "ItemShop").is_empty());
}

#[tokio::test]
async fn what_cannot_be_understood_is_refused() {
    let client = Client::new().await;
    for rest in [
        "Sale.json?limit=0",
        "Sale.json?limit=101",
        "Sale.json?nonsense=1",
        "Sale.json?offset=100",
        "Sale.json?sort=shopID",
        "Sale.json?saleID=%3E%3E%2C5",
        "Sale.json?saleID=five",
        "Sale.json?saleID=%3E,5",
        "Sale.json?timeStamp=%3E%3D%2C2026-01-05T00:00:00+00:00",
        "Sale.json?archived=maybe",
        "Sale.json?load_relations=%5B%22Nothing%22%5D",
        "Sale.json?load_relations=SaleLines",
        "Sale.json?count=1&limit=5",
        "Sale.json?after=abc",
        "Shop.json?sort=timeStamp",
    ] {
        let got = client.list(rest).await;
        assert_eq!(got.status, 400, "{rest}");
        assert_eq!(got.json()["httpCode"], "400");
    }
    let sort = client.list("Sale.json?sort=shopID").await.json();
    assert!(
        sort["message"]
            .as_str()
            .unwrap()
            .contains("saleID, timeStamp, completeTime, updatetime")
    );
    assert_eq!(client.list("Nothing.json").await.status, 404);
    assert_eq!(client.get("/API/V3/Account/1/Sale.json").await.status, 403);
}

#[tokio::test]
async fn changes_move_the_times_they_move() {
    let client = Client::new().await;
    client.pass(60_000);
    let sandbox = &client.sandbox;
    let now = base_instant(3) + TimeDelta::seconds(60);
    let (sale, item_stamp) = sandbox.mutate(|account| {
        let sale = account.sell(1, &[(1, 2)]);
        (sale, account.items()[&1].stamp)
    });
    client.pass(60_000);
    sandbox.mutate(|account| account.void(sale));
    let account = sandbox.account();
    assert_eq!(account.sales()[&sale].stamp, Some(now));
    assert_eq!(
        account.sales()[&sale].updated,
        Some(now + TimeDelta::seconds(60))
    );
    assert_eq!(
        account.stock(1, 1).unwrap().stamp,
        now + TimeDelta::seconds(60)
    );
    assert_eq!(account.items()[&1].stamp, item_stamp);
    let since = now.format("%Y-%m-%dT%H:%M:%SZ");
    let changed = client
        .list(&format!("Sale.json?updatetime=%3E%3D%2C{since}"))
        .await
        .json();
    assert_eq!(number(&changed["Sale"], "saleID"), sale);
    let late = client
        .list(&format!("Sale.json?timeStamp=%3E%2C{since}"))
        .await
        .json();
    assert!(rows(&late, "Sale").is_empty());
}
