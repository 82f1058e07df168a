use axum::{body::Body, http::Request};
use chrono::TimeDelta;

use crate::{Fault, Limited, Limits, base_instant};

use super::Client;

#[tokio::test]
async fn costs_follow_the_relations() {
    let client = Client::new().await;
    let cost = async |rest: &str| {
        client
            .list(rest)
            .await
            .header("x-ls-api-request-cost")
            .to_owned()
    };
    let item = "%5B%22ItemShops%22,%22ItemVendorNums%22,%22ItemComponents%22%5D";
    assert_eq!(
        cost(&format!("Item.json?load_relations={item}")).await,
        "2.2"
    );
    assert_eq!(
        cost("Sale.json?load_relations=%5B%22SaleLines%22%5D").await,
        "1.4"
    );
    assert_eq!(
        cost("Vendor.json?load_relations=%5B%22Contact%22%5D").await,
        "1.2"
    );
    assert_eq!(cost("ItemShop.json").await, "1");
    assert_eq!(cost("Sale.json?count=1").await, "10");
    assert_eq!(
        cost("Sale/1.json?load_relations=%5B%22SaleLines%22%5D").await,
        "1.2"
    );
    let total = client.list("Sale.json?count=1&archived=true").await.json();
    let every = client.sandbox.account().sales().len().to_string();
    assert_eq!(total["@attributes"]["count"], every.as_str());
}

#[tokio::test]
async fn the_bucket_refuses_until_it_has_leaked() {
    let client = Client::limited(Limits::Model2026 { registers: 1 }).await;
    for _ in 0..9 {
        assert_eq!(client.list("Sale.json?count=1").await.status, 200);
    }
    let refused = client.list("Sale.json").await;
    assert_eq!(refused.status, 429);
    assert_eq!(
        refused.header("x-ls-api-ratelimit-type"),
        "api-leaky-bucket"
    );
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(refused.header("x-ls-api-bucket-level"), "90/90");
    client.pass(1_000);
    assert_eq!(client.list("Sale.json").await.status, 200);
    let history = client.sandbox.history();
    assert_eq!(
        history
            .iter()
            .filter(|call| call.limited == Some(Limited::Bucket))
            .count(),
        1
    );
}

#[tokio::test]
async fn tokens_rotate_over_http() {
    let client = Client::new().await;
    let first = client.sandbox.credentials().refresh_token;
    let again = client.refresh(&first).await;
    assert_eq!(again.json()["expires_in"], 1_800);
    let old = client.list("Shop.json").await;
    assert_eq!(
        (old.status, old.json()["error"].as_str()),
        (401, Some("access_denied"))
    );
    let mut client = client;
    client.token = again.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(client.list("Shop.json").await.status, 200);
    let late = client.refresh(&first).await;
    assert_eq!(
        (late.status, late.json()["error"].as_str()),
        (400, Some("invalid_grant"))
    );
    client.pass(1_801_000);
    assert_eq!(client.list("Shop.json").await.status, 401);
    for _ in 0..5 {
        client.refresh("wrong").await;
    }
    let many = client.refresh("wrong").await;
    assert_eq!(many.status, 429);
    assert!(many.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn the_token_endpoint_takes_forms_and_knows_its_client() {
    let client = Client::new().await;
    let own = client.sandbox.credentials();
    let post = async |body: String| {
        let request = Request::post("/auth/oauth/token")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .unwrap();
        client.send(request).await
    };
    let form = |secret: &str| {
        format!(
            "grant_type=refresh_token&client_id={}&client_secret={secret}&refresh_token={}",
            own.client_id, own.refresh_token
        )
    };
    assert_eq!(
        post(form(&own.client_secret)).await.status,
        200,
        "no new token was used yet"
    );
    let wrong = post(form("x")).await;
    assert_eq!(
        (wrong.status, wrong.json()["error"].as_str()),
        (401, Some("invalid_client"))
    );
    assert_eq!(
        post("grant_type=refresh_token".to_owned()).await.status,
        400
    );
    assert_eq!(client.get("/auth/oauth/token").await.status, 405);
}

#[tokio::test]
async fn account_and_session() {
    let client = Client::new().await;
    let own = client.sandbox.credentials().account_id;
    let accounts = client.get("/API/V3/Account.json").await.json();
    assert_eq!(accounts["Account"]["accountID"], own.to_string());
    let one = client
        .get(&format!("/API/V3/Account/{own}.json"))
        .await
        .json();
    assert_eq!(one["defaultCurrency"]["code"], "EUR");
    let session = client.get("/API/Session.json").await.json();
    assert_eq!(session["systemCustomerID"], own.to_string());
    assert_eq!(session["Rights"]["register"], "true");
    assert_eq!(client.get("/API/V3/Session.json").await.status, 404);
}

#[tokio::test]
async fn the_date_is_the_servers() {
    let client = Client::new().await;
    client.sandbox.set_fault(Fault::ClockOffset {
        seconds: -90,
        records: false,
    });
    let date = client.list("Shop.json").await.header("date").to_owned();
    let expected = base_instant(3) - TimeDelta::seconds(90);
    assert_eq!(
        date,
        expected.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
    );
}
