use std::time::Duration;

use serde_json::{Value, json};

use super::Client;
use crate::{When, optiply::OptiplyFault};

async fn many(client: &Client, count: usize) -> Vec<i64> {
    let mut ids = Vec::new();
    for n in 0..count {
        ids.push(client.product(&format!("P{n}")).await);
    }
    ids
}

#[tokio::test]
async fn pages_follow_the_rules() {
    let client = Client::new().await;
    let ids = many(&client, 120).await;
    let first = client.get("products?sort=id").await;
    assert_eq!(first.ids(), ids[..50]);
    let next = first.json()["links"]["next"].as_str().unwrap().to_owned();
    let next = next.strip_prefix("http://127.0.0.1:1/v1/").unwrap();
    assert_eq!(client.get(next).await.ids(), ids[50..100]);
    let last = client
        .get("products?sort=id&page[limit]=100&page[offset]=100")
        .await;
    assert_eq!(last.ids(), ids[100..]);
    assert!(last.json()["links"].get("next").is_none());
    for bad in [
        "page[limit]=101",
        "page[limit]=0",
        "page[limit]=100&page[offset]=50",
        "sort=name",
        "filter[id][gt]=4",
        "filter[remoteId]=4",
        "filter[colour]=blue",
        "filter[status]=enabled",
        "filter[createdAt][GE]=2026-01-01T00:00:00+00:00",
        "include=account",
    ] {
        assert_eq!(
            client.get(&format!("products?{bad}")).await.status,
            400,
            "{bad}"
        );
    }
}

#[tokio::test]
async fn filters_combine() {
    let client = Client::new().await;
    let ids = many(&client, 12).await;
    let list = async |query: &str| client.get(&format!("products?sort=id&{query}")).await.ids();
    assert_eq!(list(&format!("filter[id][GT]={}", ids[9])).await, ids[10..]);
    assert_eq!(list("filter[name]=P3").await, [ids[3]]);
    assert_eq!(
        list("filter[name][LIKE]=p1%25").await,
        [ids[1], ids[10], ids[11]]
    );
    let both = format!("filter[name][LIKE]=P1%25&filter[id][LE]={}", ids[10]);
    assert_eq!(list(&both).await, [ids[1], ids[10]]);
    assert_eq!(
        list(&format!(
            "filter[id][NEQ]={}&filter[id][LT]={}",
            ids[0], ids[2]
        ))
        .await,
        [ids[1]]
    );
    client.pass(60);
    client
        .patch(
            "products",
            ids[4],
            json!({"stockLevel": 9, "status": "disabled"}),
        )
        .await;
    let at = client.optiply().rows(crate::Resource::Products)[4].updated_at;
    let at = at.format("%Y-%m-%dT%H:%M:%S%%2B00:00");
    assert_eq!(list(&format!("filter[updatedAt][GE]={at}")).await, [ids[4]]);
    assert_eq!(list("filter[status]=DISABLED").await, [ids[4]]);
    assert_eq!(list("filter[accountId]=78").await, Vec::<i64>::new());
}

#[tokio::test]
async fn new_rows_show_late_but_exist() {
    let client = Client::new().await;
    client
        .optiply()
        .behave(|rules| rules.visible_after = Duration::from_secs(30));
    let id = client.product("P").await;
    assert_eq!(client.get("products").await.ids(), Vec::<i64>::new());
    assert_eq!(client.get(&format!("products/{id}")).await.status, 200);
    client.pass(30);
    assert_eq!(client.get("products").await.ids(), [id]);
}

#[tokio::test]
async fn rows_that_change_or_go_between_pages_shift_the_next() {
    let client = Client::new().await;
    let ids = many(&client, 30).await;
    client.pass(5);
    let optiply = client.optiply();
    optiply.set_fault(OptiplyFault::ChangeBetweenPages { at: When::next() });
    let page =
        |n: usize, sort: &str| format!("products?page[limit]=10&page[offset]={}{sort}", n * 10);
    assert_eq!(client.get(&page(0, "")).await.ids(), ids[..10]);
    let second = client.get(&page(1, "")).await.ids();
    assert_eq!(second[0], ids[11], "the row before it was lost to the walk");
    optiply.set_fault(OptiplyFault::DeleteBetweenPages { at: When::next() });
    assert_eq!(client.get(&page(0, "&sort=id")).await.ids(), ids[..10]);
    assert_eq!(client.get(&page(1, "&sort=id")).await.ids()[0], ids[11]);
}

#[tokio::test]
async fn a_second_integration_has_a_map_if_it_has_a_coupling() {
    let client = Client::new().await;
    client.optiply().behave(|rules| rules.coupling = Some(12));
    let body =
        json!({"data": {"type": "suppliers", "attributes": {"name": "S", "remoteId": "v-9"}}});
    let got = client
        .call("POST", "suppliers?accountId=77&couplingId=12", Some(body))
        .await;
    let attributes: Value = got.json()["data"]["attributes"].clone();
    assert_eq!(attributes["remoteIdMap"], json!({"12": "v-9"}));
}
